package dev.proctap.pipes.filter;

import java.util.Arrays;

/**
 * What is known of the power of the noise in each of some bands, from the powers of the sound, one block after the other.
 * All channels count together.
 */
final class NoiseLearner {

    /** The time constant by which the estimate follows quiet blocks. */
    private static final double QUIET_SECONDS = 0.25;
    /** That of the smoothed power whose minimum is looked for. */
    private static final double SMOOTHING_SECONDS = 0.055;
    /** Above so many times the minimum it is not the noise alone. */
    private static final float QUIET_FACTOR = 4;
    private static final double MINIMUM_SECONDS = 1.0;
    /** Digital silence says nothing about noise. */
    private static final float SILENT = 1e-16f;

    private final float[] noise;
    private final boolean quietParts;
    private final double beginBlock;
    private final double endBlock;
    private final float quietAdaptation;
    private final float smoothing;
    private final float[] given;
    private final float[] smoothed;
    private final float[] minimum;
    private final float[] nextMinimum;
    private final int minimumBlocks;
    private long block;
    private int learned;

    /**
     * @param blocksPerSecond
     *            how many are told in a second of the stream
     */
    NoiseLearner(NoiseSource source, int bands, double blocksPerSecond) {
        noise = new float[bands];
        quietParts = source instanceof NoiseSource.QuietParts;
        quietAdaptation = (float) -Math.expm1(-1 / (QUIET_SECONDS * blocksPerSecond));
        smoothing = (float) -Math.expm1(-1 / (SMOOTHING_SECONDS * blocksPerSecond));
        minimumBlocks = Math.max(1, (int) Math.round(MINIMUM_SECONDS * blocksPerSecond));
        smoothed = new float[quietParts ? bands : 0];
        minimum = new float[quietParts ? bands : 0];
        nextMinimum = new float[quietParts ? bands : 0];
        if (source instanceof NoiseSource.Stretch stretch) {
            beginBlock = stretch.begin().toNanos() / 1e9 * blocksPerSecond;
            endBlock = stretch.end().toNanos() / 1e9 * blocksPerSecond;
        } else {
            beginBlock = 0;
            // what is quiet is known after a while
            endBlock = quietParts ? 0.2 * blocksPerSecond : 0;
        }
        given = new float[source instanceof NoiseSource.Sample ? bands : 0];
        reset();
    }

    /** Takes a block of a given sample. */
    void teach(float[] powers) {
        average(powers, given);
        System.arraycopy(given, 0, noise, 0, noise.length);
    }

    /** Takes the next block of the stream, and returns the noise. */
    float[] learn(float[] powers) {
        if (given.length == 0 && isSound(powers)) {
            if (block >= beginBlock && block < Math.max(endBlock, beginBlock + 1)) {
                average(powers, noise);
            }
            if (quietParts) {
                followQuiet(powers);
            }
            block++;
        }
        return noise;
    }

    private void average(float[] powers, float[] mean) {
        learned++;
        float part = 1f / learned;
        for (int i = 0; i < mean.length; i++) {
            mean[i] += part * (powers[i] - mean[i]);
        }
    }

    private static boolean isSound(float[] powers) {
        for (float power : powers) {
            if (power > SILENT) {
                return true;
            }
        }
        return false;
    }

    /** The minimum of the smoothed power in the last one to two seconds is the noise, or somewhat below its mean. */
    private void followQuiet(float[] powers) {
        if (block == 0) {
            System.arraycopy(powers, 0, smoothed, 0, smoothed.length);
        }
        if (block % minimumBlocks == 0) {
            System.arraycopy(block == 0 ? smoothed : nextMinimum, 0, minimum, 0, minimum.length);
            System.arraycopy(smoothed, 0, nextMinimum, 0, nextMinimum.length);
        }
        for (int i = 0; i < noise.length; i++) {
            float power = smoothed[i] + smoothing * (powers[i] - smoothed[i]);
            float least = Math.min(minimum[i], power);
            smoothed[i] = power;
            nextMinimum[i] = Math.min(nextMinimum[i], power);
            minimum[i] = least;
            // all or nothing, without a branch
            float weight = quietAdaptation * (0.5f + 0.5f * Math.signum(QUIET_FACTOR * least - power));
            noise[i] += weight * (powers[i] - noise[i]);
        }
    }

    void reset() {
        block = 0;
        if (given.length == 0) {
            learned = 0;
            Arrays.fill(noise, 0);
        } else {
            System.arraycopy(given, 0, noise, 0, noise.length);
        }
    }
}
