package dev.proctap.windows;

import dev.proctap.generated.windows.win32.system.threading.Apis;
import dev.proctap.internal.ffm.CallState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The priority that Windows gives to threads that handle audio (MMCSS), for the thread that takes it until it is closed. */
record AudioPriority(MemorySegment task) implements AutoCloseable {

    static AudioPriority take() {
        try (Arena call = Arena.ofConfined()) {
            // none is no failure: it is recorded at the usual priority then
            return new AudioPriority(
                    Apis.AvSetMmThreadCharacteristicsW(CallState.allocate(call), Com.wide(call, "Audio"),
                            call.allocate(ValueLayout.JAVA_INT)));
        }
    }

    @Override
    public void close() {
        if (task.address() != 0) {
            try (Arena call = Arena.ofConfined()) {
                Apis.AvRevertMmThreadCharacteristics(CallState.allocate(call), task);
            }
        }
    }
}
