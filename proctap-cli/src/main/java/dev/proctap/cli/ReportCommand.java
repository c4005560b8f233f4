package dev.proctap.cli;

import dev.proctap.AudioProcess;
import dev.proctap.AudioTarget;
import dev.proctap.PlaybackStream;
import dev.proctap.ProcTapException;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapOptions;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.file.RecordingInfo;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.ResampleQuality;
import dev.proctap.report.Checkup;
import dev.proctap.report.Comparison;
import dev.proctap.report.Finding;
import dev.proctap.report.Measured;
import dev.proctap.report.Measurement;
import dev.proctap.report.PerformanceReport;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code proctap report}. */
final class ReportCommand {

    private static final double USUAL_SECONDS = 60;
    /** A comparison is a sixth as long as the measurement, and at least so long. */
    private static final double LEAST_COMPARISON_SECONDS = 2;
    private static final long LOOK_MILLIS = 100;
    private static final String PROFILE = "profile.jfr";

    private final Arguments arguments = new Arguments("report",
            "Measure a capture, find what is wrong with it, and write a report: without a target, of a tone that is played"
                    + " for it.",
            this::call);
    private final CaptureMixin capture = new CaptureMixin(arguments);
    private final Value<Path> out = arguments.option("--out", "DIR", Path.class, Path::of,
            "Where to write report.md, report.json and what belongs to them (default: proctap-report).");
    private final Value<String> record = arguments.option("--record", "FILE", String.class,
            "Write what is captured meanwhile, as record does: a disk, or a pipe (-), that is too slow is found so.");
    private final Value<Boolean> noComparison = arguments.option("--no-comparison",
            "Leave out the comparison with other ways to capture.");
    private final Value<Boolean> includeTitles = arguments.option("--include-titles",
            "Tell what the program calls its streams: titles of media, for example.");

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException, InterruptedException {
        CommandLine command = arguments.command();
        // standard output may be what is recorded to
        PrintWriter print = command.getErr();
        double seconds = seconds(command);
        TapOptions options = capture.options(command, PcmFormat.STANDARD, ResampleQuality.MEDIUM, arguments.verbose());
        Path folder = out.or(Path.of("proctap-report"));
        Files.createDirectories(folder);
        Checkup checkup = Checkup.ofThisMachine();
        if (checkup.problem() != null) {
            throw checkup.problem();
        }
        Path tone = Files.createTempFile("proctap-tone", ".wav");
        try (Program player = capture.isTargetGiven() ? null : tone(tone, seconds)) {
            AudioTarget target = player == null ? capture.target(command) : AudioTarget.pid(player.pid());
            print.println("Measuring for " + Math.round(seconds) + " s.");
            print.flush();
            Measured measured = measure(target, options, seconds, folder.resolve(PROFILE), record.orNull());
            String name = player == null ? describe(target) : "a tone that was played for the report";
            List<Comparison> comparisons = noComparison.isGiven()
                    ? List.of()
                    : compare(print, target, options, Math.max(LEAST_COMPARISON_SECONDS, seconds / 6), tone);
            PerformanceReport report = new PerformanceReport(version(), commandLine(), snippet(target, options), name,
                    checkup, measured, comparisons, PROFILE);
            report.write(folder);
            tell(print, report, folder);
        } finally {
            Files.deleteIfExists(tone);
        }
        return ExitCode.OK;
    }

    private double seconds(CommandLine command) {
        long frames = capture.frames(command, PcmFormat.STANDARD);
        double seconds = frames == Long.MAX_VALUE ? USUAL_SECONDS : PcmFormat.STANDARD.framesToNanos(frames) / 1e9;
        if (seconds < 1) {
            throw new ParameterException(command, "a measurement takes at least a second, not " + seconds + " s");
        }
        return seconds;
    }

    private static Program tone(Path file, double seconds) {
        return ReferencePlayer.play(Signal.sine(440, 0.05, 1).write(file,
                Math.round((seconds + 60) * Signal.SAMPLE_RATE_HZ)));
    }

    /** Captures as {@code record} does, and measures that. */
    private Measured measure(AudioTarget target, TapOptions options, double seconds, @Nullable Path profile,
            @Nullable String file) throws IOException, InterruptedException {
        PrintWriter err = arguments.command().getErr();
        try (AudioOutput output = file == null
                ? null
                : AudioOutput.open(file, options.format(), new RecordingInfo("proctap report", 0, Instant.now()), err);
                ProcessAudioTap tap = ProcessAudioTap.of(target, options)) {
            CountDownLatch first = new CountDownLatch(1);
            AtomicReference<IOException> broken = new AtomicReference<>();
            tap.start(chunk -> {
                first.countDown();
                try {
                    if (output != null && broken.get() == null) {
                        output.write(chunk.bytes());
                        output.flush();
                    }
                } catch (IOException e) {
                    broken.set(e);
                }
            });
            while (tap.isRunning() && !first.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                // it waits for its target
            }
            ProcTapException ended = tap.failure();
            if (first.getCount() > 0 && ended != null) {
                throw ended;
            }
            try (Measurement measurement = Measurement.start(tap, profile)) {
                long end = System.nanoTime() + Math.round(seconds * 1e9);
                while (tap.isRunning() && System.nanoTime() < end) {
                    Thread.sleep(Math.clamp((end - System.nanoTime()) / 1_000_000, 1, LOOK_MILLIS));
                }
                Measured measured = measurement.finish();
                tap.stop();
                IOException write = broken.get();
                if (write != null && !Recorder.isClosedPipe(write)) {
                    throw write;
                }
                ProcTapException failure = tap.failure();
                if (failure != null) {
                    err.println("proctap: " + failure.getMessage() + "; the report is of what was captured until then");
                }
                return measured;
            }
        }
    }

    private List<Comparison> compare(PrintWriter print, AudioTarget target, TapOptions options, double seconds,
            Path tone) throws IOException, InterruptedException {
        List<Comparison> comparisons = new ArrayList<>();
        print.println("Comparing with other ways to capture.");
        print.flush();
        comparisons
                .add(compare("the whole system", Comparison.Kind.SYSTEM_WIDE, AudioTarget.system(), options, seconds));
        for (Rival rival : List.of(Rival.PW_RECORD, Rival.PAREC)) {
            if (rival.isInstalled()) {
                comparisons.add(compare(rival, target, seconds));
            }
        }
        if (capture.isTargetGiven()) {
            try (Program player = tone(tone, seconds)) {
                comparisons.add(compare("a tone", Comparison.Kind.OTHER_TARGET, AudioTarget.pid(player.pid()), options,
                        seconds));
            } catch (ProcTapException e) {
                comparisons
                        .add(Comparison.failed("a tone", Comparison.Kind.OTHER_TARGET, String.valueOf(e.getMessage())));
            }
        }
        return comparisons;
    }

    private Comparison compare(String name, Comparison.Kind kind, AudioTarget target, TapOptions options,
            double seconds) throws IOException, InterruptedException {
        try {
            return Comparison.of(name, kind, measure(target, options, seconds, null, null));
        } catch (ProcTapException e) {
            return Comparison.failed(name, kind, String.valueOf(e.getMessage()));
        }
    }

    private static Comparison compare(Rival rival, AudioTarget target, double seconds) throws InterruptedException {
        try {
            AudioProcess process = playing(target);
            if (process == null) {
                return Comparison.failed(rival.shownName(), Comparison.Kind.OTHER_TOOL,
                        "the target is not one process");
            }
            Rival.Cost cost = rival.record(Rival.Source.of(process, Map.of()), Map.of(), seconds);
            return new Comparison(rival.shownName(), Comparison.Kind.OTHER_TOOL, cost.cpuPercent(), cost.memoryMb(),
                    cost.startUpMillis(), Double.NaN, null, "");
        } catch (IOException e) {
            return Comparison.failed(rival.shownName(), Comparison.Kind.OTHER_TOOL, String.valueOf(e.getMessage()));
        }
    }

    /** The process of a target that plays, null where it is not clear which. */
    private static @Nullable AudioProcess playing(AudioTarget target) {
        List<AudioProcess> playing = AudioProcess.list().stream().filter(AudioProcess::playing)
                .filter(process -> switch (target) {
                    case AudioTarget.OfProcess wanted -> process.pid() == wanted.pid() || ProcessHandle
                            .of(wanted.pid()).stream().flatMap(ProcessHandle::descendants)
                            .anyMatch(child -> child.pid() == process.pid());
                    case AudioTarget.OfName name -> process.name().equalsIgnoreCase(name.name());
                    default -> false;
                }).toList();
        return playing.size() == 1 ? playing.getFirst() : null;
    }

    /** The target as others may see it: names of programs, and titles where that was asked for. */
    private String describe(AudioTarget target) {
        AudioProcess process = playing(target);
        String name = process == null
                ? target.toString()
                : process.name() + " (pid " + process.pid() + ")";
        return process == null || !includeTitles.isGiven()
                ? name
                : name + ", playing " + process.streams().stream().map(PlaybackStream::name)
                        .collect(Collectors.joining(", "));
    }

    private static String version() {
        return new Main.Version().getVersion()[0].replace("proctap ", "");
    }

    private String commandLine() {
        return "./proctap report " + arguments.command().getParseResult().originalArgs().stream()
                .filter(word -> !word.equals("report"))
                .map(word -> word.matches("[\\w./:=%+-]+") ? word : "'" + word + "'").collect(Collectors.joining(" "));
    }

    private static String snippet(AudioTarget target, TapOptions options) {
        Duration latency = options.latency();
        return """
                import dev.proctap.*;
                import java.time.Duration;

                public class Capture {
                    public static void main(String... arguments) throws InterruptedException {
                        TapOptions options = TapOptions.DEFAULTS.withChunk(Duration.ofMillis(%d))%s;
                        try (ProcessAudioTap tap = ProcessAudioTap.of(%s, options).start(chunk -> {})) {
                            Thread.sleep(60_000);
                            System.out.println(tap.statistics());
                        }
                    }
                }
                """.formatted(options.chunk().toMillis(),
                latency == null ? "" : ".withLatency(Duration.ofMillis(" + latency.toMillis() + "))", inJava(target));
    }

    private static String inJava(AudioTarget target) {
        return switch (target) {
            case AudioTarget.OfProcess process -> "AudioTarget.pid(" + process.pid() + ")";
            case AudioTarget.OfName name -> (name.all() ? "AudioTarget.allNamed(\"" : "AudioTarget.name(\"")
                    + name.name() + "\")";
            case AudioTarget.OfApplication application -> "AudioTarget.application(\"" + application.id() + "\")";
            case AudioTarget.OfInputDevice device -> "AudioTarget.inputDevice(\"" + device.name() + "\")";
            case AudioTarget.AnyOf any -> any.targets().stream().map(ReportCommand::inJava)
                    .collect(Collectors.joining(", ", "AudioTarget.anyOf(", ")"));
            case AudioTarget.Everything everything -> everything.exceptions().isEmpty()
                    ? "AudioTarget.system()"
                    : everything.exceptions().stream().map(ReportCommand::inJava)
                            .collect(Collectors.joining(", ", "AudioTarget.everythingBut(", ")"));
        };
    }

    private static void tell(PrintWriter print, PerformanceReport report, Path folder) {
        List<Finding> findings = report.findings();
        print.println(findings.isEmpty()
                ? "Nothing is wrong: every figure is in its expected range."
                : findings.getFirst().issue().title() + ":");
        for (Finding finding : findings) {
            print.println("  " + finding.seen());
            print.println("    " + finding.advice());
        }
        print.println("Report: " + folder.resolve(PerformanceReport.MARKDOWN));
        print.flush();
    }
}
