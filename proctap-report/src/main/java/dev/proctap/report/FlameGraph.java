package dev.proctap.report;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Stacks of calls as a picture: each call lies on the one that made it, as wide as it was seen often. One SVG file without
 * anything else; a tooltip names each call in full.
 */
final class FlameGraph {

    private static final int WIDTH = 1200;
    private static final int ROW_HEIGHT = 17;
    private static final double CHARACTER_WIDTH = 7;
    private static final double LEAST_WIDTH = 0.4;

    private int count;
    private final Map<String, FlameGraph> calls = new TreeMap<>();

    private FlameGraph() {}

    static String svg(String title, Map<List<String>, Integer> stacks) {
        FlameGraph root = new FlameGraph();
        stacks.forEach(root::add);
        int height = (root.depth() + 2) * ROW_HEIGHT + 10;
        StringBuilder svg = new StringBuilder();
        svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"").append(WIDTH).append("\" height=\"")
                .append(height).append("\" font-family=\"monospace\" font-size=\"11\">\n")
                .append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"6\" y=\"16\" font-size=\"13\">")
                .append(escape(title)).append(" (").append(root.count).append(" samples)</text>\n");
        root.draw(svg, "all", 0, WIDTH, height - ROW_HEIGHT - 4, root.count);
        return svg.append("</svg>\n").toString();
    }

    private void add(List<String> stack, int samples) {
        count += samples;
        FlameGraph at = this;
        for (String call : stack) {
            at = at.calls.computeIfAbsent(call, name -> new FlameGraph());
            at.count += samples;
        }
    }

    private int depth() {
        return 1 + calls.values().stream().mapToInt(FlameGraph::depth).max().orElse(0);
    }

    private void draw(StringBuilder svg, String name, double x, double width, int y, int all) {
        String label = escape(name);
        svg.append(String.format(Locale.ROOT,
                "<g><title>%s: %d samples, %.1f %%</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\""
                        + " fill=\"hsl(%d,75%%,70%%)\" stroke=\"#fff\" stroke-width=\"0.5\"/>",
                label, count, 100.0 * count / Math.max(1, all), x, y, width, ROW_HEIGHT - 1,
                20 + Math.floorMod(name.hashCode(), 35)));
        int fits = (int) ((width - 4) / CHARACTER_WIDTH);
        if (fits > 2) {
            svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%d\">%s</text>", x + 3, y + ROW_HEIGHT - 5,
                    escape(name.length() <= fits ? name : name.substring(0, fits - 1) + "\u2026")));
        }
        svg.append("</g>\n");
        double left = x;
        for (Map.Entry<String, FlameGraph> call : calls.entrySet()) {
            double part = width * call.getValue().count / Math.max(1, count);
            if (part >= LEAST_WIDTH) {
                call.getValue().draw(svg, call.getKey(), left, part, y - ROW_HEIGHT, all);
            }
            left += part;
        }
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
