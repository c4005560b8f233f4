package dev.proctap.micrometer;

import dev.proctap.ProcessAudioTap;
import dev.proctap.TapStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Meters {@code proctap.*} of a tap: counters for frames, chunks, losses and reconnects, gauges for latencies. The tap is
 * asked whenever the registry wants to know; while it was never started, or is closed, gauges are NaN and counters 0.
 */
public final class TapMetrics implements MeterBinder {

    private final ProcessAudioTap tap;
    private final Tags tags;

    /**
     * @param tap
     *            not to be {@linkplain ProcessAudioTap#resetStatistics reset}, or its counters go back
     * @param tags
     *            that tell this tap from others
     */
    public TapMetrics(ProcessAudioTap tap, Tags tags) {
        this.tap = tap;
        this.tags = tags;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        counter(registry, "frames.captured", "frames", TapStatistics::framesCaptured);
        counter(registry, "frames.lost", "frames", TapStatistics::framesLost);
        counter(registry, "dropouts", "dropouts", TapStatistics::dropouts);
        counter(registry, "chunks.delivered", "chunks", TapStatistics::chunksDelivered);
        counter(registry, "callback.failures", "calls", TapStatistics::callbackFailures);
        counter(registry, "reconnects", "reconnects", TapStatistics::reconnects);
        counter(registry, "cpu", "milliseconds", statistics -> statistics.cpuTime().toNanos() / 1e6);
        gauge(registry, "streams", "streams", TapStatistics::streamsLinked);
        gauge(registry, "memory.native", "bytes", TapStatistics::nativeMemoryBytes);
        time(registry, "latency.p50", statistics -> statistics.deliveryLatency().p50());
        time(registry, "latency.p99", statistics -> statistics.deliveryLatency().p99());
        time(registry, "latency.max", statistics -> statistics.deliveryLatency().max());
        time(registry, "consumer.p99", statistics -> statistics.consumerTime().p99());
        time(registry, "consumer.max", statistics -> statistics.consumerTime().max());
        time(registry, "first.frame", TapStatistics::timeToFirstFrame);
        time(registry, "cycle", TapStatistics::latencyGranted);
    }

    private static double of(ProcessAudioTap tap, ToDoubleFunction<TapStatistics> figure, double otherwise) {
        try {
            return figure.applyAsDouble(tap.statistics());
        } catch (IllegalStateException e) {
            return otherwise; // never started, or closed
        }
    }

    private void counter(MeterRegistry registry, String name, String unit, ToDoubleFunction<TapStatistics> figure) {
        FunctionCounter.builder("proctap." + name, tap, each -> of(each, figure, 0)).baseUnit(unit).tags(tags)
                .register(registry);
    }

    private void gauge(MeterRegistry registry, String name, String unit, ToDoubleFunction<TapStatistics> figure) {
        Gauge.builder("proctap." + name, tap, each -> of(each, figure, Double.NaN)).baseUnit(unit).tags(tags)
                .register(registry);
    }

    private void time(MeterRegistry registry, String name, Function<TapStatistics, @Nullable Duration> figure) {
        TimeGauge.builder("proctap." + name, tap, TimeUnit.NANOSECONDS, each -> of(each, statistics -> {
            Duration time = figure.apply(statistics);
            return time == null ? Double.NaN : time.toNanos();
        }, Double.NaN)).tags(tags).register(registry);
    }
}
