package dev.proctap;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Gives a test class the fake of Windows. */
public final class OnFakeWindows extends RealServer implements BeforeAllCallback, AfterAllCallback {

    public OnFakeWindows() {
        super(Kind.WINDOWS);
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
