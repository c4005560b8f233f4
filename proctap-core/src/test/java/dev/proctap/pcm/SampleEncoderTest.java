package dev.proctap.pcm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import org.junit.jupiter.api.Test;

/** Integers pass through float32 unchanged; everything else is rounded to nearest, saturated, NaN becomes 0. */
class SampleEncoderTest {

    private static final int FULL_SCALE_24 = 1 << 23;

    private static int[] encode(SampleFormat format, float... samples) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment in = arena.allocateFrom(ValueLayout.JAVA_FLOAT, samples);
            MemorySegment out = arena.allocate((long) samples.length * format.bytes());
            new SampleEncoder(format).encode(in, 0, out, 0, samples.length);
            int[] result = new int[samples.length];
            for (int i = 0; i < samples.length; i++) {
                result[i] = switch (format) {
                    case S16 -> out.getAtIndex(ValueLayout.JAVA_SHORT, i);
                    case S24 -> int24(out, 3L * i);
                    case F32 -> out.getAtIndex(ValueLayout.JAVA_INT, i);
                };
            }
            return result;
        }
    }

    private static int int24(MemorySegment out, long at) {
        int first = out.get(ValueLayout.JAVA_BYTE, at) & 0xff;
        int second = out.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff;
        return out.get(ValueLayout.JAVA_BYTE, at + 2) << 16 | second << 8 | first;
    }

    @Test
    void every16BitValuePassesUnchanged() {
        float[] samples = new float[1 << 16];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (i + Short.MIN_VALUE) / 32768f;
        }
        int[] encoded = encode(SampleFormat.S16, samples);
        for (int i = 0; i < samples.length; i++) {
            assertThat(encoded[i]).isEqualTo(i + Short.MIN_VALUE);
        }
    }

    @Test
    void every24BitValuePassesUnchanged() {
        float[] samples = new float[1 << 16];
        for (int start = -FULL_SCALE_24; start < FULL_SCALE_24; start += samples.length) {
            for (int i = 0; i < samples.length; i++) {
                samples[i] = (start + i) / (float) FULL_SCALE_24;
            }
            int[] encoded = encode(SampleFormat.S24, samples);
            for (int i = 0; i < samples.length; i++) {
                if (encoded[i] != start + i) {
                    assertThat(encoded[i]).isEqualTo(start + i);
                }
            }
        }
    }

    @Property
    void anyFloatIsRoundedToNearestAndSaturated(@ForAll @FloatRange(min = -4, max = 4) float sample) {
        assertThat(encode(SampleFormat.S16, sample)[0])
                .isEqualTo((int) Math.clamp(Math.round((double) sample * 32768), -32768L, 32767L));
        assertThat(encode(SampleFormat.S24, sample)[0]).isEqualTo((int) Math
                .clamp(Math.round((double) sample * FULL_SCALE_24), (long) -FULL_SCALE_24, FULL_SCALE_24 - 1L));
    }

    @Property
    void everyBitPatternOfAFloatHasAnAnswer(@ForAll int bits) {
        float sample = Float.intBitsToFloat(bits);
        int encoded = encode(SampleFormat.S16, sample)[0];
        if (Float.isNaN(sample)) {
            assertThat(encoded).isZero();
        } else if (Float.isInfinite(sample)) {
            assertThat(encoded).isEqualTo(sample > 0 ? 32767 : -32768);
        } else {
            assertThat(encoded).isBetween(-32768, 32767);
        }
        assertThat(encode(SampleFormat.F32, sample)[0]).as("float32 passes bit for bit").isEqualTo(bits);
    }

    @Test
    void halvesAreRoundedUp() {
        assertThat(encode(SampleFormat.S16, 0.5f / 32768, 1.5f / 32768, -0.5f / 32768, -1.5f / 32768))
                .containsExactly(1, 2, 0, -1);
    }
}
