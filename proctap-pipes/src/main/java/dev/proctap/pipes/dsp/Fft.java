package dev.proctap.pipes.dsp;

import org.jtransforms.fft.FloatFFT_1D;
import org.jtransforms.utils.CommonUtils;

/** Fourier transforms of one length, a power of two, in place. Not thread-safe. */
public final class Fft {

    static {
        // one transform is over before a second thread has begun
        CommonUtils.setThreadsBeginN_1D_FFT_2Threads(Long.MAX_VALUE);
        CommonUtils.setThreadsBeginN_1D_FFT_4Threads(Long.MAX_VALUE);
    }

    private final int length;
    private final FloatFFT_1D transform;

    /**
     * @throws IllegalArgumentException
     *             if the length is not a power of two from 2 on
     */
    public Fft(int length) {
        if (length < 2 || Integer.bitCount(length) != 1) {
            throw new IllegalArgumentException("the length of a Fourier transform is a power of two, not " + length);
        }
        this.length = length;
        transform = new FloatFFT_1D(length);
    }

    public int length() {
        return length;
    }

    /** Of complex numbers, real and imaginary part after each other. */
    public void forward(float[] complex) {
        transform.complexForward(complex);
    }

    /** The inverse of {@link #forward}. */
    public void inverse(float[] complex) {
        transform.complexInverse(complex, true);
    }

    /**
     * The powers of the bins 0 to length / 2 of real samples, not scaled.
     *
     * @param samples
     *            is used up
     */
    public void powers(float[] samples, float[] powers) {
        transform.realForward(samples);
        int half = length / 2;
        powers[0] = samples[0] * samples[0];
        powers[half] = samples[1] * samples[1];
        for (int bin = 1; bin < half; bin++) {
            float re = samples[2 * bin];
            float im = samples[2 * bin + 1];
            powers[bin] = re * re + im * im;
        }
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
