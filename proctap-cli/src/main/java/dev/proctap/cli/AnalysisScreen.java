package dev.proctap.cli;

import dev.proctap.pipes.analysis.Analysis;
import dev.proctap.pipes.analysis.Band;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A live analysis on a terminal, as large as that is now. */
final class AnalysisScreen {

    private static final String HIDE_CURSOR = "\u001b[?25l";
    private static final String SHOW_CURSOR = "\u001b[?25h";
    private static final String ERASE_LINE = "\u001b[K";
    private static final double FLOOR_DB = -60;
    private static final double BAND_FLOOR_DB = -90;
    private static final int LABEL_WIDTH = 12;
    private static final int FIGURE_WIDTH = 12;

    private final PrintWriter out;
    private final Controls controls;
    private int shownLines;

    AnalysisScreen(PrintWriter out, Controls controls) {
        this.out = out;
        this.controls = controls;
        out.print(HIDE_CURSOR);
    }

    void show(Analysis analysis) {
        List<String> lines = lines(analysis, controls.columns(), controls.rows());
        StringBuilder text = new StringBuilder();
        if (shownLines > 0) {
            text.append("\u001b[").append(shownLines).append('A');
        }
        text.append('\r');
        lines.forEach(line -> text.append(line).append(ERASE_LINE).append('\n'));
        // what a larger terminal showed below
        text.append("\u001b[J");
        shownLines = lines.size();
        out.print(text);
        out.flush();
    }

    /** The lines of a screen of so many columns and rows; what does not fit is left out from below. */
    static List<String> lines(Analysis analysis, int columns, int rows) {
        List<String> lines = new ArrayList<>();
        lines.add(cut(String.format(Locale.ROOT, "%.1f s  q ends", analysis.seconds()), columns));
        lines.add(bar("RMS", analysis.rmsDb(), FLOOR_DB, columns));
        lines.add(bar("Peak", analysis.heldPeakDb(), FLOOR_DB, columns));
        lines.add(bar("LUFS", analysis.momentaryLufs(), FLOOR_DB, columns));
        lines.add(cut(String.format(Locale.ROOT,
                "short-term %.1f LUFS  integrated %.1f LUFS  range %.1f LU  true peak %.1f dBTP",
                AnalyzeCommand.shown(analysis.shortTermLufs()), AnalyzeCommand.shown(analysis.integratedLufs()),
                analysis.loudnessRangeLu(), AnalyzeCommand.shown(analysis.truePeakDb())), columns));
        for (Band band : Band.values()) {
            lines.add(bar(band.title(), analysis.bandsDb().getOrDefault(band, Double.NEGATIVE_INFINITY),
                    BAND_FLOOR_DB, columns));
        }
        lines.add(cut((Double.isNaN(analysis.pitchHz())
                ? "no pitch"
                : String.format(Locale.ROOT, "pitch %.1f Hz", analysis.pitchHz()))
                + (analysis.silent() ? "  silent" : "")
                + (analysis.clippedSamples() > 0 ? "  clipped " + analysis.clippedSamples() + " samples" : ""),
                columns));
        return lines.subList(0, Math.clamp(rows - 1, 1, lines.size()));
    }

    private static String bar(String label, double db, double floor, int columns) {
        int width = Math.max(4, columns - LABEL_WIDTH - FIGURE_WIDTH);
        int filled = (int) Math.round(Math.clamp(1 - db / floor, 0, 1) * width);
        return cut(String.format(Locale.ROOT, "%-11s %s%s %7.1f dB", label, "█".repeat(filled),
                "·".repeat(width - filled), AnalyzeCommand.shown(db)), columns);
    }

    private static String cut(String line, int columns) {
        return line.length() < columns ? line : line.substring(0, Math.max(0, columns - 1));
    }

    void end() {
        out.print(SHOW_CURSOR);
        out.flush();
    }
}
