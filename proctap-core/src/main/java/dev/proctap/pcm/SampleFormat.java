package dev.proctap.pcm;

/**
 * How one sample is written, in native byte order. Integers are two's complement; the float value 1.0 stands for one more
 * than the largest integer (2<sup>bits-1</sup>), the convention of PipeWire, PulseAudio and FFmpeg, so that integers of up
 * to 24 bits pass through float32 unchanged.
 */
public enum SampleFormat {
    /** 16-bit integer, 2 bytes. */
    S16(16),
    /** 24-bit integer, packed, 3 bytes. */
    S24(24),
    /** 32-bit IEEE float, 4 bytes; full scale is -1 to 1. */
    F32(32);

    private final int bits;

    SampleFormat(int bits) {
        this.bits = bits;
    }

    /** Bytes that one sample takes. */
    public int bytes() {
        return bits / Byte.SIZE;
    }

    /** Significant bits of one sample. */
    public int bits() {
        return bits;
    }
}
