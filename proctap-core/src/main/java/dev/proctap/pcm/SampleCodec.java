package dev.proctap.pcm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Reads samples of one format into float64, which holds all of them exactly, and writes them: rounded to nearest, half up,
 * saturated, NaN as 0. Allocates nothing after it was made; not thread-safe.
 *
 * <p>Samples pass through small arrays, because loops over arrays are what every compiler of the JVM makes fast, the
 * simplest one included, and the copies in and out are single moves of memory, which turn bytes around where due.
 */
final class SampleCodec {

    /** The most samples that one call takes. */
    static final int BLOCK_SAMPLES = 1024;

    private static final double FULL_SCALE_8 = 128;
    private static final double FULL_SCALE_16 = 32768;
    private static final double FULL_SCALE_24 = 8388608;
    private static final double FULL_SCALE_32 = 2147483648.0;

    private final SampleFormat format;
    private final boolean bigEndian;
    private final byte[] bytes;
    private final short[] shorts;
    private final int[] ints;
    private final float[] floats;
    private final double[] doubles;
    // the one that is used as a segment, made once: a copy that is given an array looks its type up anew each time
    private final MemorySegment array;
    private final ValueLayout element;
    private final ValueLayout arrayElement;
    private final int elementsPerSample;

    SampleCodec(SampleFormat format, ByteOrder byteOrder) {
        this.format = format;
        bigEndian = byteOrder == ByteOrder.BIG_ENDIAN;
        boolean isBytes = format == SampleFormat.U8 || format == SampleFormat.S24;
        boolean isInts = format == SampleFormat.S24_32 || format == SampleFormat.S32;
        elementsPerSample = format == SampleFormat.S24 ? 3 : 1;
        bytes = new byte[isBytes ? BLOCK_SAMPLES * elementsPerSample : 0];
        shorts = new short[format == SampleFormat.S16 ? BLOCK_SAMPLES : 0];
        ints = new int[isInts ? BLOCK_SAMPLES : 0];
        floats = new float[format == SampleFormat.F32 ? BLOCK_SAMPLES : 0];
        doubles = new double[format == SampleFormat.F64 ? BLOCK_SAMPLES : 0];
        switch (format) {
            case U8, S24 -> {
                array = MemorySegment.ofArray(bytes);
                arrayElement = ValueLayout.JAVA_BYTE;
            }
            case S16 -> {
                array = MemorySegment.ofArray(shorts);
                arrayElement = ValueLayout.JAVA_SHORT_UNALIGNED;
            }
            case S24_32, S32 -> {
                array = MemorySegment.ofArray(ints);
                arrayElement = ValueLayout.JAVA_INT_UNALIGNED;
            }
            case F32 -> {
                array = MemorySegment.ofArray(floats);
                arrayElement = ValueLayout.JAVA_FLOAT_UNALIGNED;
            }
            case F64 -> {
                array = MemorySegment.ofArray(doubles);
                arrayElement = ValueLayout.JAVA_DOUBLE_UNALIGNED;
            }
            default -> throw new IllegalArgumentException(format.name());
        }
        element = arrayElement.withOrder(byteOrder);
    }

    /** Reads so many samples, {@link #BLOCK_SAMPLES} at most. */
    void decode(MemorySegment in, long offset, double[] out, int samples) {
        MemorySegment.copy(in, element, offset, array, arrayElement, 0, (long) samples * elementsPerSample);
        switch (format) {
            case U8 -> fromUnsigned8(bytes, out, samples);
            case S16 -> fromInt16(shorts, out, samples);
            case S24 -> fromInt24(bytes, bigEndian ? 2 : 0, out, samples);
            case S24_32 -> fromInt24(ints, out, samples);
            case S32 -> fromInt32(ints, out, samples);
            case F32 -> fromFloat(floats, out, samples);
            case F64 -> System.arraycopy(doubles, 0, out, 0, samples);
        }
    }

    /** Writes so many samples, {@link #BLOCK_SAMPLES} at most. */
    void encode(double[] in, MemorySegment out, long offset, int samples) {
        switch (format) {
            case U8 -> toUnsigned8(in, bytes, samples);
            case S16 -> toInt16(in, shorts, samples);
            case S24 -> toInt24(in, bytes, bigEndian ? 2 : 0, samples);
            case S24_32 -> toInt24(in, ints, samples);
            case S32 -> toInt32(in, ints, samples);
            case F32 -> toFloat(in, floats, samples);
            case F64 -> System.arraycopy(in, 0, doubles, 0, samples);
        }
        MemorySegment.copy(array, arrayElement, 0, out, element, offset, (long) samples * elementsPerSample);
    }

    private static void fromUnsigned8(byte[] in, double[] out, int samples) {
        for (int i = 0; i < samples; i++) {
            out[i] = ((in[i] & 0xff) - 128) * (1 / FULL_SCALE_8);
        }
    }

    private static void fromInt16(short[] in, double[] out, int samples) {
        for (int i = 0; i < samples; i++) {
            out[i] = in[i] * (1 / FULL_SCALE_16);
        }
    }

    /** @param low where in its three bytes a sample has the lowest */
    private static void fromInt24(byte[] in, int low, double[] out, int samples) {
        int at = 0;
        for (int i = 0; i < samples; i++) {
            int value = in[at + 2 - low] << 16 | (in[at + 1] & 0xff) << 8 | (in[at + low] & 0xff);
            out[i] = value * (1 / FULL_SCALE_24);
            at += 3;
        }
    }

    private static void fromInt24(int[] in, double[] out, int samples) {
        for (int i = 0; i < samples; i++) {
            out[i] = (in[i] << 8 >> 8) * (1 / FULL_SCALE_24);
        }
    }

    private static void fromInt32(int[] in, double[] out, int samples) {
        for (int i = 0; i < samples; i++) {
            out[i] = in[i] * (1 / FULL_SCALE_32);
        }
    }

    private static void fromFloat(float[] in, double[] out, int samples) {
        for (int i = 0; i < samples; i++) {
            out[i] = in[i];
        }
    }

    // Made positive, truncation rounds down: so these loops round to nearest, half up, as Math.round does, in a form that
    // the JVM's simple compiler turns into a few instructions without a call. A cast saturates, and makes NaN zero, which
    // would be the lowest value here. What most captures use is written out: called, it takes 40 % longer there.

    private static void toUnsigned8(double[] in, byte[] out, int samples) {
        for (int i = 0; i < samples; i++) {
            double positive = in[i] * FULL_SCALE_8 + (FULL_SCALE_8 + 0.5);
            int value = (int) positive;
            if (value > 0xff) {
                value = 0xff;
            } else if (value <= 0) {
                value = Double.isNaN(positive) ? 0x80 : 0;
            }
            out[i] = (byte) value;
        }
    }

    private static void toInt16(double[] in, short[] out, int samples) {
        for (int i = 0; i < samples; i++) {
            double positive = in[i] * FULL_SCALE_16 + (FULL_SCALE_16 + 0.5);
            int value = (int) positive;
            if (value > 0xffff) {
                value = 0xffff;
            } else if (value <= 0) {
                value = Double.isNaN(positive) ? 0x8000 : 0;
            }
            out[i] = (short) (value - 0x8000);
        }
    }

    private static int toInt24(double sample) {
        double positive = sample * FULL_SCALE_24 + (FULL_SCALE_24 + 0.5);
        int value = (int) positive;
        if (value > 0xffffff) {
            value = 0xffffff;
        } else if (value <= 0) {
            value = Double.isNaN(positive) ? 0x800000 : 0;
        }
        return value - 0x800000;
    }

    private static void toInt24(double[] in, byte[] out, int low, int samples) {
        int at = 0;
        for (int i = 0; i < samples; i++) {
            int value = toInt24(in[i]);
            out[at + low] = (byte) value;
            out[at + 1] = (byte) (value >> 8);
            out[at + 2 - low] = (byte) (value >> 16);
            at += 3;
        }
    }

    private static void toInt24(double[] in, int[] out, int samples) {
        for (int i = 0; i < samples; i++) {
            out[i] = toInt24(in[i]);
        }
    }

    private static void toInt32(double[] in, int[] out, int samples) {
        for (int i = 0; i < samples; i++) {
            double positive = in[i] * FULL_SCALE_32 + (FULL_SCALE_32 + 0.5);
            long value = (long) positive;
            if (value > 0xffffffffL) {
                value = 0xffffffffL;
            } else if (value <= 0) {
                value = Double.isNaN(positive) ? 0x80000000L : 0;
            }
            out[i] = (int) (value - 0x80000000L);
        }
    }

    private static void toFloat(double[] in, float[] out, int samples) {
        for (int i = 0; i < samples; i++) {
            out[i] = (float) in[i];
        }
    }
}
