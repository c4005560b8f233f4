package dev.proctap.pipes;

import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.dsp.Frames;
import dev.proctap.pipes.filter.AudioFilter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Runs a filter on frames of any format: each frame that goes in comes out once, in the same format and at the same place
 * of the stream. What the filter delays is taken away at the start and given at the end. Chunks of a tap, blocks of a file
 * and of a stream are the same to it:
 *
 * {@snippet :
 * FilterPipe pipe = new FilterPipe(options.format(), new Equalizer(2, Biquad.highPass(4, 80, 48_000)));
 * for (AudioChunk chunk : tap.chunks()) {
 *     write(pipe.process(chunk.samples(), chunk.frames()));
 * }
 * write(pipe.flush());
 * }
 *
 * <p>Not thread-safe.
 */
public final class FilterPipe {

    private static final int BLOCK_FRAMES = 4096;

    private final AudioFilter filter;
    private final PcmFormat format;
    private final PcmConverter decoder;
    private final PcmConverter encoder;
    private final float[] samples;
    private final MemorySegment samplesSegment;
    private ByteBuffer out = ByteBuffer.allocate(0);
    /** Frames that are still to come out before the first of the stream does. */
    private int ahead;
    private long framesIn;
    private long framesOut;

    /**
     * @param filter
     *            for frames of this rate and these channels
     * @throws IllegalArgumentException
     *             if the format is planar
     */
    public FilterPipe(PcmFormat format, AudioFilter filter) {
        if (format.planar()) {
            throw new IllegalArgumentException("a pipe takes interleaved samples");
        }
        this.format = format;
        this.filter = filter;
        PcmFormat floats = format.withSampleFormat(SampleFormat.F32).withByteOrder(ByteOrder.nativeOrder());
        decoder = new PcmConverter(format, floats);
        encoder = new PcmConverter(floats, format);
        samples = new float[BLOCK_FRAMES * format.channels()];
        samplesSegment = MemorySegment.ofArray(samples);
        ahead = filter.latencyFrames();
    }

    /** Of what goes in and comes out. */
    public PcmFormat format() {
        return format;
    }

    /**
     * Takes the next frames. Samples that are no finite number count as 0.
     *
     * @param in
     *            holds them at its beginning
     * @return those that come out, valid until the next call
     */
    public ByteBuffer process(MemorySegment in, int frames) {
        out = room(frames);
        framesIn += frames;
        for (int done = 0; done < frames;) {
            int n = Math.min(BLOCK_FRAMES, frames - done);
            decoder.convert(in, (long) done * format.frameBytes(), n, samplesSegment, 0);
            run(n);
            done += n;
        }
        return out.flip();
    }

    /** The frames that the filter still holds. Another stream may follow. */
    public ByteBuffer flush() {
        out = room(filter.latencyFrames());
        while (framesOut < framesIn) {
            int n = (int) Math.min(BLOCK_FRAMES, framesIn - framesOut + ahead);
            Arrays.fill(samples, 0, n * format.channels(), 0);
            run(n);
        }
        framesIn = 0;
        framesOut = 0;
        filter.reset();
        ahead = filter.latencyFrames();
        return out.flip();
    }

    private void run(int frames) {
        if (format.sampleFormat().isFloat()) {
            Frames.makeFinite(samples, frames * format.channels());
        }
        filter.process(samples, frames);
        int dropped = Math.min(ahead, frames);
        ahead -= dropped;
        int kept = frames - dropped;
        encoder.convert(samplesSegment, (long) dropped * format.channels() * Float.BYTES, kept,
                MemorySegment.ofBuffer(out), 0);
        out.position(out.position() + kept * format.frameBytes());
        framesOut += kept;
    }

    private ByteBuffer room(int frames) {
        int bytes = frames * format.frameBytes();
        return out.capacity() < bytes ? ByteBuffer.allocate(bytes) : out.clear();
    }
}
