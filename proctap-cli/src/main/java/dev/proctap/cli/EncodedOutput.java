package dev.proctap.cli;

import dev.proctap.file.RecordingInfo;
import dev.proctap.file.WavWriter;
import dev.proctap.pcm.PcmFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A compressed file, made by an installed ffmpeg that gets the samples on its standard input. They go into a WAV file beside it
 * too, which is deleted once the compressed one is whole: where ffmpeg is missing, or dies, that is what is left.
 */
final class EncodedOutput implements AudioOutput {

    private static final List<String> EXTENSIONS = List.of(".flac", ".mp3", ".opus", ".ogg", ".m4a");
    private static final long FINISH_SECONDS = 60;

    private final Path file;
    private final Path safe;
    private final WavWriter wav;
    private final Path log;
    private @Nullable Process ffmpeg;
    private @Nullable WritableByteChannel pipe;
    private String problem = "";

    EncodedOutput(Path file, PcmFormat format, @Nullable RecordingInfo info, PrintWriter err) throws IOException {
        this.file = file;
        this.safe = file.resolveSibling(file.getFileName() + ".wav");
        this.wav = new WavWriter(safe, format, info);
        this.log = Files.createTempFile("proctap-ffmpeg", ".log");
        try {
            Process process = new ProcessBuilder("ffmpeg", "-loglevel", "error", "-nostdin", "-y", "-f",
                    rawFormat(format), "-ar", Integer.toString(format.sampleRateHz()), "-ac",
                    Integer.toString(format.channels()), "-i", "pipe:0", "-metadata",
                    "title=" + (info == null ? "" : info.program()), file.toString())
                    .redirectErrorStream(true).redirectOutput(log.toFile()).start();
            OutputStream stream = process.getOutputStream();
            pipe = Channels.newChannel(stream);
            ffmpeg = process;
        } catch (IOException e) {
            problem = "ffmpeg, which makes " + file + ", is not installed";
            err.println("proctap: " + problem + "; recording into " + safe);
            err.flush();
        }
    }

    /** Whether a file of this name is compressed. */
    static boolean encodes(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return EXTENSIONS.stream().anyMatch(lower::endsWith);
    }

    private static String rawFormat(PcmFormat format) {
        String order = format.byteOrder() == ByteOrder.LITTLE_ENDIAN ? "le" : "be";
        return switch (format.sampleFormat()) {
            case U8 -> "u8";
            case S16 -> "s16" + order;
            case S24 -> "s24" + order;
            case S24_32, S32 -> "s32" + order;
            case F32 -> "f32" + order;
            case F64 -> "f64" + order;
        };
    }

    @Override
    public void write(ByteBuffer samples) throws IOException {
        encode(samples.duplicate());
        wav.write(samples);
    }

    private void encode(ByteBuffer samples) {
        try {
            while (pipe != null && samples.hasRemaining()) {
                pipe.write(samples);
            }
        } catch (IOException e) {
            pipe = null;
            problem = "ffmpeg ended early";
        }
    }

    @Override
    public void writeSilence(long frames) throws IOException {
        wav.writeSilence(frames);
        AudioOutput.silence(wav.format(), frames, this::encode);
    }

    @Override
    public void flush() {
        // nobody waits for a file
    }

    @Override
    public long bytes() {
        return wav.bytes();
    }

    @Override
    public void close() throws IOException {
        wav.close();
        try {
            if (ffmpeg != null) {
                finish(ffmpeg);
            }
            if (!problem.isEmpty()) {
                String said = Files.readString(log).lines().reduce("", (before, line) -> line);
                throw new FileSystemException(file.toString(), null,
                        problem + (said.isEmpty() ? "" : " (" + said + ")") + "; the audio is in " + safe);
            }
            Files.delete(safe);
        } finally {
            Files.deleteIfExists(log);
        }
    }

    private void finish(Process process) {
        try {
            if (pipe != null) {
                pipe.close();
            }
            if (!process.waitFor(FINISH_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                problem = "ffmpeg did not end";
            } else if (process.exitValue() != 0) {
                problem = "ffmpeg failed";
            }
        } catch (IOException e) {
            problem = "ffmpeg ended early";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            problem = "ffmpeg was not waited for";
        }
    }
}
