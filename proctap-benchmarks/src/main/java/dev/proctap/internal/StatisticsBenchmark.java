package dev.proctap.internal;

import dev.proctap.TapStatistics;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a tap's statistics cost: for each chunk, and for who asks. In the package of what it measures. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class StatisticsBenchmark {

    private final DurationHistogram latency = new DurationHistogram();
    private final DurationHistogram consumerTime = new DurationHistogram();
    private long before = System.nanoTime();

    /** Everything that is done for a chunk: two looks at the clock, and two durations that are counted. */
    @Benchmark
    public void chunk() {
        long taken = System.nanoTime();
        consumerTime.record(taken - before);
        long now = System.nanoTime();
        latency.record(now - taken);
        before = now;
    }

    /** The percentiles of one histogram, as a snapshot has them. */
    @Benchmark
    public TapStatistics.Distribution snapshot() {
        return latency.snapshot();
    }
}
