package dev.proctap.linux.pulse;

import dev.proctap.internal.ffm.Memory;
import dev.proctap.linux.pulse.Pulse.Offsets;
import java.time.Duration;
import java.time.Instant;

/**
 * What the server said of a record stream at one moment ({@code pa_timing_info}).
 *
 * @param nanos
 *            when, on the clock of {@link System#nanoTime}
 * @param written
 *            frames it had made ready for us
 * @param rendered
 *            frames the sink had mixed since the stream began: those written, and those that it holds back because
 *            another stream may yet change what is played with them. Two streams of one sink count in step
 * @param renderedUntilNanos
 *            when the last of them will be played
 * @param latency
 *            how much the source gathers before it hands it out
 */
record Timing(long nanos, long written, long rendered, long renderedUntilNanos, Duration latency) {

    /** What the library knows of a stream right after the answer. */
    static Timing of(RecordStream stream) {
        long info = Pulse.pa_stream_get_timing_info(stream.pointer());
        long seconds = Memory.getLong(info + Offsets.TIMING_INFO_TIMESTAMP);
        long micros = Memory.getLong(info + Offsets.TIMING_INFO_TIMESTAMP + Long.BYTES);
        Duration ago = Duration.between(Instant.ofEpochSecond(seconds, micros * 1000), Instant.now());
        long nanos = System.nanoTime() - ago.toNanos();
        long written = Memory.getLong(info + Offsets.TIMING_INFO_WRITE_INDEX) / stream.frameBytes();
        long heldMicros = Memory.getLong(info + Offsets.TIMING_INFO_SOURCE_USEC);
        long ahead = Memory.getLong(info + Offsets.TIMING_INFO_SINK_USEC) * 1000;
        Duration latency = Duration
                .ofNanos(Memory.getLong(info + Offsets.TIMING_INFO_CONFIGURED_SOURCE_USEC) * 1000);
        return new Timing(nanos, written,
                written + Math.round(heldMicros * (double) stream.sink.sampleRateHz() / 1e6), nanos + ahead, latency);
    }
}
