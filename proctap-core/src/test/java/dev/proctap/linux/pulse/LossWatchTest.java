package dev.proctap.linux.pulse;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Frames that the server did not hand out are seen, and nothing else is taken for that. */
class LossWatchTest {

    private static final int RATE_HZ = 48_000;
    private static final long MILLI = 1_000_000;

    private final LossWatch watch = new LossWatch(nanos -> nanos * RATE_HZ / 1_000_000_000);

    /** What a timing says at a time, when so many frames of those that the time took are missing. */
    private long check(long millis, long missingFrames) {
        long rendered = millis * RATE_HZ / 1000 - missingFrames;
        return watch.check(new Timing(millis * MILLI, rendered, rendered, millis * MILLI, Duration.ZERO));
    }

    @Test
    void nothingIsMissingWhileFramesComeAsTimeGoes() {
        for (long millis = 0; millis < 60_000; millis += 500) {
            assertThat(check(millis, 0)).isZero();
            assertThat(watch.doubts()).isFalse();
        }
    }

    @Test
    void whatIsMissingIsToldOnceItIsCertainAndOnlyOnce() {
        check(0, 0);
        for (int i = 1; i < LossWatch.CONFIRMATIONS; i++) {
            assertThat(check(i * 30L, 4_800)).as("it may only be late").isZero();
            assertThat(watch.doubts()).isTrue();
        }
        assertThat(check(LossWatch.CONFIRMATIONS * 30L, 4_800)).isEqualTo(4_800);
        assertThat(watch.doubts()).isFalse();
        for (long millis = 200; millis < 5_000; millis += 30) {
            assertThat(check(millis, 4_800)).as("told already").isZero();
        }
    }

    @Test
    void theLeastOfWhatWasSeenIsCertain() {
        check(0, 0);
        long[] seen = {9_000, 5_000, 7_000, 8_000};
        long told = 0;
        for (int i = 0; i < seen.length; i++) {
            told = check((i + 1) * 30L, seen[i]);
        }
        assertThat(told).isEqualTo(5_000);
    }

    @Test
    void whatATimingHidIsToldByThoseAfterIt() {
        check(0, 0);
        check(30, 480_000);
        check(60, 472_000);
        check(90, 480_000);
        assertThat(check(120, 480_000)).isEqualTo(472_000);
        long told = 0;
        for (long millis = 150; millis < 1_000; millis += 30) {
            told += check(millis, 480_000);
        }
        assertThat(told).isEqualTo(8_000);
        assertThat(watch.doubts()).isFalse();
    }

    @Test
    void framesThatComeLateAreNotMissing() {
        check(0, 0);
        check(30, 4_800);
        check(60, 4_800);
        assertThat(check(90, 0)).isZero();
        assertThat(watch.doubts()).isFalse();
        assertThat(check(120, 4_800)).as("counting begins anew").isZero();
    }

    /** A sink whose clock is slower by 300 millionths lacks 1,037 frames after a minute: not lost, never played. */
    @Test
    void aClockThatIsSlowerLosesNothing() {
        for (long millis = 0; millis < 600_000; millis += 500) {
            assertThat(check(millis, Math.round(millis / 1000.0 * RATE_HZ * 300e-6))).isZero();
            assertThat(watch.doubts()).as("after %d ms", millis).isFalse();
        }
    }

    @Test
    void timeInWhichNothingWasToBeRenderedIsForgotten() {
        check(0, 0);
        watch.reset();
        assertThat(check(10_000, 480_000)).isZero();
        for (long millis = 10_030; millis < 12_000; millis += 30) {
            assertThat(check(millis, 480_000)).isZero();
        }
    }
}
