package dev.proctap.pcm;

/** Where a channel is heard. The order is that of the bits of a WAV file's channel mask ({@code dwChannelMask}). */
public enum Speaker {
    /** Front left. */
    FL(0),
    /** Front right. */
    FR(1),
    /** Front center; also the one channel of mono. */
    FC(2),
    /** Low-frequency effects, the .1 of a layout. */
    LFE(3),
    /** Back left. */
    BL(4),
    /** Back right. */
    BR(5),
    /** Back center. */
    BC(8),
    /** Side left. */
    SL(9),
    /** Side right. */
    SR(10);

    private final int maskBit;

    Speaker(int maskBit) {
        this.maskBit = maskBit;
    }

    /** This speaker's bit in the channel mask of a WAV file. */
    public int mask() {
        return 1 << maskBit;
    }
}
