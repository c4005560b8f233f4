package dev.proctap.cli;

import dev.proctap.pipes.analysis.Analysis;
import dev.proctap.pipes.analysis.Band;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A live analysis for a terminal. */
final class AnalysisScreen {

    private static final double FLOOR_DB = -60;
    private static final double BAND_FLOOR_DB = -90;
    private static final int LABEL_WIDTH = 12;
    private static final int FIGURE_WIDTH = 12;

    private AnalysisScreen() {}

    /** As lines, most important first, with bars as long as the columns allow. */
    static List<String> lines(Analysis analysis, int columns) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(Locale.ROOT, "%.1f s  q ends", analysis.seconds()));
        lines.add(bar("RMS", analysis.rmsDb(), FLOOR_DB, columns));
        lines.add(bar("Peak", analysis.heldPeakDb(), FLOOR_DB, columns));
        lines.add(bar("LUFS", analysis.momentaryLufs(), FLOOR_DB, columns));
        lines.add(String.format(Locale.ROOT,
                "short-term %.1f LUFS  integrated %.1f LUFS  range %.1f LU  true peak %.1f dBTP",
                AnalyzeCommand.shown(analysis.shortTermLufs()), AnalyzeCommand.shown(analysis.integratedLufs()),
                analysis.loudnessRangeLu(), AnalyzeCommand.shown(analysis.truePeakDb())));
        for (Band band : Band.values()) {
            lines.add(bar(band.title(), analysis.bandsDb().getOrDefault(band, Double.NEGATIVE_INFINITY),
                    BAND_FLOOR_DB, columns));
        }
        lines.add((Double.isNaN(analysis.pitchHz())
                ? "no pitch"
                : String.format(Locale.ROOT, "pitch %.1f Hz", analysis.pitchHz()))
                + (analysis.silent() ? "  silent" : "")
                + (analysis.clippedSamples() > 0 ? "  clipped " + analysis.clippedSamples() + " samples" : ""));
        return lines;
    }

    private static String bar(String label, double db, double floor, int columns) {
        int width = Math.max(4, columns - LABEL_WIDTH - FIGURE_WIDTH);
        int filled = (int) Math.round(Math.clamp(1 - db / floor, 0, 1) * width);
        return String.format(Locale.ROOT, "%-11s %s%s %7.1f dB", label, "█".repeat(filled), "·".repeat(width - filled),
                AnalyzeCommand.shown(db));
    }
}
