package dev.proctap.windows;

import dev.proctap.ProcTapException;
import dev.proctap.generated.windows.win32.system.threading.Apis;
import dev.proctap.internal.ffm.CallState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * An event of Windows: the audio engine sets it when there is something to capture, other threads to wake the one that
 * waits. Any thread may set it, also after it was closed.
 */
final class Event implements AutoCloseable {

    private final MemorySegment handle;
    private boolean open = true;

    Event() {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment state = CallState.allocate(call);
            // set once, it lets one wait end
            handle = Apis.CreateEventW(state, MemorySegment.NULL, 0, 0, MemorySegment.NULL);
            if (handle.address() == 0) {
                throw new ProcTapException(ProcTapException.Kind.FAILED,
                        "Windows made no event (error " + CallState.error(state)
                                + "); this program has too many handles open");
            }
        }
    }

    MemorySegment handle() {
        return handle;
    }

    synchronized void set() {
        if (open) {
            try (Arena call = Arena.ofConfined()) {
                Apis.SetEvent(CallState.allocate(call), handle);
            }
        }
    }

    /**
     * Waits until it is set, or for some time; one thread at a time, the one that closes it.
     *
     * @param state
     *            of {@link CallState}
     */
    void await(MemorySegment state, int timeoutMillis) {
        Apis.WaitForSingleObject(state, handle, timeoutMillis);
    }

    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            try (Arena call = Arena.ofConfined()) {
                dev.proctap.generated.windows.win32.foundation.Apis.CloseHandle(CallState.allocate(call), handle);
            }
        }
    }
}
