package dev.proctap.internal;

import dev.proctap.AudioChunk;
import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.TapOptions;
import dev.proctap.TapStatistics;
import dev.proctap.spi.CaptureStream;
import dev.proctap.spi.ThreadTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One capture from start to stop: the queue, the backend's stream that fills it, and the consumer.
 *
 * <p>The consumer's thread does the work itself: it waits on the stream, pumps what the server has into the queue and
 * takes chunks out of it, so that between the audio server and the user there is a single thread switch. Either the user
 * brings that thread ({@link #next}) or {@link #deliverTo} starts one.
 */
public final class TapSession {

    /** A consumer waits no longer than this at a time, so that it sees an interrupt and the silence of the target. */
    private static final long MAX_WAIT_NANOS = 100_000_000;
    /** How long stopping waits for a callback that is running. */
    private static final Duration STOP_PATIENCE = Duration.ofMillis(400);

    private final TapOptions options;
    private final ChunkQueue queue;
    private final long chunkNanos;
    private final CaptureStream stream;
    private final long startNanos = System.nanoTime();
    private final DurationHistogram latency = new DurationHistogram();
    private final DurationHistogram consumerTime = new DurationHistogram();
    /** Since when the figures count, and what was counted before. */
    private volatile Counts reset = new Counts(startNanos, 0, 0, 0, 0, 0, 0, 0);
    private final AtomicBoolean stopped = new AtomicBoolean();
    /** The session and its delivery thread; the last to leave frees the queue's memory. */
    private final AtomicInteger users = new AtomicInteger(1);
    private final Object consumer = new Object();

    /** Held while the delivery thread is made known and started: whoever sees it may wait for it. */
    private final Object deliveryStart = new Object();

    private @Nullable Thread delivery;
    private volatile @Nullable ThreadTime deliveryTime;
    /** When the consumer got the chunk that it has; 0 where it has none. One consumer at a time. */
    private long handedOutNanos;
    private volatile boolean silenced;
    private final AtomicLong chunksDelivered = new AtomicLong();
    private final AtomicLong callbackFailures = new AtomicLong();

    /**
     * Opens the capture.
     *
     * @throws ProcTapException
     *             if it cannot be had
     */
    public TapSession(AudioTarget target, TapOptions options) {
        this.options = options;
        int chunkFrames = Math.toIntExact(Math.max(1, options.format().frames(options.chunk())));
        int chunks = Math.toIntExact(Math.max(2, Math.ceilDiv(options.format().frames(options.queue()), chunkFrames)));
        this.chunkNanos = options.format().framesToNanos(chunkFrames);
        this.queue = new ChunkQueue(options.format(), chunkFrames, chunks, options.listener());
        boolean opened = false;
        try {
            this.stream = Backends.open(target, options, queue);
            opened = true;
        } finally {
            if (!opened) {
                queue.free();
            }
        }
    }

    /** Starts a daemon thread that hands every chunk to {@code callback} until the capture ends. */
    public void deliverTo(String threadName, Consumer<AudioChunk> callback,
            Consumer<@Nullable ProcTapException> atEnd) {
        users.incrementAndGet();
        Thread thread = Thread.ofPlatform().daemon().name(threadName).unstarted(() -> {
            ProcTapException failure = null;
            ThreadTime time = ThreadTime.ofCurrent();
            deliveryTime = time;
            try {
                deliverAll(callback);
                failure = queue.failure();
            } catch (InterruptedException e) {
                // somebody wants the thread to end: so it does
            } finally {
                time.end();
                leave();
                atEnd.accept(failure);
            }
        });
        synchronized (deliveryStart) {
            delivery = thread;
            thread.start();
        }
    }

    private void deliverAll(Consumer<AudioChunk> callback) throws InterruptedException {
        while (!silenced) {
            AudioChunk chunk = take(Long.MAX_VALUE);
            if (chunk == null) {
                return;
            }
            try {
                callback.accept(chunk);
            } catch (RuntimeException | Error e) {
                callbackFailures.incrementAndGet();
                queue.event(new TapEvent.CallbackFailed(e));
            }
        }
    }

    /**
     * The next chunk, valid until the next call; null when the time is over, or when the capture has ended and everything
     * was handed out.
     *
     * @throws ProcTapException
     *             if the capture ended with a failure and everything was handed out
     */
    public @Nullable AudioChunk next(long timeoutNanos) throws InterruptedException {
        synchronized (consumer) {
            if (silenced) {
                return null;
            }
            AudioChunk chunk = take(timeoutNanos);
            if (chunk == null && queue.isDrained()) {
                ProcTapException failure = queue.failure();
                if (failure != null) {
                    throw failure;
                }
            }
            return chunk;
        }
    }

    private @Nullable AudioChunk take(long timeoutNanos) throws InterruptedException {
        if (handedOutNanos != 0) {
            tookConsumer(System.nanoTime() - handedOutNanos);
            handedOutNanos = 0;
        }
        AudioChunk chunk = queue.poll();
        if (chunk == null) {
            chunk = await(timeoutNanos);
        }
        if (chunk != null) {
            if (chunk.lostFramesBefore() > 0) {
                // a consumer that is always late never waits, where it would be told otherwise
                queue.tellLosses();
            }
            chunksDelivered.incrementAndGet();
            long now = System.nanoTime();
            latency.record(now - chunk.captureTimeNanos());
            handedOutNanos = now;
        }
        return chunk;
    }

    private void tookConsumer(long nanos) {
        consumerTime.record(nanos);
        if (nanos > chunkNanos) {
            TapFlightEvents.slowConsumer(nanos, chunkNanos);
        }
    }

    private @Nullable AudioChunk await(long timeoutNanos) throws InterruptedException {
        long start = System.nanoTime();
        long left = timeoutNanos;
        do {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            // also with nothing new: the target's silence comes with the time alone
            if (stream.await(queue.framesMissing(), Math.min(left, MAX_WAIT_NANOS)) || left > 0) {
                stream.pump();
                queue.tellLosses();
                AudioChunk chunk = queue.poll();
                if (chunk != null) {
                    return chunk;
                }
            }
            left = timeoutNanos - (System.nanoTime() - start);
        } while (left > 0 && !queue.isDrained());
        return null;
    }

    /** Chunks that {@link #next} would hand out without waiting. */
    public int chunksReady() {
        return queue.size();
    }

    /** Whether every chunk was handed out and none will come. */
    public boolean isDrained() {
        return queue.isDrained();
    }

    /** Whether the capture goes on. */
    public boolean isRunning() {
        return !queue.isEnded();
    }

    /** Why the capture ended, null while it runs or if it ended as it should. */
    public @Nullable ProcTapException failure() {
        return queue.failure();
    }

    public TapStatistics statistics() {
        Counts since = reset;
        Counts now = counts();
        Runtime jvm = Runtime.getRuntime();
        long first = queue.firstFrameNanos();
        return new TapStatistics(isRunning(), Duration.ofNanos(now.nanos - since.nanos),
                now.framesCaptured - since.framesCaptured, now.chunksDelivered - since.chunksDelivered,
                now.framesLost - since.framesLost, now.dropouts - since.dropouts,
                queue.losses().stream().filter(loss -> loss.noticedAtNanos() - since.nanos >= 0).toList(),
                stream.linkedStreams(), latency.snapshot(), consumerTime.snapshot(),
                now.callbackFailures - since.callbackFailures, now.reconnects - since.reconnects,
                first == 0 ? null : Duration.ofNanos(first - startNanos),
                Duration.ofNanos(now.cpuNanos - since.cpuNanos),
                queue.memoryBytes(), jvm.totalMemory() - jvm.freeMemory(), options.latency(), stream.grantedLatency());
    }

    /** Lets the statistics begin anew. */
    public void resetStatistics() {
        latency.reset();
        consumerTime.reset();
        reset = counts();
    }

    /** What is counted from the start on. */
    private record Counts(long nanos, long framesCaptured, long framesLost, long dropouts, long chunksDelivered,
            long callbackFailures, long reconnects, long cpuNanos) {}

    private Counts counts() {
        ThreadTime ours = deliveryTime;
        return new Counts(System.nanoTime(), queue.framesCaptured(), queue.framesLost(), queue.dropouts(),
                chunksDelivered.get(), callbackFailures.get(), queue.reconnects(),
                stream.cpuNanos() + (ours == null ? 0 : ours.cpuNanos()));
    }

    /**
     * Ends the capture. What is queued is still delivered to a callback, for {@link #STOP_PATIENCE} at most; after that,
     * or where the callback itself stops, no more is. Idempotent.
     */
    public void stop() {
        if (!stopped.compareAndSet(false, true)) {
            return;
        }
        Thread thread;
        synchronized (deliveryStart) {
            thread = delivery;
        }
        stream.close();
        queue.end(null);
        stream.wakeUp();
        if (thread == Thread.currentThread()) {
            silenced = true;
        } else if (thread != null) {
            try {
                if (!thread.join(STOP_PATIENCE)) {
                    silenced = true;
                }
            } catch (InterruptedException e) {
                silenced = true;
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Gives up what is queued, and the memory once nobody uses it. After {@link #stop}, once. */
    public void dispose() {
        silenced = true;
        queue.discard();
        leave();
    }

    private void leave() {
        if (users.decrementAndGet() == 0) {
            synchronized (consumer) {
                queue.free();
            }
        }
    }
}
