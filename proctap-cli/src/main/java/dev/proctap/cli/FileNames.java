package dev.proctap.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of the files of one recording, from a pattern with the time and the number of each: {@code %Y %m %d %H %M %S} as
 * strftime has them, in local time, {@code %n} the number from 001 on, {@code %%} a percent sign. No name is given twice.
 */
final class FileNames {

    private static final Pattern PLACE = Pattern.compile("%([YmdHMSn%])");

    private final String pattern;
    private final ZoneId zone;
    private final Set<String> given = new HashSet<>();
    private int number;

    /**
     * @param numbered
     *            whether a name without anything that changes gets a number, as {@code out-001.wav}
     */
    FileNames(String pattern, boolean numbered, ZoneId zone) {
        this.pattern = numbered && !PLACE.matcher(pattern).results().anyMatch(place -> !place.group(1).equals("%"))
                ? tagged(pattern, "-%n")
                : pattern;
        this.zone = zone;
    }

    /** The name of the next file, which begins at {@code start}. */
    String next(Instant start) {
        number++;
        ZonedDateTime time = start.atZone(zone);
        String name = PLACE.matcher(pattern).replaceAll(place -> Matcher.quoteReplacement(switch (place.group(1)) {
            case "Y" -> format(time, "uuuu");
            case "m" -> format(time, "MM");
            case "d" -> format(time, "dd");
            case "H" -> format(time, "HH");
            case "M" -> format(time, "mm");
            case "S" -> format(time, "ss");
            case "n" -> String.format(Locale.ROOT, "%03d", number);
            default -> "%";
        }));
        if (!given.add(name)) {
            // parts may be shorter than what the pattern tells of the time
            name = tagged(name, String.format(Locale.ROOT, "-%03d", number));
            given.add(name);
        }
        return name;
    }

    private static String format(ZonedDateTime time, String field) {
        return DateTimeFormatter.ofPattern(field, Locale.ROOT).format(time);
    }

    /** A name, or a pattern, with a tag before its extension. */
    static String tagged(String name, String tag) {
        int dot = name.lastIndexOf('.');
        int at = dot > name.lastIndexOf('/') + 1 ? dot : name.length();
        return name.substring(0, at) + tag + name.substring(at);
    }
}
