package dev.proctap.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.TapStatistics.Latency;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {

    @Test
    void nothingMeasuredIsZero() {
        assertThat(new LatencyHistogram().snapshot())
                .isEqualTo(new Latency(Duration.ZERO, Duration.ZERO, Duration.ZERO));
    }

    @Property
    void quantilesAreExactWithinFourPercent(
            @ForAll @NotEmpty List<@LongRange(min = 0, max = 100_000_000_000L) Long> nanos) {
        LatencyHistogram histogram = new LatencyHistogram();
        nanos.forEach(histogram::record);
        List<Long> sorted = nanos.stream().sorted().toList();
        Latency latency = histogram.snapshot();
        long median = sorted.get((int) Math.ceil(sorted.size() * 0.5) - 1);
        long p99 = sorted.get((int) Math.ceil(sorted.size() * 0.99) - 1);
        assertThat(latency.p50().toNanos()).isBetween(median, (long) (median * 1.04) + 1);
        assertThat(latency.p99().toNanos()).isBetween(p99, (long) (p99 * 1.04) + 1);
        assertThat(latency.max().toNanos()).isEqualTo(sorted.getLast());
    }
}
