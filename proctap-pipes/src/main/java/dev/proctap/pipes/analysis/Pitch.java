package dev.proctap.pipes.analysis;

import dev.proctap.pipes.dsp.Fft;
import java.util.Arrays;

/**
 * The pitch of sound: the period at which it is most alike to itself, by the autocorrelation of a block divided by that of its
 * window (Boersma, <i>Accurate short-term analysis of the fundamental frequency</i>, 1993), calculated with Fourier transforms.
 */
final class Pitch {

    private static final double LOWEST_HZ = 40;
    private static final double HIGHEST_HZ = 5000;
    /** Less alike than that is no tone. */
    private static final double LEAST_LIKENESS = 0.5;
    /** What a period twice as long has to be more alike by. */
    private static final double OCTAVE_COST = 0.02;

    private final int sampleRateHz;
    private final float[] window;
    private final float[] windowLikeness;
    private final Fft fft;
    private final float[] work;

    /** For blocks of so many frames. */
    Pitch(int sampleRateHz, int length) {
        this.sampleRateHz = sampleRateHz;
        window = Window.HANN.factors(length);
        fft = new Fft(2 * length);
        work = new float[4 * length];
        windowLikeness = new float[length];
        correlate(window);
        System.arraycopy(work, 0, windowLikeness, 0, length);
    }

    /** Leaves the autocorrelation of samples in {@code work}, the one without delay 1. */
    private void correlate(float[] samples) {
        Arrays.fill(work, 0);
        for (int i = 0; i < samples.length; i++) {
            work[2 * i] = samples[i];
        }
        fft.forward(work);
        for (int i = 0; i < work.length; i += 2) {
            work[i] = work[i] * work[i] + work[i + 1] * work[i + 1];
            work[i + 1] = 0;
        }
        fft.inverse(work);
        float energy = Math.max(Float.MIN_NORMAL, work[0]);
        for (int i = 0; i < samples.length; i++) {
            work[i] = work[2 * i] / energy;
        }
    }

    /** In Hz; not a number where there is none. */
    double of(float[] block) {
        float mean = 0;
        for (float sample : block) {
            mean += sample / block.length;
        }
        float[] windowed = new float[block.length];
        float energy = 0;
        for (int i = 0; i < block.length; i++) {
            windowed[i] = (block[i] - mean) * window[i];
            energy += windowed[i] * windowed[i];
        }
        if (energy / block.length < 1e-9f) {
            return Double.NaN;
        }
        correlate(windowed);
        int shortest = Math.max(2, (int) (sampleRateHz / HIGHEST_HZ));
        // beyond a half the window has little left to compare
        int longest = (int) Math.min(block.length / 2.0 - 2, sampleRateHz / LOWEST_HZ);
        double best = 0;
        double bestPeriod = Double.NaN;
        for (int lag = shortest; lag <= longest; lag++) {
            double before = likeness(lag - 1);
            double at = likeness(lag);
            double after = likeness(lag + 1);
            if (at > LEAST_LIKENESS && at >= before && at > after) {
                double curve = before - 2 * at + after;
                double shift = curve == 0 ? 0 : 0.5 * (before - after) / curve;
                double top = at - 0.25 * (before - after) * shift;
                double worth = top - OCTAVE_COST * Math.log((lag + shift) / shortest) / Math.log(2);
                if (worth > best) {
                    best = worth;
                    bestPeriod = lag + shift;
                }
            }
        }
        return sampleRateHz / bestPeriod;
    }

    private double likeness(int lag) {
        return work[lag] / Math.max(1e-3f, windowLikeness[lag]);
    }
}
