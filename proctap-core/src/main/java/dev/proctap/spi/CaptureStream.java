package dev.proctap.spi;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** An open capture. All methods may be called from any thread, also after {@link #close}. */
public interface CaptureStream extends AutoCloseable {

    /** Moves everything the server has ready into the sink; allocates nothing. */
    void pump();

    /**
     * Waits until about so many frames are there to be pumped, until {@link #wakeUp}, or for some time not above the given
     * one; one thread at a time. To sleep through blocks that cannot complete a chunk is what saves the most CPU.
     *
     * @return false if there is nothing to pump, to the best of its knowledge
     */
    boolean await(long frames, long timeoutNanos);

    /** Ends a wait. */
    void wakeUp();

    /** Streams of the target that are captured now. */
    int linkedStreams();

    /** Processor time of its own threads, in nanoseconds. */
    long cpuNanos();

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
