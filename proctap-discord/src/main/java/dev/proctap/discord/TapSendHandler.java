package dev.proctap.discord;

import dev.proctap.AudioChunk;
import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import net.dv8tion.jda.api.audio.AudioSendHandler;

/**
 * Sends what a program plays: 20 ms at a time, 48 kHz, stereo, 16-bit integers with the highest byte first, as JDA wants them.
 *
 * {@snippet :
 * TapSendHandler handler = TapSendHandler.of(AudioTarget.name("mpv"));
 * audioManager.setSendingHandler(handler);
 * }
 *
 * <p>JDA asks for 20 ms every 20 ms by its own clock, on a thread of its own that never waits here. A tenth of a second is collected
 * before any is sent; when nothing is left there is silence until there is as much again, or has been as long, instead of a
 * stutter; when JDA's clock is slower, and four times as much has collected, the oldest is left out.
 *
 * <p>JDA calls from one thread; {@link #close} may be called from any.
 */
public final class TapSendHandler implements AudioSendHandler, AutoCloseable {

    /** What JDA takes. */
    public static final PcmFormat FORMAT = new PcmFormat(48_000, 2, SampleFormat.S16)
            .withByteOrder(ByteOrder.BIG_ENDIAN);

    private static final Duration CHUNK = Duration.ofMillis(20);
    private static final int FRAME_BYTES = (int) FORMAT.frames(CHUNK) * FORMAT.frameBytes();
    private static final int COLLECTED = 5;
    private static final int MOST_COLLECTED = 20;

    private final ProcessAudioTap tap;
    private final ByteBuffer frame = ByteBuffer.allocate(FRAME_BYTES);
    private final Object lock = new Object();
    /** Guarded by the lock: chunks from {@code first} on. */
    private final byte[][] chunks = new byte[MOST_COLLECTED][FRAME_BYTES];
    private int first;
    private int count;
    private boolean sending;
    /** Calls since something was there that was not sent. */
    private int waited;
    private long silentFrames;
    private long skippedFrames;

    private TapSendHandler(ProcessAudioTap tap) {
        this.tap = tap;
    }

    /**
     * Starts to capture a target, and waits for it where it does not play yet; when it has ended, it is found again when it
     * comes back.
     *
     * @throws ProcTapException
     *             if it cannot be captured
     */
    public static TapSendHandler of(AudioTarget target) {
        return of(target, TapOptions.DEFAULTS.withWaitForTarget(true).withReconnect(true)
                .withTargetExit(TapOptions.TargetExit.FOLLOW));
    }

    /**
     * The same with options of your own; format and chunk are JDA's whatever they say.
     *
     * @throws ProcTapException
     *             if the target cannot be captured
     */
    public static TapSendHandler of(AudioTarget target, TapOptions options) {
        ProcessAudioTap tap = ProcessAudioTap.of(target, options.withFormat(FORMAT).withChunk(CHUNK));
        TapSendHandler handler = new TapSendHandler(tap);
        tap.start(handler::collect);
        return handler;
    }

    /** On the tap's own thread. */
    private void collect(AudioChunk chunk) {
        synchronized (lock) {
            if (count == MOST_COLLECTED) {
                int skipped = count - COLLECTED + 1;
                first = (first + skipped) % MOST_COLLECTED;
                count -= skipped;
                skippedFrames += skipped * FORMAT.frames(CHUNK);
            }
            byte[] target = chunks[(first + count) % MOST_COLLECTED];
            ByteBuffer bytes = chunk.bytes();
            int length = bytes.remaining();
            bytes.get(target, 0, length);
            // the last of a capture may be shorter
            Arrays.fill(target, length, FRAME_BYTES, (byte) 0);
            count++;
        }
    }

    /** Until the capture has ended, and all of it was sent; then JDA stops to ask, and others see that the bot is silent. */
    @Override
    public boolean canProvide() {
        synchronized (lock) {
            return tap.isRunning() || count > 0;
        }
    }

    /** The next 20 ms; valid until the next call. */
    @Override
    public ByteBuffer provide20MsAudio() {
        frame.clear();
        synchronized (lock) {
            // the last of a program that has ended goes out too, before it comes back
            sending = count > 0 && (sending || count >= COLLECTED || waited >= COLLECTED || !tap.isRunning());
            waited = count > 0 && !sending ? waited + 1 : 0;
            if (sending) {
                frame.put(chunks[first]);
                first = (first + 1) % MOST_COLLECTED;
                count--;
                return frame.flip();
            }
            silentFrames += FORMAT.frames(CHUNK);
        }
        Arrays.fill(frame.array(), (byte) 0);
        return frame;
    }

    /** Samples, not Opus: JDA encodes them. */
    @Override
    public boolean isOpus() {
        return false;
    }

    /** Frames of silence that were sent because there was nothing else. */
    public long silentFrames() {
        synchronized (lock) {
            return silentFrames;
        }
    }

    /** Frames that were not sent because too many had collected. */
    public long skippedFrames() {
        synchronized (lock) {
            return skippedFrames;
        }
    }

    /** The tap, for its statistics and its end; it is ended with this. */
    public ProcessAudioTap tap() {
        return tap;
    }

    /** Ends the capture, within a second; what has collected is not sent. */
    @Override
    public void close() {
        tap.close();
        synchronized (lock) {
            count = 0;
        }
    }
}
