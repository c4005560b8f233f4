package dev.proctap.pipes.filter;

import dev.proctap.pipes.dsp.Fft;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Takes noise out of each frequency by itself: short-time Fourier transforms of some 10 ms that overlap, whose bins are
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

    private static final double BLOCK_SECONDS = 0.01;
    /**
     * The share of a block that overlaps with the next: twice as much would gain 0.3 dB more, for an eighth more time,
     * see docs/pipes.md.
     */
    private static final double OVERLAP = 1.0 / 16;
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
    /** How it fades in, twice each, for real and imaginary part: two channels. */
    private final float[] rise;
    private final float[] fall;
    private final NoiseLearner learner;
    private final float[] overlap;
    private final float[] scratch;
    /** Of each pair of channels. */
    private final Pair[] pairs;
    private final float[] powers;
    private final float[] ratios;
    private final float[] gains;
    /** The gains with what transform and inverse together multiply by taken out. */
    private final float[] factors;
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
        int overlapFrames = (int) (length * OVERLAP);
        hop = length - overlapFrames;
        overlap = new float[2 * overlapFrames];
        scratch = new float[2 * overlapFrames];
        rise = new float[2 * overlapFrames];
        fall = new float[2 * overlapFrames];
        for (int i = 0; i < overlapFrames; i++) {
            double phase = Math.PI / 2 * (i + 0.5) / overlapFrames;
            Arrays.fill(rise, 2 * i, 2 * i + 2, (float) Math.sin(phase));
            Arrays.fill(fall, 2 * i, 2 * i + 2, (float) Math.cos(phase));
        }
        pairs = new Pair[Math.ceilDiv(channels, 2)];
        Arrays.setAll(pairs, i -> new Pair(fft, overlapFrames));
        int bins = length / 2 + 1;
        powers = new float[bins];
        ratios = new float[bins];
        gains = new float[bins];
        factors = new float[bins];
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
        float[] sample = samples.clone();
        int kept = length - hop;
        // what the first block has of one before
        filled = hop - kept;
        exchange(sample, 0, kept);
        transform();
        for (int first = kept; first + hop <= frames; first += hop) {
            filled = 0;
            exchange(sample, first, hop);
            transform();
            learner.teach(powers);
        }
    }

    @Override
    public void process(float[] samples, int frames) {
        for (int done = 0; done < frames;) {
            int n = Math.min(hop - filled, frames - done);
            exchange(samples, done, n);
            done += n;
            if (filled == hop) {
                filled = 0;
                block();
            }
        }
    }

    /** Takes so many frames, and puts those of the last block in their place. */
    private void exchange(float[] samples, int first, int frames) {
        int kept = length - hop;
        if (channels == 2) {
            pairs[0].in.samples().put(2 * (kept + filled), samples, 2 * first, 2 * frames);
            pairs[0].out.samples().get(2 * filled, samples, 2 * first, 2 * frames);
        } else {
            for (int channel = 0; channel < channels; channel++) {
                FloatBuffer in = pairs[channel / 2].in.samples();
                FloatBuffer out = pairs[channel / 2].out.samples();
                int part = channel % 2;
                for (int i = 0; i < frames; i++) {
                    int at = (first + i) * channels + channel;
                    in.put(2 * (kept + filled + i) + part, samples[at]);
                    samples[at] = out.get(2 * (filled + i) + part);
                }
            }
        }
        filled += frames;
    }

    private void block() {
        transform();
        float[] noise = learner.learn(powers);
        if (method == Method.GATE) {
            gate(powers, noise, ratios, gains, floor);
        } else {
            wiener(powers, noise, clean, gains, floor);
        }
        scale(factors, gains, 1f / length);
        for (Pair pair : pairs) {
            fft.multiply(pair.spectrum, factors);
            fft.inverse(pair.spectrum, pair.out);
            FloatBuffer out = pair.out.samples();
            out.get(0, scratch);
            addProducts(pair.end, scratch, rise);
            out.put(0, pair.end);
            out.get(2 * hop, scratch);
            multiply(pair.end, scratch, fall);
        }
    }

    /** The power of each bin of the block that is complete; its end becomes the beginning of the next. */
    private void transform() {
        Arrays.fill(powers, 0);
        for (Pair pair : pairs) {
            FloatBuffer in = pair.in.samples();
            in.get(2 * hop, overlap);
            multiply(scratch, overlap, fall);
            in.put(2 * hop, scratch);
            fft.forward(pair.in, pair.spectrum);
            multiply(scratch, overlap, rise);
            in.put(0, scratch);
            fft.addPowers(pair.spectrum, powers);
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
            float noisePower = noise[i] + 1e-30f;
            float more = powers[i] - noisePower;
            // half of what a number and its absolute value are together is it or 0, and less work than Math.max
            float soundPower = WIENER_KEPT * clean[i] + (1 - WIENER_KEPT) / 2 * (more + Math.abs(more));
            float aboveFloor = soundPower / (noisePower + soundPower) - floor;
            float gain = floor + 0.5f * (aboveFloor + Math.abs(aboveFloor));
            gains[i] = gain;
            clean[i] = gain * gain * powers[i];
        }
    }

    // each is a loop that becomes vector instructions

    private static void multiply(float[] target, float[] a, float[] b) {
        for (int i = 0; i < target.length; i++) {
            target[i] = a[i] * b[i];
        }
    }

    private static void scale(float[] target, float[] a, float factor) {
        for (int i = 0; i < target.length; i++) {
            target[i] = a[i] * factor;
        }
    }

    private static void addProducts(float[] target, float[] a, float[] b) {
        for (int i = 0; i < target.length; i++) {
            target[i] += a[i] * b[i];
        }
    }

    /** Frames from a block to the next. */
    int hopFrames() {
        return hop;
    }

    @Override
    public int latencyFrames() {
        return length;
    }

    @Override
    public void reset() {
        for (Pair pair : pairs) {
            pair.reset();
        }
        Arrays.fill(gains, floor);
        Arrays.fill(ratios, 0);
        Arrays.fill(clean, 0);
        filled = 0;
        learner.reset();
    }

    /** Two channels, or the last one alone: a part each of complex numbers. */
    private static final class Pair {

        /** The block that is being collected; what it has of the one before is faded in already. */
        private final Fft.Signal in;
        /** The block before without noise; its end is not in it yet. */
        private final Fft.Signal out;
        private final float[] spectrum;
        /** The end of the block before without noise, faded out. */
        private final float[] end;

        Pair(Fft fft, int overlapFrames) {
            in = fft.new Signal();
            out = fft.new Signal();
            spectrum = new float[2 * fft.length()];
            end = new float[2 * overlapFrames];
        }

        void reset() {
            Arrays.fill(spectrum, 0);
            in.samples().put(0, spectrum);
            out.samples().put(0, spectrum);
            Arrays.fill(end, 0);
        }
    }
}
