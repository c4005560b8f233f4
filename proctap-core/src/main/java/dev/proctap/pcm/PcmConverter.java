package dev.proctap.pcm;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Converts a stream of PCM from one format into another, block after block, through no more steps than the two formats
 * need. The result does not depend on how the stream is cut into blocks. Allocates nothing after it was made; not
 * thread-safe.
 *
 * <p>A block of a planar format holds its channels one after the other, each as long as the block.
 */
public final class PcmConverter {

    private static final double DITHER_SCALE = 1.0 / (1L << 32);
    private static final long DITHER_SEED = 0x9E3779B97F4A7C15L;

    private final PcmFormat from;
    private final PcmFormat to;
    private final SampleCodec decoder;
    private final SampleCodec encoder;
    private final @Nullable ChannelMatrix matrix;
    private final @Nullable Resampler resampler;
    /** The size of a step of the output, 0 where no dither is wanted. */
    private final double ditherStep;
    private final int blockFrames;
    private final double[] samples = new double[SampleCodec.BLOCK_SAMPLES];
    private final double[][] planes;
    private final double[][] mixed;
    private final double[][] resampled;
    private final long[] ditherStates;

    /** A converter with {@link ConversionOptions#DEFAULTS}. */
    public PcmConverter(PcmFormat from, PcmFormat to) {
        this(from, to, ConversionOptions.DEFAULTS);
    }

    /**
     * A converter between two formats.
     *
     * @throws IllegalArgumentException
     *             if the matrix does not fit the formats
     */
    public PcmConverter(PcmFormat from, PcmFormat to, ConversionOptions options) {
        this.from = from;
        this.to = to;
        decoder = new SampleCodec(from.sampleFormat(), from.byteOrder());
        encoder = new SampleCodec(to.sampleFormat(), to.byteOrder());
        ChannelMatrix given = options.matrix();
        if (given != null && (given.inputs() != from.channels() || given.outputs() != to.channels())) {
            throw new IllegalArgumentException("a matrix of " + given.inputs() + " to " + given.outputs()
                    + " channels does not fit " + from.channels() + " to " + to.channels());
        }
        matrix = matrix(from, to, options);
        resampler = from.sampleRateHz() == to.sampleRateHz() && !options.adjustable()
                ? null
                : new Resampler(from.sampleRateHz(), to.sampleRateHz(), to.channels(), options.quality(),
                        options.adjustable());
        boolean exact = matrix == null && resampler == null && !from.sampleFormat().isFloat()
                && from.sampleFormat().bits() <= to.sampleFormat().bits();
        boolean rounds = !to.sampleFormat().isFloat() && to.sampleFormat().bits() <= 24 && !exact;
        ditherStep = options.dither() && rounds ? Math.scalb(1.0, 1 - to.sampleFormat().bits()) : 0;
        blockFrames = SampleCodec.BLOCK_SAMPLES / Math.max(from.channels(), to.channels());
        boolean throughPlanes = matrix != null || resampler != null || isPlanar(from) != isPlanar(to)
                || ditherStep != 0;
        planes = new double[throughPlanes ? from.channels() : 0][blockFrames];
        mixed = matrix == null ? planes : new double[to.channels()][blockFrames];
        resampled = resampler == null
                ? mixed
                : new double[to.channels()][resampler.mostOutputFrames(blockFrames)];
        ditherStates = new long[to.channels()];
        resetDither();
    }

    /** Null where every channel stays as it is: then nothing is computed, at a capture's start least of all. */
    private static @Nullable ChannelMatrix matrix(PcmFormat from, PcmFormat to, ConversionOptions options) {
        ChannelMatrix given = options.matrix();
        if (given != null) {
            return given.isIdentity() ? null : given;
        }
        return from.layout().equals(to.layout())
                ? null
                : ChannelMatrix.between(from.layout(), to.layout(), options.normalised());
    }

    /** Each channel has noise of its own, which does not depend on how the stream is cut. */
    private void resetDither() {
        for (int channel = 0; channel < ditherStates.length; channel++) {
            ditherStates[channel] = DITHER_SEED * (channel + 1);
        }
    }

    /** With one channel there is no difference. */
    private static boolean isPlanar(PcmFormat format) {
        return format.planar() && format.channels() > 1;
    }

    /** The format that goes in. */
    public PcmFormat from() {
        return from;
    }

    /** The format that comes out. */
    public PcmFormat to() {
        return to;
    }

    /**
     * From the next frame of the output on, takes the input to be faster or slower than its format says, as a clock is that
     * drifts. Changes of some millionths now and then are not heard.
     *
     * @param factor
     *            the true rate to the nominal one, 0.98 to 1.02
     * @throws IllegalArgumentException
     *             if the factor is outside, or the converter was made without {@link ConversionOptions#adjustable}
     */
    public void adjustRate(double factor) {
        if (resampler == null) {
            throw new IllegalArgumentException("the converter was not made for a rate that is adjusted");
        }
        resampler.setRatio(factor);
    }

    /** How many frames {@link #convert} will write when it is given so many. */
    public int outputFrames(int frames) {
        return resampler == null ? frames : resampler.outputFrames(frames);
    }

    /** So many frames of the input must come after a frame before that one can go out. */
    public int delayFrames() {
        return resampler == null ? 0 : resampler.delayFrames();
    }

    /**
     * Converts the next block.
     *
     * @param in
     *            holds {@code frames} frames
     * @param inOffset
     *            where they begin, in bytes
     * @param frames
     *            how many
     * @param out
     *            receives {@link #outputFrames} frames
     * @param outOffset
     *            where they go, in bytes
     * @return how many frames were written
     */
    public int convert(MemorySegment in, long inOffset, int frames, MemorySegment out, long outOffset) {
        if (from.equals(to) && matrix == null && resampler == null) {
            MemorySegment.copy(in, inOffset, out, outOffset, (long) frames * from.frameBytes());
            return frames;
        }
        if (planes.length == 0) {
            convertSamples(in, inOffset, out, outOffset, (long) frames * from.channels());
            return frames;
        }
        int outFrames = outputFrames(frames);
        int written = 0;
        for (int done = 0; done < frames;) {
            int n = Math.min(blockFrames, frames - done);
            read(in, inOffset, done, n, frames);
            if (matrix != null) {
                matrix.mix(planes, mixed, n);
            }
            int produced = resampler == null ? n : resampler.process(mixed, n, resampled);
            write(produced, out, outOffset, written, outFrames);
            written += produced;
            done += n;
        }
        return written;
    }

    /** How many frames {@link #flush} will write. */
    public int flushFrames() {
        return resampler == null ? 0 : resampler.flushFrames();
    }

    /**
     * Writes the end of the stream, which waited for input that will not come; after that another stream can begin.
     *
     * @param out
     *            receives {@link #flushFrames} frames
     * @param outOffset
     *            where they go, in bytes
     * @return how many frames were written
     */
    public int flush(MemorySegment out, long outOffset) {
        resetDither();
        if (resampler == null) {
            return 0;
        }
        int outFrames = resampler.flushFrames();
        for (double[] plane : mixed) {
            Arrays.fill(plane, 0);
        }
        for (int written = 0; written < outFrames;) {
            int produced = resampler.flush(mixed, blockFrames, resampled);
            write(produced, out, outOffset, written, outFrames);
            written += produced;
        }
        resampler.reset();
        return outFrames;
    }

    private void convertSamples(MemorySegment in, long inOffset, MemorySegment out, long outOffset, long count) {
        for (long done = 0; done < count;) {
            int n = (int) Math.min(SampleCodec.BLOCK_SAMPLES, count - done);
            decoder.decode(in, inOffset + done * from.sampleFormat().bytes(), samples, n);
            encoder.encode(samples, out, outOffset + done * to.sampleFormat().bytes(), n);
            done += n;
        }
    }

    /** The sum of two uniform variables, each one step wide, from the two halves of what Marsaglia's xorshift gives. */
    private void dither(double[] plane, int frames, int channel) {
        long state = ditherStates[channel];
        for (int i = 0; i < frames; i++) {
            state ^= state << 13;
            state ^= state >>> 7;
            state ^= state << 17;
            plane[i] += (((state & 0xffffffffL) + (state >>> 32)) * DITHER_SCALE - 1) * ditherStep;
        }
        ditherStates[channel] = state;
    }

    private void read(MemorySegment in, long offset, int first, int count, int stride) {
        int bytes = from.sampleFormat().bytes();
        if (from.planar()) {
            for (int channel = 0; channel < planes.length; channel++) {
                decoder.decode(in, offset + ((long) channel * stride + first) * bytes, planes[channel], count);
            }
            return;
        }
        decoder.decode(in, offset + (long) first * from.frameBytes(), samples, count * planes.length);
        for (int channel = 0; channel < planes.length; channel++) {
            pick(samples, channel, planes.length, planes[channel], count);
        }
    }

    private void write(int count, MemorySegment out, long offset, int first, int stride) {
        int bytes = to.sampleFormat().bytes();
        int channels = resampled.length;
        int most = SampleCodec.BLOCK_SAMPLES / channels;
        if (ditherStep != 0) {
            for (int channel = 0; channel < channels; channel++) {
                dither(resampled[channel], count, channel);
            }
        }
        for (int done = 0; done < count;) {
            int n = Math.min(most, count - done);
            if (to.planar()) {
                for (int channel = 0; channel < channels; channel++) {
                    System.arraycopy(resampled[channel], done, samples, 0, n);
                    encoder.encode(samples, out, offset + ((long) channel * stride + first + done) * bytes, n);
                }
            } else {
                for (int channel = 0; channel < channels; channel++) {
                    place(resampled[channel], done, samples, channel, channels, n);
                }
                encoder.encode(samples, out, offset + (long) (first + done) * to.frameBytes(), n * channels);
            }
            done += n;
        }
    }

    private static void pick(double[] interleaved, int channel, int channels, double[] plane, int frames) {
        int at = channel;
        for (int i = 0; i < frames; i++) {
            plane[i] = interleaved[at];
            at += channels;
        }
    }

    private static void place(double[] plane, int first, double[] interleaved, int channel, int channels, int frames) {
        int at = channel;
        for (int i = first; i < first + frames; i++) {
            interleaved[at] = plane[i];
            at += channels;
        }
    }
}
