package dev.proctap.pcm;

/**
 * How one sample is written. Integers are two's complement, but 8-bit ones are unsigned around 128, as in WAV. The float
 * value 1.0 stands for one more than the largest integer (2<sup>bits-1</sup>), the convention of PipeWire, PulseAudio and
 * FFmpeg, so that integers of up to 24 bits pass through float32 unchanged, and all of them through float64.
 */
public enum SampleFormat {
    /** 8-bit unsigned integer, 1 byte; 128 is silence. */
    U8(1, 8),
    /** 16-bit integer, 2 bytes. */
    S16(2, 16),
    /** 24-bit integer, packed, 3 bytes. */
    S24(3, 24),
    /** 24-bit integer in the low bits of 4 bytes; what the high byte holds is not looked at, and written as the sign. */
    S24_32(4, 24),
    /** 32-bit integer, 4 bytes. */
    S32(4, 32),
    /** 32-bit IEEE float, 4 bytes; full scale is -1 to 1. */
    F32(4, 32),
    /** 64-bit IEEE float, 8 bytes; full scale is -1 to 1. */
    F64(8, 64);

    private final int bytes;
    private final int bits;

    SampleFormat(int bytes, int bits) {
        this.bytes = bytes;
        this.bits = bits;
    }

    /** Bytes that one sample takes. */
    public int bytes() {
        return bytes;
    }

    /** Significant bits of one sample. */
    public int bits() {
        return bits;
    }

    /** Whether samples are floating-point numbers. */
    public boolean isFloat() {
        return this == F32 || this == F64;
    }
}
