package dev.proctap.pipes.speech;

import java.util.Locale;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** How a transcript is written. */
public enum TranscriptFormat {
    /** The words alone, a line for each utterance. */
    TEXT,
    /** A line of JSON for each: speaker, start, end, text. */
    JSON,
    /** Subtitles of SubRip. */
    SRT,
    /** Subtitles of the web (WebVTT). */
    VTT;

    /** What stands before everything. */
    public String head() {
        return this == VTT ? "WEBVTT\n\n" : "";
    }

    /**
     * An utterance, with the ends of its lines.
     *
     * @param number
     *            from 1
     */
    public String format(Utterance said, int number) {
        String who = said.speaker().isEmpty() ? "" : said.speaker() + ": ";
        return switch (this) {
            case TEXT -> who + said.text() + "\n";
            case JSON -> json(said) + "\n";
            case SRT -> number + "\n" + time(said.startSeconds(), ',') + " --> " + time(said.endSeconds(), ',') + "\n"
                    + who + said.text() + "\n\n";
            case VTT -> time(said.startSeconds(), '.') + " --> " + time(said.endSeconds(), '.') + "\n"
                    + (said.speaker().isEmpty() ? "" : "<v " + escaped(said.speaker()) + ">") + escaped(said.text())
                    + "\n\n";
        };
    }

    private static String json(Utterance said) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        if (!said.speaker().isEmpty()) {
            node.put("speaker", said.speaker());
        }
        node.put("start", Math.round(said.startSeconds() * 1000) / 1000.0)
                .put("end", Math.round(said.endSeconds() * 1000) / 1000.0).put("text", said.text());
        return node.toString();
    }

    /** What WebVTT gives a meaning to. */
    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String time(double seconds, char point) {
        long millis = Math.round(seconds * 1000);
        return String.format(Locale.ROOT, "%02d:%02d:%02d%c%03d", millis / 3_600_000, millis / 60_000 % 60,
                millis / 1000 % 60, point, millis % 1000);
    }
}
