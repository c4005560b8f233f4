package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Offset.offset;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** While the target is silent, time goes on in the recording. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class TapKeepsTimeTest {

    private static final int PIECE = SECOND;

    @TempDir
    Path folder;

    private Program playsTwoPiecesWithAPause(AudioServer server, String seconds) {
        Path first = Signal.noise(1).write(folder.resolve("first.wav"), PIECE);
        Path second = Signal.noise(2).write(folder.resolve("second.wav"), PIECE);
        return server.start("sh", "-c", server.playCommand(first) + "; sleep " + seconds + "; "
                + server.playCommand(second) + "; sleep 60");
    }

    /** The frame of {@code recording} at which {@code signal} would begin, seen from the sound at or after a frame. */
    private static long beginning(Recording recording, Signal signal, int from) {
        int sound = recording.firstSound(from);
        Recording.Match match = recording.match(signal, PIECE, sound, sound + PIECE / 4);
        Taps.assertExact(match);
        return sound - match.signalFrame();
    }

    private static Recording recordBothPieces(ProcessAudioTap tap) throws InterruptedException {
        return Taps.recordUntil(tap, new Recording(), r -> {
            int pause = r.firstSilence(r.firstSound(0), SECOND / 4);
            return r.firstSound(pause) + PIECE / 2 < r.frames();
        });
    }

    private static long distanceOfPieces(Recording recording) {
        int pause = recording.firstSilence(recording.firstSound(0), SECOND / 4);
        return beginning(recording, Signal.noise(2), pause) - beginning(recording, Signal.noise(1), 0);
    }

    @Test
    void aPauseIsAsLongAsInTheSink(AudioServer server) throws InterruptedException {
        try (MonitorRecorder monitor = MonitorRecorder.start(server, folder.resolve("monitor.raw"))) {
            Program target = playsTwoPiecesWithAPause(server, "1");
            try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()),
                    TapOptions.DEFAULTS.withWaitForTarget(true)).start()) {
                Recording recording = recordBothPieces(tap);
                long heard = distanceOfPieces(monitor.finish());
                assertThat(distanceOfPieces(recording)).isCloseTo(heard, offset(pauseTolerance(server)));
            }
        }
    }

    /** PipeWire counts the frames of a pause; PulseAudio tells when streams play, as well as its clock allows. */
    private static long pauseTolerance(AudioServer server) {
        return server instanceof PipeWireServer ? 0 : SECOND / 100;
    }

    private static double clockTolerance(AudioServer server) {
        return server instanceof PipeWireServer ? 0.002 : 0.01;
    }

    @Test
    void aRecordingIsAsLongAsTheTimeItTook(AudioServer server) throws InterruptedException {
        // nothing else uses the server: in the pause it is suspended
        Program target = playsTwoPiecesWithAPause(server, "3");
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()),
                TapOptions.DEFAULTS.withWaitForTarget(true)).start()) {
            AudioChunk first = tap.read(Duration.ofSeconds(10));
            assertThat(first).isNotNull();
            long firstNanos = first.captureTimeNanos();
            AudioChunk last = first;
            for (int i = 0; i < 600; i++) {
                last = tap.read(Duration.ofSeconds(2));
                assertThat(last).as("chunk %d: silence is data", i).isNotNull();
            }
            double seconds = (last.captureTimeNanos() - firstNanos) / 1e9;
            assertThat((double) last.framePosition() / SECOND).isCloseTo(seconds, within(clockTolerance(server)));
            assertThat(tap.statistics().framesLost()).isZero();
        }
    }

    @Test
    void captureTimesAreThoseOfNanoTimeAndAdvanceWithTheFrames(AudioServer server) throws InterruptedException {
        Program target = Taps.play(server, Signal.noise(1).write(folder.resolve("long.wav"), 30 * SECOND));
        long before = System.nanoTime();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            long previous = before - 100_000_000;
            for (int i = 0; i < 200; i++) {
                AudioChunk chunk = tap.read(Duration.ofSeconds(2));
                assertThat(chunk).isNotNull();
                assertThat(chunk.framePosition()).isEqualTo(480L * i);
                assertThat(chunk.captureTimeNanos()).isGreaterThan(previous).isLessThan(System.nanoTime());
                if (i > 20) {
                    assertThat((double) (chunk.captureTimeNanos() - previous)).isCloseTo(10e6, within(2e6));
                }
                previous = chunk.captureTimeNanos();
            }
        }
    }
}
