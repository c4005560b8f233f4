package dev.proctap;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Gives a test class a server of its own. */
abstract class OneServer extends RealServer implements BeforeAllCallback, AfterAllCallback {

    OneServer(Kind kind) {
        super(kind);
    }

    @Override
    public final void beforeAll(ExtensionContext context) {
        start();
    }

    @Override
    public final void afterAll(ExtensionContext context) {
        stop();
    }
}
