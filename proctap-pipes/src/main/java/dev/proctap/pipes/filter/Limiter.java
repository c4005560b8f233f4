package dev.proctap.pipes.filter;

import dev.proctap.pipes.dsp.Frames;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Lets nothing above a ceiling, without a jump in the gain: it looks ahead, takes the least gain that any frame of the
 * look-ahead needs, and the mean of that over as many frames, so that the gain has arrived when the peak does. Afterwards it
 * rises exponentially. What needs no limiting passes bit for bit.
 */
public final class Limiter implements AudioFilter {

    public static final double CEILING_DB = -1;
    public static final double LOOK_AHEAD_MILLIS = 5;
    public static final double RELEASE_MILLIS = 50;

    private final int channels;
    private final float ceiling;
    private final double release;
    /** Over so many frames is the mean. */
    private final int window;
    private final double oneByWindow;
    /** Over so many is the minimum: those of the mean, and those that a peak between samples is told late. */
    private final int reach;
    private final @Nullable TruePeak truePeak;
    /** Not more than are in the delay. */
    private final int blockFrames;
    private final double[] peaks;
    private final float[] gains;
    private final float[] incoming;
    private final float[] outgoing;
    /** The last {@code reach - 1} frames. */
    private final float[] delayed;
    private int delayedPlace;
    /**
     * Gains that are needed, a reach of them after the other: up to the place as they came, behind it the least from there to
     * the end of the reach before, and 1 at the end. With the least since the beginning that gives the least of the last
     * reach (van Herk 1992; Gil and Werman 1993): a minimum or three for each frame, whatever the sound.
     */
    private final float[] needed;
    private int neededPlace;
    private float leastSinceBeginning;
    /** The gains of which the mean is taken. */
    private final float[] smoothed;
    private int smoothedPlace;
    private double sum;
    private double held;

    /** A limiter of samples with the values above. */
    public Limiter(int sampleRateHz, int channels) {
        this(sampleRateHz, channels, CEILING_DB, LOOK_AHEAD_MILLIS, RELEASE_MILLIS, false);
    }

    /**
     * @param betweenSamples
     *            whether the wave between samples is limited too (true peak, ITU-R BS.1770), and not the samples alone
     * @throws IllegalArgumentException
     *             if the look-ahead is not 0 to 1000 ms
     */
    public Limiter(int sampleRateHz, int channels, double ceilingDb, double lookAheadMillis, double releaseMillis,
            boolean betweenSamples) {
        if (!(lookAheadMillis >= 0 && lookAheadMillis <= 1000)) {
            throw new IllegalArgumentException("a limiter looks 0 to 1000 ms ahead, not " + lookAheadMillis);
        }
        this.channels = channels;
        ceiling = (float) Decibels.toFactor(ceilingDb);
        release = Decibels.keptEachFrame(releaseMillis, sampleRateHz);
        window = Math.max(1, (int) Math.round(lookAheadMillis * sampleRateHz / 1000) + 1);
        oneByWindow = 1.0 / window;
        truePeak = betweenSamples ? new TruePeak(sampleRateHz, channels) : null;
        reach = window + (betweenSamples ? TruePeak.TAPS : 0);
        blockFrames = Math.clamp(reach - 1, 1, Frames.BLOCK);
        peaks = new double[blockFrames];
        gains = new float[blockFrames];
        incoming = new float[blockFrames * channels];
        outgoing = new float[blockFrames * channels];
        delayed = new float[(reach - 1) * channels];
        needed = new float[reach + 1];
        smoothed = new float[window];
        reset();
    }

    @Override
    public void process(float[] samples, int frames) {
        for (int done = 0; done < frames; done += blockFrames) {
            int n = Math.min(blockFrames, frames - done);
            if (truePeak != null) {
                truePeak.peaks(samples, done, n, peaks);
            } else {
                Frames.peaks(samples, done, n, channels, peaks);
            }
            follow(n);
            delay(samples, done * channels, n * channels);
            Frames.multiply(outgoing, 0, n, channels, gains);
            clip(outgoing, ceiling);
            System.arraycopy(outgoing, 0, samples, done * channels, n * channels);
        }
    }

    /** From peaks to gains. */
    private void follow(int frames) {
        for (int i = 0; i < frames; i++) {
            float level = (float) peaks[i];
            float wanted = ceiling / Math.max(level, ceiling);
            // what is no number asks for nothing
            float gain = leastInReach(wanted >= 0 ? wanted : 1);
            double risen = 1 + (held - 1) * release;
            held = gain < risen ? gain : risen;
            // rounded, so that the sum of them stays exact however long it runs
            float next = (float) held;
            sum += (double) next - smoothed[smoothedPlace];
            smoothed[smoothedPlace] = next;
            smoothedPlace = smoothedPlace + 1 == window ? 0 : smoothedPlace + 1;
            gains[i] = sum >= window ? 1 : (float) (sum * oneByWindow);
        }
    }

    private float leastInReach(float gain) {
        leastSinceBeginning = gain < leastSinceBeginning ? gain : leastSinceBeginning;
        needed[neededPlace++] = gain;
        float before = needed[neededPlace];
        float least = before < leastSinceBeginning ? before : leastSinceBeginning;
        if (neededPlace == reach) {
            for (int i = reach - 2; i >= 0; i--) {
                needed[i] = needed[i + 1] < needed[i] ? needed[i + 1] : needed[i];
            }
            neededPlace = 0;
            leastSinceBeginning = 1;
        }
        return least;
    }

    /** Puts what leaves the delay into {@link #outgoing}. */
    private void delay(float[] samples, int first, int count) {
        if (delayed.length == 0) {
            System.arraycopy(samples, first, outgoing, 0, count);
            return;
        }
        System.arraycopy(samples, first, incoming, 0, count);
        int before = Math.min(count, delayed.length - delayedPlace);
        System.arraycopy(delayed, delayedPlace, outgoing, 0, before);
        System.arraycopy(delayed, 0, outgoing, before, count - before);
        System.arraycopy(incoming, 0, delayed, delayedPlace, before);
        System.arraycopy(incoming, before, delayed, 0, count - before);
        delayedPlace = (delayedPlace + count) % delayed.length;
    }

    /** A loop that becomes vector instructions. */
    private static void clip(float[] samples, float ceiling) {
        for (int i = 0; i < samples.length; i++) {
            samples[i] = Math.max(-ceiling, Math.min(ceiling, samples[i]));
        }
    }

    @Override
    public int latencyFrames() {
        return reach - 1;
    }

    @Override
    public void reset() {
        Arrays.fill(delayed, 0);
        delayedPlace = 0;
        Arrays.fill(needed, 1);
        neededPlace = 0;
        leastSinceBeginning = 1;
        Arrays.fill(smoothed, 1);
        smoothedPlace = 0;
        sum = window;
        held = 1;
        if (truePeak != null) {
            truePeak.reset();
        }
    }
}
