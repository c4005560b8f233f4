package dev.proctap.pipes.filter;

import java.util.Arrays;

/**
 * Makes softer what is hardly louder than the noise, whatever its frequencies: a downward expander over blocks of a few
 * milliseconds, whose gain runs in a straight line from one to the next. Costs next to nothing, and leaves the noise beside
 * speech as it is; {@link SpectralDenoiser} does not.
 */
public final class SimpleDenoiser implements AudioFilter {

    /** At so many times the noise, as amplitude, the gain is 1; below, it falls with the square. */
    private static final double OPEN_FACTOR = 2;
    private static final double RELEASE_MILLIS = 60;
    private static final double BLOCK_MILLIS = 5;

    private final int channels;
    private final int blockFrames;
    private final float floor;
    private final float release;
    private final NoiseLearner learner;
    private final float[] power = new float[1];
    /** From 0 to 1, for each sample of a block. */
    private final float[] rise;
    private final float[] fall;
    /** The block that is being filled, and the one before, which goes out. */
    private float[] filling;
    private float[] leaving;
    private int filled;
    private float gain;

    /**
     * @param floor
     *            the least gain, 0 to 1
     */
    public SimpleDenoiser(int sampleRateHz, int channels, NoiseSource source, double floor) {
        SpectralDenoiser.requireFloor(floor);
        this.channels = channels;
        this.floor = (float) floor;
        blockFrames = Math.max(8, (int) Math.round(BLOCK_MILLIS * sampleRateHz / 1000));
        release = (float) Math.exp(-BLOCK_MILLIS / RELEASE_MILLIS);
        learner = new NoiseLearner(source, 1, (double) sampleRateHz / blockFrames);
        rise = slope(Math.max(1, blockFrames / 16));
        fall = slope(blockFrames);
        filling = new float[blockFrames * channels];
        leaving = new float[blockFrames * channels];
        if (source instanceof NoiseSource.Sample sample) {
            for (int at = 0; at + filling.length <= sample.samples().length; at += filling.length) {
                System.arraycopy(sample.samples(), at, filling, 0, filling.length);
                power[0] = meanSquare(filling);
                learner.teach(power);
            }
        }
        reset();
    }

    private float[] slope(int frames) {
        float[] slope = new float[blockFrames * channels];
        for (int i = 0; i < slope.length; i++) {
            slope[i] = Math.min(1, (float) (i / channels + 1) / frames);
        }
        return slope;
    }

    @Override
    public void process(float[] samples, int frames) {
        for (int done = 0; done < frames;) {
            int n = Math.min(blockFrames - filled, frames - done);
            int count = n * channels;
            int at = done * channels;
            System.arraycopy(samples, at, filling, filled * channels, count);
            System.arraycopy(leaving, filled * channels, samples, at, count);
            done += n;
            filled += n;
            if (filled == blockFrames) {
                endBlock();
            }
        }
    }

    /** The gain of the block that is full is reached at its beginning, so that it opens before a word. */
    private void endBlock() {
        power[0] = meanSquare(filling);
        float noise = learner.learn(power)[0];
        double ratio = power[0] / (OPEN_FACTOR * OPEN_FACTOR * noise + 1e-30);
        float wanted = Math.clamp((float) ratio, floor, 1f);
        float before = gain;
        gain = Math.max(wanted, floor + (gain - floor) * release);
        float[] full = filling;
        filling = leaving;
        leaving = full;
        filled = 0;
        ramp(full, before, gain);
    }

    /** In the first sixteenth where it rises, over the whole block where it falls. */
    private void ramp(float[] block, float from, float to) {
        if (from != to) {
            multiply(block, to > from ? rise : fall, from, to - from);
        } else if (to != 1) {
            scale(block, to);
        }
    }

    private static void multiply(float[] block, float[] slope, float from, float difference) {
        for (int i = 0; i < block.length; i++) {
            block[i] *= from + difference * slope[i];
        }
    }

    private static void scale(float[] block, float factor) {
        for (int i = 0; i < block.length; i++) {
            block[i] *= factor;
        }
    }

    /** Eight sums side by side: one alone would have to wait for itself. */
    private static float meanSquare(float[] block) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        float e = 0;
        float f = 0;
        float g = 0;
        float h = 0;
        int whole = block.length / 8 * 8;
        for (int i = 0; i < whole; i += 8) {
            a += block[i] * block[i];
            b += block[i + 1] * block[i + 1];
            c += block[i + 2] * block[i + 2];
            d += block[i + 3] * block[i + 3];
            e += block[i + 4] * block[i + 4];
            f += block[i + 5] * block[i + 5];
            g += block[i + 6] * block[i + 6];
            h += block[i + 7] * block[i + 7];
        }
        for (int i = whole; i < block.length; i++) {
            a += block[i] * block[i];
        }
        return (((a + b) + (c + d)) + ((e + f) + (g + h))) / block.length;
    }

    @Override
    public int latencyFrames() {
        return blockFrames;
    }

    @Override
    public void reset() {
        Arrays.fill(filling, 0);
        Arrays.fill(leaving, 0);
        filled = 0;
        gain = 1;
        learner.reset();
    }
}
