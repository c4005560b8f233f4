package dev.proctap.benchmarks;

import dev.proctap.pcm.SampleEncoder;
import dev.proctap.pcm.SampleFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time to convert a chunk of 10 ms, 48 kHz stereo, from float32. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SampleEncoderBenchmark {

    private static final int SAMPLES = 960;

    @Param({"F32", "S16", "S24"})
    SampleFormat format = SampleFormat.F32;

    private final MemorySegment in = Arena.ofAuto().allocate(SAMPLES * 4L, 64);
    private final MemorySegment out = Arena.ofAuto().allocate(SAMPLES * 4L, 64);
    private SampleEncoder encoder = new SampleEncoder(format);

    /** Made by JMH. */
    public SampleEncoderBenchmark() {}

    /** Fills the input with noise. */
    @Setup
    public void fill() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < SAMPLES; i++) {
            in.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
        }
        encoder = new SampleEncoder(format);
    }

    /** One chunk. */
    @Benchmark
    public MemorySegment chunk() {
        encoder.encode(in, 0, out, 0, SAMPLES);
        return out;
    }
}
