package dev.proctap;

import dev.proctap.pcm.PcmFormat;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Some consecutive frames of a capture. Its samples are those of the queue itself, not a copy: they are valid during the
 * callback, or until the next {@code read}; after that the memory is used again. {@link #copy} keeps them.
 *
 * <p>Positions count the frames of the capture from zero, lost ones included, so they are a clock: the chunk after a
 * loss begins as much later.
 */
public interface AudioChunk {

    /** Position of the first frame in the capture, in frames. */
    long framePosition();

    /** When the first frame was captured, on the clock of {@link System#nanoTime}. */
    long captureTimeNanos();

    /** Number of frames: the asked chunk length, or fewer before a loss and at the end. */
    int frames();

    /** Frames that were lost directly before the first frame; zero in a healthy capture. */
    long lostFramesBefore();

    /** Format of the samples. */
    PcmFormat format();

    /** The samples, interleaved: {@code frames() * format().frameBytes()} bytes, read-only, not a copy. */
    MemorySegment samples();

    /** The same bytes as {@link #samples()} as a direct buffer, position zero; made once, valid as long as they are. */
    ByteBuffer bytes();

    /** A chunk of its own that stays valid. */
    AudioChunk copy();
}
