package dev.proctap.monitoring;

/**
 * {@link dev.proctap.TapStatistics} for JMX: times in milliseconds, memory in bytes, what was not measured yet is 0.
 */
public interface TapMXBean {

    /** What is captured, as {@link dev.proctap.AudioTarget} writes itself. */
    String getTarget();

    boolean isRunning();

    double getDurationMillis();

    long getFramesCaptured();

    long getChunksDelivered();

    long getFramesLost();

    long getDropouts();

    double getDropoutsPerMinute();

    /** The latest losses, one in a line: position, frames, cause. */
    String[] getLosses();

    int getStreamsLinked();

    Durations getDeliveryLatency();

    Durations getConsumerTime();

    long getCallbackFailures();

    long getReconnects();

    double getTimeToFirstFrameMillis();

    double getCpuTimeMillis();

    long getNativeMemoryBytes();

    long getHeapUsedBytes();

    double getLatencyAskedMillis();

    double getLatencyGrantedMillis();

    /** Lets the figures begin anew. */
    void reset();

    /** A {@link dev.proctap.TapStatistics.Distribution}. */
    record Durations(long count, double meanMillis, double p50Millis, double p95Millis, double p99Millis,
            double p999Millis, double maxMillis) {}
}
