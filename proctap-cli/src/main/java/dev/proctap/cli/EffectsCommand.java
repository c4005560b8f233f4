package dev.proctap.cli;

import dev.proctap.cli.Arguments.Value;
import dev.proctap.file.AudioReader;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.Effects;
import dev.proctap.pipes.FilterPipe;
import dev.proctap.pipes.filter.AudioFilter;
import dev.proctap.pipes.filter.Decibels;
import dev.proctap.pipes.filter.GainNormalizer;
import dev.proctap.pipes.filter.NoiseSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code proctap effects}: filters in a pipe, with the options of the Python ProcTap's, and a list of its own. */
final class EffectsCommand {

    private static final double USUAL_LEVEL = 0.7;
    private static final int ORDER = 4;

    private final Arguments arguments = new Arguments("effects",
            "Filter sound from standard input to standard output: WAV, or raw PCM of the format that is told.",
            this::call);
    private final Value<String> chain = arguments.option(List.of("-e", "--effects"), "LIST", String.class,
            "Effects in the order in which they work: " + Effects.SYNTAX + ".");
    private final Value<Double> highpass = arguments.option(List.of("-hp", "--highpass"), "HZ", Double.class,
            "Take away what is below.");
    private final Value<Double> lowpass = arguments.option(List.of("-lp", "--lowpass"), "HZ", Double.class,
            "Take away what is above.");
    private final Value<Boolean> denoise = arguments.option(List.of("-d", "--denoise"), "Reduce noise.");
    private final Value<String> noiseMode = arguments.option("--noise-mode", "MODE", String.class,
            "simple, spectral_gate or wiener (default: wiener).");
    private final Value<Double> noiseThreshold = arguments.option(List.of("-t", "--noise-threshold"), "0..1",
            Double.class, "What is left of the noise (default: 0.02).");
    private final Value<String> noiseFrom = arguments.option("--noise-from", "first|quiet|FILE", String.class,
            "Where noise is learned: the first 0.3 s, wherever it is quiet, or a file of it (default: first).");
    private final Value<Boolean> normalize = arguments.option(List.of("-n", "--normalize"),
            "Bring it slowly to a level.");
    private final Value<Double> targetLevel = arguments.option(List.of("-l", "--target-level"), "0..1", Double.class,
            "The highest peak after that (default: 0.7); the root mean square is a seventh of it.");
    private final PipeMixin pipe = new PipeMixin(arguments);

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException, InterruptedException {
        CommandLine command = arguments.command();
        Effects.Step noise = denoise.isGiven() || noiseMode.isGiven() || noiseThreshold.isGiven()
                || noiseFrom.isGiven() ? this::noiseFilter : null;
        List<Effects.Step> steps = steps(command, noise);
        if (steps.isEmpty()) {
            command.getErr()
                    .println("proctap: no effect is asked for: the sound passes unchanged; --denoise, --normalize,"
                            + " --highpass, --lowpass or --effects would change it");
            command.getErr().flush();
        }
        Terminal.requirePipe(command);
        Effects effects = new Effects(steps);
        return pipe.run(command, true, format -> stage(command, format, effects));
    }

    private List<Effects.Step> steps(CommandLine command, Effects.@Nullable Step noise) {
        List<Effects.Step> steps = new ArrayList<>();
        Double low = highpass.orNull();
        Double high = lowpass.orNull();
        if (low != null && high != null && low >= high) {
            throw new ParameterException(command,
                    "--highpass " + low + " and --lowpass " + high + " leave nothing between them");
        }
        if (low != null) {
            steps.addAll(parsed(command, "highpass=" + low + ":" + ORDER).steps());
        }
        if (high != null) {
            steps.addAll(parsed(command, "lowpass=" + high + ":" + ORDER).steps());
        }
        if (noise != null) {
            double floor = noiseThreshold.or(0.02);
            if (!(floor >= 0 && floor <= 1)) {
                throw new ParameterException(command, "--noise-threshold is 0 to 1, not " + floor);
            }
            // whether there is such a mode
            parsed(command, "denoise=" + noiseMode.or("wiener"));
            steps.add(noise);
        }
        String list = chain.orNull();
        if (list != null) {
            steps.addAll(parsed(command, list).steps());
        }
        if (normalize.isGiven() || targetLevel.isGiven()) {
            double level = targetLevel.or(USUAL_LEVEL);
            if (!(level > 0 && level <= 1)) {
                throw new ParameterException(command, "--target-level is above 0 and at most 1, not " + level);
            }
            steps.add(Effects.normalize(GainNormalizer.TARGET_RMS * level / USUAL_LEVEL, GainNormalizer.MOST_GAIN_DB,
                    Decibels.ofFactor(level)));
        }
        return steps;
    }

    private static Effects parsed(CommandLine command, String text) {
        try {
            return Effects.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    /** Effects by their text, null for none. */
    static @Nullable Effects parse(CommandLine command, @Nullable String text) {
        return text == null ? null : parsed(command, text);
    }

    private AudioFilter noiseFilter(PcmFormat format) {
        String from = noiseFrom.or("first");
        NoiseSource source = switch (from) {
            case "first" -> NoiseSource.FIRST_MOMENTS;
            case "quiet" -> NoiseSource.QUIET_PARTS;
            default -> new NoiseSource.Sample(samples(Path.of(from), format));
        };
        return Effects.denoise(noiseMode.or("wiener"), noiseThreshold.or(0.02), source).filter(format);
    }

    private static float[] samples(Path file, PcmFormat format) {
        try (AudioReader reader = AudioReader.open(file)) {
            PcmFormat floats = format.withSampleFormat(SampleFormat.F32).withByteOrder(ByteOrder.nativeOrder());
            PcmConverter converter = new PcmConverter(reader.format(), floats);
            ByteBuffer block = ByteBuffer.allocate(4096 * reader.format().frameBytes());
            float[] result = {};
            for (int n; (n = reader.read(block.clear())) >= 0;) {
                int more = converter.outputFrames(n) * format.channels();
                int before = result.length;
                result = Arrays.copyOf(result, before + more);
                converter.convert(MemorySegment.ofBuffer(block.flip()), 0, n, MemorySegment.ofArray(result),
                        4L * before);
            }
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private PipeMixin.Stage stage(CommandLine command, PcmFormat format, Effects effects) throws IOException {
        String from = noiseFrom.or("first");
        if (!from.equals("first") && !from.equals("quiet") && !Files.exists(Path.of(from))) {
            throw new NoSuchFileException(from, null, "there is no such file");
        }
        try {
            return new FilterStage(new FilterPipe(format, effects.chain(format)));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }
}
