package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.monitoring.TapMonitor;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.openmbean.CompositeData;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A tap tells how well it does: always, to who asks, to JMX and to JDK Flight Recorder. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class TapMeasuresItselfTest {

    private static final int LONG = 60 * SECOND;

    @TempDir
    Path folder;

    private long playing(AudioServer server) {
        return Taps.play(server, Signal.noise(1).write(folder.resolve("noise.wav"), LONG)).pid();
    }

    @Test
    void itsFiguresAreOfAllThatItDid(AudioServer server) throws InterruptedException {
        long pid = playing(server);
        long start = System.nanoTime();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(pid)).start()) {
            Taps.record(tap, SECOND);
            TapStatistics statistics = tap.statistics();
            Duration until = Duration.ofNanos(System.nanoTime() - start);
            assertThat(statistics.chunksDelivered()).isEqualTo(100);
            assertThat(statistics.framesCaptured()).isBetween((long) SECOND, 2L * SECOND);
            assertThat(statistics.duration()).isBetween(Duration.ofMillis(500), until);
            assertThat(statistics.timeToFirstFrame()).isBetween(Duration.ofNanos(1), until);
            assertThat(statistics.cpuTime()).isBetween(Duration.ofNanos(1), until);
            // the queue of a second alone
            assertThat(statistics.nativeMemoryBytes()).isGreaterThan(8L * SECOND);
            assertThat(statistics.heapUsedBytes()).isPositive();
            assertThat(statistics.dropoutsPerMinute()).isZero();
            TapStatistics.Distribution latency = statistics.deliveryLatency();
            assertThat(latency.count()).isEqualTo(100);
            // a chunk is complete when it has lasted
            assertThat(latency.p50()).isGreaterThan(Duration.ofMillis(5)).isLessThan(Duration.ofSeconds(1));
            assertThat(List.of(latency.p50(), latency.p95(), latency.p99(), latency.p999(), latency.max())).isSorted();
            // the last chunk is still with its consumer
            assertThat(statistics.consumerTime().count()).isEqualTo(99);
        }
    }

    @Test
    void itsFiguresBeginAnewWhenAskedTo(AudioServer server) throws InterruptedException {
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(playing(server))).start()) {
            Taps.record(tap, SECOND / 2);
            Duration first = tap.statistics().timeToFirstFrame();
            tap.resetStatistics();
            TapStatistics anew = tap.statistics();
            assertThat(anew.chunksDelivered()).isZero();
            assertThat(anew.deliveryLatency().count()).isZero();
            assertThat(anew.framesCaptured()).isLessThan(SECOND / 4);
            assertThat(anew.duration()).isLessThan(Duration.ofSeconds(1));
            assertThat(anew.timeToFirstFrame()).isEqualTo(first);
            Taps.record(tap, SECOND / 10);
            assertThat(tap.statistics().chunksDelivered()).isEqualTo(10);
        }
    }

    @Test
    void theTimeOfACallbackIsKnownAndWhatItCosts(AudioServer server) {
        TapOptions options = TapOptions.DEFAULTS.withQueue(Duration.ofMillis(100));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(playing(server)), options)) {
            tap.start(chunk -> sleep(15));
            Await.until(() -> "frames are lost: " + tap.statistics(), Taps.PATIENCE,
                    () -> tap.statistics().framesLost() > 0);
            TapStatistics statistics = tap.statistics();
            assertThat(statistics.consumerTime().p50()).isBetween(Duration.ofMillis(15), Duration.ofMillis(200));
            assertThat(statistics.dropouts()).isPositive();
            assertThat(statistics.dropoutsPerMinute()).isPositive();
            assertThat(statistics.losses()).allMatch(loss -> loss.cause() == TapStatistics.LossCause.CONSUMER);
            tap.resetStatistics();
            assertThat(tap.statistics().losses().size()).isLessThan(statistics.losses().size() + 1);
        }
    }

    private static void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void jmxHasTheSame(AudioServer server) throws InterruptedException, JMException {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(playing(server))).start()) {
            Taps.record(tap, SECOND / 2);
            TapMonitor monitor = TapMonitor.register(tap);
            try (monitor) {
                assertThat(beans.getAttribute(monitor.name(), "ChunksDelivered")).isEqualTo(50L);
                assertThat(beans.getAttribute(monitor.name(), "Running")).isEqualTo(true);
                CompositeData latency = (CompositeData) beans.getAttribute(monitor.name(), "DeliveryLatency");
                assertThat((double) latency.get("p50Millis"))
                        .isEqualTo(tap.statistics().deliveryLatency().p50().toNanos() / 1e6);
                for (var attribute : beans.getMBeanInfo(monitor.name()).getAttributes()) {
                    assertThat(beans.getAttribute(monitor.name(), attribute.getName())).as(attribute.getName())
                            .isNotNull();
                }
                beans.invoke(monitor.name(), "reset", new Object[0], new String[0]);
                assertThat(beans.getAttribute(monitor.name(), "ChunksDelivered")).isEqualTo(0L);
            }
            assertThat(beans.isRegistered(monitor.name())).isFalse();
        }
    }

    @Test
    void aFlightRecordingHasWhatHappened(AudioServer server) throws IOException {
        Path file = folder.resolve("tap.jfr");
        Taps.Events told = new Taps.Events();
        TapOptions options = TapOptions.DEFAULTS.withQueue(Duration.ofMillis(50)).withListener(told);
        AtomicInteger calls = new AtomicInteger();
        try (Recording recording = new Recording()) {
            recording.start();
            try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(playing(server)), options)) {
                tap.start(chunk -> {
                    if (calls.incrementAndGet() % 10 == 0) {
                        System.gc();
                        sleep(200);
                    }
                });
                told.await(TapEvent.FramesLost.class, 2);
                // the second time that the callback sleeps comes after it was told of the first
                Await.until("it was slow once", Taps.PATIENCE, () -> calls.get() >= 20);
            }
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        assertThat(of(events, "dev.proctap.StreamLinked")).isNotEmpty();
        assertThat(of(events, "dev.proctap.Dropout")).isNotEmpty().allSatisfy(event -> {
            assertThat(event.getString("cause")).isEqualTo("CONSUMER");
            assertThat(event.getLong("frames")).isPositive();
            assertThat(event.getDuration("length").toNanos())
                    .isEqualTo(options.format().framesToNanos(event.getLong("frames")));
        });
        assertThat(of(events, "dev.proctap.SlowCallback")).isNotEmpty()
                .allSatisfy(event -> assertThat(event.getDuration("time")).isGreaterThan(event.getDuration("chunk")));
        assertThat(of(events, "dev.proctap.GcOverlap")).isNotEmpty()
                .anySatisfy(event -> assertThat(Objects.requireNonNull(event.getString("collector"))).isNotEmpty());
    }

    private static List<RecordedEvent> of(List<RecordedEvent> events, String name) {
        return events.stream().filter(event -> event.getEventType().getName().equals(name)).toList();
    }
}
