package dev.proctap.cli;

import dev.proctap.file.WavWriter;
import dev.proctap.pcm.PcmFormat;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Where recorded audio goes: a WAV file, a raw file, or standard output. */
interface AudioOutput extends AutoCloseable {

    void write(ByteBuffer samples) throws IOException;

    void writeSilence(long frames) throws IOException;

    /** Passes on what was written, for readers that wait for it. */
    void flush() throws IOException;

    long bytes();

    @Override
    void close() throws IOException;

    /** Opens {@code name}: {@code -} for raw standard output, {@code .raw} for a raw file, anything else is WAV. */
    static AudioOutput open(String name, PcmFormat format) throws IOException {
        if (name.equals("-")) {
            return stdout(format);
        }
        if (name.toLowerCase(Locale.ROOT).endsWith(".raw")) {
            return new Raw(Files.newOutputStream(Path.of(name)), format);
        }
        return new Wav(new WavWriter(Path.of(name), format));
    }

    /** Standard output, raw. */
    static AudioOutput stdout(PcmFormat format) {
        return new Raw(new FileOutputStream(FileDescriptor.out), format);
    }

    /** Samples alone. */
    final class Raw implements AudioOutput {

        /** One write a cycle of the audio server instead of one a chunk: the system calls are what costs here. */
        private static final int BUFFER_BYTES = 1 << 16;

        private final OutputStream out;
        private final PcmFormat format;
        private final byte[] buffer = new byte[BUFFER_BYTES];
        private int filled;
        private long bytes;

        Raw(OutputStream out, PcmFormat format) {
            this.out = out;
            this.format = format;
        }

        @Override
        public void write(ByteBuffer samples) throws IOException {
            bytes += samples.remaining();
            while (samples.hasRemaining()) {
                if (filled == buffer.length) {
                    flush();
                }
                int n = Math.min(samples.remaining(), buffer.length - filled);
                samples.get(buffer, filled, n);
                filled += n;
            }
        }

        @Override
        public void writeSilence(long frames) throws IOException {
            ByteBuffer zeros = ByteBuffer.allocate(4096 * format.frameBytes());
            for (long left = frames; left > 0;) {
                int n = (int) Math.min(left, 4096);
                write(zeros.clear().limit(n * format.frameBytes()));
                left -= n;
            }
        }

        @Override
        public void flush() throws IOException {
            if (filled > 0) {
                int length = filled;
                filled = 0;
                out.write(buffer, 0, length);
            }
        }

        @Override
        public long bytes() {
            return bytes;
        }

        @Override
        public void close() throws IOException {
            try (out) {
                flush();
            }
        }
    }

    /** A WAV file. */
    record Wav(WavWriter writer) implements AudioOutput {

        @Override
        public void write(ByteBuffer samples) throws IOException {
            writer.write(samples);
        }

        @Override
        public void writeSilence(long frames) throws IOException {
            writer.writeSilence(frames);
        }

        @Override
        public void flush() {
            // nobody waits for a file; the writer has its own rhythm
        }

        @Override
        public long bytes() {
            return writer.bytes();
        }

        @Override
        public void close() throws IOException {
            writer.close();
        }
    }
}
