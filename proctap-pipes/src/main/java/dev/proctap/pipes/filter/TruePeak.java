package dev.proctap.pipes.filter;

import java.util.Arrays;

/**
 * How high the wave is between the samples: they are interpolated to four times the rate (twice at 96 kHz, not at all from
 * 176.4 kHz on), as Annex 2 of ITU-R BS.1770 asks for, by a sinc under a Kaiser window.
 */
final class TruePeak {

    /** So many frames after a peak it is told at the latest: the length of the filter. */
    static final int TAPS = 16;
    private static final double BETA = 7;

    private final int channels;
    /** The factors of each place between two samples. */
    private final float[][] phases;
    /** For each channel the last samples, and room for a block. */
    private final float[][] history;
    private final double[] sums = new double[Equalizer.BLOCK_FRAMES];

    TruePeak(int sampleRateHz, int channels) {
        this.channels = channels;
        int factor = sampleRateHz < 88_200 ? 4 : sampleRateHz < 176_400 ? 2 : 1;
        phases = new float[factor - 1][TAPS];
        for (int phase = 1; phase < factor; phase++) {
            fill(phases[phase - 1], (double) phase / factor);
        }
        history = new float[channels][TAPS - 1 + Equalizer.BLOCK_FRAMES];
    }

    private static void fill(float[] factors, double place) {
        double sum = 0;
        double[] exact = new double[TAPS];
        for (int i = 0; i < TAPS; i++) {
            double x = i - (TAPS / 2 - 1) - place;
            double edge = x / (TAPS / 2.0);
            double sinc = x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
            exact[i] = sinc * bessel(BETA * Math.sqrt(Math.max(0, 1 - edge * edge))) / bessel(BETA);
            sum += exact[i];
        }
        for (int i = 0; i < TAPS; i++) {
            factors[i] = (float) (exact[i] / sum);
        }
    }

    /** The modified Bessel function of order 0, by its series. */
    private static double bessel(double x) {
        double term = 1;
        double sum = 1;
        for (int k = 1; term > 1e-17 * sum; k++) {
            term *= x * x / (4.0 * k * k);
            sum += term;
        }
        return sum;
    }

    /**
     * The largest magnitudes of all channels, at samples and between them, {@link Equalizer#BLOCK_FRAMES} frames at most.
     *
     * @param peaks
     *            receives one for each frame: that of the wave up to {@link #TAPS} frames before it
     */
    void peaks(float[] samples, int first, int frames, float[] peaks) {
        Arrays.fill(peaks, 0, frames, 0);
        for (int channel = 0; channel < channels; channel++) {
            float[] x = history[channel];
            for (int i = 0; i < frames; i++) {
                float sample = samples[(first + i) * channels + channel];
                x[TAPS - 1 + i] = sample;
                peaks[i] = Math.max(peaks[i], Math.abs(sample));
            }
            for (float[] factors : phases) {
                interpolate(x, factors, sums, frames);
                for (int i = 0; i < frames; i++) {
                    peaks[i] = Math.max(peaks[i], Math.abs((float) sums[i]));
                }
            }
            System.arraycopy(x, frames, x, 0, TAPS - 1);
        }
    }

    private static void interpolate(float[] x, float[] factors, double[] sums, int frames) {
        Arrays.fill(sums, 0, frames, 0);
        // the wave is half as many samples later in the second half of the filter: no neighbours, see docs/pcm.md
        for (int tap = 0; tap < TAPS / 2; tap++) {
            add(x, tap, factors[tap], tap + TAPS / 2, factors[tap + TAPS / 2], sums, frames);
        }
    }

    private static void add(float[] x, int from, float factor, int otherFrom, float otherFactor, double[] sums,
            int frames) {
        for (int i = 0; i < frames; i++) {
            sums[i] += x[from + i] * factor + x[otherFrom + i] * otherFactor;
        }
    }

    void reset() {
        for (float[] channel : history) {
            Arrays.fill(channel, 0);
        }
    }
}
