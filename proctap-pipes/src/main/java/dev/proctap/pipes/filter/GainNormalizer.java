package dev.proctap.pipes.filter;

import java.util.Arrays;

/**
 * Brings sound slowly to a level: the root mean square of blocks of 10 ms is averaged exponentially, blocks of silence left
 * out, and the gain follows what that needs. Does not limit; a {@link Limiter} after it does.
 */
public final class GainNormalizer implements AudioFilter {

    public static final double TARGET_RMS = 0.1;
    public static final double MOST_GAIN_DB = 12;
    public static final double ADAPTATION = 0.01;
    private static final double SILENT_RMS = 1e-6;

    private final int channels;
    private final double targetRms;
    private final double mostGain;
    private final double adaptation;
    private final int blockFrames;
    private final double kept;
    private final double[] sums;
    private int framesInBlock;
    private double rms;
    private double wanted;
    private double gain;

    /** A normalizer with the values above. */
    public GainNormalizer(int sampleRateHz, int channels) {
        this(sampleRateHz, channels, TARGET_RMS, MOST_GAIN_DB, ADAPTATION);
    }

    /**
     * @param targetRms
     *            of the loudest channel, full scale is 1
     * @param adaptation
     *            how much of each block of 10 ms goes into the average, and of what is missing into the gain: above 0, at most 1
     * @throws IllegalArgumentException
     *             if one of them is out of range
     */
    public GainNormalizer(int sampleRateHz, int channels, double targetRms, double mostGainDb, double adaptation) {
        if (!(targetRms > 0 && targetRms <= 1) || !(mostGainDb >= 0) || !(adaptation > 0 && adaptation <= 1)) {
            throw new IllegalArgumentException("a normalizer to an RMS of " + targetRms + " with at most " + mostGainDb
                    + " dB and an adaptation of " + adaptation);
        }
        this.channels = channels;
        this.targetRms = targetRms;
        this.adaptation = adaptation;
        mostGain = Decibels.toFactor(mostGainDb);
        blockFrames = Math.max(1, sampleRateHz / 100);
        // in each frame so much that it is the adaptation in a block
        kept = Math.pow(Math.max(1e-9, 1 - adaptation), 1.0 / blockFrames);
        sums = new double[channels];
        reset();
    }

    @Override
    public void process(float[] samples, int frames) {
        for (int at = 0; at < frames * channels; at += channels) {
            gain = wanted + (gain - wanted) * kept;
            for (int channel = 0; channel < channels; channel++) {
                float sample = samples[at + channel];
                sums[channel] += (double) sample * sample;
                samples[at + channel] = (float) (sample * gain);
            }
            framesInBlock++;
            if (framesInBlock == blockFrames) {
                endBlock();
            }
        }
    }

    private void endBlock() {
        double loudest = 0;
        for (int channel = 0; channel < channels; channel++) {
            loudest = Math.max(loudest, sums[channel]);
            sums[channel] = 0;
        }
        framesInBlock = 0;
        double blockRms = Math.sqrt(loudest / blockFrames);
        if (blockRms > SILENT_RMS) {
            rms += adaptation * (blockRms - rms);
        }
        wanted = Math.min(mostGain, targetRms / Math.max(rms, SILENT_RMS));
    }

    @Override
    public void reset() {
        Arrays.fill(sums, 0);
        framesInBlock = 0;
        rms = targetRms;
        wanted = 1;
        gain = 1;
    }
}
