package dev.proctap.linux.pipewire;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PipeWireCaptureTest {

    /** What the server makes of it, see docs/pipewire.md. */
    private static long cycle(int millis) {
        return Long.highestOneBit(PipeWireCapture.cycleToAskFor(Duration.ofMillis(millis)));
    }

    @ParameterizedTest
    @CsvSource({"1, 32", "2, 64", "3, 128", "5, 256", "10, 512", "20, 1024", "40, 2048", "43, 2048"})
    void roundLatenciesMeanTheUsualCycles(int millis, int frames) {
        assertThat(cycle(millis)).isEqualTo(frames);
    }

    @Property
    void theCycleIsNeverMoreThanATenthLongerThanTheLatencyAskedFor(@ForAll @IntRange(min = 1, max = 1000) int millis) {
        assertThat(cycle(millis)).isBetween(48L * millis / 2, 48L * millis * 11 / 10);
        assertThat(PipeWireCapture.cycleToAskFor(Duration.ofMillis(millis))).isGreaterThanOrEqualTo(48L * millis);
    }
}
