package dev.proctap.pipes.dsp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Both libraries calculate the definition of the Fourier transform, and the powers of the two signals in one. */
class FftTest {

    private static float[] random(int length) {
        Random random = new Random(length);
        float[] complex = new float[2 * length];
        for (int i = 0; i < complex.length; i++) {
            complex[i] = (float) random.nextGaussian();
        }
        return complex;
    }

    /** The real and the imaginary part of a bin, by the definition. */
    private static double[] bin(float[] complex, int bin) {
        int length = complex.length / 2;
        double re = 0;
        double im = 0;
        for (int i = 0; i < length; i++) {
            double angle = -2 * Math.PI * ((long) bin * i % length) / length;
            re += complex[2 * i] * Math.cos(angle) - complex[2 * i + 1] * Math.sin(angle);
            im += complex[2 * i] * Math.sin(angle) + complex[2 * i + 1] * Math.cos(angle);
        }
        return new double[]{re, im};
    }

    @ParameterizedTest
    @CsvSource({"2, true", "2, false", "64, true", "64, false", "1024, true", "1024, false", "16384, true",
            "16384, false"})
    void aTransformIsThatOfTheDefinitionAndItsInverseComesBack(int length, boolean fast) {
        Fft fft = new Fft(length, fast);
        float[] signal = random(length);
        float[] spectrum = signal.clone();
        fft.forward(spectrum);
        double tolerance = 2e-6 * length;
        for (int bin : new int[]{0, 1, length / 2, length - 1}) {
            double[] expected = bin(signal, bin);
            assertThat((double) spectrum[2 * bin]).isCloseTo(expected[0], within(tolerance));
            assertThat((double) spectrum[2 * bin + 1]).isCloseTo(expected[1], within(tolerance));
        }
        Fft.Signal own = fft.new Signal();
        own.samples().put(0, signal);
        float[] same = new float[2 * length];
        fft.forward(own, same);
        assertThat(same).isEqualTo(spectrum);
        fft.inverse(same, own);
        fft.inverse(spectrum);
        for (int i = 0; i < signal.length; i++) {
            assertThat(spectrum[i] / length).isCloseTo(signal[i], within(1e-4f));
            assertThat(own.samples().get(i)).isEqualTo(spectrum[i]);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void powersAndGainsAreThoseOfBothSignals(boolean fast) {
        int length = 256;
        Fft fft = new Fft(length, fast);
        float[] both = random(length);
        float[] first = both.clone();
        float[] second = new float[2 * length];
        for (int i = 0; i < length; i++) {
            first[2 * i + 1] = 0;
            second[2 * i] = both[2 * i + 1];
        }
        float[] spectrum = both.clone();
        fft.forward(spectrum);
        float[] powers = new float[length / 2 + 1];
        fft.addPowers(spectrum, powers);
        for (int bin = 0; bin <= length / 2; bin++) {
            double[] one = bin(first, bin);
            double[] other = bin(second, bin);
            double expected = one[0] * one[0] + one[1] * one[1] + other[0] * other[0] + other[1] * other[1];
            assertThat((double) powers[bin]).isCloseTo(expected, within(1e-3 * expected + 1e-2));
        }
        float[] gains = new float[length / 2 + 1];
        gains[5] = 1;
        fft.multiply(spectrum, gains);
        fft.inverse(spectrum);
        double[] one = bin(first, 5);
        for (int i = 0; i < length; i++) {
            double angle = 2 * Math.PI * 5 * i / length;
            assertThat((double) spectrum[2 * i]).as("the first signal alone, and of it one frequency")
                    .isCloseTo(2 * (one[0] * Math.cos(angle) - one[1] * Math.sin(angle)), within(1e-2));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 1000})
    void otherLengthsAreRefused(int length) {
        assertThatThrownBy(() -> new Fft(length)).hasMessageContaining("power of two");
    }
}
