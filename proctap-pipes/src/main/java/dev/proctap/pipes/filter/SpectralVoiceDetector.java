package dev.proctap.pipes.filter;

import dev.proctap.pipes.dsp.Fft;
import dev.proctap.pipes.dsp.Frames;
import java.util.Arrays;

/**
 * Takes for speech what is more likely speech in noise than the noise alone: the mean log likelihood ratio over the
 * frequencies of speech, of a Gaussian model (Sohn, Kim and Sung, <i>A Statistical Model-Based Voice Activity Detection</i>,
 * 1999). It learns the noise while nobody speaks, so that a fan, which is as loud as speech, does not count.
 */
public final class SpectralVoiceDetector implements VoiceDetector {

    public static final int HANGOVER_BLOCKS = 12;
    private static final double WINDOW_SECONDS = 0.025;
    private static final double LOWEST_HZ = 100;
    private static final double HIGHEST_HZ = 4000;
    private static final double THRESHOLD = 0.45;
    private static final float KEPT = 0.9f;
    /** Below that, relative to full scale, it is silence whatever its spectrum. */
    private static final double SILENT_POWER = 1e-7;

    private final int blockFrames;
    private final Fft fft;
    private final float[] window;
    private final float[] history;
    private final float[] work;
    private final float[] powers;
    private final float[] clean;
    private final NoiseLearner learner;
    private final int firstBin;
    private final int lastBin;
    private int hangover;

    public SpectralVoiceDetector(int sampleRateHz) {
        blockFrames = sampleRateHz * BLOCK_MILLIS / 1000;
        int length = Fft.lengthFor(WINDOW_SECONDS * sampleRateHz);
        fft = new Fft(length);
        window = new float[length];
        for (int i = 0; i < length; i++) {
            window[i] = (float) (0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / length));
        }
        history = new float[length];
        work = new float[2 * length];
        powers = new float[length / 2 + 1];
        clean = new float[length / 2 + 1];
        learner = new NoiseLearner(NoiseSource.QUIET_PARTS, powers.length, 1000.0 / BLOCK_MILLIS);
        firstBin = (int) Math.ceil(LOWEST_HZ * length / sampleRateHz);
        lastBin = (int) Math.min(length / 2.0, HIGHEST_HZ * length / sampleRateHz);
    }

    @Override
    public int blockFrames() {
        return blockFrames;
    }

    @Override
    public boolean isSpeech(float[] mono, int from) {
        System.arraycopy(history, blockFrames, history, 0, history.length - blockFrames);
        System.arraycopy(mono, from, history, history.length - blockFrames, blockFrames);
        Frames.makeFinite(history, history.length);
        double energy = 0;
        for (int i = history.length - blockFrames; i < history.length; i++) {
            energy += (double) history[i] * history[i];
        }
        Arrays.fill(powers, 0);
        for (int i = 0; i < history.length; i++) {
            work[2 * i] = history[i] * window[i];
            work[2 * i + 1] = 0;
        }
        fft.forward(work);
        fft.addPowers(work, powers);
        float[] noise = learner.learn(powers);
        boolean loud = energy / blockFrames > SILENT_POWER;
        if (likelihood(noise) > THRESHOLD && loud) {
            hangover = HANGOVER_BLOCKS;
            return true;
        }
        return hangover-- > 0;
    }

    private double likelihood(float[] noise) {
        double sum = 0;
        for (int bin = firstBin; bin <= lastBin; bin++) {
            float posteriori = powers[bin] / (noise[bin] + 1e-30f);
            float priori = KEPT * clean[bin] / (noise[bin] + 1e-30f) + (1 - KEPT) * Math.max(posteriori - 1, 0);
            float gain = priori / (1 + priori);
            clean[bin] = gain * gain * powers[bin];
            sum += posteriori * gain - Math.log1p(priori);
        }
        return sum / (lastBin - firstBin + 1);
    }

    @Override
    public void reset() {
        Arrays.fill(history, 0);
        Arrays.fill(clean, 0);
        learner.reset();
        hangover = 0;
    }
}
