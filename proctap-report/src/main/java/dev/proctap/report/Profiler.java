package dev.proctap.report;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;

/** A flight recording of what may be the cause where a tap does not run well. */
final class Profiler implements AutoCloseable {

    private static final Duration SHORT = Duration.ofMillis(1);

    private static final Duration VERY_SHORT = Duration.ofNanos(50_000);

    private final Recording recording = new Recording();

    private Profiler() {
        recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
        recording.enable("jdk.NativeMethodSample").withPeriod(Duration.ofMillis(10));
        for (String always : List.of("jdk.GarbageCollection", "jdk.GCPhasePause", "jdk.ThreadStart",
                "dev.proctap.Dropout", "dev.proctap.StreamLinked", "dev.proctap.Reconnect", "dev.proctap.SlowCallback",
                "dev.proctap.GcOverlap")) {
            recording.enable(always).withoutStackTrace();
        }
        for (String waiting : List.of("jdk.ThreadSleep", "jdk.ThreadPark", "jdk.JavaMonitorEnter",
                "jdk.JavaMonitorWait", "jdk.SocketWrite")) {
            recording.enable(waiting).withThreshold(SHORT);
        }
        // many short writes are a slow disk, too
        for (String writing : List.of("jdk.FileWrite", "jdk.FileForce")) {
            recording.enable(writing).withThreshold(VERY_SHORT);
        }
        recording.start();
    }

    static Profiler start() {
        return new Profiler();
    }

    /** Ends, leaves the recording in a file, and reads it. */
    Profile finish(Path file) throws IOException {
        try (recording) {
            recording.stop();
            recording.dump(file);
        }
        return Profile.read(file);
    }

    @Override
    public void close() {
        recording.close();
    }
}
