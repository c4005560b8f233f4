package dev.proctap.pipes.speech;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * Leaves out what speech recognition says where nobody speaks: phrases that it knows from the ends of videos, and what it said
 * just before.
 */
public final class TranscriptFilter {

    /** So many results are remembered. */
    private static final int REMEMBERED = 3;
    /** More than that part of a text made of such phrases is one. */
    private static final double MOST = 0.7;
    private static final List<String> HALLUCINATIONS = List.of("thank you for watching", "thanks for watching",
            "thank you", "thank you very much", "please subscribe", "subtitles by the amara.org community", "amara.org",
            "subtitles", "you", "bye", "[blank_audio]", "(blank_audio)", "[silence]", "[music]",
            "ご視聴ありがとうございました", "ご視聴ありがとうございます", "ご清聴ありがとうございました", "字幕作成", "字幕",
            "ありがとうございました", "ありがとうございます", "untertitel der amara.org-community",
            "sous-titres réalisés par la communauté d'amara.org");

    private final boolean hallucinations;
    private final boolean repetitions;
    private final Deque<String> recent = new ArrayDeque<>();

    /**
     * @param hallucinations
     *            whether to leave out known phrases
     * @param repetitions
     *            whether to leave out what is the same as one of the last three results
     */
    public TranscriptFilter(boolean hallucinations, boolean repetitions) {
        this.hallucinations = hallucinations;
        this.repetitions = repetitions;
    }

    /** Whether a text is to be written; it is remembered then. */
    public boolean accepts(String text) {
        String plain = plain(text);
        if (plain.isEmpty() || (hallucinations && isHallucination(plain)) || (repetitions && recent.contains(plain))) {
            return false;
        }
        recent.addLast(plain);
        if (recent.size() > REMEMBERED) {
            recent.removeFirst();
        }
        return true;
    }

    /** Without case, and without what stands at both ends and is no letter. */
    private static String plain(String text) {
        return text.strip().toLowerCase(Locale.ROOT).replaceAll("^[\\s.,!?…。、！？-]+|[\\s.,!?…。、！？-]+$", "");
    }

    static boolean isHallucination(String plain) {
        for (String phrase : HALLUCINATIONS) {
            if (plain.equals(phrase)) {
                return true;
            }
            int count = 0;
            for (int at = plain.indexOf(phrase); at >= 0; at = plain.indexOf(phrase, at + phrase.length())) {
                count++;
            }
            if (count > 1 && phrase.length() * count > plain.length() * MOST) {
                return true;
            }
        }
        return false;
    }
}
