package dev.proctap.pipes.filter;

import dev.proctap.pcm.ChannelLayout;

/**
 * Brings sound to a loudness (EBU R 128): the gain follows the loudness integrated so far, fast in the first seconds, slowly
 * afterwards, and the wave between samples stays below a ceiling. For a stream, of which nobody knows how it goes on.
 */
public final class LoudnessNormalizer implements AudioFilter {

    /** Of EBU R 128, for broadcasts. */
    public static final double TARGET_LUFS = -23;
    public static final double CEILING_DB = -1;
    private static final double MOST_GAIN_DB = 20;
    /** How fast the gain changes when little was heard, and at least. */
    private static final double FIRST_DB_PER_SECOND = 20;
    private static final double SLOW_DB_PER_SECOND = 1;
    private static final int STEPS_PER_SECOND = 10;
    private static final int FIRST_STEPS = 3 * STEPS_PER_SECOND;

    private final int channels;
    private final double targetLufs;
    private final LoudnessMeter meter;
    private final Limiter limiter;
    private final int stepFrames;
    private final float[] block;
    private int framesInStep;
    private long stepsHeard;
    private double gainDb;
    private double gain;
    private double gainStep;

    /** A normalizer with the values above. */
    public LoudnessNormalizer(int sampleRateHz, ChannelLayout layout) {
        this(sampleRateHz, layout, TARGET_LUFS, CEILING_DB);
    }

    /**
     * @throws IllegalArgumentException
     *             if the target is not -70 to 0 LUFS
     */
    public LoudnessNormalizer(int sampleRateHz, ChannelLayout layout, double targetLufs, double ceilingDb) {
        if (!(targetLufs >= -70 && targetLufs <= 0)) {
            throw new IllegalArgumentException("a loudness to aim at is -70 to 0 LUFS, not " + targetLufs);
        }
        channels = layout.channels();
        this.targetLufs = targetLufs;
        meter = new LoudnessMeter(sampleRateHz, layout);
        limiter = new Limiter(sampleRateHz, channels, ceilingDb, Limiter.LOOK_AHEAD_MILLIS, Limiter.RELEASE_MILLIS,
                true);
        stepFrames = sampleRateHz / STEPS_PER_SECOND;
        block = new float[stepFrames * channels];
        reset();
    }

    @Override
    public void process(float[] samples, int frames) {
        for (int done = 0; done < frames;) {
            // blocks of its own, so that what the meter knows does not depend on how the stream is cut
            int n = Math.min(stepFrames - framesInStep, frames - done);
            System.arraycopy(samples, done * channels, block, framesInStep * channels, n * channels);
            for (int i = 0; i < n; i++) {
                gain += gainStep;
                for (int channel = 0; channel < channels; channel++) {
                    samples[(done + i) * channels + channel] *= (float) gain;
                }
            }
            done += n;
            framesInStep += n;
            if (framesInStep == stepFrames) {
                framesInStep = 0;
                meter.process(block, stepFrames);
                follow();
            }
        }
        limiter.process(samples, frames);
    }

    private void follow() {
        stepsHeard++;
        double heard = meter.integratedLufs();
        gain = Decibels.toFactor(gainDb);
        if (heard > Double.NEGATIVE_INFINITY) {
            double most = (stepsHeard < FIRST_STEPS ? FIRST_DB_PER_SECOND : SLOW_DB_PER_SECOND) / STEPS_PER_SECOND;
            double wanted = Math.min(MOST_GAIN_DB, targetLufs - heard);
            gainDb += Math.clamp(wanted - gainDb, -most, most);
        }
        gainStep = (Decibels.toFactor(gainDb) - gain) / stepFrames;
    }

    @Override
    public int latencyFrames() {
        return limiter.latencyFrames();
    }

    @Override
    public void reset() {
        meter.reset();
        limiter.reset();
        framesInStep = 0;
        stepsHeard = 0;
        gainDb = 0;
        gain = 1;
        gainStep = 0;
    }
}
