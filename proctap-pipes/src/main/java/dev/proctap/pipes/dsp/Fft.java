package dev.proctap.pipes.dsp;

import org.jspecify.annotations.Nullable;
import org.jtransforms.fft.FloatFFT_1D;
import org.jtransforms.utils.CommonUtils;

/**
 * Fourier transforms of one length, a power of two, of complex numbers, in place: by FFmpeg where it is installed, by JTransforms
 * where not. Neither scales: the inverse of a transform is the length times what there was. Not thread-safe.
 *
 * <p>Two real signals make one complex one, a part each: sums of powers, and gains that are real, treat both alike.
 */
public final class Fft {

    static {
        // one transform is over before a second thread has begun
        CommonUtils.setThreadsBeginN_1D_FFT_2Threads(Long.MAX_VALUE);
        CommonUtils.setThreadsBeginN_1D_FFT_4Threads(Long.MAX_VALUE);
    }

    private final int length;
    private final @Nullable FfmpegTransform forward;
    private final @Nullable FfmpegTransform inverse;
    private final FloatFFT_1D transform;
    private final float[] scratch;

    /**
     * @throws IllegalArgumentException
     *             if the length is not a power of two from 2 on
     */
    public Fft(int length) {
        this(length, true);
    }

    /** By JTransforms alone where {@code fast} is false. */
    Fft(int length, boolean fast) {
        if (length < 2 || Integer.bitCount(length) != 1) {
            throw new IllegalArgumentException("the length of a Fourier transform is a power of two, not " + length);
        }
        this.length = length;
        forward = fast ? FfmpegTransform.of(length, false) : null;
        inverse = forward == null ? null : FfmpegTransform.of(length, true);
        transform = new FloatFFT_1D(length);
        scratch = new float[2 * length];
    }

    public int length() {
        return length;
    }

    /** Of complex numbers, real and imaginary part after each other. */
    public void forward(float[] complex) {
        if (forward != null) {
            forward.transform(complex);
        } else {
            transform.complexForward(complex);
        }
    }

    /** The inverse, not divided by the length. */
    public void inverse(float[] complex) {
        if (inverse != null) {
            inverse.transform(complex);
        } else {
            transform.complexInverse(complex, false);
        }
    }

    /**
     * Adds the powers of both real signals that a spectrum is of, for the bins 0 to length / 2.
     *
     * @param spectrum
     *            as {@link #forward} leaves it
     */
    public void addPowers(float[] spectrum, float[] powers) {
        square(spectrum, scratch);
        int half = length / 2;
        powers[0] += scratch[0] + scratch[1];
        powers[half] += scratch[length] + scratch[length + 1];
        // each signal is half in a bin and half in its mirror; the products of both signals cancel out
        for (int bin = 1, at = 2, mirror = 2 * length - 2; bin < half; bin++, at += 2, mirror -= 2) {
            powers[bin] += 0.5f * ((scratch[at] + scratch[at + 1]) + (scratch[mirror] + scratch[mirror + 1]));
        }
    }

    // what can be vector instructions stands alone: loops that go backwards cannot

    private static void square(float[] in, float[] out) {
        for (int i = 0; i < out.length; i++) {
            out[i] = in[i] * in[i];
        }
    }

    private static void multiplyBy(float[] target, float[] factors) {
        for (int i = 0; i < target.length; i++) {
            target[i] *= factors[i];
        }
    }

    /** Multiplies each bin by a gain, of both real signals. */
    public void multiply(float[] spectrum, float[] gains) {
        int half = length / 2;
        scratch[0] = gains[0];
        scratch[1] = gains[0];
        scratch[length] = gains[half];
        scratch[length + 1] = gains[half];
        for (int bin = 1, at = 2, mirror = 2 * length - 2; bin < half; bin++, at += 2, mirror -= 2) {
            float gain = gains[bin];
            scratch[at] = gain;
            scratch[at + 1] = gain;
            scratch[mirror] = gain;
            scratch[mirror + 1] = gain;
        }
        multiplyBy(spectrum, scratch);
    }

    /** The power of two that is the shortest transform not shorter than so many frames. */
    public static int lengthFor(double frames) {
        int length = 2;
        while (length < frames) {
            length *= 2;
        }
        return length;
    }
}
