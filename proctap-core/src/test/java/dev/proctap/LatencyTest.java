package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.pcm.PcmFormat;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The graph's quantum belongs to every program on it: it changes only when asked, and changes back. */
@Tag("alone")
@ExtendWith(RealPipeWire.class)
class LatencyTest {

    @TempDir
    Path folder;

    private static Duration granted(ProcessAudioTap tap) {
        return Objects.requireNonNull(tap.statistics().latencyGranted());
    }

    @Test
    void theQuantumStaysUnlessALatencyIsAskedForAndComesBack(PipeWireServer server) throws InterruptedException {
        Program target = Taps.play(server, Signal.noise(1).write(folder.resolve("noise.wav"), 60 * SECOND));
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap neutral = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start(chunk -> {});
                ProcessAudioTap asking = ProcessAudioTap.of(AudioTarget.pid(target.pid()),
                        TapOptions.DEFAULTS.withLatency(Duration.ofMillis(10)).withListener(events))) {
            Await.until("the first cycle", Duration.ofSeconds(5),
                    () -> neutral.statistics().latencyGranted() != null);
            Duration own = granted(neutral);
            assertThat(neutral.statistics().latencyAsked()).isNull();
            assertThat(own).isGreaterThan(Duration.ofMillis(20));

            asking.start();
            for (int chunks = 0; chunks < 100; chunks++) {
                assertThat(asking.read(Taps.PATIENCE)).isNotNull();
            }
            assertThat(asking.statistics().latencyAsked()).isEqualTo(Duration.ofMillis(10));
            assertThat(granted(asking)).isEqualTo(Duration.ofNanos(PcmFormat.STANDARD.framesToNanos(512)));
            assertThat(events.of(TapEvent.LatencyGranted.class)).last()
                    .isEqualTo(new TapEvent.LatencyGranted(granted(asking)));
            Await.until("the other tap sees the short cycle", Duration.ofSeconds(5),
                    () -> granted(neutral).equals(granted(asking)));

            asking.close();
            Await.until(() -> "the old quantum is back: " + neutral.statistics(), Duration.ofSeconds(5),
                    () -> granted(neutral).equals(own));
        }
    }

    @Test
    void aShortLatencyIsCapturedBitExactToo(PipeWireServer server) throws InterruptedException {
        Signal noise = Signal.noise(1);
        Program target = Taps.play(server, noise.write(folder.resolve("noise.wav"), 60 * SECOND));
        TapOptions options = TapOptions.DEFAULTS.withChunk(Duration.ofMillis(2)).withLatency(Duration.ofMillis(2));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()), options).start()) {
            Recording recording = new Recording();
            while (recording.frames() < 3 * SECOND) {
                AudioChunk chunk = Objects.requireNonNull(tap.read(Duration.ofSeconds(5)));
                recording.addSilence((int) chunk.lostFramesBefore());
                recording.addFloats(chunk.bytes());
            }
            assertThat(recording.framesOf(noise, 60L * SECOND, 0)).isGreaterThan(5 * SECOND / 2);
            assertThat(granted(tap)).isLessThan(Duration.ofMillis(4));
        }
    }
}
