package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TracksOutputTest {

    private static final PcmFormat ONE = new PcmFormat(48_000, ChannelLayout.MONO, SampleFormat.F32,
            ByteOrder.nativeOrder(), false);

    @Test
    void aTrackBeginsWithTheSilenceBeforeItsFirstSound() throws IOException {
        List<Integer> opened = new ArrayList<>();
        ByteArrayOutputStream mix = new ByteArrayOutputStream();
        ByteArrayOutputStream second = new ByteArrayOutputStream();
        try (TracksOutput output = new TracksOutput(ONE.withLayout(ChannelLayout.MONO.withTracks(2)),
                new AudioOutput.Raw(mix, ONE), track -> {
                    opened.add(track);
                    return new AudioOutput.Raw(second, ONE);
                })) {
            output.write(frames(0, 0, 0, 0));
            output.writeSilence(3);
            assertThat(opened).isEmpty();
            output.write(frames(0, 0.5f, 0, 0.25f));
            output.writeSilence(1);
            assertThat(opened).containsExactly(1);
            assertThat(output.isHeard(0)).isFalse();
            assertThat(output.isHeard(1)).isTrue();
        }
        assertThat(second.toByteArray()).isEqualTo(frames(0, 0, 0, 0, 0, 0.5f, 0.25f, 0).array());
        assertThat(mix.toByteArray()).isEqualTo(second.toByteArray());
    }

    private static ByteBuffer frames(float... samples) {
        ByteBuffer bytes = ByteBuffer.allocate(samples.length * Float.BYTES).order(ByteOrder.nativeOrder());
        bytes.asFloatBuffer().put(samples);
        return bytes;
    }

    /** However long the silence is, the sound after it is resampled as if the silence had been calculated. */
    @Property(tries = 20)
    void longSilenceIsQuickAndExact(@ForAll @IntRange(min = 0, max = 400_000) int silence, @ForAll long seed)
            throws IOException {
        byte[] sound = new byte[4_000 * Float.BYTES];
        ByteBuffer samples = ByteBuffer.wrap(sound).order(ByteOrder.nativeOrder());
        SplittableRandom random = new SplittableRandom(seed);
        while (samples.hasRemaining()) {
            samples.putFloat((float) random.nextDouble(-1, 1));
        }
        ByteArrayOutputStream quick = new ByteArrayOutputStream();
        ByteArrayOutputStream calculated = new ByteArrayOutputStream();
        PcmFormat wanted = ONE.withSampleRateHz(44_100);
        try (AudioOutput one = AudioOutput.converting(ONE, wanted, ConversionOptions.DEFAULTS,
                new AudioOutput.Raw(quick, wanted));
                AudioOutput other = AudioOutput.converting(ONE, wanted, ConversionOptions.DEFAULTS,
                        new AudioOutput.Raw(calculated, wanted))) {
            one.write(ByteBuffer.wrap(sound));
            one.writeSilence(silence);
            one.write(ByteBuffer.wrap(sound));
            other.write(ByteBuffer.wrap(sound));
            AudioOutput.silence(ONE, silence, other::write);
            other.write(ByteBuffer.wrap(sound));
        }
        assertThat(quick.toByteArray()).isEqualTo(calculated.toByteArray());
    }
}
