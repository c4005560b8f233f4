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
 * <p>A thread that wakes up late may read the clock of the next cycle already, which looks like a loss until that cycle's
 * own frames come. So a loss is to be told only when the cycle after it finds the same frames missing
 * ({@link #seemsLost}); if it was told nevertheless, what comes too much is set off against the next loss.
 *
 * <p>A cycle's frames are stamped as if recorded in the time before it, so that no frame is captured in the future.
 */
final class CaptureClock {

    /**
     * Silence is written this late, so that a cycle that is still under way (8192 frames at 48 kHz take 171 ms) cannot
     * begin before its end.
     */
    private static final long SILENCE_DELAY_NANOS = 250_000_000;

    private final PcmFormat format;
    private final CaptureSink sink;

    /** The latest cycle whose time is known, and the frames received since it began. */
    private boolean anchored;
    private long anchorNanos;
    private long anchorTicks;
    private long framesSince;
    private int anchorCycleFrames;
    /** Frames told as lost since the driver is the same, and how many of those came nevertheless. */
    private long told;
    private long surplus;

    private long nextNanos;
    private long silenceWritten;
    private boolean idle;
    private boolean wasIdle;
    private boolean serverWasLost;
    private LossCause lossCause = LossCause.SERVER;

    CaptureClock(PcmFormat format, CaptureSink sink) {
        this.format = format;
        this.sink = sink;
    }

    /** Begins to count the time now, where nothing was captured yet. */
    void begin(long nanos) {
        if (!anchored) {
            anchored = true;
            anchorNanos = nanos;
            nextNanos = nanos;
            wasIdle = true;
        }
    }

    /** Whether cycles are to be expected: not while nothing is linked or runs. */
    void setIdle(boolean value) {
        idle = value;
        wasIdle |= value;
    }

    /** Why frames are missing, should {@link #anchor} find that they are. */
    void setLossCause(LossCause cause) {
        lossCause = cause;
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
        if (anchored) {
            fillGap(nanos, ticks, rateNum, rateDenom, framesSince + frames - cycleFrames, cycleFrames);
        }
        serverWasLost = false;
        silenceWritten = 0;
        wasIdle = idle;
        anchored = true;
        anchorNanos = nanos;
        anchorTicks = ticks;
        anchorCycleFrames = cycleFrames;
        // frames before the anchored cycle are subtracted as they are written
        framesSince = (long) cycleFrames - frames;
        nextNanos = nanos - format.framesToNanos(frames);
    }

    /**
     * Whether {@link #anchor} with the same arguments would tell a loss, which the next cycle may explain: the caller may
     * wait for that one, and pass the frames of both on at once.
     */
    boolean seemsLost(long nanos, long ticks, int rateNum, int rateDenom, int frames, int cycleFrames) {
        if (!anchored || serverWasLost || wasIdle) {
            return false;
        }
        long received = framesSince + frames - cycleFrames;
        long byTime = format.nanosToFrames(nanos - anchorNanos);
        long byTicks = byTicks(ticks, rateNum, rateDenom);
        return isSameClock(byTicks, byTime, cycleFrames)
                && missing(byTicks, byTime, received, cycleFrames, isSameRate(rateNum, rateDenom)) > surplus;
    }

    private void fillGap(long nanos, long ticks, int rateNum, int rateDenom, long received, int cycleFrames) {
        long byTime = format.nanosToFrames(nanos - anchorNanos);
        long byTicks = byTicks(ticks, rateNum, rateDenom);
        boolean sameRate = isSameRate(rateNum, rateDenom);
        boolean sameClock = isSameClock(byTicks, byTime, cycleFrames);
        long missing = missing(byTicks, byTime, received, cycleFrames, sameRate);
        if (serverWasLost) {
            sink.lost(missing, LossCause.RECONNECT);
        } else if (wasIdle || !sameClock) {
            if (missing > 0) {
                sink.silence(missing - Math.min(missing, silenceWritten), nextNanos);
            }
            told = 0;
            surplus = 0;
        } else if (missing > 0) {
            long setOff = Math.min(missing, surplus);
            surplus -= setOff;
            told += missing - setOff;
            if (missing > setOff) {
                sink.lost(missing - setOff, lossCause);
            }
        } else if (!isContiguous(byTicks, received, cycleFrames, sameRate)) {
            long tooMuch = Math.min(told, received - byTicks);
            told -= tooMuch;
            surplus += tooMuch;
        }
    }

    private long byTicks(long ticks, int rateNum, int rateDenom) {
        return isSameRate(rateNum, rateDenom)
                ? ticks - anchorTicks
                : Math.round((double) (ticks - anchorTicks) * rateNum * format.sampleRateHz() / Math.max(1, rateDenom));
    }

    private boolean isSameRate(int rateNum, int rateDenom) {
        return rateNum == 1 && rateDenom == format.sampleRateHz();
    }

    private static boolean isSameClock(long byTicks, long byTime, int cycleFrames) {
        return Math.abs(byTicks - byTime) <= cycleFrames / 2;
    }

    private long missing(long byTicks, long byTime, long received, int cycleFrames, boolean sameRate) {
        if (!wasIdle && isContiguous(byTicks, received, cycleFrames, sameRate)) {
            return 0;
        }
        boolean sameClock = isSameClock(byTicks, byTime, cycleFrames);
        long missing = Math.max(0, (sameClock ? byTicks : byTime) - received);
        // below half a cycle it is rounding of the resampler, or the jitter of two clocks
        return (sameClock && sameRate) || missing >= cycleFrames / 2 ? missing : 0;
    }

    /**
     * Whether the driver counted as many frames as came, whatever the time says: when cycles become shorter, the driver's
     * timer is still set for one of the old length, and the next cycle is late without that any frame is missing. A driver
     * counts a cycle when it begins or when the next one does, which makes a difference where their lengths differ.
     */
    private boolean isContiguous(long byTicks, long received, int cycleFrames, boolean sameRate) {
        long tolerance = sameRate ? 0 : cycleFrames / 2;
        return Math.abs(byTicks - received) <= tolerance
                || Math.abs(byTicks - (received - anchorCycleFrames + cycleFrames)) <= tolerance;
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
