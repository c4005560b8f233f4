package dev.proctap.capture;

import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.TapOptions;
import dev.proctap.TapStatistics.LossCause;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.selection.Player;
import dev.proctap.selection.ProcessTree;
import dev.proctap.selection.Target;
import dev.proctap.spi.CaptureBackend;
import dev.proctap.spi.CaptureSink;
import dev.proctap.spi.CleanText;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A capture on a system that gathers by itself what a program plays, and gives it out in packets.
 *
 * <ol>
 * <li>Every program of the target gets a {@link Source}.
 * <li>Each packet has the time of its first frame. That time is its place on the {@link Timeline}: programs are mixed by
 * it, and while none plays the time alone goes on.
 * <li>{@link Session}s tell who plays: for targets by name, and for the events.
 * <li>Where the device or the audio service goes away, calls fail with {@link ProcTapException.Kind#NO_AUDIO_SERVER}; all is
 * closed then and begun anew.
 * </ol>
 *
 * <p>The control thread does all of it and owns everything native; the consumer's thread only takes chunks. No program
 * waits for either.
 */
public abstract class ProgramCapture extends ServerCapture {

    /** How often the sessions are looked at where the system tells nothing: it tells new ones, not what becomes of them. */
    private static final long SESSIONS_NANOS = 250_000_000;
    private static final int WAIT_MILLIS = 20;
    /** What comes later than it should by less than this is jitter of the time told, not a gap. */
    private static final long JITTER_NANOS = 4_000_000;
    /** A gap up to this, told as a discontinuity, is a failure of the engine: no program pauses for so short. */
    private static final long GLITCH_NANOS = 50_000_000;
    /** When nothing came of a program for so long, the others are mixed without it. */
    private static final long SILENT_NANOS = 60_000_000;
    /** So long may a system take to change over to another device. */
    private static final long CHANGE_NANOS = 500_000_000;
    private static final int CLOCK_READINGS = 5;
    /** How long the others are held back for a program that has just begun. */
    private static final Duration HELD = Duration.ofMillis(30);
    /** What {@link Source#timeNanos} answers where nobody knows. */
    public static final long NO_TIME = Long.MIN_VALUE;

    private final PcmFormat format;
    private final Timeline timeline;
    private final Semaphore dataReady = new Semaphore(0);
    private volatile int linkedStreams;
    private volatile @Nullable Duration granted;
    private volatile boolean sessionsChanged;

    // of the control thread
    private final Map<Program, Followed> programs = new LinkedHashMap<>();
    private final Map<String, TapEvent.StreamLinked> linked = new HashMap<>();
    private final Map<String, TapEvent.StreamVolume> volumes = new HashMap<>();
    private List<Session> known = List.of();
    private long sessionsNanos;

    /**
     * What one source captures.
     *
     * @param pids
     *            processes, each with its descendants
     * @param includes
     *            whether these, or all others
     */
    public record Program(List<Long> pids, boolean includes) {}

    /** The packets of a program. Belongs to the control thread. */
    public interface Source extends AutoCloseable {

        /** What is captured. */
        PcmFormat format();

        /** How long this process may stand still before something is lost. */
        Duration buffer();

        /**
         * Takes the next packet, which is to be {@linkplain #release released} before the one after it.
         *
         * @return its length in frames, 0 where there is none
         */
        int next();

        /** Gives a packet back. */
        void release(int frames);

        /** Where the frames of the packet are; 0 where they are silence. */
        long address();

        /** Whether packets stop coming while the program is silent: where not, one that is missing is lost. */
        default boolean pauses() {
            return true;
        }

        /** Whether frames are missing before the packet, or the stream began anew. */
        boolean isDiscontinuous();

        /** When the first frame of the packet was captured, on the clock of {@link System#nanoTime}, or {@link #NO_TIME}. */
        long timeNanos();

        /** Looks after processes that came or went; called now and then. */
        default void follow() {}

        @Override
        void close();
    }

    /** The audio system, as long as a connection to it holds. Belongs to the control thread. */
    public interface Audio {

        /** Who plays now. */
        List<Session> sessions();

        /**
         * Starts to capture a program.
         *
         * @param arena
         *            open until after the source was closed
         */
        Source open(Program program, Arena arena);

        /** The sources for everything but some processes and their descendants. */
        List<Program> everythingBut(List<Long> pids, List<Session> sessions);

        /** Waits until there are packets, until the capture is woken, or for some time. */
        void await(int timeoutMillis);
    }

    /** A source, and what is known of it. */
    private static final class Followed implements AutoCloseable {
        final Arena arena;
        final Source source;
        final MixInput mix;
        /** Position on the timeline of the first frame, had it been there from the beginning. */
        long origin;
        /** When the next frame should be captured, by what the last packet told. */
        long nextNanos;
        /** When something came last, and when it was looked for last. */
        long cameNanos;
        long lookedNanos = System.nanoTime();
        /** Whether nobody looked for so long that the system may have run out of room. */
        boolean overflowed;

        Followed(Arena arena, Source source, MixInput mix) {
            this.arena = arena;
            this.source = source;
            this.mix = mix;
        }

        @Override
        public void close() {
            mix.leaveMix();
            source.close();
            arena.close();
        }
    }

    /**
     * @param server
     *            its name, as users know it
     */
    protected ProgramCapture(String server, Target target, TapOptions options, CaptureSink sink) {
        super(server, target, options, sink);
        format = new PcmFormat(options.format().sampleRateHz(), sink.layout(), SampleFormat.F32,
                ByteOrder.nativeOrder(), false);
        timeline = new Timeline(format, sink);
    }

    /**
     * How far {@link System#nanoTime} is ahead of a clock that counts the same from another moment on. To be read once: a thread
     * may be held up between two readings, and what a packet's time is off by would be taken for a gap.
     *
     * @param clock
     *            in nanoseconds
     */
    public static long offsetToNanoTime(LongSupplier clock) {
        long shortest = Long.MAX_VALUE;
        long offset = 0;
        for (int i = 0; i < CLOCK_READINGS; i++) {
            long before = System.nanoTime();
            long read = clock.getAsLong();
            long took = System.nanoTime() - before;
            if (took < shortest) {
                shortest = took;
                offset = before + took / 2 - read;
            }
        }
        return offset;
    }

    /**
     * These captures are of a process with its descendants, or of all others.
     *
     * @param system
     *            its name
     * @throws ProcTapException
     *             if a target asks for something else
     */
    public static void requireTrees(AudioTarget target, String system) {
        switch (target) {
            case AudioTarget.OfProcess process when !process.descendants() ->
                throw new ProcTapException(ProcTapException.Kind.NOT_SUPPORTED,
                        "on " + system + " a process is recorded together with its descendants; ask for process "
                                + process.pid() + " with them");
            case AudioTarget.AnyOf any -> {
                if (any.targets().stream().anyMatch(AudioTarget.Everything.class::isInstance)) {
                    throw new ProcTapException(ProcTapException.Kind.NOT_SUPPORTED,
                            "everything together with something else is everything; ask for that alone");
                }
                any.targets().forEach(each -> requireTrees(each, system));
            }
            case AudioTarget.OfInputDevice _ -> throw CaptureBackend.noInputDevices(system);
            case AudioTarget.Everything all -> all.exceptions().forEach(each -> requireTrees(each, system));
            default -> {
                // all of these have descendants
            }
        }
    }

    // ---- the control thread

    /**
     * What {@link #serve(boolean)} does with a connection: captures until the end.
     *
     * @throws ProcTapException
     *             if it cannot begin
     */
    protected final boolean serve(Audio audio, boolean again) {
        try {
            follow(audio);
            if (again) {
                event(new TapEvent.ServerReconnected());
                timeline.serverBack(System.nanoTime());
            }
            String lost = captureUntilLost(audio);
            while (lost != null && opensAnew(audio)) {
                lost = captureUntilLost(audio);
            }
            return lost != null && serverLost(lost);
        } finally {
            closePrograms();
        }
    }

    /** A device that is gone, or another one, is no end where all can be had again soon: then the system has changed over. */
    private boolean opensAnew(Audio audio) {
        closePrograms();
        timeline.serverLost();
        long start = System.nanoTime();
        while (!isClosing()) {
            try {
                follow(audio);
                return true;
            } catch (ProcTapException e) {
                closePrograms();
                if (e.kind() != ProcTapException.Kind.NO_AUDIO_SERVER) {
                    throw e;
                }
                if (System.nanoTime() - start > CHANGE_NANOS) {
                    return false;
                }
            }
            audio.await(WAIT_MILLIS);
        }
        return false;
    }

    /** Captures until the end; what went wrong where the device or the service went away, else null. */
    private @Nullable String captureUntilLost(Audio audio) {
        try {
            while (!isClosing()) {
                fireEvents();
                audio.await(WAIT_MILLIS);
                long now = System.nanoTime();
                capture(now);
                if (sessionsChanged || now - sessionsNanos > SESSIONS_NANOS) {
                    follow(audio);
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

    /** To be called, by any thread, when there may be other sessions. */
    protected final void sessionsChanged() {
        sessionsChanged = true;
        wakeControl();
    }

    // ---- following the target

    private void follow(Audio audio) {
        sessionsChanged = false;
        sessionsNanos = System.nanoTime();
        try {
            known = audio.sessions();
        } catch (ProcTapException e) {
            if (!isOpen() || e.kind() == ProcTapException.Kind.NO_AUDIO_SERVER) {
                throw e;
            }
            // they are looked at again soon; meanwhile the capture goes on
        }
        List<Session> selected = target.select(known, Session::player, true);
        if (!isOpen()) {
            target.requirePlaying(!selected.isEmpty(), selected.stream().anyMatch(Session::active));
        }
        followPrograms(audio, selected);
        if (!isOpen()) {
            if (target.beginsAtOnce()) {
                timeline.goOn(System.nanoTime());
            }
            opened();
        }
        announce(selected);
    }

    /** Lets there be a source for each program of the target, and no other. */
    private void followPrograms(Audio audio, List<Session> selected) {
        List<Program> wanted = wanted(audio, selected);
        boolean replaces = programs.keySet().stream().anyMatch(each -> !each.includes && !wanted.contains(each));
        programs.entrySet().removeIf(entry -> {
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
            if (!programs.containsKey(program)) {
                add(audio, program, selected);
            }
        }
        programs.values().forEach(each -> each.source.follow());
        timeline.serverBack(System.nanoTime());
    }

    private List<Program> wanted(Audio audio, List<Session> selected) {
        List<Long> roots = target.roots();
        if (target.leavesOut() && options.trackRule() == null) {
            return audio.everythingBut(roots, selected);
        }
        return each(target.leavesOut() ? selected.stream().map(Session::pid).distinct().toList() : roots);
    }

    /** A program for each process that lives and is no descendant of another one. */
    protected static List<Program> each(List<Long> pids) {
        List<Program> result = new ArrayList<>();
        for (long pid : pids) {
            boolean within = pids.stream().anyMatch(other -> other != pid && isDescendant(pid, other));
            if (!within && ProcessTree.exists(pid)) {
                result.add(new Program(List.of(pid), true));
            }
        }
        return result;
    }

    /** Whether a process is another, or a descendant of it. */
    protected static boolean isDescendant(long pid, long ancestor) {
        return ProcessTree.topmost(pid, each -> each == ancestor) == ancestor;
    }

    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the source: close ends both
    private void add(Audio audio, Program program, List<Session> selected) {
        Arena arena = Arena.ofConfined();
        Source source = null;
        Followed followed = null;
        try {
            source = audio.open(program, arena);
            followed = new Followed(arena, source, new MixInput(source.format(),
                    format.withLayout(format.layout().withTracks(1)), track(program, selected),
                    ConversionOptions.DEFAULTS.withQuality(options.resampleQuality()), arena));
            programs.put(program, followed);
        } finally {
            if (followed == null) {
                if (source != null) {
                    source.close();
                }
                arena.close();
            }
        }
    }

    private int track(Program program, List<Session> selected) {
        if (!program.includes) {
            return 0;
        }
        long pid = program.pids.getFirst();
        Player player = selected.stream().map(Session::player).filter(each -> each.pid() == pid).findFirst()
                .orElseGet(() -> new Player(pid, ProcessTree.name(pid), ""));
        return tracks.of(program, player, "");
    }

    private void announce(List<Session> selected) {
        List<String> present = new ArrayList<>();
        for (Session session : selected) {
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

    private void tellVolume(Session session, TapEvent.StreamLinked stream) {
        TapEvent.StreamVolume now = new TapEvent.StreamVolume(stream.id(), stream.program(), stream.streamName(),
                session.volume(), session.muted());
        TapEvent.StreamVolume before = volumes.put(session.id(), now);
        boolean loud = session.volume() == 1 && !session.muted();
        if (before == null ? !loud : !before.equals(now)) {
            event(now);
        }
    }

    private void closePrograms() {
        programs.values().forEach(Followed::close);
        programs.clear();
        timeline.endMix();
        dataReady.release();
    }

    // ---- capturing

    private void capture(long now) {
        boolean mixing = false;
        boolean coming = false;
        for (Followed followed : programs.values()) {
            capture(followed, now);
            if (followed.mix.isMixed() && followed.source.pauses() && now - followed.cameNanos > SILENT_NANOS) {
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
        Source source = followed.source;
        boolean late = now - followed.lookedNanos > source.buffer().toNanos() - SILENT_NANOS;
        followed.overflowed |= late;
        for (int frames = source.next(); frames > 0; frames = source.next()) {
            try {
                take(followed, frames, now);
            } finally {
                source.release(frames);
            }
            // what was kept for us is followed by what was not
            followed.overflowed &= late;
        }
        followed.lookedNanos = now;
    }

    private void take(Followed followed, int frames, long now) {
        if (!timeline.isStarted() && linked.isEmpty() && followed.source.address() == 0) {
            return; // a capture that waits begins with the program, and not with the silence before
        }
        MixInput mix = followed.mix;
        long duration = mix.captured().framesToNanos(frames);
        long told = followed.source.timeNanos();
        long nanos = told != NO_TIME ? told : mix.isMixed() ? followed.nextNanos : now - duration;
        boolean continuous = !followed.source.pauses() && !followed.source.isDiscontinuous();
        if (mix.isMixed() && nanos - followed.nextNanos > (continuous ? GLITCH_NANOS : JITTER_NANOS)) {
            goOnAfterGap(followed, nanos);
        } else if (!mix.isMixed()) {
            place(followed, nanos);
        }
        mix.write(followed.source.address(), frames);
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
        boolean ours = followed.overflowed || !followed.source.pauses();
        if (followed.source.isDiscontinuous() && (ours || gap <= GLITCH_NANOS)) {
            programs.values().forEach(each -> each.mix.leaveMix());
            timeline.endMix();
            timeline.lost(format.nanosToFrames(gap), ours ? LossCause.CAPTURE : LossCause.SERVER);
        } else {
            followed.mix.leaveMix();
        }
        place(followed, nanos);
    }

    /** Lets the next frame of a program be where its time says. */
    private void place(Followed followed, long nanos) {
        long at;
        if (timeline.isMixing()) {
            at = timeline.positionAt(nanos);
        } else {
            timeline.goOn(nanos);
            at = timeline.position();
        }
        MixInput mix = followed.mix;
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
