package dev.proctap.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** The table of all figures, as text and as JSON. */
final class Report {

    /**
     * One figure.
     *
     * @param figure
     *            what was measured
     * @param unit
     *            its unit
     * @param values
     *            of each tool
     * @param goal
     *            what ProcTap's should be, in words; empty for none
     * @param met
     *            whether it is, null where there is no goal
     */
    record Row(String figure, String unit, Map<String, Double> values, String goal, @Nullable Boolean met) {}

    private final List<Row> rows = new ArrayList<>();
    private final Map<String, String> machine = new LinkedHashMap<>();

    void machine(String key, String value) {
        machine.put(key, value);
    }

    void add(Row row) {
        rows.add(row);
    }

    /** A figure of ProcTap alone that should be at most {@code limit}. */
    void atMost(String figure, String unit, double value, double limit) {
        add(new Row(figure, unit, Map.of(Tool.PROCTAP.shownName(), value),
                "at most " + text(limit), value <= limit));
    }

    boolean allMet() {
        return rows.stream().noneMatch(row -> Boolean.FALSE.equals(row.met));
    }

    private static String text(@Nullable Double value) {
        if (value == null) {
            return "-";
        }
        double magnitude = Math.abs(value);
        return value == Math.rint(value) && magnitude < 1e9
                ? Long.toString(Math.round(value))
                : String.format(Locale.ROOT, magnitude < 10 ? "%.3f" : "%.1f", value);
    }

    void print(PrintStream out) {
        machine.forEach((key, value) -> out.println(key + ": " + value));
        out.println();
        out.printf("%-56s %-8s", "figure", "unit");
        for (Tool tool : Tool.values()) {
            out.printf(" %10s", tool.shownName());
        }
        out.printf("  %s%n", "goal");
        for (Row row : rows) {
            out.printf("%-56s %-8s", row.figure, row.unit);
            for (Tool tool : Tool.values()) {
                out.printf(" %10s", text(row.values.get(tool.shownName())));
            }
            out.printf("  %s%n", row.goal + (row.met == null ? "" : row.met ? ": met" : ": NOT MET"));
        }
    }

    void writeJson(Path file) throws IOException {
        try (var out = Files.newBufferedWriter(file);
                JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            json.writeObjectPropertyStart("machine");
            machine.forEach(json::writeStringProperty);
            json.writeEndObject();
            json.writeArrayPropertyStart("figures");
            for (Row row : rows) {
                json.writeStartObject();
                json.writeStringProperty("figure", row.figure);
                json.writeStringProperty("unit", row.unit);
                for (Tool tool : Tool.values()) {
                    Double value = row.values.get(tool.shownName());
                    if (value != null) {
                        json.writeNumberProperty(tool.shownName(), value);
                    }
                }
                if (row.met != null) {
                    json.writeStringProperty("goal", row.goal);
                    json.writeBooleanProperty("met", row.met);
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
    }
}
