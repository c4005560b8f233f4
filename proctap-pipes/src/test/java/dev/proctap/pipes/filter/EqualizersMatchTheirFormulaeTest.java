package dev.proctap.pipes.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the filters do to tones and steps is what the literature says, calculated in another way. */
class EqualizersMatchTheirFormulaeTest {

    private static final int RATE_HZ = 48_000;
    private static final double[] FREQUENCIES_HZ = {5, 20, 80, 200, 1000, 3000, 8000, 15_000, 20_000, 23_500};

    /** The response to an impulse, and from it the gain at a frequency: the definition of the Fourier transform. */
    private static double measuredGain(AudioFilter filter, double hz) {
        filter.reset();
        int frames = RATE_HZ * 2;
        float[] impulse = new float[frames];
        impulse[0] = 1;
        filter.process(impulse, frames);
        double re = 0;
        double im = 0;
        for (int i = 0; i < frames; i++) {
            re += impulse[i] * Math.cos(2 * Math.PI * hz * i / RATE_HZ);
            im -= impulse[i] * Math.sin(2 * Math.PI * hz * i / RATE_HZ);
        }
        return Math.hypot(re, im);
    }

    private static float[] stepResponse(AudioFilter filter, int frames) {
        float[] step = new float[frames];
        java.util.Arrays.fill(step, 1);
        filter.process(step, frames);
        return step;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 8, 16})
    void passesAreButterworths(int order) {
        double cutoff = 1000;
        AudioFilter low = new Equalizer(1, Biquad.lowPass(order, cutoff, RATE_HZ));
        AudioFilter high = new Equalizer(1, Biquad.highPass(order, cutoff, RATE_HZ));
        for (double hz : FREQUENCIES_HZ) {
            double warped = Math.tan(Math.PI * hz / RATE_HZ) / Math.tan(Math.PI * cutoff / RATE_HZ);
            double expectedLow = 1 / Math.sqrt(1 + Math.pow(warped, 2 * order));
            double expectedHigh = 1 / Math.sqrt(1 + Math.pow(warped, -2 * order));
            assertThat(measuredGain(low, hz)).as("low-pass at %s Hz", hz).isCloseTo(expectedLow, within(2e-6));
            assertThat(measuredGain(high, hz)).as("high-pass at %s Hz", hz).isCloseTo(expectedHigh, within(2e-6));
        }
    }

    @Test
    void theStepOfALowPassSettlesAtOneAndThatOfAHighPassAtZero() {
        float[] low = stepResponse(new Equalizer(1, Biquad.lowPass(4, 100, RATE_HZ)), RATE_HZ);
        float[] high = stepResponse(new Equalizer(1, Biquad.highPass(4, 100, RATE_HZ)), RATE_HZ);
        assertThat(low[RATE_HZ - 1]).isCloseTo(1, within(1e-6f));
        assertThat(high[RATE_HZ - 1]).isCloseTo(0, within(1e-6f));
        float overshoot = 0;
        for (float value : low) {
            overshoot = Math.max(overshoot, value);
        }
        // the overshoot of Butterworth's fourth order, 10.8 %
        assertThat(overshoot).isCloseTo(1.108f, within(0.002f));
    }

    @Test
    void firstOrderFiltersAreTheOriginalsRecurrence() {
        double cutoff = 120;
        double rc = 1 / (2 * Math.PI * cutoff);
        double dt = 1.0 / RATE_HZ;
        float[] high = stepResponse(new Equalizer(1, Biquad.firstOrderHighPass(cutoff, RATE_HZ)), 2000);
        float[] low = stepResponse(new Equalizer(1, Biquad.firstOrderLowPass(cutoff, RATE_HZ)), 2000);
        double alphaHigh = rc / (rc + dt);
        double alphaLow = dt / (rc + dt);
        for (int n = 0; n < 2000; n++) {
            assertThat(high[n]).isCloseTo((float) Math.pow(alphaHigh, n + 1), within(1e-6f));
            assertThat(low[n]).isCloseTo((float) (1 - Math.pow(1 - alphaLow, n + 1)), within(1e-6f));
        }
    }

    @Test
    void shelvesAndBellsReachTheirGainWhereTheyShould() {
        double gain = Decibels.toFactor(9);
        double half = Decibels.toFactor(4.5);
        AudioFilter low = new Equalizer(1, Biquad.lowShelf(500, 9, 1, RATE_HZ));
        assertThat(measuredGain(low, 1)).isCloseTo(gain, within(1e-3));
        assertThat(measuredGain(low, 500)).isCloseTo(half, within(1e-4));
        assertThat(measuredGain(low, 23_999)).isCloseTo(1, within(1e-4));
        AudioFilter high = new Equalizer(1, Biquad.highShelf(500, 9, 1, RATE_HZ));
        assertThat(measuredGain(high, 1)).isCloseTo(1, within(1e-3));
        assertThat(measuredGain(high, 500)).isCloseTo(half, within(1e-4));
        assertThat(measuredGain(high, 23_999)).isCloseTo(gain, within(1e-4));
        AudioFilter bell = new Equalizer(1, Biquad.peaking(1000, -12, 2, RATE_HZ));
        assertThat(measuredGain(bell, 1000)).isCloseTo(Decibels.toFactor(-12), within(1e-5));
        assertThat(measuredGain(bell, 1)).isCloseTo(1, within(1e-4));
    }

    /** The cookbook's own analogue prototypes, whose frequency the bilinear transform only bends. */
    @Test
    void theirCurvesAreThoseOfTheCookbooksPrototypes() {
        double f0 = 2000;
        double a = Math.pow(10, 6.0 / 40);
        double q = 0.9;
        AudioFilter bell = new Equalizer(1, Biquad.peaking(f0, 6, q, RATE_HZ));
        AudioFilter shelf = new Equalizer(1, Biquad.lowShelf(f0, 6, 1, RATE_HZ));
        double shelfQ = 1 / Math.sqrt((a + 1 / a) * (1 / 1.0 - 1) + 2);
        for (double hz : FREQUENCIES_HZ) {
            double s = Math.tan(Math.PI * hz / RATE_HZ) / Math.tan(Math.PI * f0 / RATE_HZ);
            // H(s) = (s^2 + s A/Q + 1) / (s^2 + s/(A Q) + 1)
            double expectedBell = Math.hypot(1 - s * s, s * a / q) / Math.hypot(1 - s * s, s / (a * q));
            assertThat(measuredGain(bell, hz)).as("bell at %s Hz", hz).isCloseTo(expectedBell, within(1e-4));
            // H(s) = A (s^2 + sqrt(A)/Q s + A) / (A s^2 + sqrt(A)/Q s + 1)
            double slope = Math.sqrt(a) / shelfQ * s;
            double expectedShelf = a * Math.hypot(a - s * s, slope) / Math.hypot(1 - a * s * s, slope);
            assertThat(measuredGain(shelf, hz)).as("shelf at %s Hz", hz).isCloseTo(expectedShelf, within(1e-3));
        }
    }

    @Test
    void theDcBlockerTakesAwayDcAndLeavesTheRest() {
        AudioFilter blocker = new Equalizer(1, Biquad.dcBlocker(10, RATE_HZ));
        assertThat(stepResponse(blocker, RATE_HZ)[RATE_HZ - 1]).isCloseTo(0, within(1e-6f));
        assertThat(Decibels.ofFactor(measuredGain(blocker, 10))).isCloseTo(-3.01, within(0.02));
        assertThat(measuredGain(blocker, 200)).isCloseTo(1, within(2e-3));
    }

    @Test
    void gainAtSaysWhatIsMeasured() {
        Biquad section = Biquad.peaking(700, 5, 1.3, RATE_HZ);
        AudioFilter filter = new Equalizer(1, section);
        for (double hz : FREQUENCIES_HZ) {
            assertThat(section.gainAt(hz, RATE_HZ)).isCloseTo(measuredGain(filter, hz), within(2e-5));
        }
    }

    @Test
    void channelsDoNotMix() {
        Equalizer three = new Equalizer(3, Biquad.lowPass(4, 1000, RATE_HZ));
        Equalizer one = new Equalizer(1, Biquad.lowPass(4, 1000, RATE_HZ));
        float[] together = new float[3 * 500];
        float[] alone = new float[500];
        for (int i = 0; i < 500; i++) {
            together[3 * i + 1] = alone[i] = (float) Math.sin(i * 0.3);
            together[3 * i + 2] = (float) Math.cos(i * 1.1);
        }
        three.process(together, 500);
        one.process(alone, 500);
        for (int i = 0; i < 500; i++) {
            assertThat(together[3 * i]).isZero();
            assertThat(together[3 * i + 1]).isEqualTo(alone[i]);
        }
    }

    @Test
    void frequenciesAndOrdersOutOfRangeAreRefused() {
        assertThatThrownBy(() -> Biquad.lowPass(4, 24_000, RATE_HZ)).hasMessageContaining("not between 0 and 24000");
        assertThatThrownBy(() -> Biquad.highPass(4, -1, RATE_HZ)).hasMessageContaining("-1.0 Hz");
        assertThatThrownBy(() -> Biquad.highPass(0, 100, RATE_HZ)).hasMessageContaining("order");
        assertThatThrownBy(() -> new Equalizer(2, List.of())).isInstanceOf(IllegalArgumentException.class);
    }
}
