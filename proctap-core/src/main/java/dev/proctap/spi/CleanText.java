package dev.proctap.spi;

/** Makes what other programs say of themselves fit to be shown: they may say anything, of any length. */
public final class CleanText {

    /** As long as the longest file name; nobody reads a longer title. */
    private static final int MAX_CHARACTERS = 255;
    private static final int REPLACEMENT = 0xfffd;

    private CleanText() {}

    /**
     * The text without what could do something to a terminal or to a reader: control characters, line and paragraph
     * separators, marks that change the direction of writing, and broken characters each become U+FFFD. What is too long
     * ends with an ellipsis.
     */
    public static String clean(String text) {
        int length = text.length();
        boolean fits = length <= MAX_CHARACTERS;
        boolean plain = fits;
        for (int i = 0; plain && i < length; i++) {
            plain = text.charAt(i) >= ' ' && text.charAt(i) < 0x7f;
        }
        if (plain) {
            return text;
        }
        StringBuilder result = new StringBuilder();
        for (int i = 0, codePoint; i < Math.min(length, MAX_CHARACTERS); i += Character.charCount(codePoint)) {
            codePoint = text.codePointAt(i);
            result.appendCodePoint(isHarmless(codePoint) ? codePoint : REPLACEMENT);
        }
        return fits ? result.toString() : result.append('\u2026').toString();
    }

    private static boolean isHarmless(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.SURROGATE, Character.UNASSIGNED, Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                false;
            // of the invisible ones only the two that joined scripts and pictures need
            case Character.FORMAT -> codePoint == 0x200c || codePoint == 0x200d;
            default -> true;
        };
    }
}
