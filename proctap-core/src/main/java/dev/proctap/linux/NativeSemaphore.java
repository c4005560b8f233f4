package dev.proctap.linux;

import dev.proctap.internal.ffm.Memory;
import dev.proctap.internal.ffm.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A POSIX semaphore, whose point is that C can post it: {@link #POST} has the shape {@code void (*)(void *)} of many C
 * callbacks, never blocks and needs no Java, so that a real-time thread of a C library can wake a Java thread without
 * running any Java itself.
 */
public final class NativeSemaphore {

    private static final NativeLibrary LIBC = NativeLibrary.libc();

    /** Address of {@code sem_post}. */
    public static final long POST = LIBC.find("sem_post");

    private static final MethodHandle SEM_INIT = LIBC.function("sem_init");
    private static final MethodHandle SEM_POST = LIBC.function("sem_post");
    private static final MethodHandle SEM_TRYWAIT = LIBC.function("sem_trywait");
    private static final MethodHandle SEM_DESTROY = LIBC.function("sem_destroy");
    private static final MethodHandle CLOCK_GETTIME = LIBC.function("clock_gettime");
    /** Waits on a clock of our choice; musl and glibc before 2.30 have only {@code sem_timedwait}. */
    private static final boolean CLOCKWAIT = LIBC.find("sem_clockwait") != 0;
    private static final MethodHandle SEM_WAIT = CLOCKWAIT
            ? LIBC.function("sem_clockwait")
            : LIBC.function("sem_timedwait");

    private static final long CLOCK_REALTIME = 0;
    private static final long CLOCK_MONOTONIC = 1;
    /** glibc's {@code sem_t} takes 32 bytes on 64-bit systems, musl's as many. */
    private static final long SEM_BYTES = 64;
    private static final long NANOS = 1_000_000_000L;

    private final MemorySegment memory;
    private final long address;
    private final long deadline;

    /** A semaphore with count zero in {@code arena}; it must not be waited for or posted after the arena is closed. */
    public NativeSemaphore(Arena arena) {
        memory = arena.allocate(SEM_BYTES + 16, 16);
        address = memory.address();
        deadline = address + SEM_BYTES;
        try {
            long ignored = (long) SEM_INIT.invokeExact(address, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    /** Address of the {@code sem_t}, the argument of {@link #POST}. */
    public long address() {
        return address;
    }

    public void post() {
        try {
            long ignored = (long) SEM_POST.invokeExact(address, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    /**
     * Takes one from the count, waiting for it; one waiting thread at a time.
     *
     * @return false if the time was over first
     */
    public boolean await(long timeoutNanos) {
        try {
            if (timeoutNanos <= 0) {
                return (int) (long) SEM_TRYWAIT.invokeExact(address, 0L, 0L, 0L, 0L, 0L) == 0;
            }
            if (CLOCKWAIT) {
                // System.nanoTime reads the same clock, without a call into C
                putDeadline(0, System.nanoTime() + timeoutNanos);
                return (int) (long) SEM_WAIT.invokeExact(address, CLOCK_MONOTONIC, deadline, 0L, 0L, 0L) == 0;
            }
            long ignored = (long) CLOCK_GETTIME.invokeExact(CLOCK_REALTIME, deadline, 0L, 0L, 0L, 0L);
            putDeadline(Memory.getLong(deadline), Memory.getLong(deadline + 8) + timeoutNanos);
            return (int) (long) SEM_WAIT.invokeExact(address, deadline, 0L, 0L, 0L, 0L) == 0;
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    private void putDeadline(long seconds, long nanos) {
        Memory.putLong(deadline, seconds + nanos / NANOS);
        Memory.putLong(deadline + 8, nanos % NANOS);
    }

    /** Ends its life, when no thread waits and nothing posts any more. */
    public void destroy() {
        try {
            long ignored = (long) SEM_DESTROY.invokeExact(address, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }
}
