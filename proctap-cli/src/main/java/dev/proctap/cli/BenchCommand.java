package dev.proctap.cli;

import dev.proctap.AudioChunk;
import dev.proctap.AudioProcess;
import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapOptions;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.cli.Rival.Click;
import dev.proctap.cli.Rival.Cost;
import dev.proctap.report.Plots;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.core.JsonGenerator;

/**
 * {@code proctap bench}: the five figures of every recorder that is installed. A program plays clicks at even distances; each
 * recorder records it, one after the other, in several rounds. Where a distance is another one, sound was lost or came
 * twice. A tap of our own beside them tells when each click was played, and so how late it came out of a recorder.
 */
final class BenchCommand {

    /** 200 ms and a little more, so that clicks fall on every place of a cycle. */
    private static final int PERIOD = Signal.SAMPLE_RATE_HZ / 5 + 37;
    private static final int LOUD = 8000;

    private final Arguments arguments = new Arguments("bench",
            "Measure CPU, memory, latency, dropouts and start-up of proctap beside every other recorder that is installed.",
            this::call);
    private final Value<Integer> rounds = arguments.option("--rounds", "N", Integer.class,
            "How often each records (default: 5); medians are told.");
    private final Value<Integer> seconds = arguments.option("--seconds", "S", Integer.class,
            "How long each records (default: 10).");
    private final Value<Path> out = arguments.option("--out", "DIR", Path.class, Path::of,
            "Where to write bench.md, bench.json and the charts (default: here).");
    private final Backend backend = new Backend(arguments);

    /** The five figures. */
    private enum Figure {
        CPU("CPU", "% of a processor"), MEMORY("memory", "MB"), LATENCY("latency", "ms"), DROPOUTS("dropouts",
                "per minute"), START_UP("start-up", "ms");

        final String title;
        final String unit;

        Figure(String title, String unit) {
            this.title = title;
            this.unit = unit;
        }

        double of(Cost cost, PlayedClicks played) {
            return switch (this) {
                case CPU -> cost.cpuPercent();
                case MEMORY -> cost.memoryMb();
                case LATENCY -> played.delay(cost);
                case DROPOUTS -> dropouts(cost);
                case START_UP -> cost.startUpMillis();
            };
        }
    }

    /** Median, least and greatest of some values. */
    private record Spread(double median, double least, double greatest) {

        static Spread of(List<Double> values) {
            double[] sorted = values.stream().filter(value -> !Double.isNaN(value)).mapToDouble(Double::doubleValue)
                    .sorted().toArray();
            return sorted.length == 0
                    ? new Spread(Double.NaN, Double.NaN, Double.NaN)
                    : new Spread(sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
        }

        @Override
        public String toString() {
            return Double.isNaN(median)
                    ? "-"
                    : String.format(Locale.ROOT, "%.2f (%.2f to %.2f)", median, least, greatest);
        }
    }

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException, InterruptedException {
        CommandLine command = arguments.command();
        backend.choose(command);
        int count = positive(command, "--rounds", rounds.or(5));
        int length = positive(command, "--seconds", seconds.or(10));
        Path folder = out.or(Path.of(""));
        Files.createDirectories(folder.toAbsolutePath());
        PrintWriter print = command.getOut();
        Path wav = Files.createTempFile("proctap-clicks", ".wav");
        try (PipeWireServer server = needsServer() ? PipeWireServer.start() : null) {
            Map<String, String> environment = server == null ? Map.of() : server.environment();
            if (server != null) {
                System.setProperty("dev.proctap.pipewire.remote", server.remote());
                print.println("No audio server runs: using a private one, without a sound card.");
            }
            List<Rival> rivals = Arrays.stream(Rival.values()).filter(Rival::isInstalled).toList();
            Signal.clicks(PERIOD).write(wav,
                    (long) Signal.SAMPLE_RATE_HZ * (length + 15) * (count * rivals.size() + 1));
            try (Program player = server == null ? ReferencePlayer.play(wav) : server.play(wav)) {
                Map<Rival, Map<Figure, List<Double>>> results = measure(print, environment, rivals, player, count,
                        length);
                write(folder, results, count, length);
                print.print(table(results, count, length));
                print.println("Written: " + folder.resolve("bench.md") + ", bench.json, bench-*.png");
                print.flush();
            }
        } catch (IllegalStateException e) {
            throw new ProcTapException(ProcTapException.Kind.FAILED, String.valueOf(e.getMessage()), e);
        } finally {
            Files.deleteIfExists(wav);
        }
        return ExitCode.OK;
    }

    private static int positive(CommandLine command, String option, int value) {
        if (value < 1) {
            throw new ParameterException(command, option + " is at least 1, not " + value);
        }
        return value;
    }

    private static boolean needsServer() {
        try {
            AudioProcess.list();
            return false;
        } catch (ProcTapException e) {
            if (e.kind() == ProcTapException.Kind.NO_AUDIO_SERVER && Prerequisites.missing().isEmpty()) {
                return true;
            }
            throw e;
        }
    }

    private static Map<Rival, Map<Figure, List<Double>>> measure(PrintWriter print, Map<String, String> environment,
            List<Rival> rivals, Program player, int count, int length) throws IOException, InterruptedException {
        Rival.Source source = Rival.Source.of(ReferencePlayer.awaitPlaying(player), environment);
        Map<Rival, Map<Figure, List<Double>>> results = new LinkedHashMap<>();
        try (PlayedClicks played = new PlayedClicks(player.pid())) {
            for (int round = 0; round < count; round++) {
                for (Rival rival : rivals) {
                    print.println("round " + (round + 1) + " of " + count + ": " + rival.shownName());
                    print.flush();
                    Map<Figure, List<Double>> figures = results.computeIfAbsent(rival,
                            key -> new EnumMap<>(Figure.class));
                    try {
                        Cost cost = rival.record(source, environment, length);
                        for (Figure figure : Figure.values()) {
                            figures.computeIfAbsent(figure, key -> new ArrayList<>())
                                    .add(figure.of(cost, played));
                        }
                    } catch (IOException e) {
                        print.println("  " + e.getMessage());
                    }
                }
            }
        }
        return results;
    }

    /** Distances between clicks that are not what was played, for each minute. */
    private static double dropouts(Cost cost) {
        List<Click> clicks = cost.clicks();
        if (clicks.size() < 3) {
            return Double.NaN;
        }
        int wrong = 0;
        for (int i = 1; i < clicks.size(); i++) {
            wrong += clicks.get(i).frame() - clicks.get(i - 1).frame() == PERIOD ? 0 : 1;
        }
        long frames = clicks.getLast().frame() - clicks.getFirst().frame();
        return wrong * 60.0 * Signal.SAMPLE_RATE_HZ / frames;
    }

    /** When each click was played, as the audio server tells it to a tap of ours. */
    private static final class PlayedClicks implements AutoCloseable {

        private final List<Long> nanos = new ArrayList<>();
        private final ProcessAudioTap tap;
        private boolean wasLoud = true;

        PlayedClicks(long pid) {
            tap = ProcessAudioTap.of(AudioTarget.pid(pid), TapOptions.DEFAULTS).start(this::take);
        }

        private synchronized void take(AudioChunk chunk) {
            FloatBuffer samples = chunk.bytes().asFloatBuffer();
            for (int frame = 0; frame < chunk.frames(); frame++) {
                boolean loud = Math.abs(samples.get(frame * chunk.format().channels())) > LOUD / 32768f;
                if (loud && !wasLoud) {
                    nanos.add(chunk.captureTimeNanos() + chunk.format().framesToNanos(frame));
                }
                wasLoud = loud;
            }
        }

        /** The median of how late clicks came out of a recorder, in ms. */
        synchronized double delay(Cost cost) {
            long period = Math.round(PERIOD * 1e9 / Signal.SAMPLE_RATE_HZ);
            List<Double> delays = new ArrayList<>();
            for (Click click : cost.clicks()) {
                // the last one before it; what is later than a period cannot be told from what is earlier
                nanos.stream().filter(time -> click.nanos() - time >= 0 && click.nanos() - time < period)
                        .findFirst().ifPresent(time -> delays.add((click.nanos() - time) / 1e6));
            }
            return Spread.of(delays).median;
        }

        @Override
        public void close() {
            tap.close();
        }
    }

    private static Spread spread(Map<Figure, List<Double>> figures, Figure figure) {
        return Spread.of(figures.getOrDefault(figure, List.of()));
    }

    private static String table(Map<Rival, Map<Figure, List<Double>>> results, int count, int length) {
        StringBuilder text = new StringBuilder();
        text.append("\nMedian (least to greatest) of ").append(count).append(" rounds of ").append(length)
                .append(" s, one recorder after the other.\n\n| recorder | records |");
        for (Figure figure : Figure.values()) {
            text.append(' ').append(figure.title).append(", ").append(figure.unit).append(" |");
        }
        text.append("\n|---|---|").append("---|".repeat(Figure.values().length)).append('\n');
        results.forEach((rival, figures) -> {
            text.append("| ").append(rival.shownName()).append(" | ")
                    .append(rival.isOfOneProgram() ? "one program" : "everything").append(" |");
            for (Figure figure : Figure.values()) {
                text.append(' ').append(spread(figures, figure)).append(" |");
            }
            text.append('\n');
        });
        return text.append('\n').toString();
    }

    private static void write(Path folder, Map<Rival, Map<Figure, List<Double>>> results, int count, int length)
            throws IOException {
        Files.writeString(folder.resolve("bench.md"), "# proctap bench\n" + table(results, count, length));
        for (Figure figure : Figure.values()) {
            List<String> names = new ArrayList<>();
            List<Double> values = new ArrayList<>();
            results.forEach((rival, figures) -> {
                double median = spread(figures, figure).median;
                if (!Double.isNaN(median)) {
                    names.add(rival.shownName());
                    values.add(median);
                }
            });
            if (!names.isEmpty()) {
                Plots.bars(folder.resolve("bench-" + figure.title + ".png"), figure.title + " (median)", figure.unit,
                        names, values);
            }
        }
        try (var out = Files.newBufferedWriter(folder.resolve("bench.json"));
                JsonGenerator json = Json.into(out, true)) {
            json.writeStartObject();
            json.writeNumberProperty("rounds", count);
            json.writeNumberProperty("seconds", length);
            json.writeArrayPropertyStart("recorders");
            for (Map.Entry<Rival, Map<Figure, List<Double>>> result : results.entrySet()) {
                json.writeStartObject();
                json.writeStringProperty("name", result.getKey().shownName());
                json.writeBooleanProperty("oneProgram", result.getKey().isOfOneProgram());
                for (Figure figure : Figure.values()) {
                    Spread spread = spread(result.getValue(), figure);
                    if (!Double.isNaN(spread.median)) {
                        json.writeObjectPropertyStart(figure.title);
                        json.writeStringProperty("unit", figure.unit);
                        json.writeNumberProperty("median", spread.median);
                        json.writeNumberProperty("least", spread.least);
                        json.writeNumberProperty("greatest", spread.greatest);
                        json.writeEndObject();
                    }
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
    }
}
