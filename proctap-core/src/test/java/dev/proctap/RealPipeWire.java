package dev.proctap;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Gives a test class a PipeWire server of its own. */
public final class RealPipeWire extends RealServer implements BeforeAllCallback, AfterAllCallback {

    public RealPipeWire() {
        super(Kind.PIPEWIRE);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        start();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        stop();
    }
}
