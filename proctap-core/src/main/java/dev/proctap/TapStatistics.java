package dev.proctap;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Figures of a tap since it was started, as of the moment they were asked for.
 *
 * @param running
 *            whether it captures, or waits to
 * @param framesCaptured
 *            frames received from the server, and silence filled in while the target was silent
 * @param chunksDelivered
 *            chunks handed to the consumer
 * @param framesLost
 *            frames that never reached the consumer
 * @param losses
 *            the latest losses, at most 64, oldest first
 * @param streamsLinked
 *            streams of the target that are captured now
 * @param deliveryLatency
 *            from the capture of a chunk's first frame to its delivery
 * @param callbackFailures
 *            how often the user's callback threw
 * @param latencyAsked
 *            the latency asked of the server, null if none was
 * @param latencyGranted
 *            the length of the server's cycles as seen, null before the first one
 */
public record TapStatistics(boolean running, long framesCaptured, long chunksDelivered, long framesLost,
        List<Loss> losses, int streamsLinked, Latency deliveryLatency, long callbackFailures,
        @Nullable Duration latencyAsked, @Nullable Duration latencyGranted) {

    public TapStatistics {
        losses = List.copyOf(losses);
    }

    /** Where frames were lost. */
    public enum LossCause {
        /** Between the server and us: our process did not run in time. */
        CAPTURE,
        /** The consumer was slower than the queue is long. */
        CONSUMER,
        /** The server was away. */
        SERVER
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

    /** Median, 99th percentile and maximum, each exact within 4 percent; all zero when nothing was measured. */
    public record Latency(Duration p50, Duration p99, Duration max) {}
}
