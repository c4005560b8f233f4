package dev.proctap.pipes.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.pipes.Speech;
import org.junit.jupiter.api.Test;

/** Speech is told from silence, and by the spectral detector from noise that is as loud. */
class VoiceDetectorsTest {

    private static final int RATE_HZ = 16_000;

    /** The part of the blocks of a stretch that count as speech. */
    private static double share(VoiceDetector detector, float[] samples, int from, int to) {
        int yes = 0;
        int all = 0;
        for (int at = 0; at + detector.blockFrames() <= to; at += detector.blockFrames()) {
            boolean speech = detector.isSpeech(samples, at);
            if (at >= from) {
                all++;
                yes += speech ? 1 : 0;
            }
        }
        return (double) yes / all;
    }

    private static float[] speechInNoise(double noiseRms, int lead) {
        float[] said = Speech.say(Speech.TEXT, RATE_HZ);
        float[] result = Speech.noise(said.length + 2 * lead, noiseRms, 4);
        for (int i = 0; i < said.length; i++) {
            result[lead + i] += said[i];
        }
        return result;
    }

    @Test
    void energyTellsSpeechFromSilence() {
        float[] sound = speechInNoise(1e-4, RATE_HZ);
        EnergyVoiceDetector detector = new EnergyVoiceDetector(RATE_HZ);
        assertThat(share(detector, sound, RATE_HZ / 5, RATE_HZ)).isZero();
        detector.reset();
        assertThat(share(detector, sound, RATE_HZ, sound.length - RATE_HZ)).isGreaterThan(0.85);
    }

    @Test
    void hangoverIsCountedInBlocks() {
        EnergyVoiceDetector detector = new EnergyVoiceDetector(RATE_HZ, -45, 5);
        float[] block = new float[160];
        block[0] = 1;
        float[] silence = new float[160];
        assertThat(detector.isSpeech(block, 0)).isTrue();
        for (int i = 0; i < 5; i++) {
            assertThat(detector.isSpeech(silence, 0)).isTrue();
        }
        assertThat(detector.isSpeech(silence, 0)).isFalse();
    }

    @Test
    void theSpectralDetectorIsNotFooledByLoudNoise() {
        double rms = Speech.activeRms(Speech.say(Speech.TEXT, RATE_HZ), RATE_HZ);
        int lead = 3 * RATE_HZ;
        float[] sound = speechInNoise(rms / 6, lead);
        EnergyVoiceDetector energy = new EnergyVoiceDetector(RATE_HZ);
        assertThat(share(energy, sound, RATE_HZ, lead)).as("energy alone is").isEqualTo(1);
        SpectralVoiceDetector spectral = new SpectralVoiceDetector(RATE_HZ);
        double noise = share(spectral, sound, RATE_HZ, lead);
        spectral.reset();
        double speech = share(spectral, sound, lead, sound.length - lead);
        assertThat(noise).isLessThan(0.05);
        assertThat(speech).isGreaterThan(0.8);
    }

    @Test
    void digitalSilenceIsNoSpeech() {
        assertThat(share(new SpectralVoiceDetector(RATE_HZ), new float[RATE_HZ], 0, RATE_HZ)).isZero();
    }
}
