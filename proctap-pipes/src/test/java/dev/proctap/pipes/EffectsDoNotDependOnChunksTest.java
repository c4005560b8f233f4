package dev.proctap.pipes;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pipes.analysis.AudioAnalyzer;
import dev.proctap.pipes.filter.AudioFilter;
import dev.proctap.pipes.filter.LoudnessMeter;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every effect gives the same samples bit for bit however the stream is cut, and allocates nothing while it runs. */
class EffectsDoNotDependOnChunksTest {

    private static final int FRAMES = 60_000;

    static Stream<Arguments> effects() {
        return Stream
                .of("highpass=80", "lowpass=8000:3", "lowshelf=200:6", "highshelf=6000:-4:0.7", "peak=1000:5:2", "dc",
                        "gain=-3", "gate=-30", "compress", "compress=-30:8:1:30", "limit=-6", "denoise=simple",
                        "denoise=spectral_gate", "denoise=wiener:0.1", "normalize", "loudness=-16", "width=1.5", "mono",
                        "highpass=80,denoise=wiener,normalize")
                .flatMap(text -> Stream.of(1, 2, 3, 6).map(channels -> Arguments.of(text, channels)));
    }

    private static PcmFormat format(int channels) {
        return PcmFormat.STANDARD.withLayout(ChannelLayout.of(channels));
    }

    /** Loud and soft parts, with tones, noise and silence. */
    private static float[] sound(int channels) {
        Random random = new Random(channels);
        float[] samples = new float[FRAMES * channels];
        for (int frame = 0; frame < FRAMES; frame++) {
            double loudness = frame % 20_000 < 5_000 ? 0.003 : frame % 20_000 < 15_000 ? 0.9 : 0;
            for (int channel = 0; channel < channels; channel++) {
                samples[frame * channels + channel] = (float) (loudness
                        * (0.7 * Math.sin(frame * 0.05 * (channel + 1)) + 0.3 * random.nextGaussian()));
            }
        }
        return samples;
    }

    @ParameterizedTest(name = "{0}, {1} channels")
    @MethodSource("effects")
    void theSameBitForBit(String text, int channels) {
        float[] whole = sound(channels);
        float[] pieces = whole.clone();
        AudioFilter filter = Effects.parse(text).chain(format(channels));
        filter.process(whole, FRAMES);
        AudioFilter other = Effects.parse(text).chain(format(channels));
        Random random = new Random(7);
        float[] piece = new float[9000 * channels];
        for (int done = 0; done < FRAMES;) {
            int n = Math.min(FRAMES - done, random.nextInt(3) == 0 ? 1 + random.nextInt(3) : random.nextInt(9000));
            System.arraycopy(pieces, done * channels, piece, 0, n * channels);
            other.process(piece, n);
            System.arraycopy(piece, 0, pieces, done * channels, n * channels);
            done += n;
        }
        assertThat(pieces).isEqualTo(whole);
        float[] again = sound(channels);
        other.reset();
        other.process(again, FRAMES);
        assertThat(again).as("after a reset").isEqualTo(whole);
        for (float sample : whole) {
            assertThat(Float.isFinite(sample)).isTrue();
        }
    }

    @ParameterizedTest(name = "{0}, {1} channels")
    @MethodSource("effects")
    void nothingIsAllocated(String text, int channels) {
        assertThat(allocated(Effects.parse(text).chain(format(channels)), channels)).isLessThan(500);
    }

    static Stream<Arguments> meters() {
        return Stream.of(Arguments.of(new LoudnessMeter(48_000, ChannelLayout.STEREO), "loudness"),
                Arguments.of(new AudioAnalyzer(PcmFormat.STANDARD), "analyzer"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("meters")
    void metersAllocateNothing(AudioFilter meter, String name) {
        assertThat(allocated(meter, 2)).isLessThan(500);
    }

    /** The least of some rounds: the JVM itself allocates now and then for a thread. */
    private static long allocated(AudioFilter filter, int channels) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        float[] chunk = new float[480 * channels];
        float[] sound = sound(channels);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 100; i++) {
                System.arraycopy(sound, i * chunk.length, chunk, 0, chunk.length);
                filter.process(chunk, 480);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
