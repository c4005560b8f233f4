package dev.proctap.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.AudioChunk;
import dev.proctap.AudioProcess;
import dev.proctap.AudioTarget;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapOptions;
import dev.proctap.report.Finding.Cause;
import dev.proctap.report.Finding.Issue;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each fault is put into a capture that is otherwise fine, and is found by its type and its cause. */
@Tag("alone")
class FaultsAreFoundTest {

    private static final TapOptions SHORT_QUEUE = TapOptions.DEFAULTS.withQueue(Duration.ofMillis(100));

    private static PipeWireServer server = PipeWireServer.start();

    @TempDir
    Path folder;

    private long pid;

    @BeforeEach
    void play() {
        System.setProperty("dev.proctap.pipewire.remote", server.remote());
        Program player = server.play(Signal.noise(1).write(folder.resolve("noise.wav"), 60L * Signal.SAMPLE_RATE_HZ));
        pid = player.pid();
        Await.until(() -> player + " plays", Duration.ofSeconds(20), () -> AudioProcess.list().stream()
                .anyMatch(process -> process.pid() == pid && process.playing()));
    }

    @AfterEach
    void silence() {
        server.closePrograms();
    }

    @AfterAll
    static void stop() {
        System.clearProperty("dev.proctap.pipewire.remote");
        server.close();
    }

    private Diagnosis diagnose(TapOptions options, int seconds, Consumer<AudioChunk> callback)
            throws IOException, InterruptedException {
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(pid), options).start(callback)) {
            Await.until("the first chunk", Duration.ofSeconds(10), () -> tap.statistics().chunksDelivered() > 0);
            try (Measurement measurement = Measurement.start(tap, folder.resolve("profile.jfr"))) {
                Thread.sleep(seconds * 1000L); // the time that is measured
                return Diagnosis.of(measurement.finish());
            }
        }
    }

    private static void assertFirst(Diagnosis diagnosis, Issue type, Cause cause) {
        assertThat(diagnosis.findings()).as("findings").first().satisfies(finding -> {
            assertThat(finding.issue()).as(finding.toString()).isEqualTo(type);
            assertThat(finding.cause()).as(finding.toString()).isEqualTo(cause);
        });
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whereNothingIsWrongNoDropoutNoLeakAndNoForcedCollectionIsFound() throws IOException, InterruptedException {
        assertThat(diagnose(TapOptions.DEFAULTS, 4, chunk -> {}).findings()).extracting(Finding::cause)
                .doesNotContain(Cause.CONSUMER_SLEEPS, Cause.LEAK, Cause.FORCED_COLLECTION, Cause.PIPE_STALLS,
                        Cause.DISK_IS_SLOW, Cause.SHORT_CYCLES, Cause.CONSUMER_IS_SLOW);
    }

    @Test
    void aConsumerThatSleeps() throws IOException, InterruptedException {
        assertFirst(diagnose(SHORT_QUEUE, 4, chunk -> sleep(15)), Issue.DROPOUTS, Cause.CONSUMER_SLEEPS);
    }

    @Test
    void aConsumerThatCalculates() throws IOException, InterruptedException {
        assertFirst(diagnose(SHORT_QUEUE, 4, chunk -> {
            long start = System.nanoTime();
            while (System.nanoTime() - start < 15_000_000) {
                Thread.onSpinWait();
            }
        }), Issue.DROPOUTS, Cause.CONSUMER_IS_SLOW);
    }

    @Test
    void cyclesThatAreVeryShort() throws IOException, InterruptedException {
        server.run("pw-metadata", "-n", "settings", "0", "clock.force-quantum", "32");
        try {
            assertThat(diagnose(TapOptions.DEFAULTS, 4, chunk -> {}).findings()).first()
                    .satisfies(finding -> assertThat(finding.cause()).isEqualTo(Cause.SHORT_CYCLES));
        } finally {
            server.run("pw-metadata", "-n", "settings", "0", "clock.force-quantum", "0");
        }
    }

    @Test
    void aMachineThatIsBusyWithSomethingElse() throws IOException, InterruptedException {
        List<Program> loops = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
                loops.add(server.start("sh", "-c", "while :; do :; done"));
            }
            assertThat(diagnose(TapOptions.DEFAULTS, 5, chunk -> {}).findings()).extracting(Finding::cause)
                    .contains(Cause.BUSY_MACHINE);
        } finally {
            loops.forEach(Program::close);
        }
    }

    @Test
    void aPipeThatNobodyReadsForAWhile() throws IOException, InterruptedException {
        Process reader = new ProcessBuilder("sh", "-c", "sleep 3; exec cat >/dev/null").start();
        try (OutputStream pipe = reader.getOutputStream()) {
            byte[] bytes = new byte[3840];
            assertFirst(diagnose(SHORT_QUEUE, 5, chunk -> {
                try {
                    chunk.bytes().get(bytes);
                    pipe.write(bytes);
                    pipe.flush();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }), Issue.DROPOUTS, Cause.PIPE_STALLS);
        } finally {
            reader.destroyForcibly().waitFor();
        }
    }

    @Test
    void aDiskThatTakesItsTime() throws IOException, InterruptedException {
        try (FileChannel file = FileChannel.open(folder.resolve("sound.raw"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE)) {
            ByteBuffer block = ByteBuffer.allocateDirect(1 << 22);
            assertFirst(diagnose(SHORT_QUEUE, 4, chunk -> {
                try {
                    long start = System.nanoTime();
                    while (System.nanoTime() - start < 15_000_000) {
                        file.write(block.clear(), 0);
                        file.force(true);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }), Issue.DROPOUTS, Cause.DISK_IS_SLOW);
        }
    }

    @Test
    void collectionsThatTheProgramAsksFor() throws IOException, InterruptedException {
        assertFirst(diagnose(SHORT_QUEUE, 4, chunk -> {
            long start = System.nanoTime();
            while (System.nanoTime() - start < 15_000_000) {
                System.gc();
            }
        }), Issue.DROPOUTS, Cause.FORCED_COLLECTION);
    }

    @Test
    void aCallbackThatKeepsWhatItGets() throws IOException, InterruptedException {
        List<byte[]> kept = new ArrayList<>();
        assertFirst(diagnose(TapOptions.DEFAULTS, 4, chunk -> kept.add(new byte[20_000])), Issue.MEMORY, Cause.LEAK);
        assertThat(kept).hasSizeGreaterThan(100);
    }
}
