package dev.proctap.capture;

import dev.proctap.TapStatistics.LossCause;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.PcmMixer;
import dev.proctap.spi.CaptureSink;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a capture in their order: the mix of the streams that play, and between two mixes silence as long as the
 * time was. Positions are frames since the first one captured.
 */
public final class Timeline {

    private static final int BLOCK_FRAMES = 2048;
    /** Silence is written this late, so that a stream that has begun meanwhile cannot begin before its end. */
    private static final long SILENCE_DELAY_NANOS = 250_000_000;
    /** How fast the time of a frame may be corrected upwards, in nanoseconds per second: clocks differ by less. */
    private static final long DRIFT_NANOS = 300_000;

    private final PcmFormat format;
    private final CaptureSink sink;
    private final MemorySegment block;
    private @Nullable PcmMixer mixer;
    private long mixStart;
    private long position;
    private boolean started;
    private boolean serverWasLost;
    /** When frame 0 was captured; of all that is known of it the earliest. */
    private long originNanos;
    private long anchoredNanos;

    /**
     * @param format
     *            of what is mixed
     * @param sink
     *            takes it
     */
    public Timeline(PcmFormat format, CaptureSink sink) {
        this.format = format;
        this.sink = sink;
        block = Arena.ofAuto().allocate((long) BLOCK_FRAMES * format.frameBytes(), 64);
    }

    /** The mix that goes on, or one that begins at the next frame. */
    public PcmMixer mixer() {
        PcmMixer current = mixer;
        if (current == null) {
            current = new PcmMixer(format);
            mixer = current;
            mixStart = position;
        }
        return current;
    }

    /** Whether there was anything yet. */
    public boolean isStarted() {
        return started;
    }

    public boolean isMixing() {
        return mixer != null;
    }

    /** The frame of the {@link #mixer} that belongs to a position. */
    public long mixFrame(long at) {
        return mixer == null ? at - position : at - mixStart;
    }

    /** Next position to be passed on. */
    public long position() {
        return position;
    }

    /** The position of what was captured at a time, where a mix goes on. */
    public long positionAt(long nanos) {
        return format.nanosToFrames(nanos - originNanos);
    }

    /**
     * Goes on with a frame that was captured at a time, after nothing was: what lies between becomes silence, or is lost
     * where the server was away.
     */
    public void goOn(long nanos) {
        if (!started) {
            started = true;
            originNanos = nanos;
            anchoredNanos = nanos;
        }
        long gap = positionAt(nanos) - position;
        if (gap > 0 && serverWasLost) {
            lost(gap, LossCause.RECONNECT);
        } else if (gap > 0) {
            silence(gap);
        }
        serverWasLost = false;
    }

    /** Tells that all frames before {@code end} had been captured at a time. */
    public void anchor(long end, long nanos) {
        long origin = nanos - format.framesToNanos(end);
        long drift = Math.max(0, nanos - anchoredNanos) / 1000 * DRIFT_NANOS / 1_000_000;
        originNanos = Math.min(origin, originNanos + drift);
        anchoredNanos = nanos;
    }

    /**
     * Passes on what is complete, but the last frames.
     *
     * @return whether there was anything
     */
    public boolean passOn(long heldFrames) {
        PcmMixer current = mixer;
        if (current == null) {
            return false;
        }
        long frames = current.readable() - heldFrames;
        for (long left = frames; left > 0;) {
            int n = current.read(block, 0, (int) Math.min(left, BLOCK_FRAMES));
            sink.write(block, 0, n, timeOf(position));
            position += n;
            left -= n;
        }
        return frames > 0;
    }

    private long timeOf(long at) {
        return originNanos + format.framesToNanos(at);
    }

    /** No stream plays: passes the rest on; returns whether there was any. */
    public boolean endMix() {
        boolean passed = passOn(0);
        mixer = null;
        return passed;
    }

    /** While nothing plays, passes silence on up to {@link #SILENCE_DELAY_NANOS} ago; returns whether there was any. */
    public boolean fillSilence(long now) {
        long gap = started && !serverWasLost ? positionAt(now - SILENCE_DELAY_NANOS) - position : 0;
        if (gap > 0) {
            silence(gap);
        }
        return gap > 0;
    }

    private void silence(long frames) {
        sink.silence(frames, timeOf(position));
        position += frames;
    }

    /** Leaves out frames that are lost; not within a mix. */
    public void lost(long frames, LossCause cause) {
        sink.lost(frames, cause);
        position += frames;
    }

    /** The server is back, from this time on: what lies between is lost. Does nothing where it was not gone. */
    public void serverBack(long nanos) {
        if (serverWasLost) {
            goOn(nanos);
        }
    }

    /** The server is gone: until it is back everything is lost. */
    public void serverLost() {
        endMix();
        serverWasLost = started;
    }
}
