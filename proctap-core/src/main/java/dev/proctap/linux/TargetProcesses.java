package dev.proctap.linux;

import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import org.jspecify.annotations.Nullable;

/**
 * The processes that a capture is of, from its start to the end of the last of them. Belongs to the capture's control
 * thread.
 */
public final class TargetProcesses {

    private final AudioTarget.OfProcess target;
    private final boolean waits;
    private final ProcessTree processes;
    private int pidFd = -1;
    private boolean started;

    /**
     * @param waits
     *            whether the capture waits for the target to play
     * @throws ProcTapException
     *             if there is no such process
     */
    public TargetProcesses(AudioTarget.OfProcess target, boolean waits) {
        if (!ProcessTree.exists(target.pid())) {
            throw new ProcTapException(ProcTapException.Kind.NO_SUCH_PROCESS, "no process " + target.pid());
        }
        this.target = target;
        this.waits = waits;
        this.processes = new ProcessTree(target);
    }

    /** Begins to watch. */
    void open() {
        pidFd = Libc.pidfdOpen(target.pid());
    }

    void close() {
        if (pidFd >= 0) {
            Libc.close(pidFd);
            pidFd = -1;
        }
    }

    /** A file descriptor that becomes readable when a process has ended; negative where {@link #live} must be asked. */
    public int fd() {
        return pidFd;
    }

    /** Whether any of the processes lives. */
    public boolean live() {
        if (pidFd >= 0 && !ProcessTree.exists(target.pid())) {
            // only descendants are left: nothing tells when they end
            close();
        }
        return processes.isAlive();
    }

    /** Whether a process belongs to the target. */
    public boolean contains(long pid) {
        return processes.contains(pid);
    }

    /** What the server's streams and clients of this capture are called after. */
    public String label() {
        return Long.toString(target.pid());
    }

    /**
     * Tells what is to be told when the streams of the target are known for the first time.
     *
     * @throws ProcTapException
     *             if none of them plays and the capture does not wait
     */
    public void requirePlaying(boolean anyStream, boolean anyRunning) {
        if (!waits && !anyRunning) {
            String who = ProcessTree.name(target.pid()) + " (pid " + target.pid() + ")";
            throw new ProcTapException(ProcTapException.Kind.NOT_PLAYING,
                    anyStream ? who + " is paused" : who + " is not playing anything");
        }
    }

    /** The event to be told when a stream of the target runs, null if it was told before. */
    public @Nullable TapEvent running() {
        if (started) {
            return null;
        }
        started = true;
        return new TapEvent.TargetStarted(target.pid());
    }

    /**
     * The event to be told once the processes have ended.
     *
     * @throws ProcTapException
     *             if the capture waited for them to play
     */
    public TapEvent exited() {
        if (!started && waits) {
            throw new ProcTapException(ProcTapException.Kind.NO_SUCH_PROCESS,
                    "process " + target.pid() + " ended before it played anything");
        }
        return new TapEvent.TargetExited(target.pid());
    }
}
