package dev.proctap.spi;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The processor time of one thread, for any thread to ask for. Once the thread has ended, as it was when asked last. */
public final class ThreadTime {

    private static final Path SELF = Path.of("/proc/thread-self");
    private static final Path TASKS = Path.of("/proc/self/task");

    /** Threads that belong to the JVM, by the numbers that Linux knows them by. */
    private static final Set<Long> JAVA_THREADS = ConcurrentHashMap.newKeySet();

    private final Thread thread;
    private final long task;
    /** Where Linux tells it; null elsewhere. */
    private final @Nullable Path schedulerStatistics;
    private volatile long nanos;

    /**
     * @param task
     *            Linux' number of the thread, 0 elsewhere
     */
    private ThreadTime(Thread thread, long task) {
        this.thread = thread;
        this.task = task;
        schedulerStatistics = task == 0 ? null : TASKS.resolve(Long.toString(task)).resolve("schedstat");
    }

    /** That of the calling thread, which is to tell when it {@linkplain #end ends}. */
    public static ThreadTime ofCurrent() {
        long task = 0;
        try {
            task = Long.parseLong(String.valueOf(Files.readSymbolicLink(SELF).getFileName()));
            JAVA_THREADS.add(task);
        } catch (IOException e) {
            // no Linux
        }
        return new ThreadTime(Thread.currentThread(), task);
    }

    /** The thread is about to end: its time is taken for the last time. */
    public void end() {
        long _ = cpuNanos();
        JAVA_THREADS.remove(task);
    }

    /** That of a thread of this process which is none of the JVM's, on Linux. */
    public static ThreadTime ofNative(long threadId) {
        return new ThreadTime(Thread.currentThread(), threadId);
    }

    /**
     * Ids of native threads of this process whose names begin so, but those that asked for {@link #ofCurrent}; empty where
     * there is no Linux.
     */
    public static List<Long> nativeThreads(String... names) {
        List<Long> found = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (Path task : tasks) {
                try {
                    String name = Files.readString(task.resolve("comm"));
                    long id = Long.parseLong(String.valueOf(task.getFileName()));
                    if (Arrays.stream(names).anyMatch(name::startsWith) && !JAVA_THREADS.contains(id)) {
                        found.add(id);
                    }
                } catch (IOException e) {
                    // it has ended
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // no Linux
        }
        return found;
    }

    /** So many nanoseconds has it run. */
    public long cpuNanos() {
        Path file = schedulerStatistics;
        if (file == null) {
            nanos = Math.max(nanos, ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId()));
            return nanos;
        }
        try {
            String text = Files.readString(file);
            nanos = Long.parseLong(text, 0, text.indexOf(' '), 10);
        } catch (IOException | NumberFormatException | StringIndexOutOfBoundsException e) {
            // it has ended, or this kernel does not count
        }
        return nanos;
    }
}
