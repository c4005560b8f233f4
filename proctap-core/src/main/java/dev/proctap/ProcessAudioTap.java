package dev.proctap;

import dev.proctap.internal.Backends;
import dev.proctap.internal.TapSession;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.jspecify.annotations.Nullable;

/**
 * Captures what one program plays.
 *
 * {@snippet :
 * try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(4242))) {
 *     tap.start(chunk -> System.out.println(chunk.frames() + " frames at " + chunk.framePosition()));
 *     Thread.sleep(5_000);
 * }
 * }
 *
 * <p>There is one queue, and these are views of it, of which a running tap uses one: a callback ({@link
 * #start(Consumer)}), {@link #read}, {@link #chunks}, {@link #publisher}, {@link #audioInputStream}. When the consumer is
 * too slow for the length of the queue the oldest chunks are dropped, and the next chunk and {@link #statistics} say how
 * much.
 *
 * <p>Capture ends by {@link #stop}, when the target's last process is gone, or with a failure, which {@link #read} and
 * the other views throw once everything captured before was delivered. Every method may be called from any thread, also
 * from within a callback, and {@link #stop} and {@link #close} as often as you like; both return within a second.
 */
public final class ProcessAudioTap implements AutoCloseable {

    private static final String CLOSED = "this tap is closed";
    private static final long OPENING_PATIENCE_MILLIS = 300;
    private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

    private final AudioTarget target;
    private final TapOptions options;
    /** Held while opening, which may take seconds where the server hangs. */
    private final ReentrantLock lifecycle = new ReentrantLock();
    private volatile @Nullable TapSession session;
    private volatile boolean closed;
    private volatile boolean pushed;

    private ProcessAudioTap(AudioTarget target, TapOptions options) {
        this.target = target;
        this.options = options;
    }

    /**
     * Loads what the first tap needs, which takes some tens of milliseconds: for programs that have something else to do
     * meanwhile on another thread. Never necessary.
     *
     * @throws ProcTapException
     *             if this system cannot capture
     */
    public static void prepare() {
        Backends.prepare();
    }

    /** A tap with {@link TapOptions#DEFAULTS}, not started. */
    public static ProcessAudioTap of(AudioTarget target) {
        return of(target, TapOptions.DEFAULTS);
    }

    /** A tap, not started. */
    public static ProcessAudioTap of(AudioTarget target, TapOptions options) {
        return new ProcessAudioTap(target, options);
    }

    /**
     * Starts capturing for {@link #read}, {@link #chunks} or {@link #audioInputStream}. A running tap goes on as it is; one
     * that was stopped begins anew at position zero.
     *
     * @return this
     * @throws ProcTapException
     *             if there is no such process, it plays nothing and waiting was not asked for, or the audio server does not
     *             let us
     * @throws IllegalStateException
     *             if the tap is closed
     */
    public ProcessAudioTap start() {
        open(null, failure -> {});
        return this;
    }

    /**
     * As {@link #start()}, and hands every chunk to {@code callback} on a thread of the tap. What the callback throws is
     * reported to the listener, counted, and stops nothing.
     *
     * @return this
     */
    public ProcessAudioTap start(Consumer<AudioChunk> callback) {
        open(callback, failure -> {});
        return this;
    }

    private TapSession open(@Nullable Consumer<AudioChunk> callback,
            Consumer<@Nullable ProcTapException> atEnd) {
        lifecycle.lock();
        try {
            TapSession current = session;
            if (!closed && current != null && current.isRunning()) {
                if (callback != null) {
                    throw new IllegalStateException("this tap runs already, with another consumer");
                }
                return current;
            }
            discardSession();
            if (closed) {
                throw new IllegalStateException(CLOSED);
            }
            TapSession opened = new TapSession(target, options);
            session = opened;
            pushed = callback != null;
            if (closed) {
                // meanwhile, by somebody who did not wait for us
                discardSession();
                throw new IllegalStateException(CLOSED);
            }
            if (callback != null) {
                opened.deliverTo("proctap-delivery", callback, atEnd);
            }
            return opened;
        } finally {
            lifecycle.unlock();
        }
    }

    private void discardSession() {
        TapSession current = session;
        session = null;
        if (current != null) {
            current.stop();
            current.dispose();
        }
    }

    private TapSession started() {
        TapSession current = session;
        if (current == null) {
            throw new IllegalStateException(closed ? CLOSED : "this tap was not started");
        }
        if (pushed) {
            throw new IllegalStateException("this tap delivers to a callback or a subscriber already");
        }
        return current;
    }

    /**
     * The next chunk, valid until the next call of any view; waits for it.
     *
     * @return null when {@code timeout} is over, or when the capture has ended and everything was read
     * @throws ProcTapException
     *             if the capture ended with a failure and everything was read
     * @throws IllegalStateException
     *             if the tap was not started, is closed, or delivers to a callback
     */
    public @Nullable AudioChunk read(Duration timeout) throws InterruptedException {
        return started().next(nanos(timeout));
    }

    private static long nanos(Duration timeout) {
        return timeout.compareTo(FOREVER) >= 0 ? Long.MAX_VALUE : timeout.toNanos();
    }

    /** How many chunks {@link #read} would give without waiting; for consumers that collect several before they go on. */
    public int chunksReady() {
        TapSession current = session;
        return current == null ? 0 : current.chunksReady();
    }

    /**
     * All chunks to the end of the capture, for one {@code for} loop: each is valid until the next one is asked for. An
     * interrupt of the thread ends the iteration, and leaves the thread interrupted.
     */
    public Iterable<AudioChunk> chunks() {
        TapSession current = started();
        return () -> new Iterator<>() {
            private @Nullable AudioChunk next;

            @Override
            public boolean hasNext() {
                if (next == null) {
                    try {
                        next = current.next(Long.MAX_VALUE);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
                return next != null;
            }

            @Override
            public AudioChunk next() {
                if (!hasNext()) {
                    throw new NoSuchElementException("the capture has ended");
                }
                AudioChunk result = next;
                next = null;
                return java.util.Objects.requireNonNull(result);
            }
        };
    }

    /**
     * Starts the tap for one subscriber, when it subscribes. Chunks are copies, which may be kept; none is made before it
     * was requested, so a slow subscriber loses the oldest chunks of the queue and is told so by the next one. The end of
     * the capture completes the subscriber, a failure is its error.
     */
    public Flow.Publisher<AudioChunk> publisher() {
        return subscriber -> {
            Subscription subscription = new Subscription(subscriber);
            subscriber.onSubscribe(subscription);
            try {
                open(subscription::deliver, subscription::finish);
            } catch (ProcTapException | IllegalStateException e) {
                subscription.fail(e);
            }
        };
    }

    /** The demand of a subscriber; its methods may be called from any thread. */
    private final class Subscription implements Flow.Subscription {

        private final Flow.Subscriber<? super AudioChunk> subscriber;
        private final AtomicLong demand = new AtomicLong();
        private final Semaphore requested = new Semaphore(0);
        private volatile boolean cancelled;
        private volatile @Nullable Throwable broken;

        Subscription(Flow.Subscriber<? super AudioChunk> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                broken = new IllegalArgumentException("a subscriber requests at least 1 item, not " + n);
                cancel();
                return;
            }
            demand.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
            requested.release();
        }

        @Override
        public void cancel() {
            cancelled = true;
            requested.release();
        }

        void deliver(AudioChunk chunk) {
            while (demand.get() == 0 && !cancelled && isRunning()) {
                try {
                    // bounded, so that a tap that is stopped meanwhile is seen
                    if (requested.tryAcquire(50, TimeUnit.MILLISECONDS)) {
                        requested.drainPermits();
                    }
                } catch (InterruptedException e) {
                    cancelled = true;
                }
            }
            if (cancelled) {
                stop();
            } else if (demand.get() > 0) {
                if (demand.get() != Long.MAX_VALUE) {
                    demand.decrementAndGet();
                }
                subscriber.onNext(chunk.copy());
            }
        }

        void finish(@Nullable ProcTapException failure) {
            Throwable reason = broken != null ? broken : failure;
            if (reason != null) {
                subscriber.onError(reason);
            } else if (!cancelled) {
                subscriber.onComplete();
            }
        }

        void fail(RuntimeException reason) {
            if (!cancelled) {
                subscriber.onError(reason);
            }
        }
    }

    /**
     * The capture as a stream of bytes for {@code javax.sound.sampled}. Lost frames appear as silence, so that its length
     * stays that of the time; closing it stops the tap.
     */
    public AudioInputStream audioInputStream() {
        TapSession current = started();
        PcmFormat format = options.format();
        AudioFormat.Encoding encoding = format.sampleFormat().isFloat()
                ? AudioFormat.Encoding.PCM_FLOAT
                : format.sampleFormat() == SampleFormat.U8
                        ? AudioFormat.Encoding.PCM_UNSIGNED
                        : AudioFormat.Encoding.PCM_SIGNED;
        AudioFormat audioFormat = new AudioFormat(encoding, format.sampleRateHz(), format.sampleFormat().bits(),
                format.channels(), format.frameBytes(), format.sampleRateHz(),
                format.byteOrder() == ByteOrder.BIG_ENDIAN);
        return new AudioInputStream(new ChunkInputStream(current, format.frameBytes()), audioFormat,
                AudioSystem.NOT_SPECIFIED);
    }

    private final class ChunkInputStream extends InputStream {

        private final TapSession source;
        private final int frameBytes;
        private long silentBytes;
        private @Nullable ByteBuffer rest;

        ChunkInputStream(TapSession source, int frameBytes) {
            this.source = source;
            this.frameBytes = frameBytes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            ByteBuffer bytes = rest;
            if (silentBytes == 0 && (bytes == null || !bytes.hasRemaining())) {
                bytes = next();
                if (bytes == null) {
                    return -1;
                }
            }
            if (silentBytes > 0) {
                int n = (int) Math.min(length, silentBytes);
                java.util.Arrays.fill(target, offset, offset + n, (byte) 0);
                silentBytes -= n;
                return n;
            }
            int n = Math.min(length, java.util.Objects.requireNonNull(bytes).remaining());
            bytes.get(target, offset, n);
            return n;
        }

        private @Nullable ByteBuffer next() throws IOException {
            try {
                AudioChunk chunk = source.next(Long.MAX_VALUE);
                rest = chunk == null ? null : chunk.bytes();
                silentBytes = chunk == null ? 0 : chunk.lostFramesBefore() * frameBytes;
                return rest;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw (IOException) new InterruptedIOException("interrupted while waiting for audio").initCause(e);
            } catch (ProcTapException e) {
                throw new IOException(e.getMessage(), e);
            }
        }

        @Override
        public void close() {
            stop();
        }
    }

    /** Whether the tap captures, or waits for its target. */
    public boolean isRunning() {
        TapSession current = session;
        return current != null && current.isRunning();
    }

    /** Whether the capture has ended and every chunk was delivered; also true before the first start. */
    public boolean isDrained() {
        TapSession current = session;
        return current == null || current.isDrained();
    }

    /** Why the capture ended; null while it runs, and where it ended as it should. */
    public @Nullable ProcTapException failure() {
        TapSession current = session;
        return current == null ? null : current.failure();
    }

    /**
     * Figures since the tap was started, or {@linkplain #resetStatistics reset}. May be asked for as often as one likes.
     *
     * @throws IllegalStateException
     *             if it was never started or is closed
     */
    public TapStatistics statistics() {
        TapSession current = session;
        if (current == null) {
            throw new IllegalStateException("this tap was not started, or is closed");
        }
        return current.statistics();
    }

    /** Lets the figures of {@link #statistics} begin anew, but those that are of the start. */
    public void resetStatistics() {
        TapSession current = session;
        if (current != null) {
            current.resetStatistics();
        }
    }

    /** What is captured. */
    public AudioTarget target() {
        return target;
    }

    /** How it is captured. */
    public TapOptions options() {
        return options;
    }

    /**
     * Ends the capture. A callback gets what is queued until now before this returns, unless it takes longer than half a
     * second or is itself the caller; {@link #read} and its kin can still read it.
     */
    public void stop() {
        TapSession current = session;
        if (current != null) {
            current.stop();
        }
    }

    /** Stops and frees everything; chunks that were not copied are gone. */
    @Override
    public void close() {
        closed = true;
        stop();
        boolean locked = false;
        try {
            locked = lifecycle.tryLock(OPENING_PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (locked) {
            try {
                discardSession();
            } finally {
                lifecycle.unlock();
            }
        } // else whoever is opening sees that the tap is closed
    }
}
