package dev.proctap.internal;

import dev.proctap.TapStatistics.Distribution;
import java.time.Duration;
import java.util.Arrays;

/**
 * Counts durations in buckets of which 128 cover each power of two, so that a quantile is exact within 1/128, as an
 * HdrHistogram of two decimal digits does. For any thread; allocates nothing when recording.
 */
final class DurationHistogram {

    private static final int SUB_BITS = 7;
    private static final int SUBS = 1 << SUB_BITS;
    /** 2^41 ns are 36 minutes: what is longer counts as that. */
    private static final long LONGEST = (1L << 41) - 1;

    private final int[] counts = new int[bucket(LONGEST) + 1];
    private long count;
    private long sum;
    private long max;

    synchronized void record(long nanos) {
        long value = Math.clamp(nanos, 0, LONGEST);
        counts[bucket(value)]++;
        count++;
        sum += value;
        max = Math.max(max, value);
    }

    synchronized void reset() {
        Arrays.fill(counts, 0);
        count = 0;
        sum = 0;
        max = 0;
    }

    synchronized Distribution snapshot() {
        return new Distribution(count, Duration.ofNanos(count == 0 ? 0 : sum / count), quantile(0.50), quantile(0.95),
                quantile(0.99), quantile(0.999), Duration.ofNanos(max));
    }

    private Duration quantile(double quantile) {
        long rank = (long) Math.ceil(count * quantile);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank && seen > 0) {
                return Duration.ofNanos(Math.min(highest(i), max));
            }
        }
        return Duration.ZERO;
    }

    private static int bucket(long value) {
        if (value < SUBS) {
            return (int) value;
        }
        int shift = 63 - Long.numberOfLeadingZeros(value) - SUB_BITS;
        return (shift + 1) * SUBS + (int) (value >>> shift) - SUBS;
    }

    /** The highest value that falls into a bucket. */
    private static long highest(int bucket) {
        if (bucket < SUBS) {
            return bucket;
        }
        int shift = bucket / SUBS - 1;
        return ((long) (bucket % SUBS + SUBS + 1) << shift) - 1;
    }
}
