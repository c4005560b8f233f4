package dev.proctap.pcm;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/**
 * Writes float32 samples in another format: rounded to nearest, saturated, NaN as 0. Allocates nothing after it was made;
 * not thread-safe.
 *
 * <p>Samples pass through small arrays, because loops over arrays are what every compiler of the JVM makes fast, the
 * simplest one included, and the copies in and out are single moves of memory.
 */
public final class SampleEncoder {

    private static final int BLOCK = 1024;
    private static final double FULL_SCALE_16 = 32768;
    private static final double FULL_SCALE_24 = 8388608;

    private final SampleFormat format;
    private final float[] floats;
    private final short[] shorts;
    private final byte[] bytes;
    // the same arrays as segments, made once: a copy that is given an array looks its type up anew each time
    private final MemorySegment block;
    private final MemorySegment encoded;

    /** An encoder to {@code format}. */
    public SampleEncoder(SampleFormat format) {
        this.format = format;
        floats = new float[format == SampleFormat.F32 ? 0 : BLOCK];
        shorts = new short[format == SampleFormat.S16 ? BLOCK : 0];
        bytes = new byte[format == SampleFormat.S24 ? 3 * BLOCK : 0];
        block = MemorySegment.ofArray(floats);
        encoded = format == SampleFormat.S16 ? MemorySegment.ofArray(shorts) : MemorySegment.ofArray(bytes);
    }

    /**
     * Encodes.
     *
     * @param in
     *            native-order float32 samples
     * @param inOffset
     *            where the first sample stands, in bytes
     * @param out
     *            receives {@code samples} times {@link SampleFormat#bytes} bytes
     * @param outOffset
     *            where the first of them goes, in bytes
     * @param samples
     *            how many samples (frames times channels)
     */
    public void encode(MemorySegment in, long inOffset, MemorySegment out, long outOffset, long samples) {
        if (format == SampleFormat.F32) {
            MemorySegment.copy(in, inOffset, out, outOffset, samples * Float.BYTES);
            return;
        }
        for (long done = 0; done < samples;) {
            int n = (int) Math.min(BLOCK, samples - done);
            MemorySegment.copy(in, inOffset + done * Float.BYTES, block, 0, (long) n * Float.BYTES);
            if (format == SampleFormat.S16) {
                toInt16(floats, shorts, n);
            } else {
                toInt24(floats, bytes, n);
            }
            MemorySegment.copy(encoded, 0, out, outOffset + done * format.bytes(), (long) n * format.bytes());
            done += n;
        }
    }

    // Made positive, truncation rounds down, and in double the sum is exact: so these loops round to nearest, half up, as
    // Math.round does, in a form that the JVM's simple compiler turns into a few instructions without a call. A cast
    // saturates, and makes NaN zero, which would be the lowest value here.

    private static void toInt16(float[] in, short[] out, int samples) {
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

    private static void toInt24(float[] in, byte[] out, int samples) {
        int low = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0 : 2;
        int at = 0;
        for (int i = 0; i < samples; i++) {
            double positive = in[i] * FULL_SCALE_24 + (FULL_SCALE_24 + 0.5);
            int value = (int) positive;
            if (value > 0xffffff) {
                value = 0xffffff;
            } else if (value <= 0) {
                value = Double.isNaN(positive) ? 0x800000 : 0;
            }
            value -= 0x800000;
            out[at + low] = (byte) value;
            out[at + 1] = (byte) (value >> 8);
            out[at + 2 - low] = (byte) (value >> 16);
            at += 3;
        }
    }
}
