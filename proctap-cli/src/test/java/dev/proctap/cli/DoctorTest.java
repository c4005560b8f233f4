package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.PulseAudioServer;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code proctap doctor} on real servers: its exit code tells whether a capture would work. */
class DoctorTest {

    private static final Map<String, String> NO_SERVER = Map.of("XDG_RUNTIME_DIR", "/nonexistent", "PULSE_SERVER",
            "/nonexistent/socket", "HOME", "/nonexistent");

    @Test
    void aPipeWireServerIsTold() {
        try (PipeWireServer server = PipeWireServer.start()) {
            Cli.Result result = Cli.run(server.environment(), "doctor");
            assertThat(result.exitCode()).as(result.output()).isZero();
            assertThat(result.output()).containsPattern("ok +PipeWire +works; version [0-9.]+, client library [0-9.]+,"
                    + " session manager WirePlumber").contains("A capture works here.");
        }
    }

    @Test
    void aPulseAudioServerIsToldWherePipeWireIsNot() {
        try (PulseAudioServer server = PulseAudioServer.start()) {
            Cli.Result result = Cli.run(server.environment(), "doctor");
            assertThat(result.exitCode()).as(result.output()).isZero();
            assertThat(result.output()).containsPattern("note +PipeWire +cannot be used")
                    .containsPattern("ok +PulseAudio +works; version [0-9.]+");
        }
    }

    @Test
    void withoutAServerItSaysWhatToStart() {
        Cli.Result result = Cli.run(NO_SERVER, "doctor");
        assertThat(result.exitCode()).as(result.output()).isEqualTo(ExitCode.NO_AUDIO_SERVER);
        assertThat(result.output()).containsPattern("FAILED +PipeWire").containsPattern("FAILED +PulseAudio")
                .contains("systemctl --user start", "No capture works here.");
    }

    @Test
    void jsonHasTheSame() {
        Cli.Result result = Cli.run(NO_SERVER, "doctor", "--json");
        assertThat(result.exitCode()).isEqualTo(ExitCode.NO_AUDIO_SERVER);
        assertThat(result.output().strip()).startsWith("{").endsWith("}").contains("\"works\" : false",
                "\"state\" : \"failure\"");
    }

    @Test
    void theOnlyServerAskedForIsLookedAtAlone() {
        Cli.Result result = Cli.run(NO_SERVER, "doctor", "--backend", "pulse");
        assertThat(result.output()).doesNotContain("PipeWire ");
    }
}
