package dev.proctap.macos;

import dev.proctap.AudioTarget;
import dev.proctap.TapOptions;
import dev.proctap.capture.ProgramCapture;
import dev.proctap.capture.Session;
import dev.proctap.selection.Target;
import dev.proctap.spi.CaptureSink;
import java.lang.foreign.Arena;
import java.util.List;

/** A tap on macOS: {@link ProcessTap}s give what programs play, {@link Processes} tell who plays. */
final class CoreAudioCapture extends ProgramCapture {

    private final Object wakeLock = new Object();
    /** Signaled for each packet, and to wake the control thread; 0 once it was released. */
    private long semaphore = LibSystem.semaphore();

    private CoreAudioCapture(Target target, TapOptions options, CaptureSink sink) {
        super("macOS audio", target, options, sink);
    }

    /** Opens a tap; returns when its target was found or is waited for. */
    static CoreAudioCapture open(AudioTarget target, TapOptions options, CaptureSink sink) {
        Target rule = new Target(target, options);
        CoreAudioCapture capture = new CoreAudioCapture(rule, options, sink);
        capture.open();
        return capture;
    }

    @Override
    protected boolean serve(boolean again) {
        try (Processes _ = new Processes(this::sessionsChanged)) {
            return serve(new CoreAudioSystem(semaphore, new HostClock()), again);
        }
    }

    private final class CoreAudioSystem implements Audio {

        private final long signals;
        private final HostClock clock;

        CoreAudioSystem(long signals, HostClock clock) {
            this.signals = signals;
            this.clock = clock;
        }

        @Override
        public List<Session> sessions() {
            return Processes.sessions();
        }

        @Override
        public Source open(Program program, Arena arena) {
            return new ProcessTap(program, options.muteTarget(), signals, clock, CoreAudioCapture.this::event,
                    arena);
        }

        @Override
        public List<Program> everythingBut(List<Long> pids, List<Session> selected) {
            return List.of(new Program(pids, false));
        }

        @Override
        public void await(int timeoutMillis) {
            LibSystem.await(signals, timeoutMillis * 1_000_000L);
        }
    }

    @Override
    protected void wakeControl() {
        synchronized (wakeLock) {
            if (semaphore != 0) {
                LibSystem.signal(semaphore);
            }
        }
    }

    @Override
    protected void release() {
        synchronized (wakeLock) {
            LibSystem.release(semaphore);
            semaphore = 0;
        }
    }
}
