package dev.proctap.macos;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.proctap.internal.ffm.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/** The functions of the C library that are used: semaphores, the clock, and who a helper process works for. */
final class LibSystem {

    private static final long DISPATCH_TIME_NOW = 0;

    private static final MacLibrary LIBRARY = MacLibrary.load("/usr/lib/libSystem.B.dylib");
    private static final MethodHandle SEMAPHORE_CREATE = LIBRARY.function("dispatch_semaphore_create",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    /** Neither blocks nor calls back: without a change of the thread's state it costs some nanoseconds. */
    private static final MethodHandle SEMAPHORE_SIGNAL = LIBRARY.function("dispatch_semaphore_signal",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG), Linker.Option.critical(false));
    private static final MethodHandle SEMAPHORE_WAIT = LIBRARY.function("dispatch_semaphore_wait",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle DISPATCH_TIME = LIBRARY.function("dispatch_time",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle DISPATCH_RELEASE = LIBRARY.function("dispatch_release",
            FunctionDescriptor.ofVoid(JAVA_LONG));
    private static final MethodHandle MACH_ABSOLUTE_TIME = LIBRARY.function("mach_absolute_time",
            FunctionDescriptor.of(JAVA_LONG));
    private static final MethodHandle MACH_TIMEBASE_INFO = LIBRARY.function("mach_timebase_info",
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    /** Not documented by Apple, and done without where it is missing. */
    private static final @Nullable MethodHandle RESPONSIBLE = LIBRARY
            .find("responsibility_get_pid_responsible_for_pid")
            .map(address -> Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(JAVA_INT, JAVA_INT)))
            .orElse(null);

    private LibSystem() {}

    static long semaphore() {
        try {
            return (long) SEMAPHORE_CREATE.invokeExact(0L);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    /** May be called on a real-time thread. */
    static void signal(long semaphore) {
        try {
            long _ = (long) SEMAPHORE_SIGNAL.invokeExact(semaphore);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static void await(long semaphore, long nanos) {
        try {
            long until = (long) DISPATCH_TIME.invokeExact(DISPATCH_TIME_NOW, nanos);
            long _ = (long) SEMAPHORE_WAIT.invokeExact(semaphore, until);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static void release(long semaphore) {
        try {
            DISPATCH_RELEASE.invokeExact(semaphore);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    /** In units of its own, those of {@code AudioTimeStamp.mHostTime}. */
    static long hostTime() {
        try {
            return (long) MACH_ABSOLUTE_TIME.invokeExact();
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    /** How many nanoseconds a unit of {@link #hostTime} is. */
    static double nanosPerUnit() {
        try (Arena call = Arena.ofConfined()) {
            long info = call.allocate(8, 4).address();
            int _ = (int) MACH_TIMEBASE_INFO.invokeExact(info);
            return (double) Memory.getInt(info) / Math.max(1, Memory.getInt(info + 4));
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    /**
     * The process that the user knows a helper by: what a web page plays comes from a process that the system itself
     * started. The process itself where nobody knows better.
     */
    static long responsibleFor(long pid) {
        MethodHandle responsible = RESPONSIBLE;
        if (responsible == null) {
            return pid;
        }
        try {
            int known = (int) responsible.invokeExact((int) pid);
            return known > 0 ? known : pid;
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }
}
