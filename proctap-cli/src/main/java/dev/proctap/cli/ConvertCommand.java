package dev.proctap.cli;

import dev.proctap.cli.Arguments.Value;
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
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code proctap convert}. */
final class ConvertCommand {

    private static final int BLOCK_FRAMES = 16_384;

    private final Arguments arguments = new Arguments("convert",
            "Convert audio into another format, without any capture.", this::call);
    private final FormatMixin format = new FormatMixin(arguments, FormatMixin.SAMPLE_FORMATS, "as in IN");
    private final Value<Integer> rawRateHz = arguments.option("--raw-rate", "HZ", Integer.class,
            "Sample rate of raw input (default: 48000).");
    private final Value<Integer> rawChannels = arguments.option("--raw-channels", "N", Integer.class,
            "Channels of raw input (default: 2).");
    private final Value<String> rawFormat = arguments.option("--raw-format", "FORMAT", String.class,
            "Sample format of raw input (default: f32).");
    private final Value<Boolean> raw = arguments.option("--raw",
            "IN holds samples alone; so does a file that ends with .raw.");
    private final Value<String> input = arguments.parameter("IN",
            "A WAV, RF64, Wave64 or AIFF file, or one of raw samples; - for standard input.");
    private final Value<String> output = arguments.parameter("OUT", AudioOutput.NAMES);

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException {
        CommandLine command = arguments.command();
        String in = input.or("-");
        String out = output.or("-");
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
        try (AudioReader source = open(command, in)) {
            PcmFormat from = source.format();
            PcmFormat to = format.format(command, from);
            PcmFormat written = AudioOutput.written(to);
            try (AudioOutput output = AudioOutput.converting(from, written, format.options(command),
                    AudioOutput.open(out, written, null, command.getErr()))) {
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

    private AudioReader open(CommandLine command, String in) throws IOException {
        if (!raw.isGiven() && !in.toLowerCase(Locale.ROOT).endsWith(".raw")) {
            return AudioReader.open(input(in), in.equals("-") ? "standard input" : in);
        }
        PcmFormat of;
        try {
            of = new PcmFormat(rawRateHz.or(48_000), rawChannels.or(2),
                    FormatMixin.sampleFormat(command, "--raw-format", rawFormat.or("f32")));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
        long frames = in.equals("-") ? AudioReader.UNKNOWN : Files.size(Path.of(in)) / of.frameBytes();
        return AudioReader.ofSamples(input(in), of, frames);
    }

    private InputStream input(String in) throws IOException {
        return in.equals("-") ? System.in : Files.newInputStream(Path.of(in));
    }

    private void copy(AudioReader source, AudioOutput output, PrintWriter err) throws IOException {
        Progress progress = new Progress(err);
        ByteBuffer block = ByteBuffer.allocate(BLOCK_FRAMES * source.format().frameBytes());
        long done = 0;
        for (int n; (n = source.read(block.clear())) >= 0;) {
            output.write(block.flip());
            done += n;
            progress.show(done, source);
        }
        progress.end(done, source);
        if (arguments.verbose()) {
            err.println(
                    "proctap: " + done + " frames of " + source.format() + ", " + output.bytes() + " bytes written");
            err.flush();
        }
    }
}
