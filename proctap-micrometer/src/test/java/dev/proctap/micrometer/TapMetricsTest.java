package dev.proctap.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.AudioProcess;
import dev.proctap.AudioTarget;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapStatistics;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry of meters shows what the tap's statistics say. */
class TapMetricsTest {

    @Test
    void metersAreThoseOfTheTap(@TempDir Path folder) {
        try (PipeWireServer server = PipeWireServer.start()) {
            System.setProperty("dev.proctap.pipewire.remote", server.remote());
            Program player = server
                    .play(Signal.noise(1).write(folder.resolve("noise.wav"), 30L * Signal.SAMPLE_RATE_HZ));
            Await.until("it plays", Duration.ofSeconds(20), () -> AudioProcess.list().stream()
                    .anyMatch(process -> process.pid() == player.pid() && process.playing()));
            MeterRegistry registry = new SimpleMeterRegistry();
            try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(player.pid()))) {
                new TapMetrics(tap, Tags.of("target", "player")).bindTo(registry);
                assertThat(registry.get("proctap.latency.p99").timeGauge().value(TimeUnit.MILLISECONDS)).isNaN();
                tap.start(chunk -> {});
                Await.until("100 chunks", Duration.ofSeconds(20), () -> tap.statistics().chunksDelivered() >= 100);
                tap.stop();
                TapStatistics statistics = tap.statistics();
                assertThat(registry.get("proctap.chunks.delivered").tag("target", "player").functionCounter().count())
                        .isEqualTo((double) statistics.chunksDelivered());
                assertThat(registry.get("proctap.frames.captured").functionCounter().count())
                        .isEqualTo((double) statistics.framesCaptured());
                assertThat(registry.get("proctap.frames.lost").functionCounter().count()).isZero();
                assertThat(registry.get("proctap.latency.p99").timeGauge().value(TimeUnit.NANOSECONDS))
                        .isEqualTo((double) statistics.deliveryLatency().p99().toNanos());
            }
            assertThat(registry.get("proctap.latency.p99").timeGauge().value(TimeUnit.MILLISECONDS)).isNaN();
        } finally {
            System.clearProperty("dev.proctap.pipewire.remote");
        }
    }
}
