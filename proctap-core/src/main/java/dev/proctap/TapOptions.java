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
 * @param listener
 *            is told what happens
 */
public record TapOptions(PcmFormat format, Duration chunk, Duration queue, @Nullable Duration latency,
        boolean waitForTarget, boolean reconnect, ResampleQuality resampleQuality, TapListener listener) {

    /** 48 kHz stereo float32 in chunks of 10 ms, a queue of 1 s, the server's own latency, no waiting. */
    public static final TapOptions DEFAULTS = new TapOptions(PcmFormat.STANDARD, Duration.ofMillis(10),
            Duration.ofSeconds(1), null, false, false, ResampleQuality.MEDIUM, event -> {});

    /**
     * @throws IllegalArgumentException
     *             if a duration is out of its range, or the format is planar
     */
    public TapOptions {
        if (format.planar()) {
            throw new IllegalArgumentException("chunks are interleaved; convert them with PcmConverter");
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
        return new TapOptions(value, chunk, queue, latency, waitForTarget, reconnect, resampleQuality, listener);
    }

    /** Sets the chunk length; a queue too short for two such chunks grows to that. */
    public TapOptions withChunk(Duration value) {
        Duration two = value.plus(value); // multipliedBy goes through BigDecimal, which takes time to load
        return new TapOptions(format, value, queue.compareTo(two) < 0 ? two : queue, latency, waitForTarget, reconnect,
                resampleQuality, listener);
    }

    public TapOptions withQueue(Duration value) {
        return new TapOptions(format, chunk, value, latency, waitForTarget, reconnect, resampleQuality, listener);
    }

    public TapOptions withLatency(@Nullable Duration value) {
        return new TapOptions(format, chunk, queue, value, waitForTarget, reconnect, resampleQuality, listener);
    }

    public TapOptions withWaitForTarget(boolean value) {
        return new TapOptions(format, chunk, queue, latency, value, reconnect, resampleQuality, listener);
    }

    public TapOptions withReconnect(boolean value) {
        return new TapOptions(format, chunk, queue, latency, waitForTarget, value, resampleQuality, listener);
    }

    public TapOptions withResampleQuality(ResampleQuality value) {
        return new TapOptions(format, chunk, queue, latency, waitForTarget, reconnect, value, listener);
    }

    public TapOptions withListener(TapListener value) {
        return new TapOptions(format, chunk, queue, latency, waitForTarget, reconnect, resampleQuality, value);
    }
}
