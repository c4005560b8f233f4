package dev.proctap.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.TapStatistics.Distribution;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;

class DurationHistogramTest {

    @Test
    void nothingMeasuredIsZero() {
        assertThat(new DurationHistogram().snapshot()).isEqualTo(new Distribution(0, Duration.ZERO, Duration.ZERO,
                Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO));
    }

    @Property
    void quantilesAreExactWithinOneIn128(
            @ForAll @NotEmpty List<@LongRange(min = 0, max = 100_000_000_000L) Long> nanos) {
        DurationHistogram histogram = new DurationHistogram();
        histogram.record(12_345);
        histogram.reset();
        nanos.forEach(histogram::record);
        List<Long> sorted = nanos.stream().sorted().toList();
        Distribution latency = histogram.snapshot();
        assertExact(latency.p50(), sorted, 0.5);
        assertExact(latency.p95(), sorted, 0.95);
        assertExact(latency.p99(), sorted, 0.99);
        assertExact(latency.p999(), sorted, 0.999);
        assertThat(latency.count()).isEqualTo(nanos.size());
        assertThat(latency.mean().toNanos())
                .isEqualTo(nanos.stream().mapToLong(Long::longValue).sum() / nanos.size());
        assertThat(latency.max().toNanos()).isEqualTo(sorted.getLast());
    }

    private static void assertExact(Duration quantile, List<Long> sorted, double of) {
        long exact = sorted.get((int) Math.ceil(sorted.size() * of) - 1);
        assertThat(quantile.toNanos()).isBetween(exact, (long) (exact * (1 + 1 / 128.0)) + 1);
    }

    @Test
    void whatIsLongerThanHalfAnHourCountsAsThat() {
        DurationHistogram histogram = new DurationHistogram();
        histogram.record(Long.MAX_VALUE);
        assertThat(histogram.snapshot().max()).isBetween(Duration.ofMinutes(36), Duration.ofMinutes(37));
    }
}
