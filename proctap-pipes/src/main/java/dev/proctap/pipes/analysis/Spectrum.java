package dev.proctap.pipes.analysis;

import dev.proctap.pipes.dsp.Fft;
import java.util.Arrays;

/**
 * Spectra of a stream, block after block, blocks overlapping: for each bin the power, averaged over the channels and
 * exponentially over time. A sine of full scale in every channel reads 1, that is 0 dBFS, less the scalloping loss of the window
 * where it lies between two bins. Not thread-safe.
 */
public final class Spectrum {

    public static final int SHORTEST = 512;
    public static final int LONGEST = 16_384;

    private final int sampleRateHz;
    private final int channels;
    private final Fft fft;
    private final int hop;
    private final float smoothing;
    /** Twice each: two channels are in one transform. */
    private final float[] window;
    /** Makes powers of bins of a sine of full scale 1. */
    private final float scale;
    /** So many bins is the noise of a window wide: what the powers of neighbours must be divided by to be added. */
    private final double noiseBins;
    private final float[][] history;
    private final float[] work;
    private final float[] blockPowers;
    private final float[] powers;
    private int filled;
    private long blocks;

    /**
     * @param length
     *            of a block in frames, a power of two from 512 to 16384
     * @param overlap
     *            the part of a block that is in the next one, too, 0 to 0.95
     * @param smoothing
     *            the part of the old powers in the new ones: 0 for none, below 1
     * @throws IllegalArgumentException
     *             if one of them is out of range
     */
    public Spectrum(int sampleRateHz, int channels, int length, Window window, double overlap, double smoothing) {
        if (length < SHORTEST || length > LONGEST || Integer.bitCount(length) != 1) {
            throw new IllegalArgumentException(
                    "a spectrum is of 512, 1024, 2048, 4096, 8192 or 16384 frames, not " + length);
        }
        if (!(overlap >= 0 && overlap <= 0.95) || !(smoothing >= 0 && smoothing < 1)) {
            throw new IllegalArgumentException(
                    "blocks overlap by 0 to 0.95 and are smoothed by 0 to 1, not " + overlap + " and " + smoothing);
        }
        this.sampleRateHz = sampleRateHz;
        this.channels = channels;
        this.smoothing = (float) smoothing;
        fft = new Fft(length);
        hop = Math.max(1, (int) Math.round(length * (1 - overlap)));
        float[] factors = window.factors(length);
        this.window = new float[2 * length];
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < length; i++) {
            this.window[2 * i] = factors[i];
            this.window[2 * i + 1] = factors[i];
            sum += factors[i];
            squares += (double) factors[i] * factors[i];
        }
        scale = (float) (4 / (sum * sum) / channels);
        noiseBins = length * squares / (sum * sum);
        history = new float[Math.ceilDiv(channels, 2)][2 * length];
        work = new float[2 * length];
        blockPowers = new float[length / 2 + 1];
        powers = new float[length / 2 + 1];
    }

    /** Takes the next frames, interleaved, and returns how many blocks they completed. */
    public int process(float[] samples, int frames) {
        return process(samples, frames, block -> {});
    }

    /** Is given the powers of each block as it is completed, not smoothed; they are valid during the call. */
    @FunctionalInterface
    public interface BlockListener {
        void onBlock(float[] powers);
    }

    /** The same, and tells each block. */
    public int process(float[] samples, int frames, BlockListener listener) {
        int completed = 0;
        for (int done = 0; done < frames;) {
            int n = Math.min(hop - filled, frames - done);
            int at = fft.length() - hop + filled;
            if (channels == 2) {
                System.arraycopy(samples, done * 2, history[0], at * 2, n * 2);
            } else {
                for (int i = 0; i < n; i++) {
                    for (int channel = 0; channel < channels; channel++) {
                        history[channel / 2][2 * (at + i) + channel % 2] = samples[(done + i) * channels + channel];
                    }
                }
            }
            done += n;
            filled += n;
            if (filled == hop) {
                filled = 0;
                block();
                listener.onBlock(blockPowers);
                completed++;
            }
        }
        return completed;
    }

    private void block() {
        Arrays.fill(blockPowers, 0);
        for (int pair = 0; pair < history.length; pair++) {
            multiply(work, history[pair], window);
            fft.forward(work);
            fft.addPowers(work, blockPowers);
            System.arraycopy(history[pair], 2 * hop, history[pair], 0, 2 * (fft.length() - hop));
        }
        follow(powers, blockPowers, scale, blocks == 0 ? 0 : smoothing);
        blocks++;
    }

    private static void multiply(float[] target, float[] a, float[] b) {
        for (int i = 0; i < target.length; i++) {
            target[i] = a[i] * b[i];
        }
    }

    private static void follow(float[] powers, float[] latest, float scale, float kept) {
        for (int i = 0; i < powers.length; i++) {
            latest[i] *= scale;
            powers[i] = kept * powers[i] + (1 - kept) * latest[i];
        }
    }

    /** The powers of the bins from 0 Hz to half of the rate, as of the last block; not a copy. */
    public float[] powers() {
        return powers;
    }

    /** How many blocks there were. */
    public long blocks() {
        return blocks;
    }

    /** Frames of a block. */
    public int length() {
        return fft.length();
    }

    /** Frames from a block to the next. */
    public int hopFrames() {
        return hop;
    }

    /** The frequency of a bin. */
    public double frequencyHz(int bin) {
        return (double) bin * sampleRateHz / fft.length();
    }

    /** The power of what is between two frequencies: 1 for a sine of full scale among it. */
    public double power(double fromHz, double toHz) {
        double binHz = (double) sampleRateHz / fft.length();
        int last = powers.length - 1;
        double sum = 0;
        for (int bin = (int) Math.max(0, Math.floor(fromHz / binHz)); bin <= last; bin++) {
            // a bin reaches half a bin to both sides
            double part = Math.min(toHz, (bin + 0.5) * binHz) - Math.max(fromHz, (bin - 0.5) * binHz);
            if (part <= 0 && bin * binHz > toHz) {
                break;
            }
            sum += powers[bin] * Math.clamp(part / binHz, 0, 1);
        }
        return sum / noiseBins;
    }

    /** Forgets the stream. */
    public void reset() {
        for (float[] line : history) {
            Arrays.fill(line, 0);
        }
        Arrays.fill(powers, 0);
        filled = 0;
        blocks = 0;
    }
}
