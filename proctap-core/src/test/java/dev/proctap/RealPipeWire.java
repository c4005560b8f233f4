package dev.proctap;

/** Gives a test class a PipeWire server of its own. */
public final class RealPipeWire extends OneServer {

    public RealPipeWire() {
        super(Kind.PIPEWIRE);
    }
}
