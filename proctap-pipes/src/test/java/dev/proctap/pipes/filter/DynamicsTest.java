package dev.proctap.pipes.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.pcm.ChannelLayout;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Gates close, compressors compress by their ratio, limiters let nothing above, normalizers arrive. */
class DynamicsTest {

    private static final int RATE_HZ = 48_000;

    private static float[] sine(double hz, double amplitude, int frames) {
        float[] samples = new float[frames];
        for (int i = 0; i < frames; i++) {
            samples[i] = (float) (amplitude * Math.sin(2 * Math.PI * hz * i / RATE_HZ));
        }
        return samples;
    }

    private static double rms(float[] samples, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += (double) samples[i] * samples[i];
        }
        return Math.sqrt(sum / (to - from));
    }

    private static float highest(float[] samples) {
        float highest = 0;
        for (float sample : samples) {
            highest = Math.max(highest, Math.abs(sample));
        }
        return highest;
    }

    @Test
    void aGateLeavesLoudSoundAloneAndSilencesSoftSound() {
        NoiseGate gate = new NoiseGate(RATE_HZ, 1);
        float[] loud = sine(100, 0.5, RATE_HZ);
        float[] passed = loud.clone();
        gate.process(passed, RATE_HZ);
        assertThat(passed).as("the gate begins open, and stays so between crests").isEqualTo(loud);
        float[] soft = sine(100, 0.005, RATE_HZ);
        gate.process(soft, RATE_HZ);
        assertThat(rms(soft, RATE_HZ / 2, RATE_HZ)).isLessThan(1e-6);
        float[] again = loud.clone();
        gate.process(again, RATE_HZ);
        // five time constants of 5 ms, counted from the first crest above the threshold
        assertThat(rms(again, 1500, RATE_HZ)).isCloseTo(rms(loud, 1500, RATE_HZ), within(0.003));
    }

    @Test
    void theGatesTimeConstantsAreThoseThatWereAsked() {
        NoiseGate gate = new NoiseGate(RATE_HZ, 1, -40, 10, 50, 0);
        float[] silence = new float[RATE_HZ];
        gate.process(silence, RATE_HZ);
        float[] steady = new float[480];
        Arrays.fill(steady, 0.5f);
        gate.process(steady, 480);
        assertThat(steady[479]).as("after one time constant of attack")
                .isCloseTo((float) (0.5 * (1 - Math.exp(-1))), within(1e-3f));
    }

    @Test
    void aCompressorDividesWhatIsAboveTheThreshold() {
        Compressor compressor = new Compressor(RATE_HZ, 1, -20, 4, 0, 1, 2000, 0);
        for (double level : new double[]{-40, -21, -12, -6, 0}) {
            compressor.reset();
            float[] tone = sine(997, Decibels.toFactor(level), RATE_HZ);
            compressor.process(tone, RATE_HZ);
            double expected = level < -20 ? level : -20 + (level + 20) / 4;
            double measured = Decibels.ofFactor(rms(tone, RATE_HZ / 2, RATE_HZ) * Math.sqrt(2));
            assertThat(measured).as("%s dB", level).isCloseTo(expected, within(0.5));
        }
    }

    @Test
    void aSteadyLevelGetsTheGainOfTheFormula() {
        for (double kneeDb : new double[]{0, 6}) {
            Compressor compressor = new Compressor(RATE_HZ, 2, -30, 4, kneeDb, 0, 0, 3);
            for (double level = 1e-6; level < 1e4; level *= 1.0007) {
                float[] frame = {0, (float) level};
                compressor.process(frame, 1);
                double db = Decibels.ofFactor(frame[1] / level);
                assertThat(db).isCloseTo(3 + compressor.gainDb(Decibels.ofFactor(level)),
                        within(kneeDb == 0 ? 0.01 : 0.001));
            }
        }
    }

    @Test
    void aKneeBendsWithoutACorner() {
        Compressor compressor = new Compressor(RATE_HZ, 1, -20, 4, 10, 1, 100, 0);
        assertThat(compressor.gainDb(-25)).isZero();
        assertThat(compressor.gainDb(-15)).isCloseTo(-0.75 * 5, within(1e-9));
        assertThat(compressor.gainDb(-20)).isCloseTo(-0.75 * 25 / 20, within(1e-9));
        for (double db = -30; db < 0; db += 0.01) {
            double slope = (compressor.gainDb(db + 0.01) - compressor.gainDb(db)) / 0.01;
            assertThat(slope).isBetween(-0.7501, 0.0001);
        }
    }

    @Test
    void aLimiterLetsNothingAboveItsCeiling() {
        Random random = new Random(3);
        Limiter limiter = new Limiter(RATE_HZ, 2, -6, 5, 50, false);
        float[] samples = new float[2 * RATE_HZ];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (float) (random.nextGaussian() * (random.nextInt(500) == 0 ? 20 : 0.2));
        }
        limiter.process(samples, RATE_HZ);
        assertThat(highest(samples)).isLessThanOrEqualTo((float) Decibels.toFactor(-6));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aLimiterForgetsWhatIsNoNumber(int channels) {
        Limiter limiter = new Limiter(RATE_HZ, channels, -6, 5, 50, false);
        float[] samples = new float[RATE_HZ * channels];
        Arrays.fill(samples, 0.8f);
        Arrays.fill(samples, 1000 * channels, 1001 * channels, Float.NaN);
        limiter.process(samples, RATE_HZ);
        float[] later = Arrays.copyOfRange(samples, 2000 * channels, samples.length);
        assertThat(highest(later)).isCloseTo((float) Decibels.toFactor(-6), within(1e-6f));
        for (float sample : later) {
            assertThat(sample).isPositive();
        }
    }

    @Test
    void aLimiterPassesWhatNeedsNoneBitForBitAndItsGainNeverJumps() {
        float[] quiet = sine(440, 0.5, RATE_HZ);
        Limiter limiter = new Limiter(RATE_HZ, 1);
        float[] passed = quiet.clone();
        limiter.process(passed, RATE_HZ);
        int delay = limiter.latencyFrames();
        assertThat(delay).isEqualTo(240);
        for (int i = delay; i < RATE_HZ; i++) {
            assertThat(passed[i]).isEqualTo(quiet[i - delay]);
        }
        limiter.reset();
        float[] burst = new float[RATE_HZ];
        Arrays.fill(burst, 0.5f);
        for (int i = 20_000; i < 20_100; i++) {
            burst[i] = 4;
        }
        limiter.process(burst, RATE_HZ);
        for (int i = delay + 1; i < RATE_HZ; i++) {
            boolean edge = i == 20_000 + delay || i == 20_100 + delay;
            if (!edge) {
                assertThat(Math.abs(burst[i] - burst[i - 1])).as("frame %s", i).isLessThan(0.01f);
            }
        }
        assertThat(highest(burst)).isLessThanOrEqualTo((float) Decibels.toFactor(-1));
    }

    @Test
    void aTruePeakLimiterLimitsTheWaveBetweenSamples() {
        // a quarter of the rate, sampled beside its crests: samples of 0.707 of a wave of 1
        float[] tone = new float[RATE_HZ];
        for (int i = 0; i < RATE_HZ; i++) {
            tone[i] = (float) Math.sin(Math.PI / 2 * i + Math.PI / 4);
        }
        Limiter limiter = new Limiter(RATE_HZ, 1, -1, 5, 50, true);
        limiter.process(tone, RATE_HZ);
        LoudnessMeter meter = new LoudnessMeter(RATE_HZ, ChannelLayout.MONO);
        // the beginning, which is a step, aside
        float[] settled = Arrays.copyOfRange(tone, 4800, RATE_HZ);
        float[] faded = settled.clone();
        for (int i = 0; i < 4800; i++) {
            faded[i] *= i / 4800f;
        }
        meter.process(faded, faded.length);
        assertThat(meter.truePeakDb()).isBetween(-1.3, -0.95);
    }

    @Test
    void aNormalizerArrivesAtItsLevelAndGivesNoMoreGainThanAllowed() {
        GainNormalizer normalizer = new GainNormalizer(RATE_HZ, 1);
        float[] soft = sine(300, 0.06, 20 * RATE_HZ);
        normalizer.process(soft, soft.length);
        assertThat(rms(soft, 19 * RATE_HZ, soft.length)).isCloseTo(0.1, within(0.001));
        normalizer.reset();
        float[] faint = sine(300, 0.001, 20 * RATE_HZ);
        normalizer.process(faint, faint.length);
        double gain = rms(faint, 19 * RATE_HZ, faint.length) / (0.001 / Math.sqrt(2));
        assertThat(Decibels.ofFactor(gain)).isCloseTo(12, within(0.05));
    }

    @Test
    void aLoudnessNormalizerArrivesAtItsLoudness() {
        for (double level : new double[]{-35, -30, -10}) {
            LoudnessNormalizer normalizer = new LoudnessNormalizer(RATE_HZ, ChannelLayout.MONO, -20, -1);
            float[] tone = sine(997, Decibels.toFactor(level), 30 * RATE_HZ);
            normalizer.process(tone, tone.length);
            LoudnessMeter meter = new LoudnessMeter(RATE_HZ, ChannelLayout.MONO);
            float[] end = Arrays.copyOfRange(tone, 20 * RATE_HZ, tone.length);
            meter.process(end, end.length);
            assertThat(meter.integratedLufs()).as("from %s dB", level).isCloseTo(-20, within(0.3));
        }
    }

    @Test
    void widthZeroIsMonoAndOneChangesNothing() {
        float[] samples = {0.5f, -0.25f, 1, 0};
        new StereoWidth(2, 1).process(samples, 2);
        assertThat(samples).containsExactly(new float[]{0.5f, -0.25f, 1, 0}, within(1e-7f));
        new StereoWidth(2, 0).process(samples, 2);
        assertThat(samples).containsExactly(new float[]{0.125f, 0.125f, 0.5f, 0.5f}, within(1e-7f));
    }
}
