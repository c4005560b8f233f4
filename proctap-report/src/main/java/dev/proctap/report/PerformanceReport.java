package dev.proctap.report;

import dev.proctap.TapStatistics;
import dev.proctap.TapStatistics.Distribution;
import dev.proctap.TapStatistics.Loss;
import dev.proctap.pcm.PcmFormat;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A report on how well a capture runs, in the order of the form in which users tell of performance issues. A folder gets
 * {@code report.md}, {@code report.json} (its fields: {@code docs/report.md}), {@code flame.svg} and three plots, beside the
 * flight recording that is there already. Names of users and their folders are left out.
 *
 * @param version
 *            of ProcTap
 * @param command
 *            what was run, for who wants to see the same
 * @param javaSnippet
 *            the same in Java
 * @param target
 *            the program
 * @param checkup
 *            of the machine
 * @param measured
 *            the capture
 * @param comparisons
 *            other ways to capture
 * @param profileFile
 *            name of the flight recording in the folder
 */
public record PerformanceReport(String version, String command, String javaSnippet, String target, Checkup checkup,
        Measured measured, List<Comparison> comparisons, String profileFile) {

    public static final String MARKDOWN = "report.md";
    public static final String JSON = "report.json";
    private static final String FLAMES = "flame.svg";
    private static final String LATENCY = "latency.png";
    private static final String CPU = "cpu.png";
    private static final String DROPOUTS = "dropouts.png";
    private static final int TOP_FRAMES = 10;

    public PerformanceReport {
        comparisons = List.copyOf(comparisons);
    }

    /** What is wrong, the worst first. */
    public List<Finding> findings() {
        return Diagnosis.of(measured).findings();
    }

    /** Writes everything into a folder. */
    public void write(Path folder) throws IOException {
        Profile profile = measured.profile();
        if (profile != null) {
            Files.writeString(folder.resolve(FLAMES), FlameGraph.svg("ProcTap", profile.stacks()));
        }
        Plots.latency(folder.resolve(LATENCY), measured);
        Plots.cpu(folder.resolve(CPU), measured);
        Plots.dropouts(folder.resolve(DROPOUTS), measured);
        Files.writeString(folder.resolve(MARKDOWN), withoutPrivateThings(markdown()));
        try (Writer out = Files.newBufferedWriter(folder.resolve(JSON))) {
            json(out);
        }
    }

    /** Leaves out who the user is and where the user's things are. */
    static String withoutPrivateThings(String text) {
        String home = System.getProperty("user.home", "");
        String user = System.getProperty("user.name", "");
        String result = home.length() > 1 ? text.replace(home, "~") : text;
        result = result.replaceAll("/(home|Users)/[^/\\s\"'`]+", "/$1/USER").replaceAll("/run/user/\\d+",
                "/run/user/UID");
        // a name of a few letters is part of other words
        return user.length() > 3
                ? result.replaceAll("\\b" + Pattern.quote(user) + "\\b", "USER")
                : result;
    }

    @SuppressWarnings("AnnotateFormatMethod") // its annotation would be a dependency
    private static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }

    private static String millis(@Nullable Duration duration) {
        return duration == null ? "?" : format("%.1f", Measured.millis(duration));
    }

    String markdown() {
        StringBuilder text = new StringBuilder();
        List<Finding> findings = findings();
        TapStatistics statistics = measured.statistics();
        text.append("# Performance report\n\n## Performance Issue Description\n\n");
        if (findings.isEmpty()) {
            text.append(format("Nothing is wrong: in %.0f s every figure was in its expected range.\n",
                    statistics.duration().toNanos() / 1e9));
        }
        for (Finding finding : findings) {
            text.append("- **").append(finding.issue().title()).append("**: ").append(finding.seen())
                    .append(". Cause: ")
                    .append(cause(finding)).append(".\n");
        }
        text.append("\n## Performance Issue Type\n\n- **Type**: ")
                .append(findings.isEmpty() ? "none" : findings.getFirst().issue().title())
                .append("\n\nExpected ranges: ")
                .append(format(
                        "CPU of the tap's threads at most %.0f %% of a processor; memory at most %.0f MB and growing at"
                                + " most %.0f MB a minute; 99 of 100 chunks delivered within two cycles of the audio server, a chunk"
                                + " and %.0f ms; no dropouts; first frame within %.0f ms.\n",
                        Diagnosis.EXPECTED_CPU_PERCENT, Diagnosis.EXPECTED_MEMORY_MB,
                        Diagnosis.EXPECTED_GROWTH_MB_PER_MINUTE, Diagnosis.EXPECTED_DELAY_MILLIS,
                        Diagnosis.EXPECTED_START_UP_MILLIS));
        measurements(text, statistics);
        text.append("\n## Reproduction Steps\n\n1. Let ").append(target).append(" play\n2. Run:\n\n    ")
                .append(command)
                .append("\n\n## Code Example\n\n```java\n").append(javaSnippet.strip()).append("\n```\n");
        system(text);
        configuration(text, statistics);
        profile(text);
        text.append("\n## Optimization Ideas\n\n");
        if (findings.isEmpty()) {
            text.append("None needed.\n");
        }
        findings.forEach(finding -> text.append("- ").append(finding.advice()).append(".\n"));
        comparison(text, findings);
        text.append("\n## Additional Context\n\n![Latency](").append(LATENCY).append(")\n![CPU](").append(CPU)
                .append(")\n![Dropouts](").append(DROPOUTS).append(")\n\n");
        for (Loss loss : measured.losses()) {
            text.append(format("- %.3f s: %d frames lost at frame %d (%s)\n",
                    (loss.noticedAtNanos() - measured.startNanos()) / 1e9, loss.frames(), loss.framePosition(),
                    loss.cause().name().toLowerCase(Locale.ROOT)));
        }
        return text.toString();
    }

    private static String cause(Finding finding) {
        return finding.cause().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private void measurements(StringBuilder text, TapStatistics statistics) {
        Distribution latency = statistics.deliveryLatency();
        text.append("\n## Performance Measurements\n\n")
                .append(format(
                        "- CPU Usage: %.2f %% of a processor (expected: at most %.0f %%) by the tap's threads; %.2f %%"
                                + " by the whole process, which is profiled meanwhile; other programs: %.0f %% of the machine\n",
                        measured.tapCpuPercent(), Diagnosis.EXPECTED_CPU_PERCENT, measured.processCpuPercent(),
                        measured.othersCpuPercent()))
                .append(format(
                        "- Memory Usage: %.0f MB (expected: at most %.0f MB), growing by %.1f MB a minute (expected: at"
                                + " most %.0f); heap in use %.1f MB, queue %.2f MB\n",
                        measured.residentBytes() / 1e6,
                        Diagnosis.EXPECTED_MEMORY_MB, measured.heapGrowthMbPerMinute(),
                        Diagnosis.EXPECTED_GROWTH_MB_PER_MINUTE, statistics.heapUsedBytes() / 1e6,
                        statistics.nativeMemoryBytes() / 1e6))
                .append(format(
                        "- Latency: p50 %s ms, p95 %s ms, p99 %s ms, max %s ms (expected: p99 at most %.1f ms), from the"
                                + " sound at the audio server to its delivery\n",
                        millis(latency.p50()), millis(latency.p95()),
                        millis(latency.p99()), millis(latency.max()), Diagnosis.expectedLatencyMillis(measured)))
                .append(format("- Audio dropout rate: %.1f per minute (expected: %.0f); %d frames in %d places\n",
                        statistics.dropoutsPerMinute(), Diagnosis.EXPECTED_DROPOUTS_PER_MINUTE,
                        statistics.framesLost(), statistics.dropouts()))
                .append(format("- Startup time: %s ms to the first frame (expected: at most %.0f ms)\n",
                        millis(statistics.timeToFirstFrame()), Diagnosis.EXPECTED_START_UP_MILLIS))
                .append(format("- Callback: p50 %s ms, p99 %s ms, max %s ms (expected: less than a chunk)\n",
                        millis(statistics.consumerTime().p50()), millis(statistics.consumerTime().p99()),
                        millis(statistics.consumerTime().max())));
    }

    private void system(StringBuilder text) {
        text.append("\n## System Information\n\n- **ProcTap Version**: ").append(version)
                .append("\n- **Java Version**: ").append(Machine.java());
        for (Check check : checkup.checks()) {
            String name = switch (check.name()) {
                case "operating system" -> "OS";
                case "processor" -> "CPU";
                case "memory" -> "RAM";
                case "Java" -> "";
                default -> check.name();
            };
            if (!name.isEmpty()) {
                text.append("\n- **").append(name).append("**: ").append(check.seen());
                text.append(
                        check.state() == Check.State.OK || check.advice().isEmpty() ? "" : " (" + check.advice() + ")");
            }
        }
        text.append("\n- **Target Process**: ").append(target).append('\n');
    }

    private void configuration(StringBuilder text, TapStatistics statistics) {
        PcmFormat format = measured.options().format();
        text.append("\n## Configuration Details\n\n")
                .append(format("- Sample Rate: %.1f kHz\n- Channels: %d\n", format.sampleRateHz() / 1e3,
                        format.channels()))
                .append(format("- Sample Format: %s\n", format.sampleFormat()))
                .append(format("- Buffer Size: queue %s ms, chunk %s ms\n", millis(measured.options().queue()),
                        millis(measured.options().chunk())))
                .append(format("- Quantum: %s ms, asked for: %s\n", millis(statistics.latencyGranted()),
                        statistics.latencyAsked() == null ? "nothing" : millis(statistics.latencyAsked()) + " ms"))
                .append(format("- Callback frequency: every %s ms as configured, %.2f ms as measured\n",
                        millis(measured.options().chunk()), measured.deliveryMillis()));
    }

    private void profile(StringBuilder text) {
        Profile profile = measured.profile();
        text.append("\n## Profiling Data\n\n");
        if (profile == null) {
            text.append("Not profiled.\n");
            return;
        }
        text.append("JDK Flight Recorder: `").append(profileFile).append("`; flame graph: ![flame graph](")
                .append(FLAMES)
                .append(")\n\n```\n").append(profile.samples()).append(" samples of threads at work\n");
        profile.topFrames(TOP_FRAMES).forEach(
                frame -> text.append(format("%5.1f %%  %s\n", 100.0 * frame.getValue() / profile.samples(),
                        frame.getKey())));
        text.append(format("%d collections of garbage (%d by System.gc()), %.1f ms in all, %.1f ms at most\n",
                profile.collections(), profile.forcedCollections(), Measured.millis(profile.pauses()),
                Measured.millis(profile.longestPause())));
        text.append(format("%d callbacks longer than a chunk, %.1f ms in all", profile.slowCalls(),
                Measured.millis(profile.slowTime())));
        for (Map.Entry<Profile.Wait, Duration> wait : new TreeMap<>(profile.waits()).entrySet()) {
            text.append(format(", of which %s %.1f ms", wait.getKey().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    Measured.millis(wait.getValue())));
        }
        text.append("\n```\n");
    }

    private void comparison(StringBuilder text, List<Finding> findings) {
        text.append("\n## Comparison with Alternatives\n\n");
        box(text, findings, Comparison.Kind.SYSTEM_WIDE,
                "The performance issue does NOT occur with system-wide capture");
        box(text, findings, Comparison.Kind.OTHER_TOOL,
                "The performance issue does NOT occur with other audio capture tools");
        box(text, findings, Comparison.Kind.OTHER_TARGET,
                "The issue appears to be specific to certain target processes");
        text.append("\n| captured | CPU % | memory MB | first frame ms | dropouts per minute | latency p99 ms |\n")
                .append("|---|---|---|---|---|---|\n");
        row(text, Comparison.of(target, Comparison.Kind.OTHER_TARGET, measured));
        comparisons.forEach(comparison -> row(text, comparison));
    }

    private void box(StringBuilder text, List<Finding> findings, Comparison.Kind kind, String question) {
        text.append("- [").append(answer(findings, kind) ? 'x' : ' ').append("] ").append(question);
        List<String> asked = comparisons.stream().filter(each -> each.kind() == kind)
                .map(each -> each.problem().isEmpty()
                        ? each.name()
                        : each.name() + " could not be tried: " + each.problem())
                .toList();
        text.append(asked.isEmpty() ? " (not tried)" : " (tried: " + String.join("; ", asked) + ")").append('\n');
    }

    /** Whether there is an issue, and it was not seen in any of these. */
    private boolean answer(List<Finding> findings, Comparison.Kind kind) {
        List<Comparison> tried = comparisons.stream()
                .filter(each -> each.kind() == kind && each.problem().isEmpty()).toList();
        return !findings.isEmpty() && !tried.isEmpty()
                && tried.stream().noneMatch(each -> each.shows(findings.getFirst()));
    }

    private static void row(StringBuilder text, Comparison comparison) {
        Measured measured = comparison.measured();
        text.append("| ").append(comparison.name()).append(" | ").append(number(comparison.cpuPercent())).append(" | ")
                .append(number(comparison.memoryMb())).append(" | ").append(number(comparison.startUpMillis()))
                .append(" | ").append(number(comparison.dropoutsPerMinute())).append(" | ")
                .append(measured == null ? "-" : millis(measured.statistics().deliveryLatency().p99()))
                .append(" |\n");
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "-" : format("%.1f", value);
    }

    void json(Writer out) {
        try (JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            json.writeNumberProperty("schema", 1);
            json.writeStringProperty("proctap", version);
            json.writeStringProperty("command", withoutPrivateThings(command));
            json.writeStringProperty("target", withoutPrivateThings(target));
            json.writeArrayPropertyStart("findings");
            for (Finding finding : findings()) {
                json.writeStartObject();
                json.writeStringProperty("type", finding.issue().name());
                json.writeStringProperty("cause", finding.cause().name());
                json.writeStringProperty("seen", withoutPrivateThings(finding.seen()));
                json.writeStringProperty("advice", finding.advice());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeObjectPropertyStart("expected");
            json.writeNumberProperty("cpuPercent", Diagnosis.EXPECTED_CPU_PERCENT);
            json.writeNumberProperty("memoryMb", Diagnosis.EXPECTED_MEMORY_MB);
            json.writeNumberProperty("latencyP99Millis", Diagnosis.expectedLatencyMillis(measured));
            json.writeNumberProperty("dropoutsPerMinute", Diagnosis.EXPECTED_DROPOUTS_PER_MINUTE);
            json.writeNumberProperty("startUpMillis", Diagnosis.EXPECTED_START_UP_MILLIS);
            json.writeEndObject();
            json.writeName("measured");
            measured(json, measured);
            json.writeArrayPropertyStart("comparisons");
            for (Comparison comparison : comparisons) {
                json.writeStartObject();
                json.writeStringProperty("name", comparison.name());
                json.writeStringProperty("kind", comparison.kind().name());
                json.writeStringProperty("problem", withoutPrivateThings(comparison.problem()));
                write(json, "cpuPercent", comparison.cpuPercent());
                write(json, "memoryMb", comparison.memoryMb());
                write(json, "startUpMillis", comparison.startUpMillis());
                write(json, "dropoutsPerMinute", comparison.dropoutsPerMinute());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayPropertyStart("machine");
            for (Check check : checkup.checks()) {
                json.writeStartObject();
                json.writeStringProperty("name", check.name());
                json.writeStringProperty("state", check.state().name());
                json.writeStringProperty("seen", withoutPrivateThings(check.seen()));
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
    }

    private static void write(JsonGenerator json, String name, double value) {
        if (Double.isNaN(value)) {
            json.writeNullProperty(name);
        } else {
            json.writeNumberProperty(name, value);
        }
    }

    private static void write(JsonGenerator json, String name, Distribution distribution) {
        json.writeObjectPropertyStart(name);
        json.writeNumberProperty("count", distribution.count());
        write(json, "mean", Measured.millis(distribution.mean()));
        write(json, "p50", Measured.millis(distribution.p50()));
        write(json, "p95", Measured.millis(distribution.p95()));
        write(json, "p99", Measured.millis(distribution.p99()));
        write(json, "p999", Measured.millis(distribution.p999()));
        write(json, "max", Measured.millis(distribution.max()));
        json.writeEndObject();
    }

    private static void measured(JsonGenerator json, Measured measured) {
        TapStatistics statistics = measured.statistics();
        json.writeStartObject();
        write(json, "seconds", statistics.duration().toNanos() / 1e9);
        write(json, "tapCpuPercent", measured.tapCpuPercent());
        write(json, "processCpuPercent", measured.processCpuPercent());
        write(json, "othersCpuPercent", measured.othersCpuPercent());
        write(json, "memoryMb", measured.residentBytes() / 1e6);
        write(json, "heapGrowthMbPerMinute", measured.heapGrowthMbPerMinute());
        write(json, "latencyMillis", statistics.deliveryLatency());
        write(json, "callbackMillis", statistics.consumerTime());
        write(json, "dropoutsPerMinute", statistics.dropoutsPerMinute());
        write(json, "startUpMillis", measured.startUpMillis());
        json.writeNumberProperty("framesCaptured", statistics.framesCaptured());
        json.writeNumberProperty("framesLost", statistics.framesLost());
        json.writeNumberProperty("chunks", statistics.chunksDelivered());
        json.writeNumberProperty("reconnects", statistics.reconnects());
        json.writeNumberProperty("sampleRateHz", measured.options().format().sampleRateHz());
        json.writeNumberProperty("channels", measured.options().format().channels());
        write(json, "chunkMillis", Measured.millis(measured.options().chunk()));
        write(json, "queueMillis", Measured.millis(measured.options().queue()));
        write(json, "quantumMillis", measured.cycleMillis());
        write(json, "deliveryMillis", measured.deliveryMillis());
        json.writeArrayPropertyStart("losses");
        for (Loss loss : measured.losses()) {
            json.writeStartObject();
            write(json, "atSeconds", (loss.noticedAtNanos() - measured.startNanos()) / 1e9);
            json.writeNumberProperty("framePosition", loss.framePosition());
            json.writeNumberProperty("frames", loss.frames());
            json.writeStringProperty("cause", loss.cause().name());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayPropertyStart("overTime");
        for (Measured.Sample sample : measured.samples()) {
            json.writeStartObject();
            write(json, "seconds", sample.at().toNanos() / 1e9);
            write(json, "latencyMillis", sample.latencyMillis());
            write(json, "processCpuPercent", sample.processCpuPercent());
            write(json, "othersCpuPercent", sample.othersCpuPercent());
            json.writeEndObject();
        }
        json.writeEndArray();
        Profile profile = measured.profile();
        if (profile != null) {
            json.writeObjectPropertyStart("profile");
            json.writeNumberProperty("samples", profile.samples());
            json.writeNumberProperty("collections", profile.collections());
            json.writeNumberProperty("forcedCollections", profile.forcedCollections());
            write(json, "pausesMillis", Measured.millis(profile.pauses()));
            write(json, "longestPauseMillis", Measured.millis(profile.longestPause()));
            json.writeNumberProperty("slowCallbacks", profile.slowCalls());
            json.writeArrayPropertyStart("topFrames");
            for (Map.Entry<String, Integer> frame : profile.topFrames(TOP_FRAMES)) {
                json.writeStartObject();
                json.writeStringProperty("method", frame.getKey());
                json.writeNumberProperty("samples", frame.getValue());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndObject();
    }
}
