package dev.proctap.internal;

import dev.proctap.TapStatistics.Latency;
import java.time.Duration;

/**
 * Counts durations in buckets of which 32 cover each power of two, so that a quantile is exact within 1/32. For any
 * thread; allocates nothing when recording.
 */
final class LatencyHistogram {

    private static final int SUB_BITS = 5;
    private static final int SUBS = 1 << SUB_BITS;

    private final long[] counts = new long[(64 - SUB_BITS) * SUBS];
    private long max;

    synchronized void record(long nanos) {
        long value = Math.max(0, nanos);
        counts[bucket(value)]++;
        max = Math.max(max, value);
    }

    synchronized Latency snapshot() {
        long total = 0;
        for (long count : counts) {
            total += count;
        }
        return new Latency(Duration.ofNanos(quantile(total, 0.50)), Duration.ofNanos(quantile(total, 0.99)),
                Duration.ofNanos(max));
    }

    private long quantile(long total, double quantile) {
        long rank = (long) Math.ceil(total * quantile);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank && seen > 0) {
                return Math.min(highest(i), max);
            }
        }
        return 0;
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
