package dev.proctap.pcm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PcmMixerTest {

    private static final PcmFormat MONO = new PcmFormat(48_000, 1, SampleFormat.F64);

    private static void write(PcmMixer.Input input, double... samples) {
        input.write(MemorySegment.ofArray(samples), 0, samples.length);
    }

    private static double[] read(PcmMixer mixer, int most) {
        double[] result = new double[most];
        return Arrays.copyOf(result, mixer.read(MemorySegment.ofArray(result), 0, most));
    }

    @Test
    void inputsAreAddedEachFromItsStartOn() {
        PcmMixer mixer = new PcmMixer(MONO);
        PcmMixer.Input first = mixer.add(0);
        PcmMixer.Input second = mixer.add(2);
        write(first, 1, 2, 3, 4);
        assertThat(mixer.readable()).as("the second begins at 2 and has given nothing yet").isEqualTo(2);
        assertThat(read(mixer, 10)).containsExactly(1, 2);
        write(second, 10, 20, 30);
        assertThat(read(mixer, 10)).containsExactly(13, 24);
        first.end();
        assertThat(read(mixer, 1)).containsExactly(30);
        second.end();
        assertThat(mixer.readable()).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> mixer.add(4)).withMessageContaining("read already");
        assertThatIllegalStateException().isThrownBy(() -> write(second, 1));
    }

    @Test
    void anInputOfATrackIsHeardOnItsChannelsAlone() {
        PcmFormat two = new PcmFormat(48_000, ChannelLayout.STEREO.withTracks(2), SampleFormat.F64,
                ByteOrder.nativeOrder(), false);
        PcmMixer mixer = new PcmMixer(two);
        PcmMixer.Input first = mixer.add(0, 0);
        PcmMixer.Input second = mixer.add(1, 1);
        PcmMixer.Input alsoSecond = mixer.add(1, 1);
        first.write(MemorySegment.ofArray(new double[]{1, 2, 3, 4}), 0, 2);
        second.setGain(3, 0);
        second.write(MemorySegment.ofArray(new double[]{10, 20}), 0, 1);
        alsoSecond.write(MemorySegment.ofArray(new double[]{100, 200}), 0, 1);
        double[] mix = new double[8];
        assertThat(mixer.read(MemorySegment.ofArray(mix), 0, 2)).isEqualTo(2);
        assertThat(mix).containsExactly(1, 2, 0, 0, 3, 4, 130, 260);
        assertThatIllegalArgumentException().isThrownBy(() -> mixer.add(2, 2)).withMessage("no track 2 among 2");
    }

    @Property(tries = 200)
    void theMixIsTheSumHoweverItIsCut(@ForAll @IntRange(min = 1, max = 5) int inputs, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        PcmFormat format = new PcmFormat(48_000, 2, SampleFormat.S16);
        PcmMixer mixer = new PcmMixer(format);
        int length = 3_000;
        long[] expected = new long[2 * length];
        List<PcmMixer.Input> open = new ArrayList<>();
        List<short[]> left = new ArrayList<>();
        int end = 0;
        for (int i = 0; i < inputs; i++) {
            int start = random.nextInt(1_000);
            int frames = random.nextInt(1, 2_000);
            short[] samples = new short[2 * frames];
            for (int k = 0; k < samples.length; k++) {
                samples[k] = (short) random.nextInt(-6_000, 6_000);
                expected[2 * start + k] += samples[k];
            }
            open.add(mixer.add(start));
            left.add(samples);
            end = Math.max(end, start + frames);
        }
        short[] mix = new short[2 * length];
        int done = 0;
        while (!open.isEmpty()) {
            int which = random.nextInt(open.size());
            short[] samples = left.get(which);
            int n = Math.min(samples.length / 2, random.nextInt(1, 700));
            open.get(which).write(MemorySegment.ofArray(samples), 0, n);
            left.set(which, Arrays.copyOfRange(samples, 2 * n, samples.length));
            if (left.get(which).length == 0) {
                open.remove(which).end();
                left.remove(which);
            }
            done += mixer.read(MemorySegment.ofArray(mix), 4L * done, random.nextInt(1, 500));
        }
        while (mixer.readable() > 0) {
            done += mixer.read(MemorySegment.ofArray(mix), 4L * done, 333);
        }
        assertThat(done).isEqualTo(end);
        for (int i = 0; i < 2 * end; i++) {
            assertThat((long) mix[i]).isEqualTo(expected[i]);
        }
    }

    @Test
    void aGainChangesSmoothly() {
        PcmMixer mixer = new PcmMixer(MONO);
        PcmMixer.Input input = mixer.add(0);
        double[] ones = new double[3_000];
        Arrays.fill(ones, 1);
        input.setGain(0.25, 1_000);
        write(input, ones);
        double[] out = read(mixer, 3_000);
        assertThat(out[0]).isEqualTo(1);
        assertThat(out[500]).isEqualTo(0.625);
        for (int i = 1; i < 1_000; i++) {
            assertThat(out[i - 1] - out[i]).isBetween(0.0, 0.75 * Math.PI / 2 / 1_000 + 1e-9);
        }
        assertThat(Arrays.copyOfRange(out, 1_000, 3_000)).containsOnly(0.25);
        input.setGain(2, 0);
        write(input, 1, 0.5);
        assertThat(read(mixer, 2)).containsExactly(2, 1);
    }

    @Test
    void aSumThatIsTooLoudSaturatesInTheOutputAlone() {
        PcmMixer mixer = new PcmMixer(MONO.withSampleFormat(SampleFormat.S16));
        PcmMixer.Input first = mixer.add(0);
        PcmMixer.Input second = mixer.add(0);
        PcmMixer.Input third = mixer.add(0);
        for (PcmMixer.Input input : List.of(first, second)) {
            input.write(MemorySegment.ofArray(new short[]{30_000, 30_000}), 0, 2);
        }
        third.write(MemorySegment.ofArray(new short[]{0, -30_000}), 0, 2);
        short[] out = new short[2];
        assertThat(mixer.read(MemorySegment.ofArray(out), 0, 2)).isEqualTo(2);
        assertThat(out).containsExactly(32_767, 30_000);
    }
}
