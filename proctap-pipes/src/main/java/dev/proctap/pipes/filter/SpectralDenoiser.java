package dev.proctap.pipes.filter;

import dev.proctap.pipes.dsp.Fft;
import java.util.Arrays;

/**
 * Takes noise out of each frequency by itself: short-time Fourier transforms of some 20 ms that overlap, whose bins are
 * multiplied by a gain that follows from how much more power there is than of the noise. Each block is faded in and out
 * before and after, by the root of what adds up to 1, so that a gain that differs from block to block makes no step.
 *
 * <p>All channels have the same gains, which leaves everything at its place in the room; and since a gain is real, two
 * channels fit into one complex transform.
 */
public final class SpectralDenoiser implements AudioFilter {

    /** How gains follow from powers. */
    public enum Method {
        /**
         * Open above some times the noise, closed below, with a slope between: blocks before count, and it closes
         * slowly.
         */
        GATE,
        /**
         * The least mean square error: the share of the sound in the power of a bin, where the sound is estimated from the
         * block before and this one (decision-directed, Ephraim and Malah 1984; Scalart and Filho 1996).
         */
        WIENER
    }

    private static final double BLOCK_SECONDS = 0.02;
    /** The share of a block that overlaps with the next. */
    private static final double OVERLAP = 0.25;
    private static final float GATE_CLOSED = 2.8f;
    private static final float GATE_OPEN = 5.5f;
    private static final float GATE_KEPT = 0.7f;
    /** How much of the ratio of the block before counts: of a single block noise is often several times its mean. */
    private static final float RATIO_KEPT = 0.6f;
    private static final float WIENER_KEPT = 0.96f;

    private final Method method;
    private final int channels;
    private final Fft fft;
    private final int length;
    private final int hop;
    private final float floor;
    /** Twice each, for real and imaginary part: two channels. */
    private final float[] window;
    /** With what the inverse transform leaves out. */
    private final float[] synthesisWindow;
    private final NoiseLearner learner;
    /** For each pair of channels the last {@code length} frames, and the sums of the blocks that overlap. */
    private final float[][] history;
    private final float[][] sums;
    private final float[][] spectra;
    private final float[] powers;
    private final float[] ratios;
    private final float[] gains;
    /** What the block before was estimated to be without noise. */
    private final float[] clean;
    private int filled;

    /**
     * @param floor
     *            the least gain, 0 to 1: a little noise that stays sounds better than holes in it
     */
    public SpectralDenoiser(int sampleRateHz, int channels, Method method, NoiseSource source, double floor) {
        requireFloor(floor);
        this.method = method;
        this.channels = channels;
        this.floor = (float) floor;
        length = Fft.lengthFor(BLOCK_SECONDS * sampleRateHz);
        fft = new Fft(length);
        int overlap = (int) (length * OVERLAP);
        hop = length - overlap;
        window = new float[2 * length];
        synthesisWindow = new float[2 * length];
        for (int i = 0; i < length; i++) {
            double slope = Math.min(1, Math.min(i + 0.5, length - i - 0.5) / overlap);
            window[2 * i] = (float) Math.sin(Math.PI / 2 * slope);
            window[2 * i + 1] = window[2 * i];
            synthesisWindow[2 * i] = window[2 * i] / length;
            synthesisWindow[2 * i + 1] = synthesisWindow[2 * i];
        }
        int pairs = Math.ceilDiv(channels, 2);
        history = new float[pairs][2 * length];
        sums = new float[pairs][2 * length];
        spectra = new float[pairs][2 * length];
        int bins = length / 2 + 1;
        powers = new float[bins];
        ratios = new float[bins];
        gains = new float[bins];
        clean = new float[bins];
        learner = new NoiseLearner(source, bins, (double) sampleRateHz / hop);
        if (source instanceof NoiseSource.Sample sample) {
            teach(sample.samples());
        }
        reset();
    }

    static void requireFloor(double floor) {
        if (!(floor >= 0 && floor <= 1)) {
            throw new IllegalArgumentException("the least gain of noise reduction is 0 to 1, not " + floor);
        }
    }

    private void teach(float[] samples) {
        int frames = samples.length / channels;
        if (frames < length) {
            throw new IllegalArgumentException("a sample of noise has " + length + " frames or more, not " + frames);
        }
        for (int first = 0; first + length <= frames; first += hop) {
            for (int frame = 0; frame < length; frame++) {
                put(samples, (first + frame) * channels, frame);
            }
            transform();
            learner.teach(powers);
        }
    }

    private void put(float[] samples, int at, int frame) {
        for (int channel = 0; channel < channels; channel++) {
            history[channel / 2][2 * frame + channel % 2] = samples[at + channel];
        }
    }

    @Override
    public void process(float[] samples, int frames) {
        for (int done = 0; done < frames;) {
            int n = Math.min(hop - filled, frames - done);
            int kept = length - hop;
            if (channels == 2) {
                System.arraycopy(samples, done * 2, history[0], (kept + filled) * 2, n * 2);
                System.arraycopy(sums[0], filled * 2, samples, done * 2, n * 2);
            } else {
                for (int i = 0; i < n; i++) {
                    int at = (done + i) * channels;
                    put(samples, at, kept + filled + i);
                    for (int channel = 0; channel < channels; channel++) {
                        samples[at + channel] = sums[channel / 2][2 * (filled + i) + channel % 2];
                    }
                }
            }
            done += n;
            filled += n;
            if (filled == hop) {
                filled = 0;
                block();
            }
        }
    }

    private void block() {
        transform();
        float[] noise = learner.learn(powers);
        if (method == Method.GATE) {
            gate(powers, noise, ratios, gains, floor);
        } else {
            wiener(powers, noise, clean, gains, floor);
        }
        for (int pair = 0; pair < history.length; pair++) {
            fft.multiply(spectra[pair], gains);
            fft.inverse(spectra[pair]);
            float[] sum = sums[pair];
            System.arraycopy(sum, 2 * hop, sum, 0, 2 * (length - hop));
            Arrays.fill(sum, 2 * (length - hop), 2 * length, 0);
            addProducts(sum, spectra[pair], synthesisWindow);
            System.arraycopy(history[pair], 2 * hop, history[pair], 0, 2 * (length - hop));
        }
    }

    private void transform() {
        Arrays.fill(powers, 0);
        for (int pair = 0; pair < history.length; pair++) {
            multiply(spectra[pair], history[pair], window);
            fft.forward(spectra[pair]);
            fft.addPowers(spectra[pair], powers);
        }
    }

    private static void gate(float[] powers, float[] noise, float[] ratios, float[] gains, float floor) {
        float slope = (1 - floor) / (GATE_OPEN - GATE_CLOSED);
        float least = floor * (1 - GATE_KEPT);
        for (int i = 0; i < gains.length; i++) {
            float ratio = RATIO_KEPT * ratios[i] + (1 - RATIO_KEPT) * powers[i] / (noise[i] + 1e-30f);
            ratios[i] = ratio;
            // between closed and open in a straight line
            float wanted = floor + (ratio - GATE_CLOSED) * slope;
            float kept = least + gains[i] * GATE_KEPT;
            gains[i] = Math.min(1, Math.max(wanted, kept));
        }
    }

    private static void wiener(float[] powers, float[] noise, float[] clean, float[] gains, float floor) {
        for (int i = 0; i < gains.length; i++) {
            float reciprocal = 1 / (noise[i] + 1e-30f);
            float priori = WIENER_KEPT * clean[i] * reciprocal
                    + (1 - WIENER_KEPT) * Math.max(powers[i] * reciprocal - 1, 0);
            float gain = Math.max(floor, priori / (1 + priori));
            gains[i] = gain;
            clean[i] = gain * gain * powers[i];
        }
    }

    private static void multiply(float[] target, float[] a, float[] b) {
        for (int i = 0; i < target.length; i++) {
            target[i] = a[i] * b[i];
        }
    }

    private static void addProducts(float[] target, float[] a, float[] b) {
        for (int i = 0; i < target.length; i++) {
            target[i] += a[i] * b[i];
        }
    }

    @Override
    public int latencyFrames() {
        return length;
    }

    @Override
    public void reset() {
        for (int pair = 0; pair < history.length; pair++) {
            Arrays.fill(history[pair], 0);
            Arrays.fill(sums[pair], 0);
        }
        Arrays.fill(gains, floor);
        Arrays.fill(ratios, 0);
        Arrays.fill(clean, 0);
        filled = 0;
        learner.reset();
    }
}
