package dev.proctap.cli;

import dev.proctap.AudioTarget;
import dev.proctap.TapEvent;
import dev.proctap.TapOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.ResampleQuality;
import java.io.PrintWriter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options of every command that captures. */
final class CaptureMixin {

    @Option(names = "--pid", paramLabel = "N", converter = Pid.class, description = "Capture process N and its"
            + " descendants.")
    @Nullable
    Long pid;

    @Option(names = "--no-tree", description = "Capture the process alone, without its descendants.")
    boolean noTree;

    @Option(names = "--wait", description = "Wait for the program to play, instead of failing.")
    boolean waitForTarget;

    @Option(names = "--reconnect", description = "When the audio server goes away, wait for it and go on.")
    boolean reconnect;

    @Option(names = "--chunk", paramLabel = "MS", description = "Length of a chunk in ms, 1 to 1000 (default: 10).")
    int chunkMillis = 10;

    @Option(names = "--latency", paramLabel = "MS", description = "Ask the audio server for this latency in ms; by"
            + " default it is left alone. A short one costs CPU in every program that plays.")
    @Nullable
    Integer latencyMillis;

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

    AudioTarget.OfProcess target(CommandLine command) {
        if (pid == null) {
            throw new ParameterException(command, "which program? Give --pid N; 'proctap list' shows who is playing");
        }
        try {
            return new AudioTarget.OfProcess(pid, !noTree);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    TapOptions options(CommandLine command, PcmFormat format, ResampleQuality quality, boolean verbose) {
        try {
            TapOptions options = TapOptions.DEFAULTS.withFormat(format)
                    .withChunk(Duration.ofMillis(chunkMillis)).withWaitForTarget(waitForTarget)
                    .withReconnect(reconnect).withResampleQuality(quality)
                    .withListener(event -> report(command.getErr(), event, verbose));
            return latencyMillis == null ? options : options.withLatency(Duration.ofMillis(latencyMillis));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    private static void report(PrintWriter err, TapEvent event, boolean verbose) {
        String text = switch (event) {
            case TapEvent.ServerLost lost -> "the audio server went away" + because(lost.reason());
            case TapEvent.ServerReconnected() -> "the audio server is back";
            case TapEvent.FramesLost lost -> "lost " + lost.loss().frames() + " frames at "
                    + lost.loss().framePosition() + " (" + switch (lost.loss().cause()) {
                        case CAPTURE -> "the audio graph or this process missed its time";
                        case CONSUMER -> "the output was too slow";
                        case SERVER -> "the audio server was away";
                    } + ")";
            case TapEvent.CallbackFailed failed -> "internal error: " + failed.cause();
            case TapEvent.TargetStarted started -> verbose ? "process " + started.pid() + " plays" : "";
            case TapEvent.TargetExited exited -> verbose ? "process " + exited.pid() + " has ended" : "";
            case TapEvent.StreamLinked linked ->
                verbose ? "capturing " + linked.program() + ": " + linked.streamName() : "";
            case TapEvent.StreamUnlinked gone -> verbose ? "ended: " + gone.program() + ": " + gone.streamName() : "";
            case TapEvent.LatencyGranted granted ->
                verbose
                        ? "the audio server works in cycles of " + granted.latency().toNanos() / 1e6 + " ms"
                        : "";
        };
        if (!text.isEmpty()) {
            err.println("proctap: " + text);
            err.flush();
        }
    }

    private static String because(String reason) {
        return reason.isEmpty() ? "" : ": " + reason;
    }
}
