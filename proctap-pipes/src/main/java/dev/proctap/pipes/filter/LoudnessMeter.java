package dev.proctap.pipes.filter;

import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.Speaker;
import dev.proctap.pipes.dsp.Frames;
import java.util.Arrays;
import java.util.List;

/**
 * Measures loudness as ITU-R BS.1770-4 and EBU R 128 define it, in LUFS: momentary (400 ms), short-term (3 s) and integrated
 * with both gates, the loudness range (EBU Tech 3342), and the true peak. Sound passes unchanged. Figures are renewed every
 * 10 ms of sound; those that need more than was heard yet are minus infinity.
 */
public final class LoudnessMeter implements AudioFilter {

    private static final double ABSOLUTE_GATE_LUFS = -70;
    private static final double RELATIVE_GATE_LU = -10;
    private static final double RANGE_GATE_LU = -20;
    private static final int STEPS_PER_SECOND = 100;
    private static final int MOMENTARY_STEPS = 40;
    private static final int SHORT_TERM_STEPS = 300;
    /** What is gated overlaps by three quarters: a block of 400 ms every 100 ms. */
    private static final int GATED_STEPS = 10;
    /** Of the surround channels. */
    private static final double SURROUND_WEIGHT = 1.41;
    /** What makes a sine of 997 Hz in one channel read its level in dBFS less 3.01. */
    private static final double OFFSET_LU = -0.691;

    private final int channels;
    private final double[] weights;
    private final Equalizer weighting;
    private final TruePeak truePeak;
    private final int stepFrames;
    private final float[] weighted;
    private final double[] sums;
    private int framesInStep;
    /** The mean powers of the last 3 s, in steps of 10 ms; the newest is before {@code steps % SHORT_TERM_STEPS}. */
    private final double[] stepPowers = new double[SHORT_TERM_STEPS];
    private long steps;
    private double peak;
    private final Histogram momentaries = new Histogram();
    private final Histogram shortTerms = new Histogram();

    /** Loudness of blocks above the absolute gate, each hundredth of a LU by itself, so that any time fits. */
    private static final class Histogram {

        private static final int STEPS_PER_LU = 100;
        private static final double HIGHEST_LUFS = 30;

        private final long[] counts = new long[(int) ((HIGHEST_LUFS - ABSOLUTE_GATE_LUFS) * STEPS_PER_LU)];
        private final double[] powers = new double[counts.length];

        void add(double power) {
            double lufs = lufs(power);
            if (lufs > ABSOLUTE_GATE_LUFS) {
                int place = place(lufs);
                counts[place]++;
                powers[place] += power;
            }
        }

        private int place(double lufs) {
            return Math.clamp((long) ((lufs - ABSOLUTE_GATE_LUFS) * STEPS_PER_LU), 0, counts.length - 1);
        }

        /** The mean power of what is above a level; 0 if that is nothing. */
        double meanPower(double fromLufs) {
            double sum = 0;
            long count = 0;
            for (int i = Math.max(0, place(fromLufs)); i < counts.length; i++) {
                sum += powers[i];
                count += counts[i];
            }
            return count == 0 ? 0 : sum / count;
        }

        /** The level below which a part of what is above another level is. */
        double percentile(double part, double fromLufs) {
            int first = place(fromLufs);
            long total = 0;
            for (int i = first; i < counts.length; i++) {
                total += counts[i];
            }
            // as in the code of EBU Tech 3342, that of the nearest block
            long rank = Math.round((total - 1) * part);
            for (int i = first; i < counts.length; i++) {
                rank -= counts[i];
                if (rank < 0) {
                    return lufs(powers[i] / counts[i]);
                }
            }
            return Double.NEGATIVE_INFINITY;
        }

        void reset() {
            Arrays.fill(counts, 0);
            Arrays.fill(powers, 0);
        }
    }

    public LoudnessMeter(int sampleRateHz, ChannelLayout layout) {
        channels = layout.channels();
        weights = new double[channels];
        for (int i = 0; i < channels; i++) {
            weights[i] = switch (layout.speakers().get(i % layout.speakers().size())) {
                case Speaker.LFE -> 0;
                case Speaker.BL, Speaker.BR, Speaker.SL, Speaker.SR -> SURROUND_WEIGHT;
                default -> 1;
            };
        }
        weighting = new Equalizer(channels, weighting(sampleRateHz));
        truePeak = new TruePeak(sampleRateHz, channels);
        stepFrames = sampleRateHz / STEPS_PER_SECOND;
        weighted = new float[Frames.BLOCK * channels];
        sums = new double[channels];
    }

    /**
     * The two stages of K-weighting. BS.1770 gives their coefficients for 48 kHz alone; these are of the analogue filters from
     * which those come by the bilinear transform.
     */
    static List<Biquad> weighting(int sampleRateHz) {
        double k = Math.tan(Math.PI * 1681.974450955533 / sampleRateHz);
        double q = 0.7071752369554196;
        double high = Math.pow(10, 3.999843853973347 / 20);
        double band = Math.pow(high, 0.4996667741545416);
        Biquad shelf = Biquad.normalised(high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k,
                1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k);
        double w = Math.tan(Math.PI * 38.13547087602444 / sampleRateHz);
        double p = 0.5003270373238773;
        double norm = 1 + w / p + w * w;
        // the numerator is not normalised in the standard
        Biquad pass = new Biquad(1, -2, 1, 2 * (w * w - 1) / norm, (1 - w / p + w * w) / norm);
        return List.of(shelf, pass);
    }

    @Override
    public void process(float[] samples, int frames) {
        for (int done = 0; done < frames;) {
            int n = Math.min(Math.min(Frames.BLOCK, frames - done), stepFrames - framesInStep);
            peak = truePeak.highest(samples, done, n, peak);
            System.arraycopy(samples, done * channels, weighted, 0, n * channels);
            weighting.process(weighted, n);
            for (int channel = 0; channel < channels; channel++) {
                sums[channel] += squares(weighted, channel, channels, n * channels);
            }
            done += n;
            framesInStep += n;
            if (framesInStep == stepFrames) {
                endStep();
            }
        }
    }

    /** Four sums side by side: one alone would have to wait for itself. */
    private static double squares(float[] samples, int from, int step, int to) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = from;
        for (; i + 3 * step < to; i += 4 * step) {
            a += (double) samples[i] * samples[i];
            b += (double) samples[i + step] * samples[i + step];
            c += (double) samples[i + 2 * step] * samples[i + 2 * step];
            d += (double) samples[i + 3 * step] * samples[i + 3 * step];
        }
        for (; i < to; i += step) {
            a += (double) samples[i] * samples[i];
        }
        return (a + b) + (c + d);
    }

    private void endStep() {
        double power = 0;
        for (int channel = 0; channel < channels; channel++) {
            power += weights[channel] * sums[channel] / stepFrames;
            sums[channel] = 0;
        }
        framesInStep = 0;
        stepPowers[(int) (steps++ % SHORT_TERM_STEPS)] = power;
        if (steps % GATED_STEPS == 0 && steps >= MOMENTARY_STEPS) {
            momentaries.add(meanPower(MOMENTARY_STEPS));
            if (steps >= SHORT_TERM_STEPS) {
                shortTerms.add(meanPower(SHORT_TERM_STEPS));
            }
        }
    }

    private double meanPower(int ofSteps) {
        double sum = 0;
        for (int i = 1; i <= ofSteps; i++) {
            sum += stepPowers[(int) ((steps - i) % SHORT_TERM_STEPS)];
        }
        return sum / ofSteps;
    }

    private static double lufs(double power) {
        return OFFSET_LU + Decibels.ofPower(power);
    }

    /** Of the last 400 ms. */
    public double momentaryLufs() {
        return steps < MOMENTARY_STEPS ? Double.NEGATIVE_INFINITY : lufs(meanPower(MOMENTARY_STEPS));
    }

    /** Of the last 3 s. */
    public double shortTermLufs() {
        return steps < SHORT_TERM_STEPS ? Double.NEGATIVE_INFINITY : lufs(meanPower(SHORT_TERM_STEPS));
    }

    /** Of all, gated. */
    public double integratedLufs() {
        double ungated = lufs(momentaries.meanPower(ABSOLUTE_GATE_LUFS));
        return ungated == Double.NEGATIVE_INFINITY
                ? ungated
                : lufs(momentaries.meanPower(Math.max(ABSOLUTE_GATE_LUFS, ungated + RELATIVE_GATE_LU)));
    }

    /** The loudness range in LU: 0 before anything is to be told. */
    public double rangeLu() {
        double ungated = lufs(shortTerms.meanPower(ABSOLUTE_GATE_LUFS));
        if (ungated == Double.NEGATIVE_INFINITY) {
            return 0;
        }
        double gate = Math.max(ABSOLUTE_GATE_LUFS, ungated + RANGE_GATE_LU);
        return shortTerms.percentile(0.95, gate) - shortTerms.percentile(0.10, gate);
    }

    /** The highest true peak so far, in dB relative to full scale (dBTP). */
    public double truePeakDb() {
        return Decibels.ofFactor(peak);
    }

    @Override
    public void reset() {
        weighting.reset();
        truePeak.reset();
        Arrays.fill(sums, 0);
        framesInStep = 0;
        steps = 0;
        peak = 0;
        momentaries.reset();
        shortTerms.reset();
    }
}
