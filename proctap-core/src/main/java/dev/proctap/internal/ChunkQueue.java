package dev.proctap.internal;

import dev.proctap.AudioChunk;
import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.TapListener;
import dev.proctap.TapStatistics;
import dev.proctap.TapStatistics.Loss;
import dev.proctap.TapStatistics.LossCause;
import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.spi.CaptureSink;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The one queue between capture and consumer.
 *
 * <p>All memory is allocated once, as slots of one chunk each. A slot is free, being filled, queued, or held by the
 * consumer. The writer cuts blocks into slots and converts them on the way, so that a sample is copied once between the
 * server's buffer and the user. When no slot is free the oldest queued one is taken back: its frames are counted as lost
 * and reported by the chunk that follows. The slot that the consumer holds is never taken.
 *
 * <p>Writer and consumer may be any two threads; each method holds the monitor for the time of a memory copy.
 */
final class ChunkQueue implements CaptureSink {

    private static final int LOSSES_KEPT = 64;
    private static final long COPY_SAMPLES = 4096;

    private final PcmFormat format;
    private final int chunkFrames;
    private final TapListener listener;
    private final PcmConverter converter;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment silence;
    private final long memoryBytes;

    private final Slot[] free;
    private int freeCount;
    private final Slot[] queued;
    private int head;
    private int queuedCount;
    private @Nullable Slot filling;
    private @Nullable Slot held;

    private long position;
    private long lostBeforeNext;
    private boolean ended;
    private boolean silenceOmitted;
    private @Nullable ProcTapException failure;

    private long framesCaptured;
    private long framesLost;
    private long firstFrameNanos;
    private long reconnects;
    private final Loss[] losses = new Loss[LOSSES_KEPT];
    private int lossCount;
    /** Losses that the listener was told of; it is told outside of every lock. */
    private int lossesTold;

    ChunkQueue(PcmFormat format, int chunkFrames, int chunks, TapListener listener) {
        this.format = format;
        this.chunkFrames = chunkFrames;
        this.listener = listener;
        // to mono the server's mix of two channels is mixed further: what is only on one side must not be lost
        ChannelLayout layout = format.layout();
        ChannelLayout captured = layout.speakers().size() == 1
                ? ChannelLayout.STEREO.withTracks(layout.tracks())
                : layout;
        this.converter = new PcmConverter(
                new PcmFormat(format.sampleRateHz(), captured, SampleFormat.F32, ByteOrder.nativeOrder(), false),
                format);
        int slots = chunks + 2; // one being filled, one held
        long slotBytes = Math.ceilDiv((long) chunkFrames * format.frameBytes(), 64) * 64;
        MemorySegment memory = arena.allocate(slotBytes * slots, 64);
        free = new Slot[slots];
        queued = new Slot[slots];
        for (int i = 0; i < slots; i++) {
            free[freeCount++] = new Slot(format,
                    memory.asSlice(i * slotBytes, (long) chunkFrames * format.frameBytes()));
        }
        memoryBytes = slotBytes * slots + COPY_SAMPLES * Float.BYTES;
        silence = arena.allocate(COPY_SAMPLES * Float.BYTES, 64);
    }

    @Override
    public ChannelLayout layout() {
        return converter.from().layout();
    }

    @Override
    public synchronized void write(MemorySegment samples, long offset, int frames, long timeNanos) {
        silenceOmitted = false;
        append(samples, offset, frames, timeNanos);
    }

    private void append(MemorySegment samples, long offset, int frames, long timeNanos) {
        if (framesCaptured == 0) {
            firstFrameNanos = System.nanoTime();
        }
        framesCaptured += frames;
        int frameBytes = converter.from().frameBytes();
        int done = 0;
        while (done < frames && !ended) {
            Slot slot = slotFor(timeNanos + format.framesToNanos(done));
            int n = Math.min(frames - done, chunkFrames - slot.frames);
            converter.convert(samples, offset + (long) done * frameBytes, n, slot.memory,
                    (long) slot.frames * format.frameBytes());
            slot.frames += n;
            position += n;
            done += n;
            if (slot.frames == chunkFrames) {
                publish();
            }
        }
    }

    @Override
    public synchronized void silence(long frames, long timeNanos) {
        long done = 0;
        while (done < frames && !ended && !silenceOmitted) {
            int n = (int) Math.min(frames - done, COPY_SAMPLES / layout().channels());
            append(silence, 0, n, timeNanos + format.framesToNanos(done));
            done += n;
        }
    }

    @Override
    public synchronized void omitSilence() {
        silenceOmitted = true;
    }

    @Override
    public synchronized void lost(long frames, LossCause cause) {
        publish();
        lostBeforeNext += frames;
        count(position, frames, cause);
        position += frames;
    }

    private Slot slotFor(long timeNanos) {
        Slot slot = filling;
        if (slot == null) {
            if (freeCount == 0) {
                dropOldest();
            }
            slot = free[--freeCount];
            slot.begin(position, timeNanos, lostBeforeNext);
            lostBeforeNext = 0;
            filling = slot;
        }
        return slot;
    }

    private void dropOldest() {
        Slot dropped = queued[head];
        head = (head + 1) % queued.length;
        queuedCount--;
        free[freeCount++] = dropped;
        if (queuedCount > 0) {
            queued[head].lostBefore += dropped.lostBefore + dropped.frames;
        } else {
            lostBeforeNext += dropped.lostBefore + dropped.frames;
        }
        count(dropped.position, dropped.frames, LossCause.CONSUMER);
    }

    private void count(long at, long frames, LossCause cause) {
        framesLost += frames;
        Loss last = lossCount == 0 ? null : losses[(lossCount - 1) % LOSSES_KEPT];
        Loss loss;
        if (last != null && last.cause() == cause && last.framePosition() + last.frames() == at) {
            // one long loss, not a thousand short ones
            loss = new Loss(last.framePosition(), last.frames() + frames, last.noticedAtNanos(), cause);
            losses[(lossCount - 1) % LOSSES_KEPT] = loss;
        } else {
            loss = new Loss(at, frames, System.nanoTime(), cause);
            losses[lossCount++ % LOSSES_KEPT] = loss;
        }
    }

    private void publish() {
        Slot slot = filling;
        if (slot != null) {
            filling = null;
            queued[(head + queuedCount) % queued.length] = slot;
            queuedCount++;
        }
    }

    @Override
    public void event(TapEvent event) {
        if (event instanceof TapEvent.ServerReconnected) {
            synchronized (this) {
                reconnects++;
            }
        }
        TapFlightEvents.record(event, format);
        try {
            listener.onEvent(event);
        } catch (RuntimeException | Error e) {
            // a listener that fails must not take the capture with it; the thread's handler is where the user looks
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        }
    }

    @Override
    public synchronized void end(@Nullable ProcTapException reason) {
        if (!ended) {
            publish();
            ended = true;
            failure = reason;
        }
    }

    /** Tells the listener of losses since the last call. */
    void tellLosses() {
        while (true) {
            Loss loss;
            synchronized (this) {
                if (lossesTold == lossCount) {
                    return;
                }
                lossesTold = Math.max(lossesTold, lossCount - LOSSES_KEPT);
                loss = losses[lossesTold++ % LOSSES_KEPT];
            }
            event(new TapEvent.FramesLost(loss));
        }
    }

    /** The next chunk, or null; the one handed out before is free again. */
    synchronized @Nullable AudioChunk poll() {
        release();
        if (queuedCount == 0) {
            return null;
        }
        Slot slot = queued[head];
        head = (head + 1) % queued.length;
        queuedCount--;
        held = slot;
        return slot;
    }

    /** Chunks that wait. */
    synchronized int size() {
        return queuedCount;
    }

    /** Frames until the next chunk is complete. */
    synchronized int framesMissing() {
        return filling == null ? chunkFrames : chunkFrames - filling.frames;
    }

    /** Takes back what {@link #poll} handed out. */
    synchronized void release() {
        if (held != null) {
            free[freeCount++] = held;
            held = null;
        }
    }

    /** Throws away what is queued. */
    synchronized void discard() {
        while (queuedCount > 0) {
            free[freeCount++] = queued[head];
            head = (head + 1) % queued.length;
            queuedCount--;
        }
    }

    /** Whether everything was handed out and nothing more will come. */
    synchronized boolean isDrained() {
        return ended && queuedCount == 0;
    }

    synchronized boolean isEnded() {
        return ended;
    }

    synchronized @Nullable ProcTapException failure() {
        return failure;
    }

    synchronized long framesCaptured() {
        return framesCaptured;
    }

    synchronized long framesLost() {
        return framesLost;
    }

    /** How many losses there were. */
    synchronized long dropouts() {
        return lossCount;
    }

    synchronized long reconnects() {
        return reconnects;
    }

    /** When the first frame came, on the clock of {@link System#nanoTime}; 0 where none did. */
    synchronized long firstFrameNanos() {
        return firstFrameNanos;
    }

    /** Bytes of native memory. */
    long memoryBytes() {
        return memoryBytes;
    }

    synchronized List<TapStatistics.Loss> losses() {
        List<Loss> result = new ArrayList<>();
        for (int i = Math.max(0, lossCount - LOSSES_KEPT); i < lossCount; i++) {
            result.add(losses[i % LOSSES_KEPT]);
        }
        return result;
    }

    /** Frees the memory; chunks still held by somebody become inaccessible, not dangerous. */
    void free() {
        for (int attempt = 0;; attempt++) {
            try {
                arena.close();
                return;
            } catch (IllegalStateException e) {
                // a channel is writing from a chunk at this very moment; it is done in a moment, or hangs for ever
                if (attempt == 200) {
                    return;
                }
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    /** One chunk's memory, used again and again. */
    private static final class Slot implements AudioChunk {

        private final PcmFormat format;
        private final MemorySegment memory;
        private final MemorySegment readOnly;
        private final ByteBuffer buffer;
        private long position;
        private long timeNanos;
        private long lostBefore;
        private int frames;

        Slot(PcmFormat format, MemorySegment memory) {
            this.format = format;
            this.memory = memory;
            this.readOnly = memory.asReadOnly();
            this.buffer = readOnly.asByteBuffer().order(format.byteOrder());
        }

        void begin(long framePosition, long captureTimeNanos, long lost) {
            position = framePosition;
            timeNanos = captureTimeNanos;
            lostBefore = lost;
            frames = 0;
        }

        @Override
        public long framePosition() {
            return position;
        }

        @Override
        public long captureTimeNanos() {
            return timeNanos;
        }

        @Override
        public int frames() {
            return frames;
        }

        @Override
        public long lostFramesBefore() {
            return lostBefore;
        }

        @Override
        public PcmFormat format() {
            return format;
        }

        @Override
        public MemorySegment samples() {
            long bytes = (long) frames * format.frameBytes();
            return bytes == readOnly.byteSize() ? readOnly : readOnly.asSlice(0, bytes);
        }

        @Override
        public ByteBuffer bytes() {
            return buffer.clear().limit(frames * format.frameBytes());
        }

        @Override
        public AudioChunk copy() {
            Slot copy = new Slot(format, Arena.ofAuto().allocate(Math.max(1, samples().byteSize()), 8)
                    .asSlice(0, samples().byteSize()));
            copy.memory.copyFrom(samples());
            copy.begin(position, timeNanos, lostBefore);
            copy.frames = frames;
            return copy;
        }
    }
}
