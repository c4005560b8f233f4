package dev.proctap.pipes.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.pipes.Speech;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Noise reduction makes speech in noise clearer, measured against the speech, and makes no clicks. */
class DenoisersTest {

    private static final int RATE_HZ = 48_000;
    private static final double SNR_DB = 10;
    private static final int LEAD_FRAMES = RATE_HZ / 2;
    private static final double FLOOR = 0.05;

    /** Half a second of silence, then speech. */
    private static float[] speech() {
        float[] said = Speech.say(Speech.TEXT, RATE_HZ);
        float[] result = new float[LEAD_FRAMES + said.length + RATE_HZ];
        System.arraycopy(said, 0, result, LEAD_FRAMES, said.length);
        return result;
    }

    private static float[] noiseFor(float[] speech) {
        return Speech.noise(speech.length, Speech.activeRms(speech, RATE_HZ) * Decibels.toFactor(-SNR_DB), 11);
    }

    private static float[] sum(float[] a, float[] b) {
        float[] result = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            result[i] = a[i] + b[i];
        }
        return result;
    }

    /** Applied to the stream, and put back in its place. */
    private static float[] aligned(AudioFilter filter, float[] samples) {
        int delay = filter.latencyFrames();
        float[] longer = Arrays.copyOf(samples, samples.length + delay);
        filter.process(longer, longer.length);
        return Arrays.copyOfRange(longer, delay, longer.length);
    }

    /**
     * Segmental signal to noise ratio, the usual way (Quackenbush, Barnwell and Clements 1988): the mean over frames of 20 ms
     * in which there is speech, each between -10 and 35 dB.
     */
    private static double segmentalSnr(float[] clean, float[] heard) {
        int block = RATE_HZ / 50;
        double threshold = Speech.activeRms(clean, RATE_HZ) / 100;
        double sum = 0;
        int count = 0;
        for (int at = LEAD_FRAMES; at + block <= clean.length; at += block) {
            double signal = 0;
            double error = 0;
            for (int i = at; i < at + block; i++) {
                signal += (double) clean[i] * clean[i];
                error += (double) (heard[i] - clean[i]) * (heard[i] - clean[i]);
            }
            if (Math.sqrt(signal / block) > threshold) {
                sum += Math.clamp(10 * Math.log10(signal / Math.max(error, 1e-20)), -10, 35);
                count++;
            }
        }
        return sum / count;
    }

    @ParameterizedTest
    @EnumSource
    void segmentalSnrGainsSixDecibels(SpectralDenoiser.Method method) {
        float[] speech = speech();
        float[] noisy = sum(speech, noiseFor(speech));
        double before = segmentalSnr(speech, noisy);
        for (NoiseSource source : new NoiseSource[]{NoiseSource.FIRST_MOMENTS, NoiseSource.QUIET_PARTS,
                new NoiseSource.Sample(Arrays.copyOf(noiseFor(speech), RATE_HZ))}) {
            float[] heard = aligned(new SpectralDenoiser(RATE_HZ, 1, method, source, FLOOR), noisy);
            assertThat(segmentalSnr(speech, heard) - before).as("gain with %s", source).isGreaterThan(6);
        }
    }

    @ParameterizedTest
    @EnumSource
    void noiseAloneIsTakenDownAndSpeechAloneIsLeft(SpectralDenoiser.Method method) {
        float[] speech = speech();
        float[] noise = noiseFor(speech);
        float[] rest = aligned(new SpectralDenoiser(RATE_HZ, 1, method, NoiseSource.FIRST_MOMENTS, FLOOR), noise);
        double reduction = Decibels.ofFactor(
                Speech.rms(rest, RATE_HZ, rest.length) / Speech.rms(noise, RATE_HZ, noise.length));
        assertThat(reduction).isLessThan(-15);
        // hardly any noise: 60 dB below
        float[] almostClean = sum(speech, Speech.noise(speech.length, Speech.activeRms(speech, RATE_HZ) / 1000, 5));
        float[] heard = aligned(new SpectralDenoiser(RATE_HZ, 1, method, NoiseSource.FIRST_MOMENTS, FLOOR),
                almostClean);
        assertThat(segmentalSnr(speech, heard)).isGreaterThan(20);
    }

    /** What is far above the noise passes, without a trace of the blocks. */
    @ParameterizedTest
    @EnumSource
    void aToneHasNoTraceOfBlocks(SpectralDenoiser.Method method) {
        float[] noise = Speech.noise(4 * RATE_HZ, 1e-4, 2);
        float[] tone = noise.clone();
        for (int i = LEAD_FRAMES; i < tone.length; i++) {
            tone[i] += (float) (0.5 * Math.sin(2 * Math.PI * 997.3 * i / RATE_HZ));
        }
        float[] heard = aligned(new SpectralDenoiser(RATE_HZ, 1, method, NoiseSource.FIRST_MOMENTS, FLOOR), tone);
        float[] error = new float[RATE_HZ];
        for (int i = 0; i < error.length; i++) {
            error[i] = heard[2 * RATE_HZ + i] - tone[2 * RATE_HZ + i];
        }
        assertThat(Decibels.ofFactor(Speech.rms(error, 0, error.length) / 0.354)).isLessThan(-60);
    }

    /** Where gains change all the time, what is at the borders of blocks is no rougher than what is between them. */
    @ParameterizedTest
    @EnumSource
    void speechHasNoClicksAtTheBordersOfBlocks(SpectralDenoiser.Method method) {
        float[] speech = speech();
        SpectralDenoiser denoiser = new SpectralDenoiser(RATE_HZ, 1, method, NoiseSource.FIRST_MOMENTS, FLOOR);
        float[] heard = aligned(denoiser, sum(speech, noiseFor(speech)));
        int hop = denoiser.hopFrames();
        double[] roughness = new double[hop];
        for (int i = LEAD_FRAMES; i < heard.length - 2; i++) {
            double bend = heard[i] - 2 * heard[i + 1] + heard[i + 2];
            roughness[i % hop] += bend * bend;
        }
        double mean = Arrays.stream(roughness).average().orElseThrow();
        double[] smooth = new double[hop / 8];
        for (int i = 0; i < hop; i++) {
            smooth[i / 8] += roughness[i] / 8 / mean;
        }
        for (int i = 0; i < smooth.length; i++) {
            // the same factor for all places: a click of the blocks would be always at the same
            assertThat(smooth[i]).as("around frame %s of a block", i * 8).isBetween(0.6, 1.6);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8_000, 16_000, 44_100, 96_000})
    void theLatencyIs10To16MillisecondsAtEveryRate(int rate) {
        SpectralDenoiser denoiser = new SpectralDenoiser(rate, 2, SpectralDenoiser.Method.WIENER,
                NoiseSource.QUIET_PARTS, FLOOR);
        assertThat(1000.0 * denoiser.latencyFrames() / rate).isBetween(10.0, 16.1);
    }

    @Test
    void withoutNoiseEverythingPassesAlmostExactly() {
        float[] tone = new float[RATE_HZ];
        for (int i = 0; i < tone.length; i++) {
            tone[i] = (float) (0.5 * Math.sin(2 * Math.PI * 997.3 * i / RATE_HZ));
        }
        SpectralDenoiser denoiser = new SpectralDenoiser(RATE_HZ, 1, SpectralDenoiser.Method.WIENER,
                new NoiseSource.Sample(Speech.noise(RATE_HZ, 1e-7, 1)), 0);
        float[] heard = aligned(denoiser, tone);
        for (int i = 5000; i < 40_000; i++) {
            assertThat(heard[i]).isCloseTo(tone[i], within(1e-4f));
        }
    }

    @Test
    void theSimpleOneQuietensPausesAndLeavesSpeech() {
        float[] speech = speech();
        float[] noise = noiseFor(speech);
        float[] noisy = sum(speech, noise);
        float[] heard = aligned(new SimpleDenoiser(RATE_HZ, 1, NoiseSource.FIRST_MOMENTS, FLOOR), noisy);
        double pause = Speech.rms(heard, heard.length - RATE_HZ / 2, heard.length)
                / Speech.rms(noisy, noisy.length - RATE_HZ / 2, noisy.length);
        assertThat(Decibels.ofFactor(pause)).isLessThan(-9);
        assertThat(segmentalSnr(speech, heard)).isGreaterThan(segmentalSnr(speech, noisy) - 1);
        double loud = 0;
        for (int i = LEAD_FRAMES; i < speech.length; i++) {
            if (Math.abs(speech[i]) > 0.3) {
                loud = Math.max(loud, Math.abs(heard[i] - noisy[i]));
            }
        }
        assertThat(loud).isLessThan(0.02);
    }
}
