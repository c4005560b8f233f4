package dev.proctap;

import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.ResampleQuality;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a tap captures. Start from {@link #DEFAULTS} and change what is needed; every {@code with} method returns a new
 * value.
 *
 * @param format
 *            format of the chunks
 * @param chunk
 *            length of a chunk, 1 ms to 1 s
 * @param queue
 *            how much is kept for a consumer that is late, at least two chunks; then the oldest is dropped and counted
 * @param latency
 *            the latency to ask the audio server for, or null to leave it alone: the length of its cycles, which is granted
 *            as the server can, up to a tenth longer on PipeWire (10 ms: 512 frames). A shorter one costs CPU in every program
 *            that plays, and the change itself can be heard
 * @param waitForTarget
 *            whether to wait for a target that does not play yet, instead of failing
 * @param reconnect
 *            whether to wait for an audio server that went away and go on, instead of failing
 * @param resampleQuality
 *            quality of a change of sample rate
 * @param targetExit
 *            what happens when the target's last process has ended; a program that comes back is found by its name, for a
 *            pid by the path of its executable. Null: {@link TargetExit#END} where the target is one program, {@link
 *            TargetExit#FOLLOW} where it is any number of them
 * @param trackRule
 *            what gets a track of its own, where the format's layout has several: the channels of a chunk are then those of
 *            all tracks, one after the other, and {@link TapEvent.TrackAssigned} tells whose each is. Where there are more
 *            programs or streams than tracks, the last track has the mix of the rest. Null: one track for all
 * @param muteTarget
 *            whether nobody shall hear the target while it is captured. On PipeWire its streams play to a sink that leads
 *            nowhere until the capture ends, however it does; what cannot be moved there is told ({@link
 *            TapEvent.StreamHeard}). PulseAudio cannot do it, and refuses
 * @param listener
 *            is told what happens
 */
public record TapOptions(PcmFormat format, Duration chunk, Duration queue, @Nullable Duration latency,
        boolean waitForTarget, boolean reconnect, ResampleQuality resampleQuality, @Nullable TargetExit targetExit,
        @Nullable TrackRule trackRule, boolean muteTarget, TapListener listener) {

    /** What gets a track of its own. */
    public enum TrackRule {
        /** Every program, with all its processes and streams. A program that comes back gets the track it had. */
        PROGRAM,
        /** Every stream. One of the same process and name gets the track of one that has ended. */
        STREAM
    }

    /** What happens when the target's last process has ended. */
    public enum TargetExit {
        /** The capture ends. */
        END,
        /** The capture goes on, silent until the program comes back. */
        FOLLOW,
        /** The same, but the time until it comes back is left out. */
        FOLLOW_WITHOUT_GAP
    }

    /** 48 kHz stereo float32 in chunks of 10 ms, a queue of 1 s, the server's own latency, no waiting. */
    public static final TapOptions DEFAULTS = new TapOptions(PcmFormat.STANDARD, Duration.ofMillis(10),
            Duration.ofSeconds(1), null, false, false, ResampleQuality.MEDIUM, null, null, false, event -> {});

    /**
     * @throws IllegalArgumentException
     *             if a duration is out of its range, or the format is planar, or has several tracks without a rule for
     *             them
     */
    public TapOptions {
        if (format.planar()) {
            throw new IllegalArgumentException("chunks are interleaved; convert them with PcmConverter");
        }
        if (trackRule == null && format.layout().tracks() > 1) {
            throw new IllegalArgumentException(
                    format.layout().tracks() + " tracks need a rule that says what belongs to each (withTracks)");
        }
        require(inRange(chunk),
                "a chunk is 1 ms to 1 s long", chunk);
        require(queue.compareTo(chunk.plus(chunk)) >= 0 && queue.compareTo(Duration.ofMinutes(1)) <= 0,
                "a queue holds at least two chunks and at most a minute", queue);
        require(latency == null || inRange(latency),
                "a latency is 1 ms to 1 s", latency);
    }

    private static boolean inRange(Duration value) {
        return value.compareTo(Duration.ofMillis(1)) >= 0 && value.compareTo(Duration.ofSeconds(1)) <= 0;
    }

    private static void require(boolean condition, String rule, @Nullable Duration seen) {
        if (!condition) {
            throw new IllegalArgumentException(
                    rule + ", not " + (seen == null ? "none" : seen.toNanos() / 1e6 + " ms"));
        }
    }

    public TapOptions withFormat(PcmFormat value) {
        return new TapOptions(value, chunk, queue, latency, waitForTarget, reconnect, resampleQuality, targetExit,
                trackRule, muteTarget, listener);
    }

    /** Sets the chunk length; a queue too short for two such chunks grows to that. */
    public TapOptions withChunk(Duration value) {
        Duration two = value.plus(value); // multipliedBy goes through BigDecimal, which takes time to load
        return new TapOptions(format, value, queue.compareTo(two) < 0 ? two : queue, latency, waitForTarget, reconnect,
                resampleQuality, targetExit,
                trackRule, muteTarget, listener);
    }

    public TapOptions withQueue(Duration value) {
        return new TapOptions(format, chunk, value, latency, waitForTarget, reconnect, resampleQuality, targetExit,
                trackRule, muteTarget, listener);
    }

    public TapOptions withLatency(@Nullable Duration value) {
        return new TapOptions(format, chunk, queue, value, waitForTarget, reconnect, resampleQuality, targetExit,
                trackRule, muteTarget, listener);
    }

    public TapOptions withWaitForTarget(boolean value) {
        return new TapOptions(format, chunk, queue, latency, value, reconnect, resampleQuality, targetExit,
                trackRule, muteTarget, listener);
    }

    public TapOptions withReconnect(boolean value) {
        return new TapOptions(format, chunk, queue, latency, waitForTarget, value, resampleQuality, targetExit,
                trackRule, muteTarget, listener);
    }

    public TapOptions withResampleQuality(ResampleQuality value) {
        return new TapOptions(format, chunk, queue, latency, waitForTarget, reconnect, value, targetExit,
                trackRule, muteTarget, listener);
    }

    public TapOptions withMuteTarget(boolean value) {
        return new TapOptions(format, chunk, queue, latency, waitForTarget, reconnect, resampleQuality, targetExit,
                trackRule, value, listener);
    }

    public TapOptions withListener(TapListener value) {
        return new TapOptions(format, chunk, queue, latency, waitForTarget, reconnect, resampleQuality, targetExit,
                trackRule, muteTarget, value);
    }

    public TapOptions withTargetExit(@Nullable TargetExit value) {
        return new TapOptions(format, chunk, queue, latency, waitForTarget, reconnect, resampleQuality, value,
                trackRule, muteTarget, listener);
    }

    /** Captures into so many tracks, each with the channels that the format has now. */
    public TapOptions withTracks(@Nullable TrackRule rule, int count) {
        return new TapOptions(format.withLayout(format.layout().withTracks(count)), chunk, queue, latency,
                waitForTarget,
                reconnect, resampleQuality, targetExit, rule, muteTarget, listener);
    }
}
