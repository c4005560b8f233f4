package dev.proctap;

/** Gives a test class the fake of macOS. */
public final class OnFakeMacOs extends OneServer {

    public OnFakeMacOs() {
        super(Kind.MACOS);
    }
}
