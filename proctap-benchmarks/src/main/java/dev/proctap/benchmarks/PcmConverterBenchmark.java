package dev.proctap.benchmarks;

import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.ResampleQuality;
import dev.proctap.pcm.SampleFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
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

/** Time to convert a chunk of 10 ms of stereo float32. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PcmConverterBenchmark {

    /** A copy, sample formats, and what else can be done. */
    @Param({"F32", "U8", "S16", "S24", "S24_32", "S32", "F64", "S16 dithered", "mono", "44100 to 48000 BEST",
            "44100 to 48000 MEDIUM", "44100 to 48000 FAST", "48000 to 16000 BEST", "48000 to 16000 MEDIUM",
            "48000 to 16000 FAST"})
    String conversion = "F32";

    private final MemorySegment in = Arena.ofAuto().allocate(8192, 64);
    private final MemorySegment out = Arena.ofAuto().allocate(16_384, 64);
    private PcmConverter converter = converter(conversion);

    /** Made by JMH. */
    public PcmConverterBenchmark() {}

    private static PcmConverter converter(String conversion) {
        PcmFormat standard = PcmFormat.STANDARD;
        ConversionOptions options = ConversionOptions.DEFAULTS;
        return switch (conversion) {
            case "mono" -> new PcmConverter(standard, standard.withLayout(ChannelLayout.MONO));
            case "S16 dithered" ->
                new PcmConverter(standard, standard.withSampleFormat(SampleFormat.S16), options.withDither(true));
            default -> {
                List<String> words = List.of(conversion.split(" "));
                yield words.size() == 1
                        ? new PcmConverter(standard, standard.withSampleFormat(SampleFormat.valueOf(words.getFirst())))
                        : new PcmConverter(standard.withSampleRateHz(Integer.parseInt(words.getFirst())),
                                standard.withSampleRateHz(Integer.parseInt(words.get(2))),
                                options.withQuality(ResampleQuality.valueOf(words.get(3))));
            }
        };
    }

    /** Fills the input with noise. */
    @Setup
    public void fill() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < in.byteSize() / Float.BYTES; i++) {
            in.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
        }
        converter = converter(conversion);
    }

    /** One chunk. */
    @Benchmark
    public int chunk() {
        return converter.convert(in, 0, converter.from().sampleRateHz() / 100, out, 0);
    }
}
