package dev.proctap.pcm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * How one sample is written. Integers are two's complement; the float value 1.0 stands for one more than the largest
 * integer (2<sup>bits-1</sup>), the convention of PipeWire, PulseAudio and FFmpeg, so that integers of up to 24 bits
 * pass through float32 unchanged.
 */
public enum SampleFormat {
    /** 16-bit integer, native byte order, 2 bytes. */
    S16(2, 16) {
        @Override
        public void encode(MemorySegment floats, long floatsOffset, MemorySegment out, long outOffset, long samples) {
            for (long i = 0; i < samples; i++) {
                float value = floats.get(FLOAT, floatsOffset + 4 * i);
                // float to int conversion saturates and takes NaN to 0
                int rounded = Math.round(value * 32768f);
                out.set(SHORT, outOffset + 2 * i, (short) Math.clamp(rounded, Short.MIN_VALUE, Short.MAX_VALUE));
            }
        }
    },
    /** 24-bit integer, packed, native byte order, 3 bytes. */
    S24(3, 24) {
        @Override
        public void encode(MemorySegment floats, long floatsOffset, MemorySegment out, long outOffset, long samples) {
            for (long i = 0; i < samples; i++) {
                float value = floats.get(FLOAT, floatsOffset + 4 * i);
                int rounded = Math.clamp(Math.round(value * 8388608f), -8388608, 8388607);
                long at = outOffset + 3 * i;
                out.set(ValueLayout.JAVA_BYTE, at + FIRST, (byte) rounded);
                out.set(ValueLayout.JAVA_BYTE, at + 1, (byte) (rounded >> 8));
                out.set(ValueLayout.JAVA_BYTE, at + 2 - FIRST, (byte) (rounded >> 16));
            }
        }
    },
    /** 32-bit IEEE float, native byte order, 4 bytes; full scale is -1 to 1. */
    F32(4, 32) {
        @Override
        public void encode(MemorySegment floats, long floatsOffset, MemorySegment out, long outOffset, long samples) {
            MemorySegment.copy(floats, floatsOffset, out, outOffset, 4 * samples);
        }
    };

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    /** Where the least significant of three bytes stands. */
    private static final int FIRST = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0 : 2;

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

    /**
     * Writes float32 samples in this format: rounded to nearest, saturated, NaN as 0. Allocates nothing.
     *
     * @param floats
     *            native-order float32 samples
     * @param floatsOffset
     *            where the first sample stands, in bytes
     * @param out
     *            receives {@code samples * bytes()} bytes
     * @param outOffset
     *            where the first of them goes, in bytes
     * @param samples
     *            how many samples (frames times channels)
     */
    public abstract void encode(MemorySegment floats, long floatsOffset, MemorySegment out, long outOffset,
            long samples);
}
