package dev.proctap.pipes.filter;

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
    private final double[] peaks = new double[Equalizer.BLOCK_FRAMES];
    /** The last {@code reach} frames. */
    private final float[] delayed;
    /** Gains that rise from the first to the last, and when they leave it: the first is its least. */
    private final float[] least;
    private final long[] leaves;
    private int leastFirst;
    private int leastCount;
    /** The gains of which the mean is taken. */
    private final float[] smoothed;
    private double sum;
    private double held;
    private int meanPlace;
    private int place;
    private long frame;

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
        delayed = new float[reach * channels];
        least = new float[reach];
        leaves = new long[reach];
        smoothed = new float[window];
        reset();
    }

    @Override
    public void process(float[] samples, int frames) {
        for (int done = 0; done < frames; done += peaks.length) {
            int n = Math.min(peaks.length, frames - done);
            if (truePeak != null) {
                truePeak.peaks(samples, done, n, peaks);
            } else {
                samplePeaks(samples, done, n);
            }
            for (int i = 0; i < n; i++) {
                limit(samples, (done + i) * channels, (float) peaks[i]);
            }
        }
    }

    private void samplePeaks(float[] samples, int first, int frames) {
        for (int i = 0; i < frames; i++) {
            float level = 0;
            for (int at = (first + i) * channels; at < (first + i + 1) * channels; at++) {
                float magnitude = Math.abs(samples[at]);
                level = magnitude > level ? magnitude : level;
            }
            peaks[i] = level;
        }
    }

    private void limit(float[] samples, int at, float level) {
        float gain = leastInReach(level > ceiling ? ceiling / level : 1);
        double risen = 1 + (held - 1) * release;
        held = gain < risen ? gain : risen;
        // rounded, so that the sum of them stays exact however long it runs
        float next = (float) held;
        sum += (double) next - smoothed[meanPlace];
        smoothed[meanPlace] = next;
        meanPlace = meanPlace + 1 == window ? 0 : meanPlace + 1;
        float mean = sum >= window ? 1 : (float) (sum * oneByWindow);
        int oldest = place + 1 == reach ? 0 : place + 1;
        for (int channel = 0; channel < channels; channel++) {
            delayed[place * channels + channel] = samples[at + channel];
            float limited = delayed[oldest * channels + channel] * mean;
            samples[at + channel] = limited > ceiling ? ceiling : limited < -ceiling ? -ceiling : limited;
        }
        place = oldest;
        frame++;
    }

    /** Of a gain and those before it in reach: every one is put in once and taken out once. */
    private float leastInReach(float gain) {
        while (leastCount > 0 && least[around(leastFirst + leastCount - 1)] >= gain) {
            leastCount--;
        }
        int at = around(leastFirst + leastCount);
        least[at] = gain;
        leaves[at] = frame + reach;
        leastCount++;
        if (leaves[leastFirst] <= frame) {
            leastFirst = around(leastFirst + 1);
            leastCount--;
        }
        return least[leastFirst];
    }

    /** A division for each frame would be what costs most here. */
    private int around(int index) {
        return index < reach ? index : index - reach;
    }

    @Override
    public int latencyFrames() {
        return reach - 1;
    }

    @Override
    public void reset() {
        Arrays.fill(delayed, 0);
        Arrays.fill(smoothed, 1);
        sum = window;
        held = 1;
        place = 0;
        meanPlace = 0;
        if (truePeak != null) {
            truePeak.reset();
        }
        frame = 0;
        leastFirst = 0;
        leastCount = 0;
    }
}
