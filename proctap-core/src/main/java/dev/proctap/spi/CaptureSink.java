package dev.proctap.spi;

import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.TapStatistics.LossCause;
import dev.proctap.pcm.ChannelLayout;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Takes what a backend captures, in the order of time. */
public interface CaptureSink {

    /**
     * Captured frames: interleaved float32 in native order, at the asked sample rate, with the channels of {@link #layout}.
     *
     * @param samples
     *            memory that holds them during this call
     * @param offset
     *            where they begin, in bytes
     * @param frames
     *            how many
     * @param timeNanos
     *            when the first was captured, on the clock of {@link System#nanoTime}
     */
    void write(MemorySegment samples, long offset, int frames, long timeNanos);

    /** The target played nothing for the time of so many frames. */
    void silence(long frames, long timeNanos);

    /** Silence is to be left out until the next frames are written. */
    void omitSilence();

    /** So many frames were lost. */
    void lost(long frames, LossCause cause);

    /** Something happened. */
    void event(TapEvent event);

    /** Nothing more will come; {@code failure} is null where this is as it should be. */
    void end(@Nullable ProcTapException failure);

    /** The channels that {@link #write} expects. */
    ChannelLayout layout();
}
