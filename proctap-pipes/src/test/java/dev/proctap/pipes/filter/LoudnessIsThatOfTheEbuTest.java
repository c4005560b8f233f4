package dev.proctap.pipes.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.pcm.ChannelLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The test signals of EBU Tech 3341 and 3342 that can be made, by their numbers; 7 and 8 are real programmes. */
class LoudnessIsThatOfTheEbuTest {

    private static final double TOLERANCE = 0.1;

    /** A stretch of a sine of 1 kHz: a level for each channel, in dBFS. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares parts
    private record Part(double seconds, double... levels) {}

    private static final double NONE = Double.NEGATIVE_INFINITY;

    /** The highest and the lowest momentary and short-term loudness on the way. */
    private record Seen(double momentary, double lowestMomentary, double shortTerm, double lowestShortTerm) {}

    private static Seen play(LoudnessMeter meter, int rate, int channels, List<Part> parts) {
        int step = rate / 100;
        float[] block = new float[step * channels];
        Seen seen = new Seen(NONE, 0, NONE, 0);
        long frame = 0;
        for (Part part : parts) {
            long end = frame + Math.round(part.seconds * rate);
            while (frame < end) {
                int n = (int) Math.min(step, end - frame);
                for (int i = 0; i < n; i++) {
                    double wave = Math.sin(2 * Math.PI * 1000 * (frame + i) / rate);
                    for (int channel = 0; channel < channels; channel++) {
                        double level = part.levels.length == 1 ? part.levels[0] : part.levels[channel];
                        block[i * channels + channel] = (float) (wave * Decibels.toFactor(level));
                    }
                }
                meter.process(block, n);
                seen = new Seen(Math.max(seen.momentary, meter.momentaryLufs()),
                        Math.min(seen.lowestMomentary, meter.momentaryLufs()),
                        Math.max(seen.shortTerm, meter.shortTermLufs()),
                        Math.min(seen.lowestShortTerm, meter.shortTermLufs()));
                frame += n;
            }
        }
        return seen;
    }

    private static LoudnessMeter stereo(int rate) {
        return new LoudnessMeter(rate, ChannelLayout.STEREO);
    }

    private static double integrated(int rate, Part... parts) {
        LoudnessMeter meter = stereo(rate);
        play(meter, rate, 2, List.of(parts));
        return meter.integratedLufs();
    }

    @ParameterizedTest
    @ValueSource(ints = {48_000, 44_100, 96_000, 32_000})
    void signals1And2AllLoudnessesOfASteadyTone(int rate) {
        for (double level : new double[]{-23, -33}) {
            LoudnessMeter meter = stereo(rate);
            play(meter, rate, 2, List.of(new Part(20, level)));
            assertThat(meter.integratedLufs()).isCloseTo(level, within(TOLERANCE));
            assertThat(meter.shortTermLufs()).isCloseTo(level, within(TOLERANCE));
            assertThat(meter.momentaryLufs()).isCloseTo(level, within(TOLERANCE));
        }
    }

    @Test
    void signal3TheRelativeGate() {
        assertThat(integrated(48_000, new Part(10, -36), new Part(60, -23), new Part(10, -36))).isCloseTo(-23,
                within(TOLERANCE));
    }

    @Test
    void signal4TheAbsoluteGate() {
        assertThat(integrated(48_000, new Part(10, -72), new Part(10, -36), new Part(60, -23), new Part(10, -36),
                new Part(10, -72))).isCloseTo(-23, within(TOLERANCE));
    }

    @Test
    void signal5TheOverlapOfBlocks() {
        assertThat(integrated(48_000, new Part(20, -26), new Part(20.1, -20), new Part(20, -26))).isCloseTo(-23,
                within(TOLERANCE));
    }

    @Test
    void signal6FiveChannels() {
        LoudnessMeter meter = new LoudnessMeter(48_000, ChannelLayout.SURROUND_5_0);
        play(meter, 48_000, 5, List.of(new Part(20, -28, -28, -24, -30, -30)));
        assertThat(meter.integratedLufs()).isCloseTo(-23, within(TOLERANCE));
    }

    @Test
    void signal9ShortTermIsSteadyAfterThreeSeconds() {
        LoudnessMeter meter = stereo(48_000);
        List<Part> period = List.of(new Part(1.34, -20), new Part(1.66, -30));
        play(meter, 48_000, 2, period);
        for (int i = 1; i < 5; i++) {
            Seen seen = play(meter, 48_000, 2, period);
            assertThat(seen.lowestShortTerm).isCloseTo(-23, within(TOLERANCE));
            assertThat(seen.shortTerm).isCloseTo(-23, within(TOLERANCE));
        }
    }

    @Test
    void signal10TheHighestShortTermWhereverItBegins() {
        for (int i = 0; i < 20; i++) {
            Seen seen = play(stereo(48_000), 48_000, 2,
                    List.of(new Part(i * 0.15, NONE), new Part(3, -23), new Part(1, NONE)));
            assertThat(seen.shortTerm).as("%s", i).isCloseTo(-23, within(TOLERANCE));
        }
    }

    @Test
    void signal11TheHighestShortTermOfToneAfterTone() {
        LoudnessMeter meter = stereo(48_000);
        for (int i = 0; i < 20; i++) {
            Seen seen = play(meter, 48_000, 2,
                    List.of(new Part(i * 0.15, NONE), new Part(3, -38 + i), new Part(3 - i * 0.15, NONE)));
            assertThat(seen.shortTerm).isCloseTo(-38 + i, within(TOLERANCE));
        }
    }

    @Test
    void signal12MomentaryIsSteadyAfterASecond() {
        LoudnessMeter meter = stereo(48_000);
        List<Part> period = List.of(new Part(0.18, -20), new Part(0.22, -30));
        for (int i = 0; i < 25; i++) {
            Seen seen = play(meter, 48_000, 2, period);
            if (i >= 3) {
                assertThat(seen.lowestMomentary).isCloseTo(-23, within(TOLERANCE));
                assertThat(seen.momentary).isCloseTo(-23, within(TOLERANCE));
            }
        }
    }

    @Test
    void signal13TheHighestMomentaryWhereverItBegins() {
        for (int i = 0; i < 20; i++) {
            Seen seen = play(stereo(48_000), 48_000, 2,
                    List.of(new Part(i * 0.02, NONE), new Part(0.4, -23), new Part(1, NONE)));
            assertThat(seen.momentary).as("%s", i).isCloseTo(-23, within(TOLERANCE));
        }
    }

    @Test
    void signal14TheHighestMomentaryOfToneAfterTone() {
        LoudnessMeter meter = stereo(48_000);
        for (int i = 0; i < 20; i++) {
            Seen seen = play(meter, 48_000, 2,
                    List.of(new Part(i * 0.02, NONE), new Part(0.4, -38 + i), new Part(0.4 - i * 0.02, NONE)));
            assertThat(seen.momentary).isCloseTo(-38 + i, within(TOLERANCE));
        }
    }

    @Test
    void signals15To19TruePeaks() {
        assertThat(truePeak(4, 0, 0.5)).isBetween(-6.4, -5.8);
        assertThat(truePeak(4, 45, 0.5)).isBetween(-6.4, -5.8);
        assertThat(truePeak(6, 60, 0.5)).isBetween(-6.4, -5.8);
        assertThat(truePeak(8, 67.5, 0.5)).isBetween(-6.4, -5.8);
        assertThat(truePeak(4, 45, 1.41)).isBetween(2.6, 3.2);
    }

    private static double truePeak(int part, double degrees, double amplitude) {
        LoudnessMeter meter = new LoudnessMeter(48_000, ChannelLayout.MONO);
        float[] tone = new float[48_000];
        for (int i = 0; i < tone.length; i++) {
            // 10 ms, as of the EBU: a step of its own would be measured
            double fade = Math.min(1, Math.min(i, tone.length - i) / 480.0);
            tone[i] = (float) (fade * amplitude * Math.sin(2 * Math.PI * i / part + Math.toRadians(degrees)));
        }
        meter.process(tone, tone.length);
        return meter.truePeakDb();
    }

    /**
     * A sine of a sixth of the sample rate with a single period of a fourth of it and twice as high, made at four times the
     * rate and taken down from there: its peak is between the samples, at another place in each signal.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void signals20To23ATruePeakBetweenSamples(int offset) {
        int half = 24 * 2000;
        double[] fast = new double[2 * half + 16];
        for (int i = 0; i < fast.length; i++) {
            double fade = Math.min(1, Math.min(i, fast.length - i) / 1920.0);
            int after = i - half - 16;
            fast[i] = i < half || after >= 0
                    ? fade * 0.5 * Math.sin(2 * Math.PI * (i < half ? i : after) / 24)
                    : Math.sin(2 * Math.PI * (i - half) / 16);
        }
        // a sinc of 22 kHz with a Blackman window
        int reach = 512;
        double[] filter = new double[2 * reach + 1];
        for (int i = -reach; i <= reach; i++) {
            double phase = Math.PI * i * 2 * 22_000 / 192_000;
            double turn = Math.PI * i / reach;
            filter[i + reach] = (i == 0 ? 1 : Math.sin(phase) / phase) * 2 * 22_000 / 192_000
                    * (0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn));
        }
        float[] samples = new float[fast.length / 4 - 1];
        for (int i = 0; i < samples.length; i++) {
            double sum = 0;
            for (int tap = -reach; tap <= reach; tap++) {
                int at = 4 * i + offset - tap;
                sum += at < 0 || at >= fast.length ? 0 : fast[at] * filter[tap + reach];
            }
            samples[i] = (float) sum;
        }
        LoudnessMeter meter = new LoudnessMeter(48_000, ChannelLayout.MONO);
        meter.process(samples, samples.length);
        assertThat(meter.truePeakDb()).isBetween(-0.4, 0.2);
    }

    @Test
    void rangesOfTech3342() {
        assertThat(range(-20, -30)).isCloseTo(10, within(TOLERANCE));
        assertThat(range(-20, -15)).isCloseTo(5, within(TOLERANCE));
        assertThat(range(-40, -20)).isCloseTo(20, within(TOLERANCE));
        assertThat(range(-50, -35, -20, -35, -50)).isCloseTo(15, within(TOLERANCE));
    }

    private static double range(double... levels) {
        LoudnessMeter meter = stereo(48_000);
        for (double level : levels) {
            play(meter, 48_000, 2, List.of(new Part(20, level)));
        }
        return meter.rangeLu();
    }

    @Test
    void theWeightingIsThatOfTheStandardAt48Kilohertz() {
        // the coefficients of BS.1770-4, tables 1 and 2
        double[] shelf = {1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585};
        double[] pass = {1, -2, 1, -1.99004745483398, 0.99007225036621};
        List<Biquad> sections = LoudnessMeter.weighting(48_000);
        assertThat(new double[]{sections.get(0).b0(), sections.get(0).b1(), sections.get(0).b2(),
                sections.get(0).a1(), sections.get(0).a2()}).containsExactly(shelf, within(1e-8));
        assertThat(new double[]{sections.get(1).b0(), sections.get(1).b1(), sections.get(1).b2(),
                sections.get(1).a1(), sections.get(1).a2()}).containsExactly(pass, within(1e-8));
    }

    @Test
    void silenceHasNoLoudness() {
        LoudnessMeter meter = stereo(48_000);
        meter.process(new float[96_000 * 2], 96_000);
        assertThat(meter.integratedLufs()).isEqualTo(NONE);
        assertThat(meter.rangeLu()).isZero();
        assertThat(meter.truePeakDb()).isEqualTo(NONE);
    }
}
