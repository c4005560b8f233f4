package dev.proctap.linux;

import dev.proctap.internal.ffm.Memory;
import dev.proctap.internal.ffm.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The functions of the C library that are used, under their own names. */
public final class Libc {

    private static final NativeLibrary LIBC = NativeLibrary.libc();

    private static final MethodHandle POLL = LIBC.function("poll");
    private static final MethodHandle EVENTFD = LIBC.function("eventfd");
    private static final MethodHandle READ = LIBC.function("read");
    private static final MethodHandle WRITE = LIBC.function("write");
    private static final MethodHandle CLOSE = LIBC.function("close");
    private static final MethodHandle SYSCALL = LIBC.function("syscall");

    /** {@code poll.h}: there is data to read. */
    public static final short POLLIN = 1;
    /** {@code sizeof(struct pollfd)}. */
    public static final int POLLFD_BYTES = 8;
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;
    /** The number is the same on every architecture. */
    private static final int SYS_PIDFD_OPEN = 434;

    private Libc() {}

    /** Waits for any of {@code count} {@code struct pollfd} at {@code fds}; negative when a signal came. */
    public static int poll(long fds, int count, int timeoutMillis) {
        try {
            return (int) (long) POLL.invokeExact(fds, (long) count, (long) timeoutMillis, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    /** A file descriptor that {@link #signalEvent} makes readable. */
    public static int eventfd() {
        try {
            int fd = (int) (long) EVENTFD.invokeExact(0L, (long) (EFD_CLOEXEC | EFD_NONBLOCK), 0L, 0L, 0L, 0L);
            if (fd < 0) {
                throw new IllegalStateException("no file descriptor is left for this process (see ulimit -n)");
            }
            return fd;
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    /** Makes an eventfd readable. */
    public static void signalEvent(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(8, 8);
            Memory.putLong(one.address(), 1);
            long ignored = (long) WRITE.invokeExact((long) fd, one.address(), 8L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    /** Makes an eventfd unreadable again. */
    public static void clearEvent(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(8, 8);
            long ignored = (long) READ.invokeExact((long) fd, count.address(), 8L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    /** Closes a file descriptor. */
    public static void close(int fd) {
        try {
            long ignored = (long) CLOSE.invokeExact((long) fd, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    /**
     * A file descriptor that becomes readable when process {@code pid} ends, or a negative number where the kernel cannot
     * (before 5.3) or will not.
     */
    public static int pidfdOpen(long pid) {
        try {
            return (int) (long) SYSCALL.invokeExact((long) SYS_PIDFD_OPEN, pid, 0L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }
}
