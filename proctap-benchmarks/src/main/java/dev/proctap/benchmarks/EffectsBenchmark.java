package dev.proctap.benchmarks;

import dev.proctap.pcm.PcmFormat;
import dev.proctap.pipes.Effects;
import dev.proctap.pipes.analysis.AudioAnalyzer;
import dev.proctap.pipes.filter.AudioFilter;
import dev.proctap.pipes.filter.LoudnessMeter;
import java.util.Random;
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

/** What each effect takes for 10 ms of 48 kHz stereo. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class EffectsBenchmark {

    private static final int CHUNK_FRAMES = 480;
    private static final int CHUNKS = 100;

    @Param({"highpass=80", "lowpass=8000:8", "peak=1000:6", "gate", "compress", "limit=-6", "denoise=simple",
            "denoise=spectral_gate", "denoise=wiener", "normalize", "loudness", "loudness meter", "analyzer"})
    public String effect = "";

    private AudioFilter filter = new LoudnessMeter(48_000, PcmFormat.STANDARD.layout());
    private final float[] sound = new float[CHUNKS * CHUNK_FRAMES * 2];
    private final float[] chunk = new float[CHUNK_FRAMES * 2];
    private int at;

    public EffectsBenchmark() {
        // JMH sets the parameter
    }

    /** A second of noise that swells. */
    @Setup
    public void prepare() {
        Random random = new Random(1);
        for (int i = 0; i < sound.length; i++) {
            sound[i] = (float) (random.nextGaussian() * 0.2 * (1 + Math.sin(i * 1e-4)));
        }
        filter = switch (effect) {
            case "loudness meter" -> new LoudnessMeter(48_000, PcmFormat.STANDARD.layout());
            case "analyzer" -> new AudioAnalyzer(PcmFormat.STANDARD);
            default -> Effects.parse(effect).chain(PcmFormat.STANDARD);
        };
    }

    /** One chunk. */
    @Benchmark
    public float[] chunk() {
        System.arraycopy(sound, at * chunk.length, chunk, 0, chunk.length);
        at = (at + 1) % CHUNKS;
        filter.process(chunk, CHUNK_FRAMES);
        return chunk;
    }
}
