package dev.proctap.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/**
 * What a flight recording tells.
 *
 * @param stacks
 *            how often each stack of calls was seen at work, the outermost call first, with the thread's name before it
 * @param collections
 *            how often garbage was collected
 * @param forcedCollections
 *            of these, because a program asked for it ({@code System.gc()})
 * @param pauses
 *            how long that stopped everything
 * @param longestPause
 *            the longest of these pauses
 * @param slowCalls
 *            how often the consumer had a chunk for longer than the chunk is
 * @param slowTime
 *            for how long in all
 * @param waits
 *            what the consumer did in that time
 */
public record Profile(Map<List<String>, Integer> stacks, int collections, int forcedCollections, Duration pauses,
        Duration longestPause, int slowCalls, Duration slowTime, Map<Wait, Duration> waits) {

    /** What a consumer may wait for. */
    public enum Wait {
        /** Time itself: it sleeps. */
        SLEEP,
        /** A file on a disk. */
        DISK,
        /** Whoever reads a pipe. */
        PIPE,
        /** The network. */
        NETWORK,
        /** Another thread: a lock, or a signal. */
        THREAD,
        /** A collection of garbage. */
        GARBAGE_COLLECTION
    }

    private static final int MAX_DEPTH = 64;
    private static final int NATIVE_DEPTH = 8;

    /** A time in which the consumer had a chunk for too long. */
    private record Slow(long thread, Instant from, Instant to) {

        Duration overlap(Instant otherFrom, Instant otherTo) {
            Instant start = from.isAfter(otherFrom) ? from : otherFrom;
            Instant stop = to.isBefore(otherTo) ? to : otherTo;
            return start.isBefore(stop) ? Duration.between(start, stop) : Duration.ZERO;
        }
    }

    public Profile {
        stacks = Map.copyOf(stacks);
        waits = Map.copyOf(waits);
    }

    static Profile read(Path file) throws IOException {
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        List<Slow> slow = events.stream().filter(event -> isNamed(event, "dev.proctap.SlowCallback"))
                .map(event -> new Slow(thread(event), event.getEndTime().minus(event.getDuration("time")),
                        event.getEndTime()))
                .toList();
        Map<List<String>, Integer> stacks = new LinkedHashMap<>();
        Map<Wait, Duration> waits = new EnumMap<>(Wait.class);
        Map<Wait, Integer> seenWaiting = new EnumMap<>(Wait.class);
        int seen = 0;
        int collections = 0;
        int forced = 0;
        Duration pauses = Duration.ZERO;
        Duration longest = Duration.ZERO;
        for (RecordedEvent event : events) {
            switch (event.getEventType().getName()) {
                case "jdk.ExecutionSample" -> {
                    stacks.merge(stack(event), 1, Integer::sum);
                    seen += isSlow(slow, event) ? 1 : 0;
                }
                case "jdk.NativeMethodSample" -> {
                    if (isSlow(slow, event)) {
                        seen++;
                        waitSeen(event).ifPresent(wait -> seenWaiting.merge(wait, 1, Integer::sum));
                    }
                }
                case "jdk.GarbageCollection" -> {
                    collections++;
                    forced += "System.gc()".equals(event.getString("cause")) ? 1 : 0;
                    pauses = pauses.plus(event.getDuration("sumOfPauses"));
                    Duration pause = event.getDuration("longestPause");
                    longest = pause.compareTo(longest) > 0 ? pause : longest;
                    add(waits, slow, event, Wait.GARBAGE_COLLECTION, true);
                }
                case "jdk.ThreadSleep" -> add(waits, slow, event, Wait.SLEEP, false);
                case "jdk.FileForce" -> add(waits, slow, event, Wait.DISK, false);
                case "jdk.FileWrite" -> add(waits, slow, event, isDisk(event) ? Wait.DISK : Wait.PIPE, false);
                case "jdk.SocketWrite" -> add(waits, slow, event, Wait.NETWORK, false);
                case "jdk.ThreadPark", "jdk.JavaMonitorEnter", "jdk.JavaMonitorWait" ->
                    add(waits, slow, event, Wait.THREAD, false);
                default -> {
                    // not a cause of anything
                }
            }
        }
        Duration slowTime = slow.stream().map(each -> Duration.between(each.from, each.to)).reduce(Duration.ZERO,
                Duration::plus);
        // not every wait is an event: writes to a place in a file are none, nor is what began before the recording
        for (Map.Entry<Wait, Integer> entry : seenWaiting.entrySet()) {
            Duration estimate = slowTime.multipliedBy(entry.getValue()).dividedBy(seen);
            waits.merge(entry.getKey(), estimate, (told, sampled) -> told.compareTo(sampled) < 0 ? sampled : told);
        }
        return new Profile(stacks, collections, forced, pauses, longest, slow.size(), slowTime, waits);
    }

    private static boolean isSlow(List<Slow> slow, RecordedEvent sample) {
        RecordedThread thread = sample.getThread("sampledThread");
        return thread != null && slow.stream()
                .anyMatch(each -> each.thread == thread.getJavaThreadId()
                        && !sample.getStartTime().isBefore(each.from) && !sample.getStartTime().isAfter(each.to));
    }

    /** What a thread waits for that was seen in a native method. */
    private static Optional<Wait> waitSeen(RecordedEvent sample) {
        if (sample.getStackTrace() == null) {
            return Optional.empty();
        }
        List<String> calls = sample.getStackTrace().getFrames().stream().limit(NATIVE_DEPTH).map(Profile::name)
                .toList();
        String top = calls.isEmpty() ? "" : calls.getFirst();
        if (calls.stream().anyMatch(call -> call.startsWith("Socket") || call.startsWith("NioSocket"))) {
            return Optional.of(Wait.NETWORK);
        } else if (top.contains("FileDispatcherImpl")) {
            return Optional.of(Wait.DISK);
        } else if (top.startsWith("FileOutputStream")) {
            return Optional.of(Wait.PIPE);
        } else if (top.startsWith("Thread.sleep")) {
            return Optional.of(Wait.SLEEP);
        }
        return top.startsWith("Unsafe.park") || top.startsWith("Object.wait")
                ? Optional.of(Wait.THREAD)
                : Optional.empty();
    }

    private static boolean isNamed(RecordedEvent event, String name) {
        return event.getEventType().getName().equals(name);
    }

    private static long thread(RecordedEvent event) {
        RecordedThread thread = event.getThread();
        return thread == null ? -1 : thread.getJavaThreadId();
    }

    private static void add(Map<Wait, Duration> waits, List<Slow> slow, RecordedEvent event, Wait wait,
            boolean stopsAll) {
        for (Slow each : slow) {
            if (stopsAll || each.thread == thread(event)) {
                waits.merge(wait, each.overlap(event.getStartTime(), event.getEndTime()), Duration::plus);
            }
        }
    }

    /** What was not opened by a name, as standard output, is taken for a pipe. */
    private static boolean isDisk(RecordedEvent event) {
        String path = event.getString("path");
        return path != null && Files.isRegularFile(Path.of(path));
    }

    private static List<String> stack(RecordedEvent event) {
        List<String> calls = new ArrayList<>();
        RecordedThread thread = event.getThread("sampledThread");
        calls.add(thread == null || thread.getJavaName() == null ? "?" : thread.getJavaName());
        if (event.getStackTrace() != null) {
            List<RecordedFrame> frames = event.getStackTrace().getFrames();
            for (int i = Math.min(frames.size(), MAX_DEPTH) - 1; i >= 0; i--) {
                calls.add(name(frames.get(i)));
            }
        }
        return calls;
    }

    private static String name(RecordedFrame frame) {
        String type = frame.getMethod().getType().getName();
        return type.substring(type.lastIndexOf('.') + 1) + "." + frame.getMethod().getName();
    }

    /** How often the threads were seen at work. */
    public int samples() {
        return stacks.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** The methods that were seen at work most often, and how often. */
    public List<Map.Entry<String, Integer>> topFrames(int count) {
        Map<String, Integer> frames = stacks.entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().getLast(), Map.Entry::getValue, Integer::sum));
        return frames.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(count).toList();
    }
}
