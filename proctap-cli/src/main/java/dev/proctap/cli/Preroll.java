package dev.proctap.cli;

import dev.proctap.pcm.PcmFormat;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;

/** The last seconds of a capture, kept in memory until the recording begins. For one thread. */
final class Preroll implements AutoCloseable {

    private static final int MAX_BYTES = 1 << 30;

    private final PcmFormat format;
    /** Beside the heap, which is small. */
    private final Arena arena = Arena.ofConfined();
    private final ByteBuffer ring;
    private int next;
    private int filled;

    Preroll(PcmFormat format, long frames) {
        this.format = format;
        ring = arena.allocate(frames * format.frameBytes()).asByteBuffer();
    }

    /** How much may be kept. */
    static long maxSeconds(PcmFormat format) {
        return MAX_BYTES / format.frameBytes() / format.sampleRateHz();
    }

    /** Keeps samples; what is older than the length is forgotten. The buffer is used up. */
    void add(ByteBuffer samples) {
        int tooMany = samples.remaining() - ring.capacity();
        if (tooMany > 0) {
            samples.position(samples.position() + tooMany);
        }
        while (samples.hasRemaining()) {
            int n = Math.min(samples.remaining(), ring.capacity() - next);
            ring.put(next, samples, samples.position(), n);
            samples.position(samples.position() + n);
            next = (next + n) % ring.capacity();
            filled = Math.min(ring.capacity(), filled + n);
        }
    }

    void addSilence(long frames) throws IOException {
        AudioOutput.silence(format, Math.min(frames, ring.capacity() / format.frameBytes()), this::add);
    }

    long frames() {
        return filled / format.frameBytes();
    }

    /** Writes the oldest so many frames, in their order. */
    void writeTo(AudioOutput output, long count) throws IOException {
        int bytes = (int) Math.min(filled, count * format.frameBytes());
        int first = filled == 0 ? 0 : (next - filled + ring.capacity()) % ring.capacity();
        int n = Math.min(bytes, ring.capacity() - first);
        write(output, first, n);
        write(output, 0, bytes - n);
    }

    /** A second at a time: what converts it needs no more room then than for the sound that comes. */
    private void write(AudioOutput output, int from, int bytes) throws IOException {
        int most = format.sampleRateHz() * format.frameBytes();
        for (int done = 0; done < bytes; done += most) {
            output.write(ring.slice(from + done, Math.min(most, bytes - done)));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
