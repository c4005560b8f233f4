package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What the sink plays is the same, bit for bit, whatever a tap or its process does. */
@ExtendWith(RealPipeWire.class)
class TapNeverDisturbsPlaybackTest {

    private static final int LONG = 60 * SECOND;
    private static final int PIECES = 6;
    private static final int PIECE_FRAMES = SECOND;
    private static final int WITHIN = PIECE_FRAMES / 4;
    private static final Signal PLAYED = Signal.noise(1);

    @TempDir
    Path folder;

    private interface Disturbance {
        void happen(Program target) throws InterruptedException;
    }

    private void assertUndisturbed(PipeWireServer server, Disturbance disturbance) throws InterruptedException {
        try (MonitorRecorder monitor = MonitorRecorder.start(server, folder.resolve("monitor.raw"))) {
            Program target = Taps.play(server, PLAYED.write(folder.resolve("played.wav"), LONG));
            long start = System.nanoTime();
            disturbance.happen(target);
            int atLeast = (int) ((System.nanoTime() - start) * SECOND / 1_000_000_000);
            Recording heard = monitor.finish();
            Recording.Match match = heard.match(PLAYED, LONG);
            Taps.assertExact(match);
            assertThat(match.frames()).isGreaterThan(atLeast);
        }
    }

    @Test
    void openingAndClosing(PipeWireServer server) throws InterruptedException {
        assertUndisturbed(server, target -> {
            for (int i = 0; i < 20; i++) {
                try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
                    assertThat(tap.read(Duration.ofSeconds(5))).isNotNull();
                }
            }
        });
    }

    /** A sink that must wake up first is not linked yet when the tap finds the program: the tap must not start it. */
    @Test
    void aTapThatWaitsForAProgramTakesNothingOfItsBeginning(PipeWireServer server)
            throws InterruptedException, IOException {
        server.useLongCycles();
        // newer servers have no passive links: there a tap comes when the sink has the stream, and may miss a cycle
        boolean passiveLinks = server.version().compareTo(ModuleDescriptor.Version.parse("0.3.68")) < 0;
        int recordedFrom = passiveLinks ? 0 : 2048;
        Path heard = folder.resolve("heard.raw");
        Program target = playsEachPieceWhenAsked(server);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()),
                TapOptions.DEFAULTS.withWaitForTarget(true).withQueue(Duration.ofSeconds(5))).start()) {
            // passive: it does not keep the sink awake
            server.start("parec", "--raw", "--format=float32ne", "--rate=48000", "--channels=2", "--latency-msec=100",
                    "--property=node.passive=true", "--device=" + PipeWireServer.SINK + ".monitor", heard.toString());
            for (int i = 1; i <= PIECES; i++) {
                Await.until("the sink does not fall asleep", Duration.ofSeconds(20),
                        () -> server.run("pw-cli", "info", PipeWireServer.SINK).contains("suspended"));
                Signal piece = Signal.noise(i);
                int before = Recording.ofFloats(heard).frames();
                folder.resolve("go" + i).toFile().createNewFile();
                Recording recording = Taps.recordUntil(tap, new Recording(),
                        r -> r.firstSilence(r.firstSound(0), SECOND / 4) < r.frames());
                assertBeginning(recording, recording.firstSound(0) + WITHIN, piece, recordedFrom);
                Await.until("the sink plays piece " + i, Duration.ofSeconds(10),
                        () -> Recording.ofFloats(heard).frames() > before + 2 * WITHIN);
                assertBeginning(Recording.ofFloats(heard), before + WITHIN, piece, 0);
            }
        }
    }

    /** The beginning of {@code piece} is there from one of its first frames on to one somewhere in its middle. */
    private static void assertBeginning(Recording recording, int middle, Signal piece, int from) {
        Recording.Match rest = recording.match(piece, PIECE_FRAMES, middle, middle + WITHIN / 2);
        Taps.assertExact(rest);
        int begin = (int) (middle - rest.signalFrame());
        Recording.Match beginning = recording.match(piece, PIECE_FRAMES, begin + from, middle);
        Taps.assertExact(beginning);
        assertThat(beginning.signalFrame()).isEqualTo(from);
    }

    private Program playsEachPieceWhenAsked(PipeWireServer server) {
        StringBuilder script = new StringBuilder();
        for (int i = 1; i <= PIECES; i++) {
            Path piece = Signal.noise(i).write(folder.resolve(i + ".wav"), PIECE_FRAMES);
            script.append("while [ ! -e ").append(folder.resolve("go" + i)).append(" ]; do sleep 0.05; done; pw-play ")
                    .append(piece).append("; ");
        }
        return server.start("sh", "-c", script + "sleep 60");
    }

    @Test
    void aConsumerThatBlocksForFiveSeconds(PipeWireServer server) throws InterruptedException {
        assertUndisturbed(server, target -> {
            CountDownLatch blocked = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start(chunk -> {
                blocked.countDown();
                try {
                    go.await(10, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            })) {
                assertThat(blocked.await(5, TimeUnit.SECONDS)).isTrue();
                TimeUnit.SECONDS.sleep(5); // the time itself is what is tried
                go.countDown();
                // nothing is lost between the server and us, only in the queue, and that is counted
                assertThat(tap.statistics().framesLost()).isGreaterThan(3 * SECOND);
                assertThat(tap.statistics().losses())
                        .allMatch(loss -> loss.cause() == TapStatistics.LossCause.CONSUMER);
            }
        });
    }

    @Test
    void fullGarbageCollections(PipeWireServer server) throws InterruptedException {
        assertUndisturbed(server, target -> {
            try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
                for (int i = 0; i < 10; i++) {
                    System.gc();
                    assertThat(tap.read(Duration.ofSeconds(5))).isNotNull();
                }
            }
        });
    }

    @Test
    void aProcessThatIsStoppedForTwoSeconds(PipeWireServer server) throws InterruptedException {
        assertUndisturbed(server, target -> {
            Program capturing = ForkedJava.start(server, Map.of(), List.of(), CapturesForEver.class, target.pid());
            Await.until(capturing::output, Duration.ofSeconds(20), () -> capturing.output().contains("captures"));
            capturing.signal("STOP");
            TimeUnit.SECONDS.sleep(2); // the time itself is what is tried
            capturing.signal("CONT");
            Await.until("it goes on: " + capturing.output(), Duration.ofSeconds(20),
                    () -> capturing.output().contains("goes on"));
            capturing.signal("STOP");
            capturing.close();
        });
    }

    /** Captures until it is killed; says so when it begins, and when it goes on after a loss. */
    static final class CapturesForEver {

        private CapturesForEver() {}

        public static void main(String[] arguments) throws InterruptedException {
            try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(Long.parseLong(arguments[0]))).start()) {
                boolean first = true;
                while (true) {
                    AudioChunk chunk = tap.read(Duration.ofSeconds(5));
                    if (chunk != null && first) {
                        System.out.println("captures");
                        first = false;
                    }
                    if (chunk != null && chunk.lostFramesBefore() > 0) {
                        System.out.println("goes on, lost " + chunk.lostFramesBefore());
                    }
                }
            }
        }
    }
}
