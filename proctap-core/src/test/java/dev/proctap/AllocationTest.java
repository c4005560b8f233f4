package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** In steady state the capture path allocates nothing: the thread that reads takes no byte of heap for a chunk. */
@Tag("alone")
@ExtendWith(RealPipeWire.class)
class AllocationTest {

    private static final int CHUNKS = 1_000;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @ParameterizedTest
    @EnumSource(names = {"F32", "S16"})
    void readingAllocatesNothing(SampleFormat format, PipeWireServer server, @TempDir Path folder)
            throws InterruptedException {
        Program target = Taps.play(server, Signal.noise(1).write(folder.resolve("noise.wav"), 60 * SECOND));
        TapOptions options = TapOptions.DEFAULTS.withChunk(Duration.ofMillis(2)).withLatency(Duration.ofMillis(10))
                .withFormat(PcmFormat.STANDARD.withSampleFormat(format));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()), options).start()) {
            // The JVM links what it had compiled ahead of its first execution, once, and a loss is noted: neither can be in
            // every thousand chunks, where the cost of a chunk would be.
            long least = Long.MAX_VALUE;
            for (int thousands = 0; thousands < 20 && least > 0; thousands++) {
                least = Math.min(least, allocatedBy(CHUNKS, tap, threads));
            }
            assertThat(least).as("bytes allocated for %d chunks in a row", CHUNKS).isZero();
        }
    }

    private static long allocatedBy(int chunks, ProcessAudioTap tap, ThreadMXBean threads) throws InterruptedException {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < chunks; i++) {
            Objects.requireNonNull(tap.read(PATIENCE)).bytes();
        }
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
