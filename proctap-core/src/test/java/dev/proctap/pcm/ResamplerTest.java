package dev.proctap.pcm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.testbed.Tone;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What comes out is what went in, at another rate, and nothing else: measured with tones and impulses. */
@Execution(ExecutionMode.CONCURRENT)
@Tag("alone")
class ResamplerTest {

    private static final int[][] RATES = {{44_100, 48_000}, {48_000, 44_100}, {48_000, 16_000}, {16_000, 48_000},
            {96_000, 48_000}, {48_000, 96_000}, {8_000, 48_000}, {48_000, 8_000}, {44_100, 16_000}, {11_025, 48_000},
            // periods too long for a table
            {44_100, 47_999}, {48_000, 44_099}, {8_000, 191_999}};

    static Stream<Arguments> ratesAndQualities() {
        return Arrays.stream(RATES).flatMap(rates -> Arrays.stream(ResampleQuality.values())
                .map(quality -> Arguments.of(rates[0], rates[1], quality)));
    }

    /** All that comes out for so many frames of one channel, the end included. */
    private static double[] resample(Resampler resampler, int frames, IntToDoubleFunction samples) {
        double[] in = new double[frames];
        Arrays.setAll(in, samples);
        double[] head = new double[resampler.outputFrames(frames)];
        assertThat(resampler.process(in, frames, head)).isEqualTo(head.length);
        double[] all = Arrays.copyOf(head, head.length + resampler.flushFrames());
        double[] silence = new double[512];
        double[] piece = new double[resampler.mostOutputFrames(512)];
        for (int done = head.length; done < all.length;) {
            int n = resampler.flush(silence, 512, piece);
            System.arraycopy(piece, 0, all, done, n);
            done += n;
        }
        return all;
    }

    private static double promisedDb(ResampleQuality quality) {
        return switch (quality) {
            case BEST -> -140;
            case MEDIUM -> -110;
            case FAST -> -80;
        };
    }

    /** Up to where a quality passes everything, in parts of the lower rate. */
    private static double passband(ResampleQuality quality) {
        return switch (quality) {
            case BEST -> 0.45;
            case MEDIUM -> 0.44;
            case FAST -> 0.41;
        };
    }

    private static double tone(double frequencyHz, int rate, int frame) {
        return Math.sin(Tone.angle(frequencyHz, rate, frame));
    }

    /** Amplitude of the tone, and of everything else, in dB, in the middle of a signal. */
    private record Measured(double toneDb, double restDb) {}

    private static Measured measure(double[] signal, double frequencyHz, int rate) {
        Tone tone = Tone.fit(signal, signal.length / 4, signal.length * 3 / 4, frequencyHz, rate);
        return new Measured(20 * Math.log10(tone.amplitude()), 20 * Math.log10(tone.rest() + 1e-12));
    }

    private static double rmsDb(double[] signal) {
        double sum = 0;
        int from = signal.length / 4;
        int to = signal.length * 3 / 4;
        for (int i = from; i < to; i++) {
            sum += signal[i] * signal[i];
        }
        return 20 * Math.log10(Math.sqrt(2 * sum / (to - from)) + 1e-12);
    }

    @ParameterizedTest
    @MethodSource("ratesAndQualities")
    void tonesPassAloneAndUnchangedOrNotAtAll(int from, int to, ResampleQuality quality) {
        int lower = Math.min(from, to);
        int frames = from / 2;
        for (double part : new double[]{0.001, 0.02, 0.1, 0.2, 0.3, 0.35, 0.4, 0.41, 0.44, 0.45, 0.46, 0.48, 0.495}) {
            double frequency = part * lower;
            Resampler resampler = new Resampler(from, to, 1, quality, false);
            double[] out = resample(resampler, frames, i -> tone(frequency, from, i));
            Measured measured = measure(out, frequency, to);
            assertThat(measured.restDb()).as("images and aliases of %s Hz", frequency)
                    .isLessThan(promisedDb(quality));
            if (part <= passband(quality)) {
                assertThat(measured.toneDb()).as("level of %s Hz", frequency).isCloseTo(0, within(0.01));
            } else {
                assertThat(measured.toneDb()).isLessThan(0.01);
            }
        }
        for (double part : new double[]{0.5, 0.51, 0.6, 0.8, 0.999, 1.3, 2.1}) {
            double frequency = part * lower;
            if (frequency < from / 2.0) {
                double[] out = resample(new Resampler(from, to, 1, quality, false), frames,
                        i -> tone(frequency, from, i));
                assertThat(rmsDb(out)).as("what is left of %s Hz", frequency).isLessThan(promisedDb(quality));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ratesAndQualities")
    void aConstantStaysWhatItIs(int from, int to, ResampleQuality quality) {
        Resampler resampler = new Resampler(from, to, 1, quality, false);
        double[] out = resample(resampler, from / 5, i -> 0.75);
        for (int i = out.length / 4; i < out.length * 3 / 4; i++) {
            assertThat(out[i]).isCloseTo(0.75, within(0.75e-6));
        }
    }

    @ParameterizedTest
    @MethodSource("ratesAndQualities")
    void theImpulseResponseIsSymmetric(int from, int to, ResampleQuality quality) {
        // at a frame that is exactly one of the output too
        int gcd = java.math.BigInteger.valueOf(from).gcd(java.math.BigInteger.valueOf(to)).intValue();
        int in = from / gcd * (1 + 8_000 / (from / gcd));
        int middle = (int) ((long) in * to / from);
        double[] out = resample(new Resampler(from, to, 1, quality, false), 2 * in, i -> i == in ? 1 : 0);
        for (int i = 1; i < middle; i++) {
            // interpolated factors are rounded, each for itself
            assertThat(out[middle + i]).as("%d frames from the middle", i)
                    .isCloseTo(out[middle - i], within(to / gcd > 10_000 ? 1e-7 : 0));
        }
        assertThat(out[middle]).isPositive();
    }

    @Test
    void anHourHasExactlyTheFramesOfAnHour() {
        Resampler resampler = new Resampler(44_100, 48_000, 1, ResampleQuality.FAST, false);
        double[] block = new double[44_100];
        double[] out = new double[resampler.mostOutputFrames(44_100)];
        long frames = 0;
        for (int second = 0; second < 3_600; second++) {
            frames += resampler.process(block, 44_100, out);
        }
        assertThat(frames + resampler.flushFrames()).isEqualTo(3_600L * 48_000);
    }

    @Test
    void theDelayIsShort() {
        assertThat(delayMillis(ResampleQuality.BEST)).isLessThan(3);
        assertThat(delayMillis(ResampleQuality.MEDIUM)).isLessThan(1.5);
        assertThat(delayMillis(ResampleQuality.FAST)).isLessThan(0.7);
    }

    private static double delayMillis(ResampleQuality quality) {
        Resampler resampler = new Resampler(44_100, 48_000, 1, quality, false);
        int delay = resampler.delayFrames();
        // so many frames after the first it goes out, and not before
        assertThat(resampler.outputFrames(delay)).isZero();
        assertThat(resampler.outputFrames(delay + 1)).isPositive();
        return delay * 1000.0 / 44_100;
    }

    @Test
    void whatIsNoNumberIsSilence() {
        double[] out = resample(new Resampler(48_000, 44_100, 1, ResampleQuality.MEDIUM, false), 9_000,
                i -> i == 4_000 ? Double.NaN : i == 4_001 ? Double.POSITIVE_INFINITY : 0);
        assertThat(out).containsOnly(0);
    }

    @Test
    void aClockThatDriftsIsFollowedWithoutAClick() {
        int rate = 48_000;
        for (ResampleQuality quality : ResampleQuality.values()) {
            Resampler resampler = new Resampler(rate, rate, 1, quality, true);
            double frequency = 1_000;
            double position = 0;
            double step = 1;
            double worst = 0;
            int fed = 0;
            for (int block = 0; block < 200; block++) {
                if (block % 10 == 3) {
                    double deviation = 1 + 30e-6 * (block / 10 % 5 - 2);
                    resampler.setRatio(deviation);
                    step = Math.round(deviation * (1L << 31)) / (double) (1L << 31);
                }
                int first = fed;
                double[] in = new double[441];
                Arrays.setAll(in, i -> tone(frequency, rate, first + i));
                fed += in.length;
                double[] out = new double[resampler.outputFrames(in.length)];
                assertThat(resampler.process(in, in.length, out)).isEqualTo(out.length);
                for (double sample : out) {
                    double turns = frequency * position / rate;
                    double error = sample - Math.sin(2 * Math.PI * (turns - Math.floor(turns)));
                    worst = position < 1_000 ? 0 : Math.max(worst, Math.abs(error));
                    position += step;
                }
            }
            assertThat(20 * Math.log10(worst)).as("%s", quality).isLessThan(promisedDb(quality) + 6);
            assertThat(position).isGreaterThan(80_000);
        }
        assertThatIllegalArgumentException().isThrownBy(
                () -> new Resampler(rate, rate, 1, ResampleQuality.FAST, true).setRatio(1.03));
    }

    @Test
    void channelsAreIndependent() {
        for (int channels : new int[]{1, 2, 3, 6}) {
            Resampler together = new Resampler(44_100, 48_000, channels, ResampleQuality.MEDIUM, false);
            double[] in = new double[channels * 3_000];
            Arrays.setAll(in, i -> tone(1_000 * (i % channels + 1), 44_100, i / channels));
            double[] out = new double[channels * together.outputFrames(3_000)];
            together.process(in, 3_000, out);
            for (int channel = 0; channel < channels; channel++) {
                double[] alone = resample(new Resampler(44_100, 48_000, 1, ResampleQuality.MEDIUM, false), 3_000,
                        valueOf(channel(in, channel, channels)));
                double[] ofAll = channel(out, channel, channels);
                assertThat(ofAll).containsExactly(Arrays.copyOf(alone, ofAll.length));
            }
        }
    }

    /** So many that the factors of all samples of a frame would be too many to keep. */
    @Test
    void thousandsOfChannelsAreEachLikeOneAlone() {
        int channels = 2_200;
        double[] in = new double[channels * 700];
        Arrays.setAll(in, i -> tone(1_000, 48_000, i / channels));
        Resampler together = new Resampler(48_000, 16_000, channels, ResampleQuality.BEST, false);
        double[] out = new double[channels * together.outputFrames(700)];
        together.process(in, 700, out);
        Resampler mono = new Resampler(48_000, 16_000, 1, ResampleQuality.BEST, false);
        double[] alone = new double[mono.outputFrames(700)];
        mono.process(channel(in, 0, channels), 700, alone);
        assertThat(channel(out, 0, channels)).containsExactly(alone);
        assertThat(channel(out, channels - 1, channels)).containsExactly(alone);
    }

    private static double[] channel(double[] interleaved, int channel, int channels) {
        double[] result = new double[interleaved.length / channels];
        Arrays.setAll(result, i -> interleaved[i * channels + channel]);
        return result;
    }

    @ParameterizedTest
    @MethodSource("ratesAndQualities")
    void theSizesOfBlocksMakeNoDifference(int from, int to, ResampleQuality quality) {
        for (int channels = 1; channels <= 3; channels++) {
            SplittableRandom random = new SplittableRandom(from + channels);
            double[] in = random.doubles(channels * 5_000L, -1, 1).toArray();
            double[] expected = blocks(new Resampler(from, to, channels, quality, false), in,
                    channels, random);
            assertThat(blocks(new Resampler(from, to, channels, quality, false), in, channels,
                    random)).containsExactly(expected);
        }
    }

    /** What comes out where the input comes in blocks of any size. */
    private static double[] blocks(Resampler resampler, double[] in, int channels, SplittableRandom random) {
        double[] all = new double[channels * resampler.outputFrames(in.length / channels)];
        int written = 0;
        for (int at = 0; at < in.length;) {
            int frames = Math.min(random.nextInt(1, 700), (in.length - at) / channels);
            double[] out = new double[channels * resampler.outputFrames(frames)];
            resampler.process(Arrays.copyOfRange(in, at, at + frames * channels), frames, out);
            System.arraycopy(out, 0, all, written, out.length);
            written += out.length;
            at += frames * channels;
        }
        assertThat(written).isEqualTo(all.length);
        return all;
    }

    /** All frequencies that a quality passes, one after the other: what comes out is the sweep itself at the other rate. */
    @ParameterizedTest
    @MethodSource("ratesAndQualities")
    void aSweepIsTheSameSweepAtTheOtherRate(int from, int to, ResampleQuality quality) {
        double seconds = 0.5;
        double highest = (passband(quality) - 0.02) * Math.min(from, to);
        double[] out = resample(new Resampler(from, to, 1, quality, false), (int) (seconds * from),
                i -> sweep((double) i / from, highest, seconds));
        double worst = 0;
        for (int i = out.length / 50; i < out.length * 49 / 50; i++) {
            worst = Math.max(worst, Math.abs(out[i] - sweep((double) i / to, highest, seconds)));
        }
        assertThat(20 * Math.log10(worst)).isLessThan(promisedDb(quality) + 6);
    }

    private static double sweep(double time, double highestHz, double seconds) {
        double turns = highestHz * time * time / (2 * seconds);
        return Math.sin(2 * Math.PI * (turns - Math.floor(turns)));
    }

    private static IntToDoubleFunction valueOf(double[] samples) {
        return i -> samples[i];
    }
}
