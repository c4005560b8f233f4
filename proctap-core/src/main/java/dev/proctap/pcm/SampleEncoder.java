package dev.proctap.pcm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
    private static final float FULL_SCALE_16 = 32768f;
    private static final float FULL_SCALE_24 = 8388608f;

    private final SampleFormat format;
    private final float[] floats;
    private final short[] shorts;
    private final byte[] bytes;

    /** An encoder to {@code format}. */
    public SampleEncoder(SampleFormat format) {
        this.format = format;
        floats = new float[format == SampleFormat.F32 ? 0 : BLOCK];
        shorts = new short[format == SampleFormat.S16 ? BLOCK : 0];
        bytes = new byte[format == SampleFormat.S24 ? 3 * BLOCK : 0];
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
            MemorySegment.copy(in, ValueLayout.JAVA_FLOAT_UNALIGNED, inOffset + done * Float.BYTES, floats, 0, n);
            long at = outOffset + done * format.bytes();
            if (format == SampleFormat.S16) {
                toInt16(floats, shorts, n);
                MemorySegment.copy(shorts, 0, out, ValueLayout.JAVA_SHORT_UNALIGNED, at, n);
            } else {
                toInt24(floats, bytes, n);
                MemorySegment.copy(bytes, 0, out, ValueLayout.JAVA_BYTE, at, 3 * n);
            }
            done += n;
        }
    }

    private static void toInt16(float[] in, short[] out, int samples) {
        for (int i = 0; i < samples; i++) {
            out[i] = (short) round(in[i] * FULL_SCALE_16, Short.MIN_VALUE, Short.MAX_VALUE);
        }
    }

    /**
     * Rounds to nearest, half up, within limits; NaN is 0. As Math.round and a clamp do, which the JVM's simple compiler
     * does not know: made positive, truncation is rounding down, and in double the sum is exact.
     */
    private static int round(double value, int least, int most) {
        if (value >= most) {
            return most;
        }
        if (value <= least) {
            return least;
        }
        return !Double.isNaN(value) ? (int) (value - least + 0.5) + least : 0;
    }

    private static void toInt24(float[] in, byte[] out, int samples) {
        int low = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0 : 2;
        for (int i = 0; i < samples; i++) {
            int value = round(in[i] * FULL_SCALE_24, -0x800000, 0x7fffff);
            out[3 * i + low] = (byte) value;
            out[3 * i + 1] = (byte) (value >> 8);
            out[3 * i + 2 - low] = (byte) (value >> 16);
        }
    }
}
