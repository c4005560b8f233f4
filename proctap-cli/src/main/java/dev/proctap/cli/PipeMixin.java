package dev.proctap.cli;

import dev.proctap.cli.Arguments.Value;
import dev.proctap.file.AudioReader;
import dev.proctap.file.WavWriter;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * A command in the middle of a pipe: sound comes from standard input, with a header (WAV, AIFF, Wave64) or without (raw, of
 * the format that options tell), and goes on to standard output as it came. The end of the input, a reader that goes away and
 * Ctrl-C end it in order.
 */
final class PipeMixin {

    /** So little is waited for before it goes on: a pipe that is live stays so. */
    private static final int BLOCKS_PER_SECOND = 50;
    /** After Ctrl-C: so long the input may take to end by itself; whoever is before us has been told, too. */
    private static final long INPUT_PATIENCE_SECONDS = 1;
    /** So long a read that is waiting may take after that, and what is to be done at the end. */
    private static final long READ_PATIENCE_SECONDS = 4;
    private static final long END_PATIENCE_SECONDS = 60;
    private static final int MAGIC_BYTES = 4;

    private final Value<Integer> rateHz;
    private final Value<Integer> channels;
    private final Value<Integer> sampleWidth;
    private final Value<String> sampleFormat;
    private final Value<Integer> chunkSize;
    private volatile boolean ended;
    private volatile boolean inputOver;

    PipeMixin(Arguments arguments) {
        rateHz = arguments.option(List.of("-r", "--rate", "--sample-rate"), "HZ", Integer.class,
                "Sample rate of raw input (default: 48000). Input with a header tells its own.");
        channels = arguments.option(List.of("-c", "--channels"), "N", Integer.class,
                "Channels of raw input (default: 2).");
        sampleWidth = arguments.option(List.of("-w", "--sample-width"), "BYTES", Integer.class,
                "Bytes of a sample of raw input: 1, 2, 3 or 4, integers (default: 2).");
        sampleFormat = arguments.option("--format", "FORMAT", String.class,
                "Sample format of raw input instead: " + FormatMixin.SAMPLE_FORMATS + ".");
        chunkSize = arguments.option("--chunk-size", "FRAMES", Integer.class,
                "Frames to read at once (default: 20 ms of them).");
    }

    /** Takes the frames of a pipe. */
    interface Stage extends AutoCloseable {

        /** The next frames; what it does not write to the output is not passed on. */
        void frames(ByteBuffer frames, @Nullable AudioOutput output) throws IOException;

        /** The input has ended. */
        void end(@Nullable AudioOutput output) throws IOException, InterruptedException;

        @Override
        default void close() throws IOException {
            // nothing is held
        }
    }

    /** Makes a stage for frames of a format. */
    @FunctionalInterface
    interface StageOpener {
        Stage open(PcmFormat format) throws IOException;
    }

    private PcmFormat rawFormat(CommandLine command) {
        try {
            String named = sampleFormat.orNull();
            SampleFormat samples = named != null
                    ? FormatMixin.sampleFormat(command, "--format", named)
                    : switch (sampleWidth.or(2)) {
                        case 1 -> SampleFormat.U8;
                        case 2 -> SampleFormat.S16;
                        case 3 -> SampleFormat.S24;
                        case 4 -> SampleFormat.S32;
                        default -> throw new ParameterException(command,
                                "--sample-width is 1, 2, 3 or 4 bytes, not " + sampleWidth.or(2)
                                        + "; --format f32 is for floating-point samples");
                    };
            return new PcmFormat(rateHz.or(48_000), channels.or(2), samples)
                    .withByteOrder(ByteOrder.LITTLE_ENDIAN);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    /** Standard input as sound, and whether it has a header; null where it is empty. */
    private @Nullable Input open(CommandLine command) throws IOException {
        PcmFormat raw = rawFormat(command);
        PushbackInputStream in = new PushbackInputStream(System.in, MAGIC_BYTES);
        byte[] magic = in.readNBytes(MAGIC_BYTES);
        if (magic.length == 0) {
            return null;
        }
        in.unread(magic);
        boolean header = switch (new String(magic, StandardCharsets.ISO_8859_1)) {
            case "RIFF", "RF64", "BW64", "RIFX", "riff", "FORM" -> true;
            default -> false;
        };
        InputStream stream = in;
        return new Input(header
                ? AudioReader.open(stream, "standard input")
                : AudioReader.ofSamples(stream, raw, AudioReader.UNKNOWN), header);
    }

    private record Input(AudioReader reader, boolean header) {}

    /**
     * Runs a stage until the input ends.
     *
     * @param passes
     *            whether the stage has an output: standard output
     */
    int run(CommandLine command, boolean passes, StageOpener opener) throws IOException, InterruptedException {
        int chunk = chunkSize.or(0);
        if (chunk < 0) {
            throw new ParameterException(command, "--chunk-size is a number of frames, not " + chunk);
        }
        if (Terminal.isStdin()) {
            throw new ParameterException(command, "standard input is a terminal; pipe sound into it, for example"
                    + " proctap --pid N --stdout | proctap " + command.getCommandName());
        }
        CountDownLatch finished = new CountDownLatch(1);
        Thread hook = new Thread(() -> endInOrder(finished, this), "proctap-interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            Input input = open(command);
            if (input == null) {
                return ExitCode.OK;
            }
            try (AudioReader reader = input.reader;
                    Stage stage = opener.open(reader.format());
                    // nothing is written where the stage cannot be had
                    AudioOutput output = passes ? output(reader.format(), input.header) : null) {
                int frames = chunk > 0 ? chunk : Math.max(1, reader.format().sampleRateHz() / BLOCKS_PER_SECOND);
                ByteBuffer block = ByteBuffer.allocate(frames * reader.format().frameBytes());
                while (!ended && reader.read(block.clear()) >= 0) {
                    stage.frames(block.flip(), output);
                    if (output != null) {
                        output.flush();
                    }
                }
                inputOver = true;
                stage.end(output);
            } catch (IOException e) {
                if (!Recorder.isClosedPipe(e)) {
                    throw e;
                }
            }
            return ExitCode.OK;
        } finally {
            finished.countDown();
            EndInOrder.removeHook(hook);
        }
    }

    private static AudioOutput output(PcmFormat format, boolean header) throws IOException {
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        PcmFormat written = AudioOutput.written(format);
        if (header) {
            out.write(WavWriter.header(written, AudioReader.UNKNOWN));
        }
        return AudioOutput.converting(format, written, ConversionOptions.DEFAULTS,
                new AudioOutput.Raw(out, written));
    }

    /** Ctrl-C goes to every program of a pipe: who is before us ends, and what he still has to say shall get through. */
    private static void endInOrder(CountDownLatch finished, PipeMixin pipe) {
        try {
            boolean over = finished.await(INPUT_PATIENCE_SECONDS, TimeUnit.SECONDS);
            pipe.ended = true;
            over = over || finished.await(READ_PATIENCE_SECONDS, TimeUnit.SECONDS)
                    || (pipe.inputOver && finished.await(END_PATIENCE_SECONDS, TimeUnit.SECONDS));
            if (over) {
                Runtime.getRuntime().halt(ExitCode.OK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
