package dev.proctap.pipes.mix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A microphone with a clock of its own stays in step, and comes and goes without a click; time is simulated. */
class MicrophoneMixTest {

    private static final int RATE_HZ = 8_000;
    private static final PcmFormat FORMAT = PcmFormat.STANDARD.withSampleRateHz(RATE_HZ)
            .withLayout(ChannelLayout.MONO);
    private static final double TONE_HZ = 440;
    private static final double AMPLITUDE = 0.5;

    /** A world with two clocks: the stream's is right, the microphone's is off. */
    private static final class World {

        final MicrophoneMix mix;
        final double microphoneRate;
        final Random random = new Random(4);
        final double jitterSeconds;
        double now;
        long microphoneFrames;
        long streamFrames;
        boolean plugged = true;
        float stream;

        World(MicrophoneMix.Settings settings, double millionths, double jitterSeconds) {
            mix = new MicrophoneMix(FORMAT, FORMAT.withSampleFormat(SampleFormat.F32), settings,
                    () -> Math.round(now * 1e9));
            microphoneRate = RATE_HZ * (1 + millionths * 1e-6);
            this.jitterSeconds = jitterSeconds;
        }

        /** The next 20 ms of the stream, with the microphone's tone of true time in them. */
        float[] step() {
            int n = RATE_HZ / 50;
            streamFrames += n;
            double arrives = streamFrames / (double) RATE_HZ;
            int chunk = RATE_HZ / 100;
            while ((microphoneFrames + chunk) / microphoneRate <= arrives) {
                float[] samples = new float[chunk];
                for (int i = 0; i < chunk; i++) {
                    double time = (microphoneFrames + i) / microphoneRate;
                    samples[i] = (float) (AMPLITUDE * Math.sin(2 * Math.PI * ((TONE_HZ * time) % 1)));
                }
                if (plugged) {
                    mix.microphone(MemorySegment.ofArray(samples), chunk,
                            Math.round(microphoneFrames / microphoneRate * 1e9));
                }
                microphoneFrames += chunk;
            }
            now = arrives + random.nextDouble() * jitterSeconds;
            float[] block = new float[n];
            java.util.Arrays.fill(block, stream);
            mix.process(block, n);
            return block;
        }
    }

    /** By how much a tone is behind true time, in seconds, from a second of it. */
    private static double delay(float[] second, long firstFrame) {
        double sine = 0;
        double cosine = 0;
        for (int i = 0; i < second.length; i++) {
            double angle = 2 * Math.PI * ((TONE_HZ * (firstFrame + i) / RATE_HZ) % 1);
            sine += second[i] * Math.sin(angle);
            cosine += second[i] * Math.cos(angle);
        }
        double turns = -Math.atan2(cosine, sine) / (2 * Math.PI);
        return turns / TONE_HZ;
    }

    @ParameterizedTest
    @CsvSource({"100, 0, 3600", "-100, 0, 300", "30, 0.005, 300", "0, 0.01, 300"})
    void anHourStaysWithinAMillisecondWithoutAClick(double millionths, double jitter, int seconds) {
        World world = new World(MicrophoneMix.Settings.DEFAULTS, millionths, jitter);
        double step = 2 * Math.cos(2 * Math.PI * TONE_HZ / RATE_HZ);
        double first = Double.NaN;
        double lowest = 0;
        double highest = 0;
        double before = 0;
        double beforeThat = 0;
        double roughest = 0;
        for (int second = 0; second < seconds; second++) {
            float[] heard = new float[RATE_HZ];
            for (int i = 0; i < 50; i++) {
                System.arraycopy(world.step(), 0, heard, i * RATE_HZ / 50, RATE_HZ / 50);
            }
            if (second <= 1) {
                continue; // it begins
            }
            double delay = delay(heard, (long) second * RATE_HZ);
            first = Double.isNaN(first) ? delay : first;
            // the tone's period is longer than two milliseconds: no turn can be missed
            double moved = Math.IEEEremainder(delay - first, 1 / TONE_HZ);
            lowest = Math.min(lowest, moved);
            highest = Math.max(highest, moved);
            for (float sample : heard) {
                // a sine is twice its last sample times a cosine, less the one before: what is left is no sine
                if (second > 2) {
                    roughest = Math.max(roughest, Math.abs(sample - step * before + beforeThat));
                }
                beforeThat = before;
                before = sample;
            }
        }
        assertThat(highest - lowest).as("seconds between the earliest and the latest").isLessThan(0.001);
        assertThat(roughest).as("steps in a tone of 0.25").isLessThan(1e-4);
        if (jitter == 0) {
            assertThat(world.mix.deviation()).isCloseTo(millionths * 1e-6, within(1e-5));
        }
    }

    @Test
    void eachIsHalvedAsUsualOrAddedAsItIs() {
        World half = new World(MicrophoneMix.Settings.DEFAULTS, 0, 0);
        World sum = new World(new MicrophoneMix.Settings(1, true, 0), 0, 0);
        half.stream = 0.3f;
        sum.stream = 0.3f;
        float[] halved = {};
        float[] added = {};
        for (int i = 0; i < 100; i++) {
            halved = half.step();
            added = sum.step();
        }
        assertThat(mean(halved)).isCloseTo(0.15, within(0.02));
        assertThat(highest(halved)).isCloseTo(0.15 + 0.25, within(0.01));
        assertThat(mean(added)).isCloseTo(0.3, within(0.04));
        assertThat(highest(added)).isCloseTo(0.8, within(0.01));
    }

    private static double mean(float[] samples) {
        double sum = 0;
        for (float sample : samples) {
            sum += sample;
        }
        return sum / samples.length;
    }

    private static double highest(float[] samples) {
        double highest = 0;
        for (float sample : samples) {
            highest = Math.max(highest, sample);
        }
        return highest;
    }

    @Test
    void aMicrophoneThatDiesAndComesBackMakesNoClickAndDoesNotStopTheStream() {
        World world = new World(MicrophoneMix.Settings.DEFAULTS, 50, 0);
        world.stream = 0.4f;
        double before = 0.2;
        double steepest = 0;
        boolean[] heard = new boolean[300];
        for (int i = 0; i < 300; i++) {
            world.plugged = i < 100 || i >= 200;
            for (float sample : world.step()) {
                assertThat(sample).isFinite();
                steepest = Math.max(steepest, Math.abs(sample - before));
                before = sample;
            }
            heard[i] = world.mix.isHeard();
        }
        assertThat(heard[99]).isTrue();
        assertThat(heard[150]).isFalse();
        assertThat(heard[299]).isTrue();
        // a tone of 0.25 moves by 0.086 from sample to sample at most, and fading adds little
        assertThat(steepest).isLessThan(0.09);
    }

    @Test
    void withoutAMicrophoneTheStreamIsAloneFromTheStart() {
        World world = new World(new MicrophoneMix.Settings(1, true, 0), 0, 0);
        world.plugged = false;
        world.stream = 0.4f;
        for (int i = 0; i < 10; i++) {
            float[] block = world.step();
            assertThat(block[block.length - 1]).isEqualTo(0.4f);
        }
        assertThat(world.mix.isHeard()).isFalse();
    }

    @Test
    void theStreamIsDuckedWhileSomebodySpeaks() {
        World world = new World(new MicrophoneMix.Settings(1, false, 20), 0, 0);
        world.stream = 0.8f;
        float[] spoken = {};
        for (int i = 0; i < 100; i++) {
            spoken = world.step();
        }
        assertThat(mean(spoken)).isCloseTo(0.04, within(0.02));
        world.plugged = false;
        for (int i = 0; i < 300; i++) {
            spoken = world.step();
        }
        assertThat(mean(spoken)).isCloseTo(0.4, within(0.005));
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new MicrophoneMix.Settings(3, false, 0)).hasMessageContaining("0 to 2");
        assertThatThrownBy(() -> new MicrophoneMix.Settings(1, false, -3)).hasMessageContaining("0 to 60 dB");
    }
}
