package dev.proctap.pcm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import com.sun.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** What a format can hold passes unchanged; everything else is rounded to nearest, saturated, NaN becomes 0. */
class PcmConverterTest {

    private static final int RATE = 48_000;

    /** One channel in native byte order. */
    private static PcmFormat mono(SampleFormat format) {
        return new PcmFormat(RATE, 1, format);
    }

    private static byte[] convert(PcmConverter converter, byte[] in) {
        int frames = in.length / converter.from().frameBytes();
        byte[] out = new byte[converter.outputFrames(frames) * converter.to().frameBytes()];
        int written = converter.convert(MemorySegment.ofArray(in), 0, frames, MemorySegment.ofArray(out), 0);
        assertThat(written).isEqualTo(out.length / converter.to().frameBytes());
        return out;
    }

    private static byte[] convert(PcmFormat from, PcmFormat to, byte[] in) {
        return convert(new PcmConverter(from, to), in);
    }

    private static byte[] doubles(double... values) {
        ByteBuffer result = ByteBuffer.allocate(values.length * Double.BYTES).order(ByteOrder.nativeOrder());
        Arrays.stream(values).forEach(result::putDouble);
        return result.array();
    }

    private static double[] doubles(byte[] bytes) {
        double[] result = new double[bytes.length / Double.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).asDoubleBuffer().get(result);
        return result;
    }

    /** The integers that float64 samples become. */
    private static long[] encode(SampleFormat format, double... samples) {
        ByteBuffer out = ByteBuffer.wrap(convert(mono(SampleFormat.F64), mono(format), doubles(samples)))
                .order(ByteOrder.nativeOrder());
        long[] result = new long[samples.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = switch (format) {
                case U8 -> (out.get() & 0xff) - 128;
                case S16 -> out.getShort();
                case S24 -> int24(out);
                case S24_32, S32 -> out.getInt();
                case F32, F64 -> throw new IllegalArgumentException();
            };
        }
        return result;
    }

    private static int int24(ByteBuffer out) {
        int first = out.get() & 0xff;
        int second = out.get() & 0xff;
        int third = out.get();
        return third << 16 | second << 8 | first;
    }

    private static final List<SampleFormat> INTEGERS = List.of(SampleFormat.U8, SampleFormat.S16, SampleFormat.S24,
            SampleFormat.S24_32, SampleFormat.S32);

    /** All values of so many bits, as the bytes of a format. */
    private static byte[] everyValue(SampleFormat format, IntUnaryOperator value) {
        ByteBuffer bytes = ByteBuffer.allocate((1 << format.bits()) * format.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 1 << format.bits(); i++) {
            int sample = value.applyAsInt(i);
            switch (format) {
                case U8 -> bytes.put((byte) sample);
                case S16 -> bytes.putShort((short) sample);
                case S24 -> bytes.put((byte) sample).put((byte) (sample >> 8)).put((byte) (sample >> 16));
                default -> bytes.putInt(sample);
            }
        }
        return bytes.array();
    }

    private static void assertSurvives(SampleFormat format, SampleFormat... through) {
        int half = 1 << (format.bits() - 1);
        byte[] all = everyValue(format, format == SampleFormat.U8 ? i -> i : i -> i - half);
        PcmFormat of = mono(format).withByteOrder(ByteOrder.LITTLE_ENDIAN);
        for (SampleFormat other : through) {
            for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
                PcmFormat between = mono(other).withByteOrder(order);
                assertThat(Arrays.equals(all, convert(between, of, convert(of, between, all))))
                        .as("%s through %s", format, between).isTrue();
            }
        }
    }

    @Test
    void every8And16BitValuePassesThroughEveryWiderFormat() {
        assertSurvives(SampleFormat.U8, SampleFormat.values());
        assertSurvives(SampleFormat.S16, SampleFormat.S16, SampleFormat.S24, SampleFormat.S24_32, SampleFormat.S32,
                SampleFormat.F32, SampleFormat.F64);
    }

    @Test
    void every24BitValuePassesThroughEveryWiderFormat() {
        assertSurvives(SampleFormat.S24, SampleFormat.S24_32, SampleFormat.S32, SampleFormat.F32, SampleFormat.F64);
        assertSurvives(SampleFormat.S24_32, SampleFormat.S24);
    }

    @Property
    void any32BitValuePassesThroughFloat64(@ForAll @Size(min = 1, max = 50) List<Integer> values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.size() * Integer.BYTES).order(ByteOrder.nativeOrder());
        values.forEach(bytes::putInt);
        byte[] wide = convert(mono(SampleFormat.S32), mono(SampleFormat.F64), bytes.array());
        assertThat(convert(mono(SampleFormat.F64), mono(SampleFormat.S32), wide)).isEqualTo(bytes.array());
    }

    @Property
    void anySampleIsRoundedToNearestAndSaturated(@ForAll @DoubleRange(min = -4, max = 4) double sample) {
        for (SampleFormat format : INTEGERS) {
            double scaled = Math.scalb(sample, format.bits() - 1);
            double limit = Math.scalb(1.0, format.bits() - 1);
            double encoded = encode(format, sample)[0];
            assertThat(encoded).as("%s", format).isBetween(-limit, limit - 1);
            assertThat(Math.abs(encoded - Math.clamp(scaled, -limit, limit - 1))).as("%s", format)
                    .isLessThanOrEqualTo(0.5 + 1e-6);
        }
    }

    @Property
    void everyBitPatternOfADoubleHasAnAnswer(@ForAll long bits) {
        double sample = Double.longBitsToDouble(bits);
        for (SampleFormat format : INTEGERS) {
            long encoded = encode(format, sample)[0];
            long limit = 1L << (format.bits() - 1);
            if (Double.isNaN(sample)) {
                assertThat(encoded).isZero();
            } else if (Math.abs(sample) > 1) {
                assertThat(encoded).isEqualTo(sample > 0 ? limit - 1 : -limit);
            }
        }
    }

    @Test
    void notANumberIsSilenceAndInfinityFullScale() {
        for (SampleFormat format : INTEGERS) {
            long limit = 1L << (format.bits() - 1);
            assertThat(encode(format, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)).as("%s", format)
                    .containsExactly(0, limit - 1, -limit);
        }
    }

    @Test
    void halvesAreRoundedUp() {
        for (SampleFormat format : INTEGERS) {
            double step = Math.scalb(1.0, 1 - format.bits());
            assertThat(encode(format, 0.5 * step, 1.5 * step, -0.5 * step, -1.5 * step)).as("%s", format)
                    .containsExactly(1, 2, 0, -1);
        }
    }

    @Provide
    Arbitrary<PcmFormat> formats() {
        return Combinators
                .combine(Arbitraries.of(8_000, 16_000, 44_100, 44_101, RATE), Arbitraries.of(1, 2, 3, 4, 5, 6, 8),
                        Arbitraries.of(SampleFormat.class),
                        Arbitraries.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN), Arbitraries.of(true, false))
                .as((rate, channels, format, order, planar) -> new PcmFormat(rate, ChannelLayout.of(channels), format,
                        order, planar));
    }

    @Property(tries = 300)
    void theResultDoesNotDependOnHowTheStreamIsCut(@ForAll("formats") PcmFormat from, @ForAll("formats") PcmFormat to,
            @ForAll boolean dither, @ForAll @IntRange(min = 1, max = 3_000) int most, @ForAll long seed) {
        ConversionOptions options = ConversionOptions.DEFAULTS.withDither(dither).withQuality(ResampleQuality.FAST);
        SplittableRandom random = new SplittableRandom(seed);
        int frames = 4_000;
        double[] noise = random.doubles((long) frames * from.channels(), -1, 1).toArray();
        PcmFormat wide = from.withSampleFormat(SampleFormat.F64).withByteOrder(ByteOrder.nativeOrder())
                .withPlanar(false);
        byte[] whole = doubles(noise);
        List<Double> atOnce = stream(from, to, options, whole, wide, () -> frames);
        List<Double> inPieces = stream(from, to, options, whole, wide, () -> random.nextInt(1, most + 1));
        assertThat(inPieces).isEqualTo(atOnce);
        assertThat(atOnce).hasSize(
                Math.toIntExact(Math.ceilDiv((long) frames * to.sampleRateHz(), from.sampleRateHz())) * to.channels());
    }

    /** Everything, with its end, as interleaved float64. */
    private static List<Double> stream(PcmFormat from, PcmFormat to, ConversionOptions options, byte[] samples,
            PcmFormat of, java.util.function.IntSupplier length) {
        PcmConverter converter = new PcmConverter(from, to, options);
        PcmFormat wide = to.withSampleFormat(SampleFormat.F64).withByteOrder(ByteOrder.nativeOrder())
                .withPlanar(false);
        List<Double> result = new ArrayList<>();
        int frames = samples.length / of.frameBytes();
        for (int done = 0; done < frames;) {
            int n = Math.min(length.getAsInt(), frames - done);
            byte[] block = Arrays.copyOfRange(samples, done * of.frameBytes(), (done + n) * of.frameBytes());
            byte[] out = convert(converter, convert(of, from, block));
            Arrays.stream(doubles(convert(to, wide, out))).forEach(result::add);
            done += n;
        }
        byte[] end = new byte[converter.flushFrames() * to.frameBytes()];
        assertThat(converter.flush(MemorySegment.ofArray(end), 0)).isEqualTo(end.length / to.frameBytes());
        Arrays.stream(doubles(convert(to, wide, end))).forEach(result::add);
        return result;
    }

    @Test
    void planesStandOneAfterTheOther() {
        PcmFormat stereo = new PcmFormat(RATE, 2, SampleFormat.F64);
        assertThat(doubles(convert(stereo, stereo.withPlanar(true), doubles(1, -1, 0.5, -0.5, 0.25, -0.25))))
                .containsExactly(1, 0.5, 0.25, -1, -0.5, -0.25);
    }

    @Test
    void ditherIsNoiseOfTwoStepsAroundTheTruth() {
        double step = Math.scalb(1.0, -15);
        double[] between = new double[1 << 16];
        Arrays.fill(between, 0.3 * step);
        byte[] out = convert(new PcmConverter(mono(SampleFormat.F64), mono(SampleFormat.S16),
                ConversionOptions.DEFAULTS.withDither(true)), doubles(between));
        double[] dithered = doubles(convert(mono(SampleFormat.S16), mono(SampleFormat.F64), out));
        double mean = Arrays.stream(dithered).average().orElseThrow() / step;
        double variance = Arrays.stream(dithered).map(x -> (x / step - mean) * (x / step - mean)).average()
                .orElseThrow();
        assertThat(mean).isCloseTo(0.3, within(0.01));
        // 1/6 of the triangle and 1/12 of the rounding, whatever the signal: that is what it is for
        assertThat(variance).isCloseTo(0.25, within(0.01));
        assertThat(Arrays.stream(dithered).map(x -> x / step).boxed().distinct()).isSubsetOf(-1.0, 0.0, 1.0, 2.0);
    }

    @Test
    void whatLosesNothingIsNotDithered() {
        byte[] all = everyValue(SampleFormat.S16, i -> i - 32768);
        PcmFormat of = mono(SampleFormat.S16).withByteOrder(ByteOrder.LITTLE_ENDIAN);
        byte[] out = convert(new PcmConverter(of, mono(SampleFormat.S24),
                ConversionOptions.DEFAULTS.withDither(true)), all);
        assertThat(convert(mono(SampleFormat.S24), of, out)).isEqualTo(all);
    }

    @Test
    void aMatrixOfOtherChannelsIsRefused() {
        ConversionOptions options = ConversionOptions.DEFAULTS.withMatrix(ChannelMatrix.pick(2, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PcmConverter(mono(SampleFormat.F32), mono(SampleFormat.S16), options))
                .withMessageContaining("2 to 1 channels");
    }

    /** In steady state nothing is allocated, whatever is converted into whatever. */
    @Test
    void convertingAllocatesNothing() {
        PcmFormat standard = PcmFormat.STANDARD;
        List<PcmConverter> converters = new ArrayList<>();
        for (SampleFormat format : SampleFormat.values()) {
            converters.add(new PcmConverter(standard, standard.withSampleFormat(format)));
        }
        converters.add(new PcmConverter(standard, standard.withSampleFormat(SampleFormat.S16),
                ConversionOptions.DEFAULTS.withDither(true)));
        converters.add(new PcmConverter(standard.withPlanar(true), standard.withLayout(ChannelLayout.MONO)));
        converters.add(new PcmConverter(standard, standard.withSampleRateHz(44_100).withPlanar(true)));
        converters.add(new PcmConverter(standard, standard.withSampleRateHz(16_000)));
        converters.add(new PcmConverter(standard, standard.withSampleRateHz(47_999)));
        MemorySegment in = Arena.ofAuto().allocate(480L * standard.frameBytes());
        MemorySegment out = Arena.ofAuto().allocate(1_000L * 16);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (PcmConverter converter : converters) {
            // the JVM compiles while it runs, and allocates until it has
            long least = Long.MAX_VALUE;
            for (long end = System.nanoTime() + 10_000_000_000L; least > 0 && System.nanoTime() < end;) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int chunk = 0; chunk < 100; chunk++) {
                    converter.convert(in, 0, 480, out, 0);
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertThat(least).as("%s to %s", converter.from(), converter.to()).isZero();
        }
    }
}
