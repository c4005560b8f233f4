package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.PulseAudioServer;
import dev.proctap.testbed.Signal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The audio server that is used is the one on which programs play; PipeWire where both could be. */
@ExtendWith(RealPulseAudio.class)
class BackendChoiceTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal WANTED = Signal.noise(1);

    @TempDir
    Path folder;

    private Path pipeWire = Path.of("");

    @BeforeEach
    void letItChoose() {
        pipeWire = folder.resolve("pipewire-0");
        System.clearProperty("dev.proctap.backend");
        System.setProperty("dev.proctap.pipewire.remote", pipeWire.toString());
    }

    @AfterEach
    void forceAgain() {
        System.clearProperty("dev.proctap.pipewire.remote");
        System.setProperty("dev.proctap.backend", "pulse");
    }

    private ProcessAudioTap tapOf(Program player) {
        return ProcessAudioTap.of(AudioTarget.pid(player.pid()));
    }

    @Test
    void pulseAudioWherePipeWireDoesNotRun(PulseAudioServer server) throws InterruptedException {
        Program player = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG));
        try (ProcessAudioTap tap = tapOf(player).start()) {
            Taps.assertExact(Taps.record(tap, SECOND / 2).match(WANTED, LONG));
        }
    }

    /** As on Ubuntu 22.04: PipeWire runs for video. */
    @Test
    void pulseAudioWherePipeWireHasNoSink(PulseAudioServer server) throws InterruptedException {
        server.start(Map.of("PIPEWIRE_RUNTIME_DIR", folder.toString(), "PIPEWIRE_REMOTE", pipeWire.toString()),
                "pipewire");
        Await.until("PipeWire answers", Duration.ofSeconds(10), () -> Files.exists(pipeWire));
        Program player = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG));
        assertThat(AudioProcess.list()).anyMatch(process -> process.pid() == player.pid());
        try (ProcessAudioTap tap = tapOf(player).start()) {
            Taps.assertExact(Taps.record(tap, SECOND / 2).match(WANTED, LONG));
        }
    }

    @Test
    void theErrorNamesEachThatWasTriedAndWhy(PulseAudioServer server) {
        String pulse = "unix:" + folder.resolve("nothing");
        System.setProperty("dev.proctap.pulse.server", pulse);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(ProcessHandle.current().pid()))) {
            ProcTapException failure = catchThrowableOfType(ProcTapException.class, tap::start);
            assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NO_AUDIO_SERVER);
            assertThat(failure).hasMessageContaining("PipeWire: no PipeWire server answers at " + pipeWire)
                    .hasMessageContaining("PulseAudio: ").hasMessageContaining(pulse);
        } finally {
            System.setProperty("dev.proctap.pulse.server", server.server());
        }
    }

    @Test
    void theOneThatIsForcedIsTheOnlyOneTried() {
        System.setProperty("dev.proctap.backend", "pipewire");
        ProcTapException failure = catchThrowableOfType(ProcTapException.class, AudioProcess::list);
        assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NO_AUDIO_SERVER);
        assertThat(failure).hasMessageContaining("no PipeWire server answers").hasMessageNotContaining("PulseAudio");
    }
}
