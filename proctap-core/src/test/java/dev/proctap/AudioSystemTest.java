package dev.proctap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.FakeMacOs;
import dev.proctap.testbed.FakeWindows;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.PulseAudioServer;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A program can ask whether captures work, and with what, before it makes one. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class AudioSystemTest {

    @Test
    void whatCanBeCapturedFromTellsItsVersion(AudioServer server) {
        List<AudioSystem> systems = AudioSystem.examine();
        AudioSystem system = systems.stream().filter(AudioSystem::usable).findFirst().orElseThrow();
        assertThat(system.serverVersion()).matches(".*[0-9].*");
        switch (server) {
            case PipeWireServer _ -> {
                assertThat(system.name()).isEqualTo("PipeWire");
                assertThat(system.libraryVersion()).matches("[0-9]+\\.[0-9]+\\.[0-9]+.*");
                assertThat(system.sessionManager()).isEqualTo("WirePlumber");
                assertThat(system.sampleRateHz()).isEqualTo(48_000);
                assertThat(system.cycleFrames()).isPositive();
                assertThat(systems).extracting(AudioSystem::name).containsExactly("PipeWire", "PulseAudio");
            }
            case PulseAudioServer _ -> {
                assertThat(system.name()).isEqualTo("PulseAudio");
                assertThat(system.libraryVersion()).matches("[0-9]+\\.[0-9]+.*");
                assertThat(system.sampleRateHz()).isPositive();
            }
            case FakeWindows _ -> assertThat(system.name()).isEqualTo("WASAPI");
            case FakeMacOs _ -> {
                assertThat(system.name()).isEqualTo("Core Audio");
                assertThat(system.permission()).contains("System Audio Recording", "tccutil reset AudioCapture",
                        "bundle-for-macos", "NSAudioCaptureUsageDescription");
            }
            default -> throw new AssertionError(server);
        }
    }

    @Test
    void whatIsGoneTellsWhy(AudioServer server) {
        server.kill();
        try {
            assertThat(AudioSystem.examine()).noneMatch(AudioSystem::usable).first().satisfies(system -> {
                assertThat(system.problem()).isNotNull();
                assertThat(Objects.requireNonNull(system.problem()).kind())
                        .isEqualTo(ProcTapException.Kind.NO_AUDIO_SERVER);
            });
        } finally {
            server.restart();
        }
    }
}
