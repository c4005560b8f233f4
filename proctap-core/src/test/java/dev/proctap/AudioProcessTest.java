package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The list tells who plays, under which pid, and how. */
@ExtendWith(RealPipeWire.class)
class AudioProcessTest {

    @TempDir
    Path folder;

    private static AudioProcess process(Program program) {
        return AudioProcess.list().stream().filter(process -> process.pid() == program.pid()).findFirst().orElseThrow();
    }

    @Test
    void nativeAndPulseAudioClientsAreListedWithTheirOwnPids(PipeWireServer server) {
        String file = Signal.noise(1).write(folder.resolve("noise.wav"), 60 * SECOND).toString();
        Program first = Taps.play(server, Path.of(file));
        Program second = server.start("paplay", file);
        Taps.awaitPlaying(second);
        AudioProcess pwPlay = process(first);
        assertThat(pwPlay.name()).isEqualTo("pw-cat"); // pw-play is a link to it
        assertThat(pwPlay.executable()).endsWith("/pw-cat");
        assertThat(pwPlay.playing()).isTrue();
        assertThat(pwPlay.streams()).singleElement().satisfies(stream -> {
            assertThat(stream.name()).contains("noise.wav");
            assertThat(stream.sampleRateHz()).isEqualTo(48_000);
            assertThat(stream.channels()).isEqualTo(2);
            assertThat(stream.running()).isTrue();
        });
        assertThat(process(second).executable()).endsWith("/pacat"); // paplay is a link to it
        assertThat(process(second).streams()).hasSize(1);
        assertThat(AudioProcess.list()).extracting(AudioProcess::pid).doesNotHaveDuplicates().isSorted();
    }

    @Test
    void aPausedProgramIsListedAsIdleAndNotPlayingIsItsError(PipeWireServer server) throws InterruptedException {
        String file = Signal.noise(1).write(folder.resolve("noise.wav"), 60 * SECOND).toString();
        Path socket = folder.resolve("mpv");
        server.useLongCycles();
        Program player = server.start("mpv", "--no-config", "--ao=pipewire", "--input-ipc-server=" + socket, file);
        Taps.awaitPlaying(player);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(player.pid())).start()) {
            Taps.record(tap, SECOND / 4);
            MpvControl.send(socket, "{\"command\": [\"set_property\", \"pause\", true]}");
            dev.proctap.testbed.Await.until("paused", Duration.ofSeconds(10), () -> !process(player).playing());
            // a pause is silence, and time goes on in it
            int silent = 0;
            while (silent < SECOND) {
                AudioChunk chunk = tap.read(Duration.ofSeconds(5));
                assertThat(chunk).isNotNull();
                assertThat(chunk.lostFramesBefore()).isZero();
                java.nio.FloatBuffer samples = chunk.bytes().asFloatBuffer();
                boolean zero = true;
                while (samples.hasRemaining()) {
                    zero &= samples.get() == 0;
                }
                silent = zero ? silent + chunk.frames() : 0;
            }
        }
        assertThat(process(player).streams()).isNotEmpty();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(player.pid()))) {
            ProcTapException failure = org.assertj.core.api.Assertions
                    .catchThrowableOfType(ProcTapException.class, tap::start);
            assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NOT_PLAYING);
            assertThat(failure).hasMessageContaining("paused");
        }
    }
}
