package dev.proctap;

/** Gives a test class the fake of Windows. */
public final class OnFakeWindows extends OneServer {

    public OnFakeWindows() {
        super(Kind.WINDOWS);
    }
}
