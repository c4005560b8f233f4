package dev.proctap;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Gives a test class the fake of macOS. */
public final class OnFakeMacOs extends RealServer implements BeforeAllCallback, AfterAllCallback {

    public OnFakeMacOs() {
        super(Kind.MACOS);
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
