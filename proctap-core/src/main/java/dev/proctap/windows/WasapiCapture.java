package dev.proctap.windows;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.TapOptions;
import dev.proctap.TapStatistics.LossCause;
import dev.proctap.capture.MixInput;
import dev.proctap.capture.ServerCapture;
import dev.proctap.capture.Timeline;
import dev.proctap.generated.windows.win32.system.performance.Apis;
import dev.proctap.internal.ffm.CallState;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.selection.Player;
import dev.proctap.selection.ProcessTree;
import dev.proctap.selection.Target;
import dev.proctap.spi.CaptureSink;
import dev.proctap.spi.CleanText;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A tap on Windows.
 *
 * <ol>
 * <li>Every program of the target gets a {@link LoopbackClient}: Windows itself gathers what its process and all
 * descendants play, those too that begin later.
 * <li>Packets come while the program plays, each with the time of its first frame. That time is its place on the
 * {@link Timeline}: programs are mixed by it, and while none plays the time alone goes on.
 * <li>{@link Sessions} tell who plays: for targets by name, and for the events.
 * <li>Where the device or the audio service goes away, every call fails; all is closed then and begun anew.
 * </ol>
 *
 * <p>The control thread does all of it, at the priority that Windows gives to audio (MMCSS), and owns everything native;
 * the consumer's thread only takes chunks. No program waits for either.
 */
final class WasapiCapture extends ServerCapture {

    /** How often the sessions are looked at where Windows tells nothing: it tells new ones, not what becomes of them. */
    private static final long SESSIONS_NANOS = 250_000_000;
    private static final int WAIT_MILLIS = 20;
    /** What comes later than it should by less than this is jitter of the time told, not a gap. */
    private static final long JITTER_NANOS = 4_000_000;
    /** A gap up to this, told as a discontinuity, is a failure of the engine: no program pauses for so short. */
    private static final long GLITCH_NANOS = 50_000_000;
    /** When nothing came of a program for so long, the others are mixed without it. */
    private static final long SILENT_NANOS = 60_000_000;
    /** How long the others are held back for a program that has just begun. */
    private static final Duration HELD = Duration.ofMillis(30);

    private final PcmFormat format;
    private final Timeline timeline;
    private final Semaphore dataReady = new Semaphore(0);
    private final Event event = new Event();
    private volatile int linkedStreams;
    private volatile @Nullable Duration granted;
    private volatile boolean sessionsChanged;

    // of the control thread
    private final Map<Program, Followed> clients = new LinkedHashMap<>();
    private final Map<String, TapEvent.StreamLinked> linked = new HashMap<>();
    private final Map<String, TapEvent.StreamVolume> volumes = new HashMap<>();
    private List<Sessions.Session> known = List.of();
    private long sessionsNanos;
    /** From the performance counter to {@link System#nanoTime}. */
    private long counterOffsetNanos;

    /**
     * What a client captures.
     *
     * @param includes
     *            whether the process and its descendants, or all others
     */
    private record Program(long pid, boolean includes) {}

    /** The capture of a program, and what is known of it. */
    private static final class Followed implements AutoCloseable {
        final Arena arena;
        final LoopbackClient client;
        final MixInput mix;
        /** Position on the timeline of the first frame, had it been there from the beginning. */
        long origin;
        /** When the next frame should be captured, by what the last packet told. */
        long nextNanos;
        /** When something came last, and when it was looked for last. */
        long cameNanos;
        long lookedNanos = System.nanoTime();
        /** Whether nobody looked for so long that Windows may have run out of room. */
        boolean overflowed;

        Followed(Arena arena, LoopbackClient client, MixInput mix) {
            this.arena = arena;
            this.client = client;
            this.mix = mix;
        }

        @Override
        public void close() {
            mix.leaveMix();
            client.close();
            arena.close();
        }
    }

    private WasapiCapture(Target target, TapOptions options, CaptureSink sink) {
        super("Windows audio", target, options, sink);
        format = new PcmFormat(options.format().sampleRateHz(), sink.layout(), SampleFormat.F32,
                ByteOrder.nativeOrder(), false);
        timeline = new Timeline(format, sink);
    }

    /** Opens a tap; returns when its target was found or is waited for. */
    static WasapiCapture open(AudioTarget target, TapOptions options, CaptureSink sink) {
        WasapiCapture capture = new WasapiCapture(new Target(target, options), options, sink);
        capture.open();
        return capture;
    }

    // ---- the control thread

    @Override
    protected boolean serve(boolean again) {
        try (Com.Apartment _ = Com.enter();
                AudioPriority _ = AudioPriority.take();
                Arena arena = Arena.ofConfined();
                Sessions sessions = new Sessions(this::sessionsChanged)) {
            counterOffsetNanos = counterOffsetNanos(arena);
            follow(sessions);
            if (again) {
                event(new TapEvent.ServerReconnected());
                timeline.serverBack(System.nanoTime());
            }
            String lost = captureUntilLost(sessions, CallState.allocate(arena));
            closeClients();
            if (lost == null) {
                return false;
            }
            timeline.serverLost();
            return serverLost(lost);
        } finally {
            closeClients();
        }
    }

    /** Captures until the end; what went wrong where the device or the service went away, else null. */
    private @Nullable String captureUntilLost(Sessions sessions, MemorySegment state) {
        try {
            while (!isClosing()) {
                fireEvents();
                event.await(state, WAIT_MILLIS);
                long now = System.nanoTime();
                capture(now);
                if (sessionsChanged || now - sessionsNanos > SESSIONS_NANOS) {
                    follow(sessions);
                    if (!targetLives()) {
                        break;
                    }
                }
            }
            capture(System.nanoTime());
            return null;
        } catch (ProcTapException e) {
            if (e.kind() == ProcTapException.Kind.NO_AUDIO_SERVER) {
                return String.valueOf(e.getMessage());
            }
            throw e;
        }
    }

    /** The performance counter's time is told in its own count; nanoTime, which reads the same counter, may begin elsewhere. */
    private static long counterOffsetNanos(Arena arena) {
        MemorySegment state = CallState.allocate(arena);
        MemorySegment answer = arena.allocate(JAVA_LONG);
        Apis.QueryPerformanceFrequency(state, answer);
        long perSecond = Math.max(1, answer.get(JAVA_LONG, 0));
        long best = Long.MAX_VALUE;
        long offset = 0;
        for (int i = 0; i < 5; i++) {
            long before = System.nanoTime();
            Apis.QueryPerformanceCounter(state, answer);
            long after = System.nanoTime();
            long count = answer.get(JAVA_LONG, 0);
            if (after - before < best) {
                best = after - before;
                long counterNanos = count / perSecond * 1_000_000_000 + count % perSecond * 1_000_000_000 / perSecond;
                offset = before + (after - before) / 2 - counterNanos;
            }
        }
        return offset;
    }

    /** Called by any thread. */
    private void sessionsChanged() {
        sessionsChanged = true;
        event.set();
    }

    @Override
    protected void wakeControl() {
        event.set();
    }

    @Override
    protected void release() {
        event.close();
    }

    // ---- following the target

    private void follow(Sessions sessions) {
        sessionsChanged = false;
        sessionsNanos = System.nanoTime();
        try {
            known = sessions.list();
        } catch (ProcTapException e) {
            if (!isOpen() || e.kind() == ProcTapException.Kind.NO_AUDIO_SERVER) {
                throw e;
            }
            // they are looked at again soon; meanwhile the capture goes on
        }
        List<Sessions.Session> selected = target.select(known, Sessions.Session::player, true);
        if (!isOpen()) {
            target.requirePlaying(!selected.isEmpty(), selected.stream().anyMatch(Sessions.Session::active));
        }
        followPrograms(selected);
        if (!isOpen()) {
            if (target.beginsAtOnce()) {
                timeline.goOn(System.nanoTime());
            }
            opened();
        }
        announce(selected);
    }

    /** Lets there be a client for each program of the target, and no other. */
    private void followPrograms(List<Sessions.Session> selected) {
        List<Program> wanted = programs(selected);
        boolean replaces = clients.keySet().stream().anyMatch(each -> !each.includes && !wanted.contains(each));
        clients.entrySet().removeIf(entry -> {
            boolean gone = !wanted.contains(entry.getKey());
            if (gone) {
                capture(entry.getValue(), System.nanoTime());
                entry.getValue().close();
            }
            return gone;
        });
        if (replaces) {
            // until there is another one nobody is heard
            timeline.endMix();
            timeline.serverLost();
        }
        tracks.retain(wanted);
        for (Program program : wanted) {
            if (!clients.containsKey(program)) {
                add(program, selected);
            }
        }
        timeline.serverBack(System.nanoTime());
    }

    private List<Program> programs(List<Sessions.Session> selected) {
        List<Long> roots = target.roots();
        boolean leavesOut = target.leavesOut();
        if (leavesOut && options.trackRule() == null && roots.size() <= 1) {
            if (!roots.isEmpty()) {
                return List.of(new Program(roots.getFirst(), false));
            }
            // one must be left out: we, who are asked for as well where we or descendants of ours play
            long own = ProcessHandle.current().pid();
            boolean plays = selected.stream().anyMatch(session -> isDescendant(session.pid(), own));
            return plays ? List.of(new Program(own, false), new Program(own, true)) : List.of(new Program(own, false));
        }
        // Windows leaves out one: of several, and where programs are to be told apart, each of the others is captured
        List<Long> pids = leavesOut ? selected.stream().map(Sessions.Session::pid).distinct().toList() : roots;
        List<Program> programs = new ArrayList<>();
        for (long pid : pids) {
            boolean within = pids.stream().anyMatch(other -> other != pid && isDescendant(pid, other));
            if (!within && ProcessTree.exists(pid)) {
                programs.add(new Program(pid, true));
            }
        }
        return programs;
    }

    private static boolean isDescendant(long pid, long ancestor) {
        return ProcessTree.topmost(pid, each -> each == ancestor) == ancestor;
    }

    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the client: close ends both
    private void add(Program program, List<Sessions.Session> selected) {
        long pid = program.pid;
        Arena arena = Arena.ofConfined();
        Followed followed = null;
        try {
            LoopbackClient client = new LoopbackClient(pid, program.includes, event.handle(), arena);
            Player player = selected.stream().map(Sessions.Session::player).filter(each -> each.pid() == pid)
                    .findFirst().orElseGet(() -> new Player(pid, ProcessTree.name(pid), ""));
            int track = program.includes ? tracks.of(program, player, "") : 0;
            followed = new Followed(arena, client, new MixInput(client.format(),
                    format.withLayout(format.layout().withTracks(1)), track,
                    ConversionOptions.DEFAULTS.withQuality(options.resampleQuality()), arena));
            clients.put(program, followed);
        } finally {
            if (followed == null) {
                arena.close();
            }
        }
    }

    private void announce(List<Sessions.Session> selected) {
        List<String> present = new ArrayList<>();
        for (Sessions.Session session : selected) {
            if (!session.active()) {
                continue;
            }
            present.add(session.id());
            Player player = session.player();
            event(target.running(player));
            TapEvent.StreamLinked stream = linked.get(session.id());
            if (stream == null) {
                stream = new TapEvent.StreamLinked(session.number(), CleanText.clean(ProcessTree.name(session.pid())),
                        session.name());
                linked.put(session.id(), stream);
                event(stream);
            }
            tellVolume(session, stream);
        }
        linked.entrySet().removeIf(entry -> {
            boolean gone = !present.contains(entry.getKey());
            if (gone) {
                TapEvent.StreamLinked stream = entry.getValue();
                event(new TapEvent.StreamUnlinked(stream.id(), stream.program(), stream.streamName()));
                volumes.remove(entry.getKey());
            }
            return gone;
        });
        linkedStreams = linked.size();
    }

    private void tellVolume(Sessions.Session session, TapEvent.StreamLinked stream) {
        TapEvent.StreamVolume now = new TapEvent.StreamVolume(stream.id(), stream.program(), stream.streamName(),
                session.volume(), session.muted());
        TapEvent.StreamVolume before = volumes.put(session.id(), now);
        boolean loud = session.volume() == 1 && !session.muted();
        if (before == null ? !loud : !before.equals(now)) {
            event(now);
        }
    }

    private void closeClients() {
        clients.values().forEach(Followed::close);
        clients.clear();
        timeline.endMix();
        dataReady.release();
    }

    // ---- capturing

    private void capture(long now) {
        boolean mixing = false;
        boolean coming = false;
        for (Followed followed : clients.values()) {
            capture(followed, now);
            if (followed.mix.isMixed() && now - followed.cameNanos > SILENT_NANOS) {
                followed.mix.leaveMix();
            }
            mixing |= followed.mix.isMixed();
            coming |= !followed.mix.isMixed();
        }
        boolean news;
        if (mixing) {
            news = timeline.passOn(coming ? format.frames(HELD) : 0);
        } else {
            news = timeline.endMix();
            news |= timeline.fillSilence(now);
        }
        if (news) {
            dataReady.release();
        }
    }

    /** Takes everything that has come of a program. */
    private void capture(Followed followed, long now) {
        LoopbackClient client = followed.client;
        boolean late = now - followed.lookedNanos > LoopbackClient.BUFFER.toNanos() - SILENT_NANOS;
        followed.overflowed |= late;
        for (int frames = client.next(); frames > 0; frames = client.next()) {
            try {
                take(followed, frames, now);
            } finally {
                client.release(frames);
            }
            // what was kept for us is followed by what was not
            followed.overflowed &= late;
        }
        followed.lookedNanos = now;
    }

    private void take(Followed followed, int frames, long now) {
        LoopbackClient client = followed.client;
        MixInput mix = followed.mix;
        long duration = client.format().framesToNanos(frames);
        long nanos = client.hasTime()
                ? client.counterNanos() + counterOffsetNanos
                : mix.isMixed() ? followed.nextNanos : now - duration;
        if (mix.isMixed() && nanos - followed.nextNanos > JITTER_NANOS) {
            goOnAfterGap(followed, nanos);
        } else if (!mix.isMixed()) {
            place(followed, nanos);
        }
        mix.write(client.address(), frames);
        followed.nextNanos = nanos + duration;
        followed.cameNanos = now;
        timeline.anchor(followed.origin + mix.toOutput(mix.received()), followed.nextNanos);
        if (granted == null || granted.toNanos() != duration) {
            granted = Duration.ofNanos(duration);
        }
    }

    /** Nothing is there for some time within what a program plays: it was silent, or something was lost. */
    private void goOnAfterGap(Followed followed, long nanos) {
        long gap = nanos - followed.nextNanos;
        if (followed.client.isDiscontinuous() && (followed.overflowed || gap <= GLITCH_NANOS)) {
            clients.values().forEach(each -> each.mix.leaveMix());
            timeline.endMix();
            timeline.lost(format.nanosToFrames(gap), followed.overflowed ? LossCause.CAPTURE : LossCause.SERVER);
        } else {
            followed.mix.leaveMix();
        }
        place(followed, nanos);
    }

    /** Lets the next frame of a program be where its time says. */
    private void place(Followed followed, long nanos) {
        if (!timeline.isMixing()) {
            timeline.goOn(nanos);
        }
        MixInput mix = followed.mix;
        long at = timeline.isMixing() ? timeline.positionAt(nanos) : timeline.position();
        followed.origin = at - mix.toOutput(mix.received());
        mix.mixInto(timeline.mixer(), timeline.mixFrame(at), timeline.mixFrame(timeline.position()));
    }

    // ---- the consumer's side

    /** Does nothing: the control thread has moved everything already. */
    @Override
    public void pump() {
        // see the class
    }

    @Override
    public boolean await(long frames, long timeoutNanos) {
        try {
            boolean ready = dataReady.tryAcquire(timeoutNanos, TimeUnit.NANOSECONDS);
            dataReady.drainPermits(); // everything that was told of is there
            return ready;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void wakeUp() {
        dataReady.release();
    }

    @Override
    public int linkedStreams() {
        return linkedStreams;
    }

    @Override
    public @Nullable Duration grantedLatency() {
        return granted;
    }
}
