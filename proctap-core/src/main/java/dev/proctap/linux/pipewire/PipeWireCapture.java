package dev.proctap.linux.pipewire;

import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.TapOptions;
import dev.proctap.TapStatistics.LossCause;
import dev.proctap.internal.ffm.Memory;
import dev.proctap.linux.Libc;
import dev.proctap.linux.NativeSemaphore;
import dev.proctap.capture.ServerCapture;
import dev.proctap.selection.Target;
import dev.proctap.linux.pipewire.PipeWire.Offsets;
import dev.proctap.linux.pipewire.PipeWire.Slots;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.spi.CaptureSink;
import dev.proctap.spi.ThreadTime;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A tap on PipeWire.
 *
 * <ol>
 * <li>One capture stream is made that the session manager has no say in: it is not to be connected automatically, and
 * its class is none that a session manager manages.
 * <li>Every output port of every node of the target is linked to it, by ids, and each link is checked to be the one asked
 * for ({@link TargetLinks}). Where several meet in one input the server mixes them. This is done again whenever the graph
 * changes; links to the stream that anybody else makes are removed.
 * <li>PipeWire's real-time thread puts each cycle's buffer into the stream's queue and posts a semaphore: the C function
 * {@code sem_post} itself is the stream's process callback, so no Java runs on that thread, and a pause of the JVM cannot
 * stall the graph that plays the user's sound.
 * <li>The consumer's thread waits on the semaphore and takes the buffers ({@link #pump}). Where it does not come in time,
 * because the user's callback is busy, the control thread does it, before the stream runs out of buffers.
 * <li>{@link CaptureClock} places the buffers in time and finds what is missing between them.
 * </ol>
 *
 * <p>The control thread owns the connection and everything native. The lock is held while it handles events and while
 * anybody takes buffers.
 */
final class PipeWireCapture extends ServerCapture {

    /** As many as an adapter of PipeWire can hold, in every version so far; each takes one cycle of the graph. */
    private static final int BUFFERS = 32;
    /** More than a stream ever has. */
    private static final int MAX_BUFFERS = 64;
    /** The control thread takes the buffers where the consumer did not for so many cycles. */
    private static final int KEEPER_CYCLES = 24;
    /** Whoever takes buffers so much later than the control thread should stood still. */
    private static final long FULL_NANOS = 20_000_000;
    /** Frames do not wait longer than this for the cycle after them. */
    private static final int MAX_HELD_CYCLES = 4;
    /** What the graph takes at most, usually, to get a cycle's samples from the program to us. */
    private static final long CYCLE_WORK_NANOS = 500_000;
    private static final long SILENCE_WAIT_NANOS = 20_000_000;
    private static final int ALIVE_CHECK_MILLIS = 250;
    /** How long the end of a mute may wait for the session manager. */
    private static final long UNMUTE_NANOS = 300_000_000;
    private static final int UNMUTE_CHECK_MILLIS = 20;
    /** How soon the control thread looks again while it knows no cycle's length. */
    private static final int FIRST_CYCLE_MILLIS = 20;

    /** Threads of PipeWire's in this process whose time is counted for some tap, by their ids. */
    private static final Set<Long> DATA_THREADS = new HashSet<>();

    private final boolean mustPlay;
    private final ReentrantLock lock = new ReentrantLock();
    private final NativeSemaphore dataReady = new NativeSemaphore(Arena.ofAuto());
    private final NativeSemaphore wake = new NativeSemaphore(Arena.ofAuto());
    private final Object wakeLock = new Object();
    private int wakeFd;

    // guarded by lock
    private final int frameBytes;
    private final CaptureClock clock;
    /** Buffers taken out of the stream and not passed on yet, in order. */
    private final int[] batch = new int[MAX_BUFFERS];
    private int batchCount;
    /** So many buffers of the batch wait for the next one, which tells whether frames before them are lost. */
    private int doubtful;
    /** The stream's buffers, and where each has its samples and their {@code struct spa_chunk}. */
    private final long[] buffers = new long[MAX_BUFFERS];
    private final long[] bufferSamples = new long[MAX_BUFFERS];
    private final long[] bufferChunks = new long[MAX_BUFFERS];
    private int bufferCount;
    private long stream;
    private long time;
    private boolean streaming;
    /** Whether nobody took buffers for so long that there may have been none left, since a cycle was placed last. */
    private boolean overflowed;

    private volatile boolean silent;
    /** Buffers that were taken out of the stream, ever. */
    private volatile long taken;
    private volatile long lastCycleNanos;
    private volatile int linkedStreams;
    private volatile int cycleFrames;
    private volatile long lastPumpNanos;
    /** Guarded by {@link #DATA_THREADS}, as is the time of those of connections that are gone. */
    private @Nullable ThreadTime dataThread;
    private long endedDataNanos;

    /** Of the thread that waits: posts of the semaphore that are accounted for. */
    private long forgotten;

    // of the control thread
    private @Nullable TargetLinks links;
    private @Nullable Mute mute;
    private @Nullable Arena streamArena;
    private @Nullable String streamError;
    /** Becomes readable when the target's process ends; negative where it must be asked. */
    private int processFd = -1;

    private PipeWireCapture(Target target, TapOptions options, CaptureSink sink, boolean mustPlay) {
        super("PipeWire", target, options, sink);
        this.mustPlay = mustPlay;
        this.frameBytes = sink.layout().channels() * Float.BYTES;
        this.clock = new CaptureClock(options.format(), sink);
        this.wakeFd = Libc.eventfd();
    }

    /** Opens a tap; returns when its target was found or is waited for. */
    static PipeWireCapture open(AudioTarget target, TapOptions options, CaptureSink sink, boolean mustPlay) {
        Target rule = new Target(target, options);
        PipeWire.Library.load();
        PipeWireCapture capture = new PipeWireCapture(rule, options, sink, mustPlay);
        capture.open();
        return capture;
    }

    // ---- the control thread

    @Override
    protected boolean serve(boolean again) {
        try (PipeWireConnection connection = new PipeWireConnection(lock, false)) {
            if (again) {
                event(new TapEvent.ServerReconnected());
            }
            processFd = target.process() > 0 ? Libc.pidfdOpen(target.process()) : -1;
            return serve(connection);
        } finally {
            closeProcess();
        }
    }

    private void closeProcess() {
        if (processFd >= 0) {
            Libc.close(processFd);
            processFd = -1;
        }
    }

    @Override
    protected void release() {
        synchronized (wakeLock) {
            Libc.close(wakeFd);
            wakeFd = -1;
        }
    }

    @Override
    protected void wakeControl() {
        synchronized (wakeLock) {
            if (wakeFd >= 0) {
                Libc.signalEvent(wakeFd);
            }
        }
    }

    /** Captures until the end; true where the server went away and is to be waited for. */
    private boolean serve(PipeWireConnection connection) {
        try {
            TargetLinks links = openStream(connection);
            Mute muting = options.muteTarget() ? new Mute(connection, sink.layout(), this::event) : null;
            mute = muting;
            int announced = connection.sync();
            int described = 0;
            boolean complete = false;
            long askedNanos = System.nanoTime();
            while (!isClosing()) {
                connection.dispatch(timeoutMillis(), wakeFd, processFd);
                if (connection.wasReadable(1)) {
                    Libc.clearEvent(wakeFd);
                }
                throwWhatBroke();
                if (connection.lost() != null) {
                    return serverLost(String.valueOf(connection.lost()));
                }
                boolean graphChanged = connection.takeChanged();
                // the first answer comes after every object, the second after every node's info
                if (described == 0) {
                    described = connection.isDone(announced) ? connection.sync() : 0;
                } else if (!complete && connection.isDone(described)) {
                    complete = true;
                    graphChanged = true;
                }
                boolean undecided = complete && !isOpen();
                if (graphChanged || undecided || links.changed() || (muting != null && muting.isWaiting())) {
                    follow(links, complete);
                }
                if (muting != null) {
                    check(muting);
                }
                keep();
                if (complete && !isOpen() && links.isDecided()) {
                    begin(connection, links);
                }
                if (!isOpen() && System.nanoTime() - askedNanos > PipeWireConnection.ANSWER_NANOS) {
                    throw PipeWireConnection.noAnswer();
                }
                fireEvents();
                if (connection.wasReadable(2)) {
                    // descendants may be left: nothing tells when they end
                    closeProcess();
                }
                if (processFd < 0 && !targetLives()) {
                    pump();
                    return false;
                }
            }
            return false;
        } finally {
            endMute(connection);
            closeStream();
            endDataThread();
        }
    }

    /** Gives the target's sound back to its listeners. */
    private void endMute(PipeWireConnection connection) {
        Mute muting = mute;
        mute = null;
        if (muting == null) {
            return;
        }
        lock.lock();
        try {
            muting.restore();
        } finally {
            lock.unlock();
        }
        // the sink goes with the connection: until then the streams should play elsewhere
        long start = System.nanoTime();
        while (!muting.isRestored() && connection.lost() == null && System.nanoTime() - start < UNMUTE_NANOS) {
            connection.dispatch(UNMUTE_CHECK_MILLIS, -1, -1);
        }
        muting.close();
    }

    private void check(Mute muting) {
        lock.lock();
        try {
            muting.check();
        } finally {
            lock.unlock();
        }
    }

    /** Everything that plays is known. */
    private void begin(PipeWireConnection connection, TargetLinks links) {
        if (mustPlay && target.inputDevice() == null) {
            connection.graph().requirePlayback();
        }
        if (mute != null) {
            mute.requireSessionManager();
        }
        boolean runs = target.inputDevice() == null ? anyRuns(links) : !links.streams().isEmpty();
        target.requirePlaying(!links.streams().isEmpty(), runs);
        if (target.beginsAtOnce()) {
            lock.lock();
            try {
                clock.begin(System.nanoTime());
            } finally {
                lock.unlock();
            }
        }
        opened();
    }

    private int timeoutMillis() {
        int alive = processFd < 0 ? ALIVE_CHECK_MILLIS : 1000;
        int frames = cycleFrames;
        if (stream == 0 || !streaming) {
            return alive;
        }
        if (frames == 0) {
            return FIRST_CYCLE_MILLIS;
        }
        return Math.clamp(Math.ceilDiv(nanosUntilKeeping(), 1_000_000), 1, alive);
    }

    private long nanosUntilKeeping() {
        return lastPumpNanos + options.format().framesToNanos((long) KEEPER_CYCLES * cycleFrames) - System.nanoTime();
    }

    /** Takes the buffers where the consumer does not. */
    private void keep() {
        if (streaming && nanosUntilKeeping() < 0) {
            pump();
        }
    }

    private void throwWhatBroke() {
        if (streamError != null) {
            throw new ProcTapException(ProcTapException.Kind.FAILED,
                    "PipeWire refused the capture stream: " + streamError);
        }
    }

    // ---- the stream

    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the stream: closeStream ends both
    private TargetLinks openStream(PipeWireConnection connection) {
        Arena arena = Arena.ofConfined();
        streamArena = arena;
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("application.name", "ProcTap");
        properties.put("node.name", "proctap-" + target.label());
        properties.put("node.description", "ProcTap of " + target.label());
        properties.put("media.name", "capture of " + target.label());
        properties.put("media.type", "Audio");
        properties.put("media.category", "Capture");
        properties.put("media.class", PipeWireGraph.TAP_CLASS);
        properties.put("node.autoconnect", "false");
        // without a link there is nothing to do; a driver would make it run on silence
        properties.put("node.want-driver", "false");
        properties.put("node.dont-reconnect", "true");
        // the session manager, which otherwise does this, does not manage our class
        properties.put("adapter.auto-port-config", "{ mode = dsp monitor = false position = preserve }");
        properties.put("resample.quality", Integer.toString(switch (options.resampleQuality()) {
            case BEST -> 10;
            case MEDIUM -> 4;
            case FAST -> 1;
        }));
        Duration latency = options.latency();
        if (latency != null) {
            properties.put("node.latency", cycleToAskFor(latency) + "/" + PcmFormat.STANDARD.sampleRateHz());
        }
        long events = connection.events(Slots.STREAM_EVENTS);
        Memory.putLong(events + Slots.STREAM_EVENT_STATE_CHANGED,
                connection.callback((data, old, state, error, e, f) -> onStateChanged((int) state, error)));
        Memory.putLong(events + Slots.STREAM_EVENT_PARAM_CHANGED,
                connection.callback((data, id, pod, d, e, f) -> onParamChanged((int) id, pod)));
        Memory.putLong(events + Slots.STREAM_EVENT_ADD_BUFFER,
                connection.callback((data, buffer, c, d, e, f) -> onAddBuffer(buffer)));
        Memory.putLong(events + Slots.STREAM_EVENT_REMOVE_BUFFER,
                connection.callback((data, buffer, c, d, e, f) -> onRemoveBuffer(buffer)));
        TargetLinks made = new TargetLinks(connection, target, tracks, sink.layout(), this::event);
        links = made;
        long process = connection.events(Slots.STREAM_EVENTS);
        Memory.putLong(process + Slots.STREAM_EVENT_PROCESS, NativeSemaphore.POST);

        lock.lock();
        try {
            time = arena.allocate(Offsets.TIME_BYTES, 8).address();
            long created = PipeWire.pw_stream_new(connection.core(), "proctap", PipeWire.properties(properties));
            if (created == 0) {
                throw new IllegalStateException("PipeWire made no stream");
            }
            stream = created;
            PipeWire.pw_stream_add_listener(stream, PipeWireConnection.hook(arena), process, dataReady.address());
            PipeWire.pw_stream_add_listener(stream, PipeWireConnection.hook(arena), events, 0);
            long params = arena.allocate(8, 8).address();
            Memory.putLong(params, SpaPod.format(arena, options.format().sampleRateHz(), sink.layout()));
            int result = PipeWire.pw_stream_connect(stream,
                    PipeWire.PW_STREAM_FLAG_MAP_BUFFERS | PipeWire.PW_STREAM_FLAG_RT_PROCESS, params, 1);
            if (result < 0) {
                throw new IllegalStateException("PipeWire did not connect the stream (" + result + ")");
            }
        } finally {
            lock.unlock();
        }
        return made;
    }

    private void closeStream() {
        lock.lock();
        try {
            pump();
            write(batchCount);
            if (links != null) {
                links.close();
                links = null;
            }
            if (stream != 0) {
                PipeWire.pw_stream_destroy(stream);
                stream = 0;
            }
            streaming = false;
            clock.serverLost();
        } finally {
            lock.unlock();
        }
        linkedStreams = 0;
        if (streamArena != null) {
            streamArena.close();
            streamArena = null;
        }
    }

    // Called by the library from within dispatch.

    private void onStateChanged(int state, long error) {
        streaming = state == PipeWire.PW_STREAM_STATE_STREAMING;
        if (state == PipeWire.PW_STREAM_STATE_ERROR) {
            streamError = Memory.getString(error);
        }
        updateSilence();
    }

    private void onParamChanged(int id, long pod) {
        if (id == SpaPod.PARAM_FORMAT && pod != 0) {
            try (Arena arena = Arena.ofConfined()) {
                long params = arena.allocate(8, 8).address();
                Memory.putLong(params, SpaPod.buffers(arena, BUFFERS));
                PipeWire.pw_stream_update_params(stream, params, 1);
            }
        }
    }

    private void onAddBuffer(long buffer) {
        // the size that the stream adds up for us is ours to set: one each makes the sum a count of buffers
        Memory.putLong(buffer + Offsets.BUFFER_SIZE, 1);
        long data = Memory.getLong(Memory.getLong(buffer + Offsets.BUFFER_SPA_BUFFER) + Offsets.SPA_BUFFER_DATAS);
        buffers[bufferCount] = buffer;
        bufferSamples[bufferCount] = Memory.getLong(data + Offsets.DATA_POINTER);
        bufferChunks[bufferCount] = Memory.getLong(data + Offsets.DATA_CHUNK);
        bufferCount++;
    }

    private void onRemoveBuffer(long buffer) {
        write(batchCount);
        int index = indexOf(buffer);
        bufferCount--;
        buffers[index] = buffers[bufferCount];
        bufferSamples[index] = bufferSamples[bufferCount];
        bufferChunks[index] = bufferChunks[bufferCount];
    }

    // ---- following the target

    private static boolean anyRuns(TargetLinks links) {
        return links.streams().stream().anyMatch(PipeWireGraph.Node::running);
    }

    /**
     * In frames of {@link PcmFormat#STANDARD}. The server cuts what is asked down to a power of two, 480 frames to 256, which
     * would cost every program on the graph twice the wakes. The usual round figures mean the power of two beside them: 5,
     * 10, 20 ms are 256, 512, 1024 frames.
     */
    static long cycleToAskFor(Duration latency) {
        long frames = PcmFormat.STANDARD.frames(latency);
        return Math.max(frames, Long.highestOneBit(frames + frames / 10));
    }

    private void follow(TargetLinks links, boolean complete) {
        lock.lock();
        try {
            links.follow(PipeWire.pw_stream_get_node_id(stream), complete);
            if (mute != null) {
                mute.follow(links.streams());
            }
            linkedStreams = links.linkedStreams();
            updateSilence();
            links.streams().stream().filter(PipeWireGraph.Node::running)
                    .forEach(node -> event(target.running(links.player(node))));
        } finally {
            lock.unlock();
        }
    }

    /** While nothing is linked, or the stream is paused because what is linked is, no data comes and none is missing. */
    private void updateSilence() {
        boolean none = !streaming || links == null || links.isEmpty();
        clock.setIdle(none);
        silent = none;
    }

    // ---- the consumer's side

    @Override
    public void pump() {
        long now = System.nanoTime();
        lock.lock();
        try {
            long room = options.format().framesToNanos((long) KEEPER_CYCLES * cycleFrames);
            overflowed |= now - lastPumpNanos > room + FULL_NANOS;
            lastPumpNanos = now;
            if (stream != 0) {
                drain(now);
                clock.fillSilence(now);
            }
        } finally {
            lock.unlock();
        }
    }

    private void drain(long now) {
        long buffer = PipeWire.pw_stream_dequeue_buffer(stream);
        if (buffer == 0 && batchCount == 0) {
            return;
        }
        if (taken == 0 && isEmpty(indexOf(buffer))) {
            // a tap may be run once before its links carry anything
            PipeWire.pw_stream_queue_buffer(stream, buffer);
            taken = 1;
            return;
        }
        take(buffer);
        PipeWire.pw_stream_get_time(stream, time);
        // buffers that came after the ones taken up to the cycle of that time; negative where the time is still an older one
        int behind = (int) Memory.getLong(time + Offsets.TIME_QUEUED);
        while (behind > 0 && take(PipeWire.pw_stream_dequeue_buffer(stream))) {
            behind--;
        }
        int upToAnchor = batchCount + Math.min(behind, 0);
        boolean stalled = now - lastCycleNanos > options.format().framesToNanos(MAX_HELD_CYCLES * (long) cycleFrames);
        if (upToAnchor > 0) {
            passOn(upToAnchor, stalled);
        } else if (stalled) {
            write(batchCount);
        }
    }

    private boolean take(long buffer) {
        if (buffer == 0 || batchCount == batch.length) {
            return false;
        }
        batch[batchCount++] = indexOf(buffer);
        long before = taken;
        taken = before + 1; // written under the lock alone
        return true;
    }

    /** Passes so many buffers on, the last of which is of the cycle that {@link #time} tells of; but see {@link #doubtful}. */
    private void passOn(int count, boolean stalled) {
        int frames = 0;
        for (int i = 0; i < count; i++) {
            frames += frames(batch[i]);
        }
        cycleFrames = frames(batch[count - 1]);
        lastCycleNanos = Memory.getLong(time + Offsets.TIME_NOW);
        long ticks = Memory.getLong(time + Offsets.TIME_TICKS);
        int rateNum = Memory.getInt(time + Offsets.TIME_RATE_NUM);
        int rateDenom = Memory.getInt(time + Offsets.TIME_RATE_DENOM);
        boolean waited = stalled || (doubtful > 0 && count > doubtful);
        if (!waited && clock.seemsLost(lastCycleNanos, ticks, rateNum, rateDenom, frames, cycleFrames)) {
            doubtful = count;
            return;
        }
        clock.setLossCause(overflowed ? LossCause.CAPTURE : LossCause.SERVER);
        overflowed = false;
        clock.anchor(lastCycleNanos, ticks, rateNum, rateDenom, frames, cycleFrames);
        write(count);
    }

    private void write(int count) {
        for (int i = 0; i < count; i++) {
            int index = batch[i];
            clock.write(Memory.ALL, bufferSamples[index] + Memory.getInt(bufferChunks[index] + Offsets.CHUNK_OFFSET),
                    frames(index));
            PipeWire.pw_stream_queue_buffer(stream, buffers[index]);
        }
        batchCount -= count;
        System.arraycopy(batch, count, batch, 0, batchCount);
        doubtful = 0;
    }

    private int frames(int index) {
        return Memory.getInt(bufferChunks[index] + Offsets.CHUNK_SIZE) / frameBytes;
    }

    private boolean isEmpty(int index) {
        return (Memory.getInt(bufferChunks[index] + Offsets.CHUNK_FLAGS) & PipeWire.SPA_CHUNK_FLAG_EMPTY) != 0;
    }

    private int indexOf(long buffer) {
        for (int i = 0; i < bufferCount; i++) {
            if (buffers[i] == buffer) {
                return i;
            }
        }
        throw new IllegalStateException("PipeWire handed out a buffer it never announced");
    }

    @Override
    public boolean await(long frames, long timeoutNanos) {
        long timeout = silent ? Math.min(timeoutNanos, SILENCE_WAIT_NANOS) : timeoutNanos;
        int cycle = cycleFrames;
        long cycles = cycle == 0 ? 1 : Math.ceilDiv(frames, cycle);
        if (cycles > 1 && !silent) {
            // Sleeps through cycles that cannot complete a chunk: being woken by each is what costs most.
            long sleep = lastCycleNanos + cycles * options.format().framesToNanos(cycle) + CYCLE_WORK_NANOS
                    - System.nanoTime();
            if (sleep > 0) {
                return wake.await(Math.min(sleep, timeout)) || sleep <= timeout;
            }
        }
        forgetPosts();
        boolean ready = dataReady.await(timeout);
        forgotten += ready ? 1 : 0;
        return ready;
    }

    /** The semaphore was posted for every buffer: those taken meanwhile are no news. */
    private void forgetPosts() {
        long posts = taken;
        while (forgotten < posts && dataReady.await(0)) {
            forgotten++;
        }
        forgotten = posts;
    }

    @Override
    public void wakeUp() {
        wake.post();
        dataReady.post();
    }

    @Override
    public int linkedStreams() {
        return linkedStreams;
    }

    @Override
    public long cpuNanos() {
        synchronized (DATA_THREADS) {
            if (dataThread == null && linkedStreams > 0) {
                dataThread = unclaimedDataThread();
            }
            return super.cpuNanos() + endedDataNanos + (dataThread == null ? 0 : dataThread.cpuNanos());
        }
    }

    /** The connection's thread is about to end. */
    private void endDataThread() {
        synchronized (DATA_THREADS) {
            endedDataNanos += dataThread == null ? 0 : dataThread.cpuNanos();
            dataThread = null;
        }
    }

    /** A thread of PipeWire's in this process that is no other tap's: each has one. */
    private static @Nullable ThreadTime unclaimedDataThread() {
        // older versions leave it the name of the thread that made it
        List<Long> present = ThreadTime.nativeThreads("data-loop", "pw-data-loop", CONTROL_THREAD);
        DATA_THREADS.retainAll(present);
        for (long thread : present) {
            if (DATA_THREADS.add(thread)) {
                return ThreadTime.ofNative(thread);
            }
        }
        return null;
    }

    @Override
    public @Nullable Duration grantedLatency() {
        int frames = cycleFrames;
        return frames == 0 ? null : Duration.ofNanos(options.format().framesToNanos(frames));
    }
}
