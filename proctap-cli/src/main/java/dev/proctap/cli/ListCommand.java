package dev.proctap.cli;

import dev.proctap.AudioChunk;
import dev.proctap.AudioProcess;
import dev.proctap.AudioTarget;
import dev.proctap.PlaybackStream;
import dev.proctap.ProcTapException;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapOptions;
import dev.proctap.cli.Arguments.Value;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.core.JsonGenerator;

/** {@code proctap list}. */
final class ListCommand {

    private static final double MEASURED_SECONDS = 0.2;
    private static final long WATCH_MILLIS = 800;
    private static final Duration MEASURE_TIMEOUT = Duration.ofMillis(600);

    private final Arguments arguments = new Arguments("list",
            "List the programs that have audio streams, with their level.", this::call);
    private final Value<Boolean> json = arguments.option("--json", "Print JSON.");

    private final Backend backend = new Backend(arguments);

    CommandSpec spec() {
        return arguments.spec;
    }

    /** A process and its peak level over {@link #MEASURED_SECONDS}, null where it plays nothing. */
    private record Row(AudioProcess process, @Nullable Double peakDbfs) {}

    private final Value<Boolean> watch = arguments.option("--watch",
            "Show the list again every second, until q or Ctrl-C; into a pipe, one line of JSON each time.");

    private Integer call() throws InterruptedException {
        backend.choose(arguments.command());
        PrintWriter out = arguments.command().getOut();
        if (watch.isGiven()) {
            watch(out);
        } else {
            list(out, json.isGiven());
        }
        return ExitCode.OK;
    }

    static void list(PrintWriter out, boolean json) throws InterruptedException {
        List<Row> rows = measure(AudioProcess.list());
        if (json) {
            printJson(out, rows, true);
        } else {
            printTable(out, rows);
        }
        out.flush();
    }

    private void watch(PrintWriter out) throws InterruptedException {
        boolean table = Terminal.isStdout() && !json.isGiven();
        Semaphore end = new Semaphore(0);
        try (Controls controls = new Controls(table, () -> {}, end::release);
                LiveScreen screen = table ? new LiveScreen(out, controls) : null) {
            do {
                List<Row> rows = measure(AudioProcess.list());
                if (screen != null) {
                    StringWriter text = new StringWriter();
                    printTable(new PrintWriter(text, true), rows);
                    screen.show(text.toString().lines().toList());
                } else {
                    printJson(out, rows, false);
                    out.flush();
                }
                // standard output keeps what went wrong to itself
            } while (!out.checkError() && !System.out.checkError()
                    && !end.tryAcquire(WATCH_MILLIS, TimeUnit.MILLISECONDS));
        }
    }

    private static List<Row> measure(List<AudioProcess> processes) throws InterruptedException {
        List<ProcessAudioTap> taps = new ArrayList<>();
        try {
            // all at once, so that the levels are of the same moment
            for (AudioProcess process : processes) {
                ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pidOnly(process.pid()), TapOptions.DEFAULTS);
                taps.add(tap);
                if (process.playing()) {
                    try {
                        tap.start();
                    } catch (ProcTapException e) {
                        // it ended or paused this moment: no level is the truth
                    }
                }
            }
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < taps.size(); i++) {
                rows.add(new Row(processes.get(i), peakDbfs(taps.get(i))));
            }
            return rows;
        } finally {
            taps.forEach(ProcessAudioTap::close);
        }
    }

    private static @Nullable Double peakDbfs(ProcessAudioTap tap) throws InterruptedException {
        if (!tap.isRunning()) {
            return null;
        }
        long wanted = Math.round(MEASURED_SECONDS * tap.options().format().sampleRateHz());
        long start = System.nanoTime();
        Level level = new Level(tap.options().format());
        double peak = 0;
        long frames = 0;
        while (frames < wanted) {
            Duration left = MEASURE_TIMEOUT.minusNanos(System.nanoTime() - start);
            AudioChunk chunk = left.isPositive() ? tap.read(left) : null;
            if (chunk == null) {
                break;
            }
            peak = Math.max(peak, level.peak(chunk));
            frames += chunk.frames();
        }
        return frames == 0 ? null : Level.dbfs(peak);
    }

    private static void printTable(PrintWriter out, List<Row> rows) {
        if (rows.isEmpty()) {
            out.println("no program has an audio stream");
            return;
        }
        out.printf("%8s  %-20s %-8s %11s  %s%n", "PID", "NAME", "STATE", "PEAK", "STREAMS");
        for (Row row : rows) {
            AudioProcess process = row.process;
            out.printf("%8d  %-20s %-8s %11s  %s%n", process.pid(), process.name(),
                    process.playing() ? "playing" : "idle", level(row.peakDbfs),
                    String.join(", ", process.streams().stream().map(ListCommand::describe).toList()));
        }
    }

    private static String level(@Nullable Double peakDbfs) {
        if (peakDbfs == null) {
            return "-";
        }
        return peakDbfs.isInfinite() ? "silence" : String.format(Locale.ROOT, "%.1f dBFS", round(peakDbfs, 10));
    }

    private static double round(double value, double steps) {
        // through a whole number, which has no negative zero
        return Math.round(value * steps) / steps;
    }

    private static String describe(PlaybackStream stream) {
        String rate = stream.sampleRateHz() == 0 ? "" : ", " + stream.sampleRateHz() + " Hz";
        String volume = "";
        if (stream.muted()) {
            volume = ", muted";
        } else if (stream.volume() != 1) {
            volume = String.format(Locale.ROOT, ", volume %.1f dB", Level.dbfs(stream.volume()));
        }
        return stream.name() + " (" + stream.channels() + " ch" + rate + volume + ")";
    }

    private static void printJson(PrintWriter out, List<Row> rows, boolean pretty) {
        try (JsonGenerator generator = Json.into(out, pretty)) {
            generator.writeStartArray();
            for (Row row : rows) {
                AudioProcess process = row.process;
                generator.writeStartObject();
                generator.writeNumberProperty("pid", process.pid());
                generator.writeStringProperty("name", process.name());
                generator.writeStringProperty("executable", process.executable());
                generator.writeBooleanProperty("playing", process.playing());
                generator.writeName("peakDbfs");
                // JSON has no infinity: digital silence is null, like no sound at all
                if (row.peakDbfs == null || row.peakDbfs.isInfinite()) {
                    generator.writeNull();
                } else {
                    generator.writeNumber(round(row.peakDbfs, 100));
                }
                generator.writeArrayPropertyStart("streams");
                for (PlaybackStream stream : process.streams()) {
                    generator.writeStartObject();
                    generator.writeNumberProperty("id", stream.id());
                    generator.writeStringProperty("name", stream.name());
                    generator.writeNumberProperty("sampleRateHz", stream.sampleRateHz());
                    generator.writeNumberProperty("channels", stream.channels());
                    generator.writeBooleanProperty("running", stream.running());
                    generator.writeNumberProperty("volume", round(stream.volume(), 10_000));
                    generator.writeBooleanProperty("muted", stream.muted());
                    generator.writeEndObject();
                }
                generator.writeEndArray();
                generator.writeEndObject();
            }
            generator.writeEndArray();
            generator.flush();
        }
        out.println();
    }
}
