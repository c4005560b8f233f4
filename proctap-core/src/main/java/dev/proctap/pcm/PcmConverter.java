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
    /** Where nothing changes. Known from the start: to compare formats takes an iterator. */
    private final boolean copies;
    /** Where frames need not be told from each other: samples alone are converted. */
    private final boolean samplesAlone;
    /** Interleaved, as they come in, after the matrix, after the resampler; the same array where there is no such step. */
    private final double[] samples = new double[SampleCodec.BLOCK_SAMPLES];
    private final double[] mixed;
    private final double[] resampled;
    /** One channel of a planar format. */
    private final double[] plane;
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
        copies = from.equals(to) && matrix == null && resampler == null;
        samplesAlone = matrix == null && resampler == null && ditherStep == 0 && isPlanar(from) == isPlanar(to);
        mixed = matrix == null ? samples : new double[blockFrames * to.channels()];
        resampled = resampler == null ? mixed : new double[resampler.mostOutputFrames(blockFrames) * to.channels()];
        plane = new double[from.planar() || to.planar() ? SampleCodec.BLOCK_SAMPLES : 0];
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
        if (copies) {
            MemorySegment.copy(in, inOffset, out, outOffset, (long) frames * from.frameBytes());
            return frames;
        }
        if (samplesAlone) {
            convertSamples(in, inOffset, out, outOffset, (long) frames * from.channels());
            return frames;
        }
        int outFrames = outputFrames(frames);
        int written = 0;
        for (int done = 0; done < frames;) {
            int n = Math.min(blockFrames, frames - done);
            read(in, inOffset, done, n, frames);
            if (matrix != null) {
                matrix.mix(samples, mixed, n);
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
        Arrays.fill(mixed, 0);
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
    private void dither(double[] frames, int count, int channel, int channels) {
        long state = ditherStates[channel];
        for (int i = channel; i < count * channels; i += channels) {
            state ^= state << 13;
            state ^= state >>> 7;
            state ^= state << 17;
            frames[i] += (((state & 0xffffffffL) + (state >>> 32)) * DITHER_SCALE - 1) * ditherStep;
        }
        ditherStates[channel] = state;
    }

    private void read(MemorySegment in, long offset, int first, int count, int stride) {
        int channels = from.channels();
        if (from.planar()) {
            for (int channel = 0; channel < channels; channel++) {
                long at = ((long) channel * stride + first) * from.sampleFormat().bytes();
                decoder.decode(in, offset + at, plane, count);
                for (int i = 0; i < count; i++) {
                    samples[i * channels + channel] = plane[i];
                }
            }
        } else {
            decoder.decode(in, offset + (long) first * from.frameBytes(), samples, count * channels);
        }
    }

    private void write(int count, MemorySegment out, long offset, int first, int stride) {
        int channels = to.channels();
        if (ditherStep != 0) {
            for (int channel = 0; channel < channels; channel++) {
                dither(resampled, count, channel, channels);
            }
        }
        int most = SampleCodec.BLOCK_SAMPLES / channels;
        for (int done = 0; done < count;) {
            int n = Math.min(most, count - done);
            if (to.planar()) {
                for (int channel = 0; channel < channels; channel++) {
                    for (int i = 0; i < n; i++) {
                        plane[i] = resampled[(done + i) * channels + channel];
                    }
                    long at = ((long) channel * stride + first + done) * to.sampleFormat().bytes();
                    encoder.encode(plane, out, offset + at, n);
                }
            } else {
                if (done > 0) {
                    System.arraycopy(resampled, done * channels, resampled, 0, n * channels);
                }
                encoder.encode(resampled, out, offset + (long) (first + done) * to.frameBytes(), n * channels);
            }
            done += n;
        }
    }
}
