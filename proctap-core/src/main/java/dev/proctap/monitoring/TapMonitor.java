package dev.proctap.monitoring;

import dev.proctap.ProcessAudioTap;
import dev.proctap.TapStatistics;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/** A tap as a bean of the platform's MBean server, until it is closed. Its attributes may be asked for by any thread. */
public final class TapMonitor implements TapMXBean, AutoCloseable {

    private static final AtomicLong NUMBER = new AtomicLong();

    private final ProcessAudioTap tap;
    private final ObjectName name;

    private TapMonitor(ProcessAudioTap tap, ObjectName name) {
        this.tap = tap;
        this.name = name;
    }

    /**
     * Registers a tap as {@code dev.proctap:type=Tap,id=N}.
     *
     * @throws IllegalStateException
     *             if the MBean server does not take it
     */
    public static TapMonitor register(ProcessAudioTap tap) {
        try {
            TapMonitor monitor = new TapMonitor(tap,
                    new ObjectName("dev.proctap:type=Tap,id=" + NUMBER.incrementAndGet()));
            ManagementFactory.getPlatformMBeanServer().registerMBean(monitor, monitor.name);
            return monitor;
        } catch (JMException e) {
            throw new IllegalStateException("the MBean server did not take the tap: " + e.getMessage(), e);
        }
    }

    /** Under which name the bean is registered. */
    public ObjectName name() {
        return name;
    }

    /** Takes the bean away; the tap goes on. */
    @Override
    public void close() {
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
        } catch (JMException e) {
            // somebody else took it away
        }
    }

    private TapStatistics now() {
        return tap.statistics();
    }

    private static double millis(@Nullable Duration duration) {
        return duration == null ? 0 : duration.toNanos() / 1e6;
    }

    private static Durations durations(TapStatistics.Distribution all) {
        return new Durations(all.count(), millis(all.mean()), millis(all.p50()), millis(all.p95()), millis(all.p99()),
                millis(all.p999()), millis(all.max()));
    }

    @Override
    public String getTarget() {
        return tap.target().toString();
    }

    @Override
    public boolean isRunning() {
        return tap.isRunning();
    }

    @Override
    public double getDurationMillis() {
        return millis(now().duration());
    }

    @Override
    public long getFramesCaptured() {
        return now().framesCaptured();
    }

    @Override
    public long getChunksDelivered() {
        return now().chunksDelivered();
    }

    @Override
    public long getFramesLost() {
        return now().framesLost();
    }

    @Override
    public long getDropouts() {
        return now().dropouts();
    }

    @Override
    public double getDropoutsPerMinute() {
        return now().dropoutsPerMinute();
    }

    @Override
    public String[] getLosses() {
        return now().losses().stream()
                .map(loss -> loss.framePosition() + " " + loss.frames() + " " + loss.cause()).toArray(String[]::new);
    }

    @Override
    public int getStreamsLinked() {
        return now().streamsLinked();
    }

    @Override
    public Durations getDeliveryLatency() {
        return durations(now().deliveryLatency());
    }

    @Override
    public Durations getConsumerTime() {
        return durations(now().consumerTime());
    }

    @Override
    public long getCallbackFailures() {
        return now().callbackFailures();
    }

    @Override
    public long getReconnects() {
        return now().reconnects();
    }

    @Override
    public double getTimeToFirstFrameMillis() {
        return millis(now().timeToFirstFrame());
    }

    @Override
    public double getCpuTimeMillis() {
        return millis(now().cpuTime());
    }

    @Override
    public long getNativeMemoryBytes() {
        return now().nativeMemoryBytes();
    }

    @Override
    public long getHeapUsedBytes() {
        return now().heapUsedBytes();
    }

    @Override
    public double getLatencyAskedMillis() {
        return millis(now().latencyAsked());
    }

    @Override
    public double getLatencyGrantedMillis() {
        return millis(now().latencyGranted());
    }

    @Override
    public void reset() {
        tap.resetStatistics();
    }
}
