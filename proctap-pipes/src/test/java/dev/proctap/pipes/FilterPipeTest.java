package dev.proctap.pipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.filter.Limiter;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Each frame that goes into a pipe comes out once, at its place, whatever the filter delays and however it is cut. */
class FilterPipeTest {

    @Property(tries = 60)
    void framesStayAtTheirPlaces(@ForAll SampleFormat sampleFormat, @ForAll @IntRange(min = 0, max = 20_000) int frames,
            @ForAll long seed) {
        PcmFormat format = PcmFormat.STANDARD.withSampleFormat(sampleFormat);
        Random random = new Random(seed);
        byte[] in = new byte[frames * format.frameBytes()];
        if (sampleFormat.isFloat()) {
            for (int i = 0; i < frames * 2; i++) {
                float sample = random.nextFloat() * 1.4f - 0.7f;
                ByteBuffer at = ByteBuffer.wrap(in).order(format.byteOrder());
                if (sampleFormat == SampleFormat.F32) {
                    at.putFloat(i * 4, sample);
                } else {
                    at.putDouble(i * 8, sample);
                }
            }
        } else if (sampleFormat.bits() <= 24) {
            // half of full scale: the limiter leaves it alone, and float32 holds it exactly
            ByteBuffer at = ByteBuffer.wrap(in).order(format.byteOrder());
            for (int i = 0; i < frames * 2; i++) {
                int value = random.nextInt(1 << (sampleFormat.bits() - 1)) - (1 << (sampleFormat.bits() - 2));
                switch (sampleFormat) {
                    case U8 -> at.put(i, (byte) (value + 128));
                    case S16 -> at.putShort(i * 2, (short) value);
                    case S24 -> {
                        at.put(i * 3, (byte) value);
                        at.put(i * 3 + 1, (byte) (value >> 8));
                        at.put(i * 3 + 2, (byte) (value >> 16));
                    }
                    default -> at.putInt(i * 4, value);
                }
            }
        }
        FilterPipe pipe = new FilterPipe(format, new Limiter(format.sampleRateHz(), 2));
        for (int stream = 0; stream < 2; stream++) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int done = 0; done < frames;) {
                int n = Math.min(frames - done, 1 + random.nextInt(6000));
                add(out, pipe.process(MemorySegment.ofArray(in).asSlice((long) done * format.frameBytes()), n));
                done += n;
            }
            add(out, pipe.flush());
            assertThat(out.toByteArray()).isEqualTo(in);
        }
    }

    private static void add(ByteArrayOutputStream out, ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        out.writeBytes(copy);
    }

    @Property(tries = 200)
    void textsThatAreNotUnderstoodAreRefusedWithAReason(@ForAll String text) {
        try {
            Effects.parse(text);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @net.jqwik.api.Example
    void errorsSayWhatIsWrong() {
        assertThatThrownBy(() -> Effects.parse("highpas=80")).hasMessageContaining("no effect is called 'highpas'")
                .hasMessageContaining("highpass=HZ");
        assertThatThrownBy(() -> Effects.parse("highpass")).hasMessage("'highpass' needs a frequency in Hz");
        assertThatThrownBy(() -> Effects.parse("highpass=abc")).hasMessageContaining("'abc' in 'highpass=abc'");
        assertThatThrownBy(() -> Effects.parse("highpass=80:2.5")).hasMessageContaining("whole number");
        assertThatThrownBy(() -> Effects.parse("highpass=80:2:3")).hasMessageContaining("at most 2");
        assertThatThrownBy(() -> Effects.parse("denoise=magic"))
                .hasMessageContaining("simple, spectral_gate or wiener");
        assertThatThrownBy(() -> Effects.parse("highpass=80,,gain=1")).hasMessageContaining("without a name");
        assertThatThrownBy(() -> Effects.parse("lowpass=9000").chain(PcmFormat.STANDARD.withSampleRateHz(16_000)))
                .hasMessageContaining("not between 0 and 8000");
    }
}
