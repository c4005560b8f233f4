package dev.proctap.cli;

import dev.proctap.file.AudioReader;
import dev.proctap.pcm.PcmFormat;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code proctap convert}. */
@Command(name = "convert", description = "Convert audio into another format, without any capture.")
final class ConvertCommand implements Callable<Integer> {

    private static final int BLOCK_FRAMES = 16_384;
    private static final long PROGRESS_NANOS = 100_000_000;
    private static final int BAR_WIDTH = 40;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Mixin
    CommonMixin common = new CommonMixin();

    @Mixin
    FormatMixin format = new FormatMixin();

    @Option(names = "--format", paramLabel = "FORMAT", description = FormatMixin.SAMPLE_FORMATS
            + " (default: as in IN).")
    @Nullable
    String sampleFormat;

    @Option(names = "--raw-rate", paramLabel = "HZ", description = "Sample rate of raw input (default: 48000).")
    int rawRateHz = 48_000;

    @Option(names = "--raw-channels", paramLabel = "N", description = "Channels of raw input (default: 2).")
    int rawChannels = 2;

    @Option(names = "--raw-format", paramLabel = "FORMAT", description = "Sample format of raw input (default: f32).")
    String rawFormat = "f32";

    @Option(names = "--raw", description = "IN holds samples alone; so does a file that ends with .raw.")
    boolean raw;

    @Parameters(index = "0", paramLabel = "IN", description = "A WAV, RF64, Wave64 or AIFF file, or one of raw samples; - for"
            + " standard input.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    String in;

    @Parameters(index = "1", paramLabel = "OUT", description = AudioOutput.NAMES)
    @SuppressWarnings("NullAway.Init") // set by picocli
    String out;

    @Override
    public Integer call() throws IOException {
        CommandLine command = spec.commandLine();
        if (out.equals("-")) {
            Terminal.requirePipe(command);
        }
        if (!in.equals("-") && !Files.exists(Path.of(in))) {
            throw new NoSuchFileException(in, null, "there is no such file");
        }
        if (!in.equals("-") && !out.equals("-") && Files.exists(Path.of(out))
                && Files.isSameFile(Path.of(in), Path.of(out))) {
            throw new ParameterException(command, "IN and OUT are the same file");
        }
        try (AudioReader source = open(command)) {
            PcmFormat from = source.format();
            PcmFormat to = format.format(command, sampleFormat == null
                    ? from
                    : from.withSampleFormat(FormatMixin.sampleFormat(command, "--format", sampleFormat)));
            try (AudioOutput output = AudioOutput.open(out, from, AudioOutput.written(to), format.options(command),
                    null,
                    command.getErr())) {
                copy(source, output, command.getErr());
            } catch (IOException e) {
                if (Recorder.isClosedPipe(e)) {
                    return ExitCode.OK;
                }
                throw e;
            }
        }
        return ExitCode.OK;
    }

    private AudioReader open(CommandLine command) throws IOException {
        if (!raw && !in.toLowerCase(Locale.ROOT).endsWith(".raw")) {
            return AudioReader.open(input(), in.equals("-") ? "standard input" : in);
        }
        PcmFormat of;
        try {
            of = new PcmFormat(rawRateHz, rawChannels, FormatMixin.sampleFormat(command, "--raw-format", rawFormat));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
        long frames = in.equals("-") ? AudioReader.UNKNOWN : Files.size(Path.of(in)) / of.frameBytes();
        return AudioReader.ofSamples(input(), of, frames);
    }

    private InputStream input() throws IOException {
        return in.equals("-") ? System.in : Files.newInputStream(Path.of(in));
    }

    private void copy(AudioReader source, AudioOutput output, PrintWriter err) throws IOException {
        boolean shows = Terminal.isStderr();
        ByteBuffer block = ByteBuffer.allocate(BLOCK_FRAMES * source.format().frameBytes());
        long done = 0;
        long shownNanos = System.nanoTime();
        for (int n; (n = source.read(block.clear())) >= 0;) {
            output.write(block.flip());
            done += n;
            if (shows && System.nanoTime() - shownNanos > PROGRESS_NANOS) {
                shownNanos = System.nanoTime();
                err.print("\r" + progress(done, source) + "\u001b[K");
                err.flush();
            }
        }
        if (shows) {
            err.println("\r" + progress(done, source) + "\u001b[K");
        }
        if (common.verbose) {
            err.println(
                    "proctap: " + done + " frames of " + source.format() + ", " + output.bytes() + " bytes written");
        }
        err.flush();
    }

    private static String progress(long done, AudioReader source) {
        double seconds = (double) done / source.format().sampleRateHz();
        if (source.frames() <= 0) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        double part = Math.min(1, (double) done / source.frames());
        int bars = (int) Math.round(part * BAR_WIDTH);
        return String.format(Locale.ROOT, "[%s%s] %3.0f %%  %.1f s", "#".repeat(bars), " ".repeat(BAR_WIDTH - bars),
                part * 100, seconds);
    }
}
