package dev.proctap.pipes.dsp;

import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.jtransforms.fft.FloatFFT_1D;
import org.jtransforms.utils.CommonUtils;

/**
 * Fourier transforms of one length, a power of two, of complex numbers: by FFmpeg where it is installed, by JTransforms where not.
 * Neither scales: the inverse of a transform is the length times what there was. Not thread-safe.
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
    private final float[] squares;
    private final float[] bothPowers;

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
        squares = new float[2 * length];
        bothPowers = new float[length / 2 + 1];
    }

    public int length() {
        return length;
    }

    /**
     * So many complex numbers, where transforms take and leave them without a copy more: real and imaginary part after each
     * other, all 0.
     */
    public final class Signal {

        private final FloatBuffer samples = forward == null
                ? FloatBuffer.allocate(2 * length)
                : forward.allocate();
        /** The same memory. */
        private final MemorySegment memory = MemorySegment.ofBuffer(samples);

        public FloatBuffer samples() {
            return samples;
        }
    }

    /** From a signal to its spectrum; the signal is lost. */
    public void forward(Signal signal, float[] spectrum) {
        if (forward != null) {
            forward.transform(signal.memory, spectrum);
        } else {
            signal.samples.get(0, spectrum);
            transform.complexForward(spectrum);
        }
    }

    /** From a spectrum to the signal, the length times as large; the spectrum is lost. */
    public void inverse(float[] spectrum, Signal signal) {
        if (inverse != null) {
            inverse.transform(spectrum, signal.memory);
        } else {
            transform.complexInverse(spectrum, false);
            signal.samples.put(0, spectrum);
        }
    }

    /** In place, of complex numbers, real and imaginary part after each other. */
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
        square(spectrum, squares);
        addMirrored(squares, bothPowers);
        addHalf(powers, bothPowers);
    }

    /**
     * Multiplies each bin by a gain, of both real signals.
     *
     * @param gains
     *            of the bins 0 to length / 2
     */
    public void multiply(float[] spectrum, float[] gains) {
        int half = spectrum.length / 4;
        for (int bin = 0; bin <= half; bin++) {
            float gain = gains[bin];
            spectrum[2 * bin] *= gain;
            spectrum[2 * bin + 1] *= gain;
        }
        for (int bin = 1; bin < half; bin++) {
            float gain = gains[bin];
            spectrum[spectrum.length - 2 * bin] *= gain;
            spectrum[spectrum.length - 2 * bin + 1] *= gain;
        }
    }

    // indexes that follow from the length of the array itself are not checked one by one; what can be vector instructions
    // stands alone, since loops that go backwards cannot

    private static void square(float[] in, float[] out) {
        for (int i = 0; i < out.length; i++) {
            out[i] = in[i] * in[i];
        }
    }

    /** Each signal is half in a bin and half in its mirror; the products of both signals cancel out. */
    private static void addMirrored(float[] squares, float[] sums) {
        int half = squares.length / 4;
        sums[0] = 2 * (squares[0] + squares[1]);
        for (int bin = 1; bin < half; bin++) {
            sums[bin] = squares[2 * bin] + squares[2 * bin + 1]
                    + (squares[squares.length - 2 * bin] + squares[squares.length - 2 * bin + 1]);
        }
        sums[half] = 2 * (squares[2 * half] + squares[2 * half + 1]);
    }

    private static void addHalf(float[] target, float[] a) {
        for (int i = 0; i < target.length; i++) {
            target[i] += 0.5f * a[i];
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
