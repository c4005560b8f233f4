package dev.proctap.cli;

import dev.proctap.AudioTarget;
import dev.proctap.TapEvent;
import dev.proctap.TapOptions;
import dev.proctap.TapStatistics;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.ResampleQuality;
import java.io.PrintWriter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Options of every command that captures. */
final class CaptureMixin {

    private final Value<Long> pid;
    private final Value<Boolean> noTree;
    private final Value<Boolean> waitForTarget;
    private final Value<Boolean> reconnect;
    private final Value<Integer> chunkMillis;
    private final Value<Integer> latencyMillis;
    private final Value<Double> seconds;

    CaptureMixin(Arguments arguments) {
        pid = arguments.option("--pid", "N", Long.class, new Pid(), "Capture process N and its descendants.");
        noTree = arguments.option("--no-tree", "Capture the process alone, without its descendants.");
        waitForTarget = arguments.option("--wait", "Wait for the program to play, instead of failing.");
        reconnect = arguments.option("--reconnect", "When the audio server goes away, wait for it and go on.");
        chunkMillis = arguments.option("--chunk", "MS", Integer.class,
                "Length of a chunk in ms, 1 to 1000 (default: 10).");
        latencyMillis = arguments.option("--latency", "MS", Integer.class,
                "Ask the audio server for cycles of about this length in ms;"
                        + " by default it is left alone. A short one costs CPU in every program that plays.");
        seconds = arguments.option("--seconds", "S", Double.class, "End after S seconds of recording.");
    }

    /** Reads a process id. */
    static final class Pid implements CommandLine.ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            try {
                return Long.valueOf(text);
            } catch (NumberFormatException e) {
                throw new CommandLine.TypeConversionException("'" + text + "' is not a process id");
            }
        }
    }

    @Nullable
    Long pid() {
        return pid.orNull();
    }

    AudioTarget.OfProcess target(CommandLine command) {
        Long pid = pid();
        if (pid == null) {
            throw new ParameterException(command, "which program? Give --pid N; 'proctap list' shows who is playing");
        }
        try {
            return new AudioTarget.OfProcess(pid, !noTree.isGiven());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    /** How many frames of {@code format} to capture. */
    long frames(CommandLine command, PcmFormat format) {
        Double length = seconds.orNull();
        if (length == null) {
            return Long.MAX_VALUE;
        }
        if (!(length > 0 && length < 1e9)) {
            throw new ParameterException(command, "--seconds is a positive number, not " + length);
        }
        return Math.round(length * format.sampleRateHz());
    }

    TapOptions options(CommandLine command, PcmFormat format, ResampleQuality quality, boolean verbose) {
        try {
            TapOptions options = TapOptions.DEFAULTS.withFormat(format)
                    .withChunk(Duration.ofMillis(chunkMillis.or(10))).withWaitForTarget(waitForTarget.isGiven())
                    .withReconnect(reconnect.isGiven()).withResampleQuality(quality)
                    .withListener(event -> report(command.getErr(), event, verbose));
            Integer latency = latencyMillis.orNull();
            return latency == null ? options : options.withLatency(Duration.ofMillis(latency));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    private static void report(PrintWriter err, TapEvent event, boolean verbose) {
        // asked one by one, and not by a switch, which the JVM needs some milliseconds to link while the capture starts
        String text = "";
        if (event instanceof TapEvent.ServerLost lost) {
            text = "the audio server went away" + (lost.reason().isEmpty() ? "" : ": " + lost.reason());
        } else if (event instanceof TapEvent.ServerReconnected) {
            text = "the audio server is back";
        } else if (event instanceof TapEvent.FramesLost lost) {
            text = "lost " + lost.loss().frames() + " frames at " + lost.loss().framePosition() + " ("
                    + because(lost.loss().cause()) + ")";
        } else if (event instanceof TapEvent.CallbackFailed failed) {
            text = "internal error: " + failed.cause();
        } else if (verbose) {
            text = news(event);
        }
        if (!text.isEmpty()) {
            err.println("proctap: " + text);
            err.flush();
        }
    }

    private static String because(TapStatistics.LossCause cause) {
        return switch (cause) {
            case CAPTURE -> "the audio graph or this process missed its time";
            case CONSUMER -> "the output was too slow";
            case SERVER -> "the audio server was away";
        };
    }

    /** What only who asks for it wants to know. */
    private static String news(TapEvent event) {
        return switch (event) {
            case TapEvent.TargetStarted started -> "process " + started.pid() + " plays";
            case TapEvent.TargetExited exited -> "process " + exited.pid() + " has ended";
            case TapEvent.StreamLinked linked -> "capturing " + linked.program() + ": " + linked.streamName();
            case TapEvent.StreamUnlinked gone -> "ended: " + gone.program() + ": " + gone.streamName();
            case TapEvent.LatencyGranted granted ->
                "the audio server works in cycles of " + granted.latency().toNanos() / 1e6 + " ms";
            default -> "";
        };
    }
}
