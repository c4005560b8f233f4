package dev.proctap.linux.pipewire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.TapStatistics.LossCause;
import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.spi.CaptureSink;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Between two cycles as many frames come as ticks went by; what is missing was lost or silent. */
class CaptureClockTest {

    private static final int CYCLE = 1024;
    private static final PcmFormat FORMAT = PcmFormat.STANDARD;

    /** Notes what it is given, as words. */
    private static final class Notes implements CaptureSink {
        final List<String> notes = new ArrayList<>();

        @Override
        public void write(MemorySegment samples, long offset, int frames, long timeNanos) {
            notes.add("frames " + frames);
        }

        @Override
        public void silence(long frames, long timeNanos) {
            if (frames > 0) {
                notes.add("silence " + frames);
            }
        }

        @Override
        public void omitSilence() {
            notes.add("omit");
        }

        @Override
        public void lost(long frames, LossCause cause) {
            notes.add("lost " + frames + " " + cause);
        }

        @Override
        public void event(TapEvent event) {}

        @Override
        public void end(@Nullable ProcTapException failure) {}

        @Override
        public ChannelLayout layout() {
            return ChannelLayout.STEREO;
        }
    }

    private final Notes sink = new Notes();
    private final CaptureClock clock = new CaptureClock(FORMAT, sink);

    /** A cycle that begins at tick {@code ticks}, of a driver whose ticks began at time 10 s. */
    private void cycle(CaptureClock of, long ticks, int frames) {
        of.anchor(10_000_000_000L + FORMAT.framesToNanos(ticks), ticks, 1, 48_000, frames, frames);
        of.write(MemorySegment.NULL, 0, frames);
    }

    private void cycle(long ticks) {
        cycle(clock, ticks, CYCLE);
    }

    @Test
    void cyclesInARowAreWithoutGap() {
        for (int i = 0; i < 100; i++) {
            cycle(i * (long) CYCLE);
        }
        assertThat(sink.notes).hasSize(100).containsOnly("frames 1024");
    }

    @Test
    void severalBuffersAtOnceAreWithoutGap() {
        cycle(0);
        // three buffers, of which the time is that of the second
        clock.anchor(10_000_000_000L + FORMAT.framesToNanos(2 * CYCLE), 2 * CYCLE, 1, 48_000, 2 * CYCLE, CYCLE);
        for (int i = 0; i < 3; i++) {
            clock.write(MemorySegment.NULL, 0, CYCLE);
        }
        cycle(4 * CYCLE);
        assertThat(sink.notes).containsOnly("frames 1024");
    }

    @Test
    void whatDidNotComeWhileTheGraphRanWasLost() {
        cycle(0);
        cycle(5 * CYCLE);
        assertThat(sink.notes).containsExactly("frames 1024", "lost 4096 SERVER", "frames 1024");
    }

    @Test
    void whatDidNotComeWhileNothingWasLinkedIsSilence() {
        cycle(0);
        clock.setIdle(true);
        clock.setIdle(false);
        cycle(5 * CYCLE + 7);
        assertThat(sink.notes).containsExactly("frames 1024", "silence 4103", "frames 1024");
    }

    @Test
    void silenceThatWasWrittenAheadIsNotWrittenAgain() {
        cycle(0);
        clock.setIdle(true);
        long now = 10_000_000_000L + 1_250_000_000L; // silence is written 250 ms late
        clock.fillSilence(now);
        clock.fillSilence(now);
        clock.setIdle(false);
        cycle(96_000);
        assertThat(sink.notes).containsExactly("frames 1024", "silence " + (48_000 - 1024), "silence " + 48_000,
                "frames 1024");
    }

    @Test
    void anotherDriverWithOtherTicksIsComparedByTime() {
        cycle(0);
        clock.anchor(10_000_000_000L + FORMAT.framesToNanos(5 * CYCLE), 777_000_000, 1, 48_000, CYCLE, CYCLE);
        clock.write(MemorySegment.NULL, 0, CYCLE);
        assertThat(sink.notes).containsExactly("frames 1024", "silence 4096", "frames 1024");
    }

    /** As {@link #cycle}, but later than its tick tells. */
    private void lateCycle(long lateFrames, long ticks, int frames) {
        clock.anchor(10_000_000_000L + FORMAT.framesToNanos(ticks + lateFrames), ticks, 1, 48_000, frames, frames);
        clock.write(MemorySegment.NULL, 0, frames);
    }

    @Test
    void aCycleThatIsLateBecauseItsLengthChangedIsWithoutGap() {
        // nothing was linked before
        clock.setIdle(true);
        clock.setIdle(false);
        cycle(clock, 0, 2048);
        // the timer was set for 2048 frames when the cycle became one of 256
        cycle(clock, 2048, 256);
        lateCycle(1792, 2304, 256);
        lateCycle(1792, 2560, 256);
        assertThat(sink.notes).containsExactly("frames 2048", "frames 256", "frames 256", "frames 256");
    }

    @Test
    void aDriverThatCountsACycleAtItsBeginningIsWithoutGapWhenItsLengthChanges() {
        cycle(clock, 0, 256);
        lateCycle(256 - 2048, 2048, 2048);
        lateCycle(256 - 2048, 4096, 2048);
        assertThat(sink.notes).containsExactly("frames 256", "frames 2048", "frames 2048");
    }

    @Test
    void aPauseInWhichTheDriverStoodStillIsSilence() {
        cycle(0);
        clock.setIdle(true);
        clock.setIdle(false);
        lateCycle(100_000, CYCLE, CYCLE);
        assertThat(sink.notes).containsExactly("frames 1024", "silence 100000", "frames 1024");
    }

    @Test
    void aLossRightAfterTheStartIsCounted() {
        cycle(0);
        cycle(2 * CYCLE);
        assertThat(sink.notes).containsExactly("frames 1024", "lost 1024 SERVER", "frames 1024");
    }

    @Test
    void aClockReadTooLateSeemsToBeALossAndIsNone() {
        cycle(0);
        assertThat(clock.seemsLost(10_000_000_000L + FORMAT.framesToNanos(2 * CYCLE), 2 * CYCLE, 1, 48_000, CYCLE,
                CYCLE)).isTrue();
        // the next cycle's clock, with the frames of both
        long nanos = 10_000_000_000L + FORMAT.framesToNanos(2 * CYCLE);
        assertThat(clock.seemsLost(nanos, 2 * CYCLE, 1, 48_000, 2 * CYCLE, CYCLE)).isFalse();
        clock.anchor(nanos, 2 * CYCLE, 1, 48_000, 2 * CYCLE, CYCLE);
        clock.write(MemorySegment.NULL, 0, CYCLE);
        clock.write(MemorySegment.NULL, 0, CYCLE);
        cycle(3 * CYCLE);
        assertThat(sink.notes).containsOnly("frames 1024");
    }

    @Test
    void aLossThatWasToldAndWasNoneIsSetOffAgainstTheNext() {
        cycle(0);
        cycle(2 * CYCLE);
        cycle(2 * CYCLE);
        cycle(3 * CYCLE);
        cycle(6 * CYCLE);
        cycle(9 * CYCLE);
        assertThat(sink.notes).containsExactly("frames 1024", "lost 1024 SERVER", "frames 1024", "frames 1024",
                "frames 1024", "lost 1024 SERVER", "frames 1024", "lost 2048 SERVER", "frames 1024");
    }

    @Test
    void aClockReadTooLateAtTheStartHidesNoLoss() {
        cycle(CYCLE);
        cycle(CYCLE);
        cycle(3 * CYCLE);
        assertThat(sink.notes).containsExactly("frames 1024", "frames 1024", "lost 1024 SERVER", "frames 1024");
    }

    @Test
    void theTimeThatAServerWasAwayIsLost() {
        cycle(0);
        clock.serverLost();
        clock.anchor(12_000_000_000L, 50, 1, 48_000, CYCLE, CYCLE);
        clock.write(MemorySegment.NULL, 0, CYCLE);
        assertThat(sink.notes).containsExactly("frames 1024", "lost " + (96_000 - 1024) + " RECONNECT", "frames 1024");
    }
}
