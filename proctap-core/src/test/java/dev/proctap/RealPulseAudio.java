package dev.proctap;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Gives a test class a PulseAudio server of its own. */
public final class RealPulseAudio extends RealServer implements BeforeAllCallback, AfterAllCallback {

    public RealPulseAudio() {
        super(Kind.PULSEAUDIO);
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
