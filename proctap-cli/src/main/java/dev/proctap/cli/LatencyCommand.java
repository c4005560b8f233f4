package dev.proctap.cli;

import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapOptions;
import dev.proctap.TapStatistics;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.ResampleQuality;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** {@code proctap latency}. */
final class LatencyCommand {

    private static final Duration READ_TIMEOUT = Duration.ofMillis(200);
    private static final long PERIOD_NANOS = 1_000_000_000;

    private final Arguments arguments = new Arguments("latency",
            "Show live how late the sound of a program arrives here, each second in a line.", this::call);
    private final CaptureMixin capture = new CaptureMixin(arguments);

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws InterruptedException {
        CommandLine command = arguments.command();
        AudioTarget target = capture.target(command);
        TapOptions options = capture.options(command, PcmFormat.STANDARD, ResampleQuality.MEDIUM,
                arguments.verbose());
        long seconds = Math.ceilDiv(capture.frames(command, PcmFormat.STANDARD), PcmFormat.STANDARD.sampleRateHz());
        PrintWriter out = command.getOut();
        out.println(
                "From the moment in which the first sound of a chunk was played, as the audio server tells it, to the"
                        + " delivery of the chunk (" + millis(options.chunk()) + " ms long), in ms:");
        out.println("    p50     p95     p99     max   cycle    lost");
        out.flush();
        try (ProcessAudioTap tap = ProcessAudioTap.of(target, options).start()) {
            Thread hook = new Thread(tap::stop, "proctap-interrupt");
            Runtime.getRuntime().addShutdownHook(hook);
            long next = System.nanoTime() + PERIOD_NANOS;
            for (long lines = 0; lines < seconds && !tap.isDrained() && !out.checkError();) {
                tap.read(READ_TIMEOUT);
                if (System.nanoTime() >= next) {
                    out.println(line(tap.statistics()));
                    out.flush();
                    tap.resetStatistics();
                    next += PERIOD_NANOS;
                    lines++;
                }
            }
            EndInOrder.removeHook(hook);
            ProcTapException failure = tap.failure();
            if (failure != null) {
                throw failure;
            }
        }
        return ExitCode.OK;
    }

    private static String line(TapStatistics statistics) {
        TapStatistics.Distribution latency = statistics.deliveryLatency();
        return latency.count() == 0
                ? "nothing was delivered"
                : String.format(Locale.ROOT, "%7s %7s %7s %7s %7s %7d", millis(latency.p50()), millis(latency.p95()),
                        millis(latency.p99()), millis(latency.max()), millis(statistics.latencyGranted()),
                        statistics.framesLost());
    }

    private static String millis(@Nullable Duration duration) {
        return duration == null ? "?" : String.format(Locale.ROOT, "%.1f", duration.toNanos() / 1e6);
    }
}
