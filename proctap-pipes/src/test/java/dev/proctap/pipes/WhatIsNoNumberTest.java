package dev.proctap.pipes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.analysis.Analysis;
import dev.proctap.pipes.analysis.AudioAnalyzer;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A program that plays something which is no number costs a sample, and nothing of what follows. */
class WhatIsNoNumberTest {

    private static final int FRAMES = 30_000;
    private static final PcmFormat FORMAT = new PcmFormat(48_000, 2, SampleFormat.F32)
            .withByteOrder(ByteOrder.nativeOrder());

    private static float[] sound(float... bad) {
        Random random = new Random(4);
        float[] samples = new float[FRAMES * 2];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (float) (0.3 * random.nextGaussian());
        }
        for (int i = 0; i < 3; i++) {
            samples[10_001 + 777 * i] = bad[i];
        }
        return samples;
    }

    private static ByteBuffer through(String effects, float[] samples) {
        FilterPipe pipe = new FilterPipe(FORMAT, Effects.parse(effects).chain(FORMAT));
        return pipe.process(MemorySegment.ofArray(samples), FRAMES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"highpass=80", "peak=1000:5:2", "gate=-30", "compress", "limit=-6", "denoise=simple",
            "denoise=spectral_gate", "denoise=wiener", "normalize", "loudness=-16"})
    void itCountsAsSilence(String effects) {
        float[] samples = sound(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
        assertThat(through(effects, samples)).isEqualTo(through(effects, sound(0, 0, 0)));
    }

    @Test
    void itIsNotMeasured() {
        AudioAnalyzer analyzer = new AudioAnalyzer(FORMAT);
        analyzer.process(sound(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY), FRAMES);
        AudioAnalyzer other = new AudioAnalyzer(FORMAT);
        other.process(sound(0, 0, 0), FRAMES);
        Analysis analysis = analyzer.snapshot();
        assertThat(analysis.integratedLufs()).isEqualTo(other.snapshot().integratedLufs());
        assertThat(analysis.truePeakDb()).isEqualTo(other.snapshot().truePeakDb());
        assertThat(analysis.rmsDb()).isEqualTo(other.snapshot().rmsDb());
    }
}
