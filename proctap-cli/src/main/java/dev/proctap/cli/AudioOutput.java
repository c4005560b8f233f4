package dev.proctap.cli;

import dev.proctap.file.RecordingInfo;
import dev.proctap.file.WavWriter;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.FilterPipe;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where audio goes: a WAV file, a raw file, standard output, or a file that ffmpeg encodes. */
interface AudioOutput extends AutoCloseable {

    /** What {@link #open} makes of a name, for users. */
    String NAMES = "A .wav file; .raw for samples alone; - for raw standard output; .flac, .mp3, .opus, .ogg or .m4a by"
            + " ffmpeg.";

    /** Writes whole frames; the buffer is used up. */
    void write(ByteBuffer samples) throws IOException;

    void writeSilence(long frames) throws IOException;

    /** Passes on what was written, for readers that wait for it. */
    void flush() throws IOException;

    long bytes();

    @Override
    void close() throws IOException;

    /**
     * Opens {@code name}: {@code -} for raw standard output, {@code .raw} for a raw file, what {@link EncodedOutput} knows by
     * ffmpeg, anything else is WAV.
     *
     * @param format
     *            of what will be written
     * @param info
     *            what the file is a recording of, null if it is none
     */
    static AudioOutput open(String name, PcmFormat format, @Nullable RecordingInfo info, PrintWriter err)
            throws IOException {
        if (name.equals("-")) {
            return new Raw(new FileOutputStream(FileDescriptor.out), format);
        } else if (name.toLowerCase(Locale.ROOT).endsWith(".raw")) {
            return new Raw(Files.newOutputStream(Path.of(name)), format);
        } else if (EncodedOutput.encodes(name)) {
            return new EncodedOutput(Path.of(name), format, info, err);
        }
        return new Wav(new WavWriter(Path.of(name), format, info));
    }

    /** Whether {@link #open} makes a WAV file of a name. */
    static boolean isWav(String name) {
        return !name.equals("-") && !name.toLowerCase(Locale.ROOT).endsWith(".raw") && !EncodedOutput.encodes(name);
    }

    /** An output that takes samples of one format and writes those of another into {@code output}. */
    static AudioOutput converting(PcmFormat given, PcmFormat wanted, ConversionOptions options, AudioOutput output) {
        return given.equals(wanted) ? output : new Converting(new PcmConverter(given, wanted, options), output);
    }

    /** The format as samples stand in files: interleaved, the lowest byte first. */
    static PcmFormat written(PcmFormat format) {
        return format.withPlanar(false).withByteOrder(ByteOrder.LITTLE_ENDIAN);
    }

    /** Another output, in another format. */
    final class Converting implements AudioOutput {

        private final PcmConverter converter;
        private final AudioOutput output;
        private ByteBuffer converted = ByteBuffer.allocate(0);

        Converting(PcmConverter converter, AudioOutput output) {
            this.converter = converter;
            this.output = output;
        }

        private ByteBuffer room(int frames) {
            int bytes = frames * converter.to().frameBytes();
            if (converted.capacity() < bytes) {
                converted = ByteBuffer.allocate(bytes);
            }
            return converted.clear().limit(bytes);
        }

        @Override
        public void write(ByteBuffer samples) throws IOException {
            int frames = samples.remaining() / converter.from().frameBytes();
            ByteBuffer room = room(converter.outputFrames(frames));
            converter.convert(MemorySegment.ofBuffer(samples), 0, frames, MemorySegment.ofBuffer(room), 0);
            samples.position(samples.limit());
            output.write(room);
        }

        /**
         * Silence too has its place in the filter. A second of it leaves nothing else there; from then on every whole
         * second is alike, and need not be calculated.
         */
        @Override
        public void writeSilence(long frames) throws IOException {
            int second = converter.from().sampleRateHz();
            long left = frames;
            if (frames > 2L * second) {
                silence(converter.from(), second, this::write);
                long alike = frames / second - 1;
                output.writeSilence(alike * converter.to().sampleRateHz());
                left -= (1 + alike) * second;
            }
            silence(converter.from(), left, this::write);
        }

        @Override
        public void flush() throws IOException {
            output.flush();
        }

        @Override
        public long bytes() {
            return output.bytes();
        }

        @Override
        public void close() throws IOException {
            try (output) {
                ByteBuffer room = room(converter.flushFrames());
                converter.flush(MemorySegment.ofBuffer(room), 0);
                output.write(room);
            }
        }
    }

    /** Another output, which gets the frames that come out of a filter. */
    record Filtering(FilterPipe pipe, AudioOutput output) implements AudioOutput {

        @Override
        public void write(ByteBuffer samples) throws IOException {
            int frames = samples.remaining() / pipe.format().frameBytes();
            ByteBuffer filtered = pipe.process(MemorySegment.ofBuffer(samples), frames);
            samples.position(samples.limit());
            output.write(filtered);
        }

        @Override
        public void writeSilence(long frames) throws IOException {
            silence(pipe.format(), frames, this::write);
        }

        @Override
        public void flush() throws IOException {
            output.flush();
        }

        @Override
        public long bytes() {
            return output.bytes();
        }

        @Override
        public void close() throws IOException {
            try (output) {
                output.write(pipe.flush());
            }
        }
    }

    /** Takes samples. */
    @FunctionalInterface
    interface Samples {
        void write(ByteBuffer samples) throws IOException;
    }

    /** Writes so many silent frames, in pieces. */
    static void silence(PcmFormat format, long frames, Samples to) throws IOException {
        int most = Math.clamp(frames, 0, 4096);
        ByteBuffer silence = ByteBuffer.allocate(most * format.frameBytes());
        if (format.sampleFormat() == SampleFormat.U8) {
            Arrays.fill(silence.array(), (byte) 0x80);
        }
        for (long left = frames; left > 0;) {
            int n = (int) Math.min(left, most);
            to.write(silence.clear().limit(n * format.frameBytes()));
            left -= n;
        }
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
            silence(format, frames, this::write);
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
