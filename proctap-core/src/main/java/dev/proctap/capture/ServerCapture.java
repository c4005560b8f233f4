package dev.proctap.capture;

import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.TapOptions;
import dev.proctap.selection.Target;
import dev.proctap.spi.CaptureSink;
import dev.proctap.spi.CaptureStream;
import dev.proctap.spi.ThreadTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A capture whose connection to the audio server belongs to a control thread: from its start, over a server that goes away
 * and comes back, to the end of the target or to {@link #close}.
 */
public abstract class ServerCapture implements CaptureStream {

    protected static final String CONTROL_THREAD = "proctap-control";
    private static final long RECONNECT_MILLIS = 200;
    private static final Duration CLOSE_PATIENCE = Duration.ofMillis(450);

    protected final Target target;
    protected final TapOptions options;
    protected final CaptureSink sink;
    protected final Tracks tracks;
    private final String server;
    private final Thread control;
    private final CompletableFuture<Boolean> opened = new CompletableFuture<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final List<TapEvent> events = new ArrayList<>();
    private Duration announcedLatency = Duration.ZERO;
    private volatile @Nullable ThreadTime controlTime;

    /**
     * @param server
     *            its name, as users know it
     */
    protected ServerCapture(String server, Target target, TapOptions options, CaptureSink sink) {
        this.server = server;
        this.target = target;
        this.options = options;
        this.sink = sink;
        this.tracks = new Tracks(options.trackRule(), sink.layout().tracks(), this::event);
        this.control = Thread.ofPlatform().daemon().name(CONTROL_THREAD).unstarted(this::run);
    }

    /** Starts the control thread; returns once the target was found or is waited for. */
    protected final void open() {
        control.start();
        try {
            opened.join();
        } catch (CompletionException e) {
            close();
            if (e.getCause() instanceof ProcTapException failure) {
                throw failure;
            }
            throw new ProcTapException(ProcTapException.Kind.FAILED, "capture failed: " + e.getMessage(), e);
        }
    }

    private void run() {
        ThreadTime time = ThreadTime.ofCurrent();
        controlTime = time;
        ProcTapException failure = null;
        try {
            boolean again = false;
            do {
                try {
                    again = serve(again);
                } catch (ProcTapException e) {
                    if (!again || e.kind() != ProcTapException.Kind.NO_AUDIO_SERVER) {
                        throw e;
                    }
                }
                if (again) {
                    Thread.sleep(RECONNECT_MILLIS);
                }
            } while (again && !isClosing() && target.live());
        } catch (ProcTapException e) {
            failure = e;
        } catch (InterruptedException e) {
            // closed the hard way
        } catch (RuntimeException | Error e) {
            failure = new ProcTapException(ProcTapException.Kind.FAILED, "capture failed: " + e, e);
        } finally {
            release();
            // where it never began another server may be tried with the same sink
            if (failure == null || !opened.completeExceptionally(failure)) {
                opened.complete(true);
                fireEvents();
                sink.end(failure);
            }
            wakeUp();
            time.end();
        }
    }

    /**
     * Connects and captures until the end, on the control thread.
     *
     * @param again
     *            whether the server went away before
     * @return whether it went away and is to be waited for
     */
    protected abstract boolean serve(boolean again);

    /** Lets {@link #serve} see that the capture {@linkplain #isClosing closes}; called by any thread, also later. */
    protected abstract void wakeControl();

    /** Frees what {@link #wakeControl} needs. */
    protected abstract void release();

    /** Whether {@link #serve} shall return. */
    protected final boolean isClosing() {
        return closing.get();
    }

    /** Whether the target was found, or is waited for. */
    protected final boolean isOpen() {
        return opened.isDone();
    }

    /** Tells that the target was found, or is waited for. */
    protected final void opened() {
        opened.complete(true);
    }

    /** Looks after the target's processes; returns false once the last has ended. */
    protected final boolean targetLives() {
        target.ended(false).forEach(this::event);
        if (target.isAway() && options.targetExit() == TapOptions.TargetExit.FOLLOW_WITHOUT_GAP) {
            sink.omitSilence();
        }
        if (target.live()) {
            return true;
        }
        target.requireStarted();
        target.ended(true).forEach(this::event);
        return false;
    }

    /** Keeps an event, null for none, until {@link #fireEvents}. */
    protected final void event(@Nullable TapEvent event) {
        if (event != null) {
            events.add(event);
        }
    }

    /** Tells the events; no lock may be held. */
    protected final void fireEvents() {
        Duration granted = grantedLatency();
        if (granted != null && !granted.equals(announcedLatency)) {
            announcedLatency = granted;
            events.add(new TapEvent.LatencyGranted(granted));
        }
        List<TapEvent> told = List.copyOf(events);
        events.clear();
        told.forEach(sink::event);
    }

    /**
     * What {@link #serve} returns when the server went away.
     *
     * @throws ProcTapException
     *             if it is not to be waited for
     */
    protected final boolean serverLost(String reason) {
        events.add(new TapEvent.ServerLost(reason));
        if (!options.reconnect() || !isOpen()) {
            throw new ProcTapException(
                    isOpen() ? ProcTapException.Kind.SERVER_LOST : ProcTapException.Kind.NO_AUDIO_SERVER,
                    "the " + server + " server went away; what was captured until then is complete");
        }
        fireEvents();
        return true;
    }

    @Override
    public long cpuNanos() {
        ThreadTime time = controlTime;
        return time == null ? 0 : time.cpuNanos();
    }

    @Override
    public final void close() {
        closing.set(true);
        wakeControl();
        if (Thread.currentThread() != control) {
            try {
                control.join(CLOSE_PATIENCE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
