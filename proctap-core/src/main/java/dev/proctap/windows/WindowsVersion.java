package dev.proctap.windows;

import dev.proctap.ProcTapException;
import dev.proctap.generated.windows.win32.system.registry.Apis;
import dev.proctap.generated.windows.win32.system.registry.Constants;
import dev.proctap.generated.windows.win32.system.registry.REG_ROUTINE_FLAGS;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Which Windows this is. */
final class WindowsVersion {

    /** Windows 10 version 2004, the first that captures a process. */
    static final int FIRST_BUILD = 19041;

    private WindowsVersion() {}

    /**
     * The build number, as the registry has it: what functions tell depends on what the program that asks was made for. 0
     * where it is not there.
     */
    static int build() {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment text = call.allocate(64);
            MemorySegment bytes = call.allocateFrom(ValueLayout.JAVA_INT, (int) text.byteSize());
            int error = Apis.RegGetValueW(Constants.HKEY_LOCAL_MACHINE,
                    Com.wide(call, "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"),
                    Com.wide(call, "CurrentBuildNumber"), REG_ROUTINE_FLAGS.RRF_RT_REG_SZ, MemorySegment.NULL, text,
                    bytes);
            String build = error == 0 ? text.getString(0, StandardCharsets.UTF_16LE) : "";
            return build.matches("[0-9]{1,9}") ? Integer.parseInt(build) : 0;
        }
    }

    /**
     * @throws ProcTapException
     *             if this Windows cannot capture a process
     */
    static void requireProcessLoopback() {
        int build = build();
        // where nobody tells, the attempt will
        if (build != 0 && build < FIRST_BUILD) {
            throw new ProcTapException(ProcTapException.Kind.VERSION_TOO_OLD, "this is Windows build " + build
                    + "; it takes build " + FIRST_BUILD
                    + " (Windows 10 version 2004) or later to record one program alone: update Windows");
        }
    }
}
