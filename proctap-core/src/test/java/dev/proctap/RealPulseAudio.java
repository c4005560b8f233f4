package dev.proctap;

/** Gives a test class a PulseAudio server of its own. */
public final class RealPulseAudio extends OneServer {

    public RealPulseAudio() {
        super(Kind.PULSEAUDIO);
    }
}
