package dev.proctap;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Figures of a tap since it was started or {@linkplain ProcessAudioTap#resetStatistics reset}, as of the moment they were
 * asked for. To keep them costs two looks at the clock for each chunk; {@code docs/statistics.md} has what that is.
 *
 * @param running
 *            whether it captures, or waits to
 * @param duration
 *            time that the figures are of
 * @param framesCaptured
 *            frames received from the server, and silence filled in while the target was silent
 * @param chunksDelivered
 *            chunks handed to the consumer, each by one call of its callback where it has one
 * @param framesLost
 *            frames that never reached the consumer
 * @param dropouts
 *            how many losses these were
 * @param losses
 *            the latest losses, at most 64, oldest first
 * @param streamsLinked
 *            streams of the target that are captured now
 * @param deliveryLatency
 *            from the moment in which the first frame of a chunk was played, as the server tells it, to the delivery of the
 *            chunk: what the server's cycle, the length of the chunk, and a consumer that is late add up to
 * @param consumerTime
 *            how long the consumer had each chunk: the duration of a callback, or the time from one {@code read} to the next
 *            call
 * @param callbackFailures
 *            how often the user's callback threw
 * @param reconnects
 *            how often the server came back
 * @param timeToFirstFrame
 *            from the start of the tap to the first frame, null before it; not changed by a reset
 * @param cpuTime
 *            of the tap's own threads: the one that looks after the server, the one that calls a callback, and PipeWire's;
 *            without that of a user's thread that reads
 * @param nativeMemoryBytes
 *            memory of the queue, outside of the heap
 * @param heapUsedBytes
 *            of the whole JVM; a tap in steady state adds nothing
 * @param latencyAsked
 *            the latency asked of the server, null if none was
 * @param latencyGranted
 *            the length of the server's cycles as seen, null before the first one
 */
public record TapStatistics(boolean running, Duration duration, long framesCaptured, long chunksDelivered,
        long framesLost, long dropouts, List<Loss> losses, int streamsLinked, Distribution deliveryLatency,
        Distribution consumerTime, long callbackFailures, long reconnects, @Nullable Duration timeToFirstFrame,
        Duration cpuTime, long nativeMemoryBytes, long heapUsedBytes, @Nullable Duration latencyAsked,
        @Nullable Duration latencyGranted) {

    public TapStatistics {
        losses = List.copyOf(losses);
    }

    /** Losses for each minute of {@link #duration}; 0 where none has passed. */
    public double dropoutsPerMinute() {
        return duration.isZero() ? 0 : dropouts * 60e9 / duration.toNanos();
    }

    /** Where frames were lost. */
    public enum LossCause {
        /** Our process did not run in time, until the server had no room any more for what it did not take. */
        CAPTURE,
        /** An xrun: the server, or the whole machine, did not run in time. */
        SERVER,
        /** The consumer was slower than the queue is long. */
        CONSUMER,
        /** The server, or its device, was away. */
        RECONNECT
    }

    /**
     * Frames lost at one place.
     *
     * @param framePosition
     *            position of the first lost frame
     * @param frames
     *            how many
     * @param noticedAtNanos
     *            when it was noticed, on the clock of {@link System#nanoTime}
     * @param cause
     *            where
     */
    public record Loss(long framePosition, long frames, long noticedAtNanos, LossCause cause) {}

    /**
     * How durations are distributed: the given parts of all were no longer than that, each exact within 0.8 percent. All
     * zero when nothing was measured.
     */
    public record Distribution(long count, Duration mean, Duration p50, Duration p95, Duration p99, Duration p999,
            Duration max) {}
}
