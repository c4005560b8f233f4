package dev.proctap.windows;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.proctap.AudioTarget;
import dev.proctap.TapOptions;
import dev.proctap.capture.ProgramCapture;
import dev.proctap.capture.Session;
import dev.proctap.generated.windows.win32.system.performance.Apis;
import dev.proctap.internal.ffm.CallState;
import dev.proctap.selection.Target;
import dev.proctap.spi.CaptureSink;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A tap on Windows: {@link LoopbackClient}s give what programs play, {@link Sessions} tell who plays. The control thread works at
 * the priority that Windows gives to audio (MMCSS).
 */
final class WasapiCapture extends ProgramCapture {

    private final Event event = new Event();

    private WasapiCapture(Target target, TapOptions options, CaptureSink sink) {
        super("Windows audio", target, options, sink);
    }

    /** Opens a tap; returns when its target was found or is waited for. */
    static WasapiCapture open(AudioTarget target, TapOptions options, CaptureSink sink) {
        WasapiCapture capture = new WasapiCapture(new Target(target, options), options, sink);
        capture.open();
        return capture;
    }

    @Override
    protected boolean serve(boolean again) {
        try (Com.Apartment _ = Com.enter();
                AudioPriority _ = AudioPriority.take();
                Arena arena = Arena.ofConfined();
                Sessions sessions = new Sessions(this::sessionsChanged)) {
            return serve(new Wasapi(sessions, CallState.allocate(arena), counterOffsetNanos(arena)), again);
        }
    }

    private final class Wasapi implements Audio {

        private final Sessions sessions;
        private final MemorySegment callState;
        private final long counterOffsetNanos;

        Wasapi(Sessions sessions, MemorySegment callState, long counterOffsetNanos) {
            this.sessions = sessions;
            this.callState = callState;
            this.counterOffsetNanos = counterOffsetNanos;
        }

        @Override
        public List<Session> sessions() {
            return sessions.list();
        }

        @Override
        public Source open(Program program, Arena arena) {
            return new LoopbackClient(program.pids().getFirst(), program.includes(), event.handle(),
                    counterOffsetNanos, arena);
        }

        /** Windows leaves out one. */
        @Override
        public List<Program> everythingBut(List<Long> pids, List<Session> selected) {
            if (pids.size() > 1) {
                return each(selected.stream().map(Session::pid).distinct().toList());
            }
            if (!pids.isEmpty()) {
                return List.of(new Program(pids, false));
            }
            // one must be left out: we, who are asked for as well where we or descendants of ours play
            List<Long> own = List.of(ProcessHandle.current().pid());
            boolean plays = selected.stream().anyMatch(session -> isDescendant(session.pid(), own.getFirst()));
            return plays ? List.of(new Program(own, false), new Program(own, true)) : List.of(new Program(own, false));
        }

        @Override
        public void await(int timeoutMillis) {
            event.await(callState, timeoutMillis);
        }
    }

    /** The performance counter's time is told in its own count; nanoTime, which reads the same counter, may begin elsewhere. */
    private static long counterOffsetNanos(Arena arena) {
        MemorySegment state = CallState.allocate(arena);
        MemorySegment answer = arena.allocate(JAVA_LONG);
        Apis.QueryPerformanceFrequency(state, answer);
        long perSecond = Math.max(1, answer.get(JAVA_LONG, 0));
        return offsetToNanoTime(() -> {
            Apis.QueryPerformanceCounter(state, answer);
            long count = answer.get(JAVA_LONG, 0);
            return count / perSecond * 1_000_000_000 + count % perSecond * 1_000_000_000 / perSecond;
        });
    }

    @Override
    protected void wakeControl() {
        event.set();
    }

    @Override
    protected void release() {
        event.close();
    }
}
