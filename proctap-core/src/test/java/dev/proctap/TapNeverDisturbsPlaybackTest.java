package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What the sink plays is the same, bit for bit, whatever a tap or its process does. */
@Tag("alone")
@ClassTemplate
@ExtendWith(OnRealServers.class)
class TapNeverDisturbsPlaybackTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal PLAYED = Signal.noise(1);

    @TempDir
    Path folder;

    private interface Disturbance {
        void happen(Program target) throws InterruptedException;
    }

    private void assertUndisturbed(AudioServer server, Disturbance disturbance) throws InterruptedException {
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
    void openingAndClosing(AudioServer server) throws InterruptedException {
        assertUndisturbed(server, target -> {
            for (int i = 0; i < 20; i++) {
                try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
                    assertThat(tap.read(Duration.ofSeconds(5))).isNotNull();
                }
            }
        });
    }

    @Test
    void aConsumerThatBlocksForFiveSeconds(AudioServer server) throws InterruptedException {
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
    void fullGarbageCollections(AudioServer server) throws InterruptedException {
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
    void aProcessThatIsStoppedForTwoSeconds(AudioServer server) throws InterruptedException {
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

    /** Captures until it is killed; says so when it begins, and when it goes on after a second. */
    static final class CapturesForEver {

        private CapturesForEver() {}

        public static void main(String[] arguments) throws InterruptedException {
            try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(Long.parseLong(arguments[0]))).start()) {
                long previous = 0;
                while (true) {
                    if (tap.read(Duration.ofSeconds(5)) != null) {
                        long now = System.nanoTime();
                        if (previous == 0) {
                            System.out.println("captures");
                        } else if (now - previous > 1_000_000_000) {
                            System.out.println("goes on");
                        }
                        previous = now;
                    }
                }
            }
        }
    }
}
