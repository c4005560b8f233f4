package dev.proctap.pipes.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pipes.Speech;
import dev.proctap.pipes.filter.Decibels;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Levels, spectra, bands and pitch read what was played. */
class AudioAnalyzerTest {

    private static final int RATE_HZ = 48_000;
    private static final PcmFormat MONO = PcmFormat.STANDARD.withLayout(ChannelLayout.MONO);

    private static float[] sine(double hz, double amplitude, double seconds) {
        float[] samples = new float[(int) (seconds * RATE_HZ)];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (float) (amplitude * Math.sin(2 * Math.PI * hz * i / RATE_HZ));
        }
        return samples;
    }

    private static Analysis analyse(float[] samples, AudioAnalyzer.Settings settings) {
        AudioAnalyzer analyzer = new AudioAnalyzer(MONO, settings);
        float[] passed = samples.clone();
        analyzer.process(passed, passed.length);
        assertThat(passed).as("what is analysed passes unchanged").isEqualTo(samples);
        return analyzer.snapshot();
    }

    private static double highest(Analysis analysis) {
        double highest = Double.NEGATIVE_INFINITY;
        for (float db : analysis.spectrumDb()) {
            highest = Math.max(highest, db);
        }
        return highest;
    }

    @ParameterizedTest
    @EnumSource
    void aFullScaleSineReadsZeroAtAnyOffsetWithinTheStatedScalloping(Window window) {
        for (int length : new int[]{512, 2048, 16_384}) {
            for (double offset = 0; offset <= 0.5; offset += 0.1) {
                double hz = (Math.floor(1000.0 * length / RATE_HZ) + offset) * RATE_HZ / length;
                double reads = highest(analyse(sine(hz, 1, 1),
                        AudioAnalyzer.Settings.DEFAULTS.withFftLength(length).withWindow(window).withSmoothing(0)));
                // short windows let the sine's own mirror leak in a little
                assertThat(reads).as("%s frames, %s of a bin", length, offset).isBetween(-window.scallopingDb() - 0.05,
                        0.05);
            }
        }
    }

    @Test
    void theFlatTopReadsWithinATenth() {
        assertThat(Window.FLAT_TOP.scallopingDb()).isLessThan(0.1);
    }

    @Test
    void levelsAreThoseOfTheSignal() {
        Analysis analysis = analyse(sine(1000, 0.5, 2), AudioAnalyzer.Settings.DEFAULTS);
        assertThat(analysis.rmsDb()).isCloseTo(-9.03, within(0.01));
        assertThat(analysis.overallRmsDb()).isCloseTo(-9.03, within(0.01));
        assertThat(analysis.peakDb()).isCloseTo(-6.02, within(0.01));
        assertThat(analysis.truePeakDb()).isCloseTo(-6.02, within(0.1));
        assertThat(analysis.momentaryLufs()).isCloseTo(-9.02, within(0.1));
        assertThat(analysis.integratedLufs()).isCloseTo(-9.02, within(0.1));
        assertThat(analysis.seconds()).isEqualTo(2);
        assertThat(analysis.silent()).isFalse();
        assertThat(analysis.clippedSamples()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aToneIsInItsBandAlone(Band band) {
        double hz = Math.sqrt(band.fromHz() * band.toHz());
        Analysis analysis = analyse(sine(hz, 0.1, 2), AudioAnalyzer.Settings.DEFAULTS.withFftLength(16_384)
                .withWindow(Window.BLACKMAN_HARRIS));
        for (Band each : Band.values()) {
            if (each == band) {
                assertThat(analysis.bandsDb().get(each)).isCloseTo(-20, within(0.2));
            } else {
                assertThat(analysis.bandsDb().get(each)).as("%s", each).isLessThan(-60);
            }
        }
    }

    @Test
    void noiseHasTheSumOfItsPowerInAllBands() {
        float[] noise = Speech.noise(5 * RATE_HZ, 0.1, 8);
        Analysis analysis = analyse(noise, AudioAnalyzer.Settings.DEFAULTS.withSmoothing(0.98));
        double sum = analysis.bandsDb().values().stream().mapToDouble(db -> Math.pow(10, db / 10)).sum();
        // of 24 kHz the bands have 19,980 Hz, and a sine of full scale has a power of a half
        assertThat(Decibels.ofPower(sum)).isCloseTo(-20 + 3.01 + Decibels.ofPower(19_980 / 24_000.0), within(0.3));
    }

    @ParameterizedTest
    @ValueSource(doubles = {55, 110, 220.5, 440, 997.3, 2500, 4186})
    void thePitchOfATone(double hz) {
        assertThat(analyse(sine(hz, 0.3, 1), AudioAnalyzer.Settings.DEFAULTS).pitchHz()).isCloseTo(hz,
                within(hz * 0.005));
    }

    @Test
    void thePitchOfAVoiceIsItsFundamentalEvenWhereItIsWeak() {
        float[] voice = new float[RATE_HZ];
        for (int harmonic = 1; harmonic < 12; harmonic++) {
            float[] one = sine(130 * harmonic, harmonic == 1 ? 0.01 : 0.1 / harmonic, 1);
            for (int i = 0; i < voice.length; i++) {
                voice[i] += one[i];
            }
        }
        assertThat(analyse(voice, AudioAnalyzer.Settings.DEFAULTS).pitchHz()).isCloseTo(130, within(1.0));
        assertThat(analyse(Speech.noise(RATE_HZ, 0.1, 3), AudioAnalyzer.Settings.DEFAULTS).pitchHz()).isNaN();
        assertThat(analyse(new float[RATE_HZ], AudioAnalyzer.Settings.DEFAULTS).pitchHz()).isNaN();
    }

    @Test
    void peaksAreHeldAsLongAsWasAsked() {
        AudioAnalyzer analyzer = new AudioAnalyzer(MONO,
                AudioAnalyzer.Settings.DEFAULTS.withPeakHold(Duration.ofMillis(500)));
        float[] loud = sine(1000, 0.8, 0.1);
        analyzer.process(loud, loud.length);
        float[] soft = sine(1000, 0.1, 0.4);
        analyzer.process(soft, soft.length);
        assertThat(analyzer.snapshot().heldPeakDb()).isCloseTo(Decibels.ofFactor(0.8), within(0.01));
        assertThat(analyzer.snapshot().peakDb()).isCloseTo(-20, within(0.01));
        analyzer.process(soft, soft.length);
        assertThat(analyzer.snapshot().heldPeakDb()).isCloseTo(-20, within(0.01));
        assertThat(analyzer.snapshot().highestPeakDb()).isCloseTo(Decibels.ofFactor(0.8), within(0.01));
    }

    @Test
    void silenceAndClippingAreCounted() {
        Analysis silence = analyse(new float[RATE_HZ], AudioAnalyzer.Settings.DEFAULTS);
        assertThat(silence.silent()).isTrue();
        assertThat(silence.silentSeconds()).isEqualTo(1);
        assertThat(silence.rmsDb()).isEqualTo(Double.NEGATIVE_INFINITY);
        float[] clipped = sine(1000, 2, 0.1);
        int expected = 0;
        for (int i = 0; i < clipped.length; i++) {
            clipped[i] = Math.clamp(clipped[i], -1f, 1f);
            expected += Math.abs(clipped[i]) == 1 ? 1 : 0;
        }
        assertThat(analyse(clipped, AudioAnalyzer.Settings.DEFAULTS).clippedSamples()).isEqualTo(expected);
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new AudioAnalyzer(MONO, AudioAnalyzer.Settings.DEFAULTS.withFftLength(1000)))
                .hasMessageContaining("512, 1024");
        assertThatThrownBy(() -> new AudioAnalyzer(MONO, AudioAnalyzer.Settings.DEFAULTS.withOverlap(1)))
                .hasMessageContaining("overlap");
    }
}
