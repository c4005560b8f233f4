package dev.proctap.pipes.filter;

import java.util.ArrayList;
import java.util.List;

/**
 * One section of second order of a recursive filter, {@code y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]}.
 * Shelves and bells are those of Robert Bristow-Johnson's <i>Audio EQ Cookbook</i>; passes of any order are Butterworth
 * filters, made of the analogue ones by the bilinear transform with the cutoff in its place.
 */
public record Biquad(double b0, double b1, double b2, double a1, double a2) {

    /** Passes everything. */
    public static final Biquad IDENTITY = new Biquad(1, 0, 0, 0, 0);

    private static final int MOST_ORDER = 16;

    /**
     * High-pass sections of Butterworth's response: flat as can be, -3.01 dB at the cutoff, 6 dB an octave for each order.
     *
     * @throws IllegalArgumentException
     *             if the cutoff is not between 0 and half of the rate, or the order not 1 to 16
     */
    public static List<Biquad> highPass(int order, double cutoffHz, int sampleRateHz) {
        return butterworth(order, cutoffHz, sampleRateHz, true);
    }

    /** Low-pass sections likewise. */
    public static List<Biquad> lowPass(int order, double cutoffHz, int sampleRateHz) {
        return butterworth(order, cutoffHz, sampleRateHz, false);
    }

    private static List<Biquad> butterworth(int order, double cutoffHz, int sampleRateHz, boolean high) {
        requireFrequency(cutoffHz, sampleRateHz);
        if (order < 1 || order > MOST_ORDER) {
            throw new IllegalArgumentException("the order of a filter is 1 to " + MOST_ORDER + ", not " + order);
        }
        List<Biquad> sections = new ArrayList<>();
        double k = Math.tan(Math.PI * cutoffHz / sampleRateHz);
        for (int i = 0; i < order / 2; i++) {
            // the poles lie on half a circle, pairs of them at these angles
            double q = 1 / (2 * Math.sin(Math.PI * (2 * i + 1) / (2 * order)));
            double norm = 1 / (1 + k / q + k * k);
            double gain = high ? norm : k * k * norm;
            sections.add(new Biquad(gain, high ? -2 * gain : 2 * gain, gain, 2 * (k * k - 1) * norm,
                    (1 - k / q + k * k) * norm));
        }
        if (order % 2 == 1) {
            double norm = 1 / (1 + k);
            double gain = high ? norm : k * norm;
            sections.add(new Biquad(gain, high ? -gain : gain, 0, (k - 1) * norm, 0));
        }
        return List.copyOf(sections);
    }

    /**
     * The first-order high-pass of the Python ProcTap: {@code y[n] = alpha (y[n-1] + x[n] - x[n-1])} with
     * {@code alpha = RC / (RC + dt)}.
     */
    public static Biquad firstOrderHighPass(double cutoffHz, int sampleRateHz) {
        requireFrequency(cutoffHz, sampleRateHz);
        double rc = 1 / (2 * Math.PI * cutoffHz);
        double alpha = rc / (rc + 1.0 / sampleRateHz);
        return new Biquad(alpha, -alpha, 0, -alpha, 0);
    }

    /** Its first-order low-pass: {@code y[n] = y[n-1] + alpha (x[n] - y[n-1])} with {@code alpha = dt / (RC + dt)}. */
    public static Biquad firstOrderLowPass(double cutoffHz, int sampleRateHz) {
        requireFrequency(cutoffHz, sampleRateHz);
        double rc = 1 / (2 * Math.PI * cutoffHz);
        double alpha = 1.0 / sampleRateHz / (rc + 1.0 / sampleRateHz);
        return new Biquad(alpha, 0, 0, alpha - 1, 0);
    }

    /**
     * Raises or lowers what is below a frequency; at that frequency half of the decibels are reached.
     *
     * @param slope
     *            1 for the steepest shelf whose response still rises or falls all the way
     */
    public static Biquad lowShelf(double hz, double gainDb, double slope, int sampleRateHz) {
        requireFrequency(hz, sampleRateHz);
        double a = Math.pow(10, gainDb / 40);
        double w = 2 * Math.PI * hz / sampleRateHz;
        double cos = Math.cos(w);
        double beta = 2 * Math.sqrt(a) * alphaOfSlope(w, a, slope);
        return normalised(a * ((a + 1) - (a - 1) * cos + beta), 2 * a * ((a - 1) - (a + 1) * cos),
                a * ((a + 1) - (a - 1) * cos - beta), (a + 1) + (a - 1) * cos + beta, -2 * ((a - 1) + (a + 1) * cos),
                (a + 1) + (a - 1) * cos - beta);
    }

    /** Raises or lowers what is above a frequency, likewise. */
    public static Biquad highShelf(double hz, double gainDb, double slope, int sampleRateHz) {
        requireFrequency(hz, sampleRateHz);
        double a = Math.pow(10, gainDb / 40);
        double w = 2 * Math.PI * hz / sampleRateHz;
        double cos = Math.cos(w);
        double beta = 2 * Math.sqrt(a) * alphaOfSlope(w, a, slope);
        return normalised(a * ((a + 1) + (a - 1) * cos + beta), -2 * a * ((a - 1) + (a + 1) * cos),
                a * ((a + 1) + (a - 1) * cos - beta), (a + 1) - (a - 1) * cos + beta, 2 * ((a - 1) - (a + 1) * cos),
                (a + 1) - (a - 1) * cos - beta);
    }

    private static double alphaOfSlope(double w, double a, double slope) {
        if (!(slope > 0)) {
            throw new IllegalArgumentException("the slope of a shelf is positive, not " + slope);
        }
        return Math.sin(w) / 2 * Math.sqrt((a + 1 / a) * (1 / slope - 1) + 2);
    }

    /**
     * Raises or lowers what is around a frequency.
     *
     * @param q
     *            the frequency by the width between the points of half of the decibels
     */
    public static Biquad peaking(double hz, double gainDb, double q, int sampleRateHz) {
        requireFrequency(hz, sampleRateHz);
        if (!(q > 0)) {
            throw new IllegalArgumentException("the quality of a bell is positive, not " + q);
        }
        double a = Math.pow(10, gainDb / 40);
        double w = 2 * Math.PI * hz / sampleRateHz;
        double cos = Math.cos(w);
        double alpha = Math.sin(w) / (2 * q);
        return normalised(1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a);
    }

    /** Takes away what does not swing, by a zero at 0 Hz beside a pole so near that -3 dB are at {@code cutoffHz}. */
    public static Biquad dcBlocker(double cutoffHz, int sampleRateHz) {
        requireFrequency(cutoffHz, sampleRateHz);
        double pole = 1 - 2 * Math.PI * cutoffHz / sampleRateHz;
        // 1 at half of the rate
        double gain = (1 + pole) / 2;
        return new Biquad(gain, -gain, 0, -pole, 0);
    }

    /** The section of six coefficients as they stand in the literature. */
    public static Biquad normalised(double b0, double b1, double b2, double a0, double a1, double a2) {
        return new Biquad(b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0);
    }

    static void requireFrequency(double hz, int sampleRateHz) {
        if (!(hz > 0 && hz < sampleRateHz / 2.0)) {
            throw new IllegalArgumentException(
                    "a frequency of " + hz + " Hz is not between 0 and " + sampleRateHz / 2.0 + " Hz");
        }
    }

    /** The factor that the amplitude of a tone is changed by. */
    public double gainAt(double hz, int sampleRateHz) {
        double w = 2 * Math.PI * hz / sampleRateHz;
        double re = b0 + b1 * Math.cos(w) + b2 * Math.cos(2 * w);
        double im = b1 * Math.sin(w) + b2 * Math.sin(2 * w);
        double poleRe = 1 + a1 * Math.cos(w) + a2 * Math.cos(2 * w);
        double poleIm = a1 * Math.sin(w) + a2 * Math.sin(2 * w);
        return Math.hypot(re, im) / Math.hypot(poleRe, poleIm);
    }
}
