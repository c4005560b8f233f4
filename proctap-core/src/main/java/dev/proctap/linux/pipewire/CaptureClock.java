package dev.proctap.linux.pipewire;

import dev.proctap.TapStatistics.LossCause;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.spi.CaptureSink;
import java.lang.foreign.MemorySegment;

/**
 * Places captured frames in time, and finds and fills what is missing between them.
 *
 * <p>The graph's driver counts frames (ticks) and tells the monotonic time at which each cycle began. Between two known
 * cycles as many frames must have come as ticks went by. Where there are fewer, they were lost if the graph ran all the
 * time, or the target was silent if it did not: a stream without links, or whose program paused, gets no cycles. Where
 * the ticks cannot be compared, because another driver took over or none ran, the time decides.
 *
 * <p>A cycle's frames are stamped as if recorded in the time before it, so that no frame is captured in the future.
 */
final class CaptureClock {

    /**
     * Silence is written this late, so that a cycle that is still under way (8192 frames at 48 kHz take 171 ms) cannot
     * begin before its end.
     */
    private static final long SILENCE_DELAY_NANOS = 250_000_000;

    /** A tap's own latency has changed the cycles by then. */
    private static final int START_CYCLES = 3;
    /** {@code default.clock.quantum-limit}: no cycle is longer. */
    private static final int MAX_CYCLE_FRAMES = 8192;

    private final PcmFormat format;
    private final CaptureSink sink;
    private final boolean latencyAsked;

    /** The latest cycle whose time is known, and the frames received since it began. */
    private boolean anchored;
    private long anchorNanos;
    private long anchorTicks;
    private long framesSince;
    private int anchorCycleFrames;
    private int earlierCycleFrames;
    private long cyclesSeen;

    private long nextNanos;
    private long silenceWritten;
    private boolean idle;
    private boolean wasIdle;
    private boolean serverWasLost;

    /**
     * @param latencyAsked
     *            whether the tap changes the length of the server's cycles when it starts
     */
    CaptureClock(PcmFormat format, boolean latencyAsked, CaptureSink sink) {
        this.format = format;
        this.latencyAsked = latencyAsked;
        this.sink = sink;
    }

    /** Whether cycles are to be expected: not while nothing is linked or runs. */
    void setIdle(boolean value) {
        idle = value;
        wasIdle |= value;
    }

    /** The connection is gone: until the next cycle everything is lost. */
    void serverLost() {
        serverWasLost = anchored;
        idle = false;
        wasIdle = false;
    }

    /**
     * Tells of a cycle before the frames up to its end are written.
     *
     * @param nanos
     *            when it began
     * @param ticks
     *            the driver's position then
     * @param rateNum
     *            numerator of the seconds in a tick
     * @param rateDenom
     *            denominator of the same
     * @param frames
     *            frames about to be written, up to and with this cycle's
     * @param cycleFrames
     *            frames of this cycle
     */
    void anchor(long nanos, long ticks, int rateNum, int rateDenom, int frames, int cycleFrames) {
        long missing = 0;
        if (anchored) {
            missing = fillGap(nanos, ticks, rateNum, rateDenom, framesSince + frames - cycleFrames, cycleFrames);
        }
        anchored = true;
        anchorNanos = nanos;
        anchorTicks = ticks;
        earlierCycleFrames = anchorCycleFrames;
        anchorCycleFrames = cycleFrames;
        cyclesSeen++;
        // frames before the anchored cycle are subtracted as they are written
        framesSince = (long) cycleFrames - frames;
        nextNanos = nanos - format.framesToNanos(frames);
        assert missing >= 0;
    }

    private long fillGap(long nanos, long ticks, int rateNum, int rateDenom, long received, int cycleFrames) {
        long byTime = format.nanosToFrames(nanos - anchorNanos);
        boolean sameRate = rateNum == 1 && rateDenom == format.sampleRateHz();
        long byTicks = sameRate
                ? ticks - anchorTicks
                : Math.round((double) (ticks - anchorTicks) * rateNum * format.sampleRateHz() / Math.max(1, rateDenom));
        boolean sameClock = Math.abs(byTicks - byTime) <= cycleFrames / 2;
        long missing = (sameClock ? byTicks : byTime) - received;
        if (!(sameClock && sameRate) && missing < cycleFrames / 2) {
            // rounding of the resampler, or the jitter of two clocks
            missing = 0;
        }
        missing = Math.max(0, missing);
        // When the cycles change their length, the driver's timer is still set for one of the old length: the sink plays
        // a hole, for which no program was asked for anything.
        boolean holeOfChange = missing > 0
                && (missing == anchorCycleFrames - cycleFrames || missing == earlierCycleFrames - cycleFrames);
        if (latencyAsked && cyclesSeen < START_CYCLES && missing <= MAX_CYCLE_FRAMES) {
            // the same hole, made by the tap's own latency before it saw a cycle of the old length
            missing = 0;
        }
        if (serverWasLost) {
            sink.lost(missing, LossCause.SERVER);
        } else if (missing > 0) {
            if (wasIdle || !sameClock || holeOfChange) {
                sink.silence(missing - Math.min(missing, silenceWritten), nextNanos);
            } else {
                sink.lost(missing, LossCause.CAPTURE);
            }
        }
        serverWasLost = false;
        silenceWritten = 0;
        wasIdle = idle;
        return missing;
    }

    /** Passes captured frames on. */
    void write(MemorySegment samples, long offset, int frames) {
        sink.write(samples, offset, frames, nextNanos);
        nextNanos += format.framesToNanos(frames);
        framesSince += frames;
    }

    /** While nothing is to be expected, writes silence up to {@link #SILENCE_DELAY_NANOS} before {@code now}. */
    void fillSilence(long now) {
        if (!idle || !anchored) {
            return;
        }
        long total = format.nanosToFrames(now - SILENCE_DELAY_NANOS - anchorNanos) - framesSince;
        long frames = total - silenceWritten;
        if (frames > 0) {
            sink.silence(frames, nextNanos);
            nextNanos += format.framesToNanos(frames);
            silenceWritten += frames;
        }
    }
}
