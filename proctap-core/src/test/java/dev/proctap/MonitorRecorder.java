package dev.proctap;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Records what the sink plays, everything mixed, with a program that has nothing to do with us. */
final class MonitorRecorder implements AutoCloseable {

    /** More than there ever is between the sink and its monitor's recording. */
    private static final long LATENCY_NANOS = 2_000_000_000;

    private final Program recorder;
    private final Path file;
    private final long startFrames;
    private final long startNanos = System.nanoTime();

    private MonitorRecorder(Program recorder, Path file) {
        this.recorder = recorder;
        this.file = file;
        this.startFrames = size(file) / 8;
    }

    /** Returns when it records. */
    static MonitorRecorder start(AudioServer server, Path file) {
        Program recorder = server.start("parec", "--raw", "--format=float32ne", "--rate=48000", "--channels=2",
                "--latency-msec=500", "--device=" + AudioServer.SINK + ".monitor", file.toString());
        Await.until(() -> "parec does not record: " + recorder.output(), Duration.ofSeconds(10),
                () -> size(file) > 0);
        return new MonitorRecorder(recorder, file);
    }

    private static long size(Path file) {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it has written what was played until now, ends it and returns everything. */
    Recording finish() {
        long played = startFrames
                + (System.nanoTime() - startNanos + LATENCY_NANOS) * Signal.SAMPLE_RATE_HZ / 1_000_000_000;
        Await.until("parec is late", Duration.ofSeconds(20), () -> size(file) >= played * 8);
        recorder.signal("INT");
        recorder.waitForExit(Duration.ofSeconds(10));
        return Recording.ofFloats(file);
    }

    @Override
    public void close() {
        recorder.close();
    }
}
