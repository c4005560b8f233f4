package dev.proctap.pipes.filter;

import dev.proctap.pipes.dsp.Frames;
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
    private final double[] sums = new double[Frames.BLOCK];
    private final float[] later = new float[TAPS + Frames.BLOCK];
    private final double[] all = new double[Frames.BLOCK];
    /** The largest sample of each channel's block before, of which some are still in the filter. */
    private final double[] before;
    /** So many times the largest sample the wave between can be at most. */
    private final double mostOvershoot;

    TruePeak(int sampleRateHz, int channels) {
        this.channels = channels;
        int factor = sampleRateHz < 88_200 ? 4 : sampleRateHz < 176_400 ? 2 : 1;
        phases = new float[factor - 1][TAPS];
        for (int phase = 1; phase < factor; phase++) {
            fill(phases[phase - 1], (double) phase / factor);
        }
        history = new float[channels][TAPS - 1 + Frames.BLOCK];
        before = new double[channels];
        double most = 1;
        for (float[] factors : phases) {
            double sum = 0;
            for (float each : factors) {
                sum += Math.abs(each);
            }
            most = Math.max(most, sum);
        }
        mostOvershoot = most;
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
     * The largest magnitudes of all channels, at samples and between them, {@link Frames#BLOCK} frames at most.
     *
     * @param peaks
     *            receives one for each frame: that of the wave up to {@link #TAPS} frames before it
     */
    void peaks(float[] samples, int first, int frames, double[] peaks) {
        Arrays.fill(peaks, 0, frames, 0);
        for (int channel = 0; channel < channels; channel++) {
            take(samples, first, frames, channel);
            peaksOf(history[channel], frames, peaks);
        }
    }

    /**
     * The largest magnitude, or one that is known where that is larger; then what cannot be larger is not calculated.
     */
    double highest(float[] samples, int first, int frames, double known) {
        double highest = known;
        for (int channel = 0; channel < channels; channel++) {
            double loudest = take(samples, first, frames, channel);
            highest = Math.max(highest, loudest);
            if (Math.max(loudest, before[channel]) * mostOvershoot > highest) {
                Arrays.fill(all, 0, frames, 0);
                peaksOf(history[channel], frames, all);
                for (int i = 0; i < frames; i++) {
                    highest = Math.max(highest, all[i]);
                }
            } else {
                keep(history[channel], frames);
            }
            before[channel] = loudest;
        }
        return highest;
    }

    /** Takes the samples of a channel, and returns their largest magnitude. */
    private float take(float[] samples, int first, int frames, int channel) {
        float[] x = history[channel];
        float loudest = 0;
        for (int i = 0, at = first * channels + channel; i < frames; i++, at += channels) {
            float sample = samples[at];
            x[TAPS - 1 + i] = sample;
            float magnitude = Math.abs(sample);
            loudest = magnitude > loudest ? magnitude : loudest;
        }
        return loudest;
    }

    private void peaksOf(float[] x, int frames, double[] peaks) {
        rise(x, peaks, frames);
        System.arraycopy(x, TAPS / 2, later, 0, frames + TAPS / 2 - 1);
        for (float[] factors : phases) {
            interpolate(x, factors, sums, frames);
            rise(sums, peaks, frames);
        }
        keep(x, frames);
    }

    private static void keep(float[] x, int frames) {
        System.arraycopy(x, frames, x, 0, TAPS - 1);
    }

    private static void rise(float[] x, double[] peaks, int frames) {
        for (int i = 0; i < frames; i++) {
            peaks[i] = Math.max(peaks[i], Math.abs((double) x[TAPS - 1 + i]));
        }
    }

    private static void rise(double[] x, double[] peaks, int frames) {
        for (int i = 0; i < frames; i++) {
            peaks[i] = Math.max(peaks[i], Math.abs(x[i]));
        }
    }

    /** The second half of the filter reads another array: see docs/pcm.md for what the JVM makes vector instructions of. */
    private void interpolate(float[] x, float[] factors, double[] sums, int frames) {
        Arrays.fill(sums, 0, frames, 0);
        for (int tap = 0; tap < TAPS / 2; tap++) {
            add(x, later, tap, factors[tap], factors[tap + TAPS / 2], sums, frames);
        }
    }

    private static void add(float[] x, float[] later, int from, float factor, float laterFactor, double[] sums,
            int frames) {
        for (int i = 0; i < frames; i++) {
            sums[i] += x[from + i] * factor + later[from + i] * laterFactor;
        }
    }

    void reset() {
        for (float[] channel : history) {
            Arrays.fill(channel, 0);
        }
        Arrays.fill(before, 0);
    }
}
