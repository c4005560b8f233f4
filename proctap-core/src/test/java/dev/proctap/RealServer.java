package dev.proctap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.FakeMacOs;
import dev.proctap.testbed.FakeServer;
import dev.proctap.testbed.FakeWindows;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.PulseAudioServer;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** An audio server of its own for tests, to which the library is directed; the programs of each test end with it. */
abstract class RealServer implements AfterEachCallback, ParameterResolver {

    /** The servers that there are. */
    enum Kind {
        PIPEWIRE("PipeWire"), PULSEAUDIO("PulseAudio"), WINDOWS("Windows (fake)"), MACOS("macOS (fake)");

        final String displayName;

        Kind(String displayName) {
            this.displayName = displayName;
        }

        private AudioServer start() {
            return switch (this) {
                case PIPEWIRE -> PipeWireServer.start();
                case PULSEAUDIO -> PulseAudioServer.start();
                case WINDOWS -> FakeWindows.start();
                case MACOS -> FakeMacOs.start();
            };
        }

        private static Map<String, String> properties(AudioServer server) {
            return switch (server) {
                case PipeWireServer pipeWire -> Map.of("dev.proctap.pipewire.remote", pipeWire.remote());
                case PulseAudioServer pulse -> Map.of("dev.proctap.backend", "pulse", "dev.proctap.pulse.server",
                        pulse.server());
                case FakeWindows _ -> Map.of("dev.proctap.backend", "wasapi");
                case FakeMacOs _ -> Map.of("dev.proctap.backend", "coreaudio", "dev.proctap.macos.root",
                        FakeMacOs.root());
            };
        }
    }

    private final Kind kind;
    private @Nullable AudioServer server;

    RealServer(Kind kind) {
        this.kind = kind;
    }

    final void start() {
        AudioServer started = kind.start();
        server = started;
        Kind.properties(started).forEach(System::setProperty);
    }

    final void stop() {
        AudioServer started = server;
        if (started != null) {
            Kind.properties(started).keySet().forEach(System::clearProperty);
            started.close();
        }
    }

    @Override
    public final void afterEach(ExtensionContext context) {
        AudioServer started = Objects.requireNonNull(server);
        started.closePrograms();
        if (started instanceof FakeServer fake) {
            Await.until(() -> "nothing of the system is held any more: " + fake.objects(), Duration.ofSeconds(10),
                    () -> fake.objects().isEmpty());
            assertThat(fake.mistakes()).as("mistakes in using the system").isEmpty();
            fake.reset();
        }
    }

    @Override
    public final boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return AudioServer.class.isAssignableFrom(type) && type.isInstance(server);
    }

    @Override
    public final Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return Objects.requireNonNull(server);
    }
}
