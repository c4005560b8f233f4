package dev.proctap.pcm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class PcmFormatTest {

    private static PcmFormat stereo(int sampleRateHz) {
        return new PcmFormat(sampleRateHz, 2, SampleFormat.F32);
    }

    @Property
    void framesAndTheirDurationAgree(@ForAll @IntRange(min = 8_000, max = 384_000) int rate,
            @ForAll @LongRange(min = -1_000_000_000_000L, max = 1_000_000_000_000L) long frames) {
        PcmFormat format = stereo(rate);
        assertThat(format.nanosToFrames(format.framesToNanos(frames))).isEqualTo(frames);
    }

    @Test
    void durationsAreRoundedToTheNearestFrame() {
        assertThat(PcmFormat.STANDARD.frames(Duration.ofMillis(10))).isEqualTo(480);
        assertThat(stereo(44_100).frames(Duration.ofMillis(1))).isEqualTo(44);
        assertThat(PcmFormat.STANDARD.framesToNanos(48_000L * 86_400 * 365)).isEqualTo(86_400L * 365 * 1_000_000_000);
    }

    @Test
    void whatIsNotSupportedIsSaid() {
        assertThatIllegalArgumentException().isThrownBy(() -> stereo(7_999)).withMessageContaining("7999 Hz");
        assertThatIllegalArgumentException().isThrownBy(() -> new PcmFormat(48_000, 7, SampleFormat.F32))
                .withMessageContaining("7 channels");
    }
}
