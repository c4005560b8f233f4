package dev.proctap.cli;

import dev.proctap.file.WavWriter;
import dev.proctap.pcm.PcmFormat;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
            return new Raw(FileChannel.open(Path.of(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING), format);
        }
        return new Wav(new WavWriter(Path.of(name), format));
    }

    /** Standard output, raw. */
    static AudioOutput stdout(PcmFormat format) {
        // a channel writes from the chunk's own memory; System.out would copy it twice
        return new Raw(new FileOutputStream(FileDescriptor.out).getChannel(), format);
    }

    /** Samples alone. */
    final class Raw implements AudioOutput {

        /** One write a cycle of the audio server instead of one a chunk: the system calls are what costs here. */
        private static final int BUFFER_BYTES = 1 << 16;

        private final FileChannel channel;
        private final PcmFormat format;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        private long bytes;

        Raw(FileChannel channel, PcmFormat format) {
            this.channel = channel;
            this.format = format;
        }

        @Override
        public void write(ByteBuffer samples) throws IOException {
            bytes += samples.remaining();
            if (samples.remaining() > buffer.remaining()) {
                flush();
            }
            if (samples.remaining() > buffer.remaining()) {
                while (samples.hasRemaining()) {
                    channel.write(samples);
                }
            } else {
                buffer.put(samples);
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
            buffer.flip();
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            buffer.clear();
        }

        @Override
        public long bytes() {
            return bytes;
        }

        @Override
        public void close() throws IOException {
            try (channel) {
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
