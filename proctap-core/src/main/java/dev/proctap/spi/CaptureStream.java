package dev.proctap.spi;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** An open capture. All methods may be called from any thread, also after {@link #close}. */
public interface CaptureStream extends AutoCloseable {

    /** Moves everything the server has ready into the sink; allocates nothing. */
    void pump();

    /** Waits until there may be something to pump, until {@link #wakeUp}, or for some time not above the given one. */
    void await(long timeoutNanos);

    /** Ends a wait. */
    void wakeUp();

    /** Streams of the target that are captured now. */
    int linkedStreams();

    /** Length of the server's cycles as last seen; null before the first one. */
    @Nullable
    Duration grantedLatency();

    /**
     * Pumps a last time and frees everything. Idempotent; returns within half a second, also from a callback of the
     * stream.
     */
    @Override
    void close();
}
