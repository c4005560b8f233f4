package dev.proctap;

import dev.proctap.testbed.PipeWireServer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives a test class a PipeWire server of its own, and ends the programs of each test after it. */
public final class RealPipeWire implements BeforeAllCallback, AfterEachCallback, AfterAllCallback, ParameterResolver {

    private static final String REMOTE = "dev.proctap.pipewire.remote";

    private @Nullable PipeWireServer server;

    @Override
    public void beforeAll(ExtensionContext context) {
        PipeWireServer started = PipeWireServer.start();
        server = started;
        System.setProperty(REMOTE, started.remote());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Objects.requireNonNull(server).closePrograms();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        System.clearProperty(REMOTE);
        if (server != null) {
            server.close();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == PipeWireServer.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return Objects.requireNonNull(server);
    }
}
