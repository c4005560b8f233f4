package dev.proctap.cli;

import dev.proctap.pcm.PcmFormat;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The last seconds of a capture, kept in memory until the recording begins. */
final class Preroll {

    private static final int MAX_BYTES = 1 << 30;

    private final PcmFormat format;
    private final byte[] ring;
    private int next;
    private int filled;

    /**
     * @throws IllegalArgumentException
     *             if so many frames do not fit into memory
     */
    Preroll(PcmFormat format, long frames) {
        long bytes = frames * format.frameBytes();
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException("--preroll keeps at most " + MAX_BYTES / format.frameBytes()
                    / format.sampleRateHz() + " s of this format in memory");
        }
        this.format = format;
        ring = new byte[(int) bytes];
    }

    /** Keeps samples; what is older than the length is forgotten. The buffer is used up. */
    void add(ByteBuffer samples) {
        int tooMany = samples.remaining() - ring.length;
        if (tooMany > 0) {
            samples.position(samples.position() + tooMany);
        }
        while (samples.hasRemaining()) {
            int n = Math.min(samples.remaining(), ring.length - next);
            samples.get(ring, next, n);
            next = (next + n) % ring.length;
            filled = Math.min(ring.length, filled + n);
        }
    }

    void addSilence(long frames) throws IOException {
        AudioOutput.silence(format, Math.min(frames, ring.length / format.frameBytes()), this::add);
    }

    long frames() {
        return filled / format.frameBytes();
    }

    /** Writes the oldest so many frames, in their order. */
    void writeTo(AudioOutput output, long count) throws IOException {
        int bytes = (int) Math.min(filled, count * format.frameBytes());
        int first = ring.length == 0 ? 0 : (next - filled + ring.length) % ring.length;
        int n = Math.min(bytes, ring.length - first);
        output.write(ByteBuffer.wrap(ring, first, n));
        output.write(ByteBuffer.wrap(ring, 0, bytes - n));
    }
}
