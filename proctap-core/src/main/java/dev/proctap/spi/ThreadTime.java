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
import org.jspecify.annotations.Nullable;

/** The processor time of one thread, for any thread to ask for. Once the thread has ended, as it was when asked last. */
public final class ThreadTime {

    private static final Path SELF = Path.of("/proc/thread-self");
    private static final Path TASKS = Path.of("/proc/self/task");

    private final Thread thread;
    /** Where Linux tells it; null elsewhere. */
    private final @Nullable Path schedulerStatistics;
    private volatile long nanos;

    private ThreadTime(Thread thread, @Nullable Path schedulerStatistics) {
        this.thread = thread;
        this.schedulerStatistics = schedulerStatistics;
    }

    /** That of the calling thread. */
    public static ThreadTime ofCurrent() {
        Path statistics = null;
        try {
            statistics = ofTask(Long.parseLong(String.valueOf(Files.readSymbolicLink(SELF).getFileName())));
        } catch (IOException e) {
            // no Linux
        }
        return new ThreadTime(Thread.currentThread(), statistics);
    }

    /** That of a thread of this process which is none of the JVM's, on Linux. */
    public static ThreadTime ofNative(long threadId) {
        return new ThreadTime(Thread.currentThread(), ofTask(threadId));
    }

    /** Ids of this process' threads, native ones too, whose names begin so; empty where there is no Linux. */
    public static List<Long> threads(String... names) {
        List<Long> found = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (Path task : tasks) {
                try {
                    String name = Files.readString(task.resolve("comm"));
                    if (Arrays.stream(names).anyMatch(name::startsWith)) {
                        found.add(Long.parseLong(String.valueOf(task.getFileName())));
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

    private static Path ofTask(long threadId) {
        return TASKS.resolve(Long.toString(threadId)).resolve("schedstat");
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
