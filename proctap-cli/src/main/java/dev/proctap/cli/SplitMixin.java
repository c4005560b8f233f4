package dev.proctap.cli;

import dev.proctap.cli.Arguments.Value;
import java.util.Locale;
import dev.proctap.pcm.PcmFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Options that cut a recording into parts. */
final class SplitMixin {

    private static final Pattern SIZE = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?)([kMG]?)B?");
    /** Room for a header and some sound after it. */
    private static final long LEAST_BYTES = 10_000;

    private final Value<Double> seconds;
    private final Value<String> size;

    SplitMixin(Arguments arguments) {
        seconds = arguments.option("--split-seconds", "S", Double.class,
                "Begin another file every S seconds; no frame is lost between them.");
        size = arguments.option("--split-size", "SIZE", String.class,
                "Begin another file before one is larger than this: 700k, 650M or 2G (thousands, not 1024).");
    }

    boolean isAsked() {
        return seconds.isGiven() || size.isGiven();
    }

    /** How long a part may be in frames, and how large. */
    record Limits(long frames, long bytes) {}

    /**
     * How long a part may be.
     *
     * @param isOneOfMany
     *            whether there will be other files with other headers, whose parts are to be of the same length
     */
    Limits limits(CommandLine command, String file, PcmFormat format, boolean isOneOfMany) {
        if (size.isGiven() && isOneOfMany) {
            throw new ParameterException(command,
                    "--split-size would cut each track at another place; use --split-seconds");
        }
        return new Limits(frames(command, format.sampleRateHz()), bytes(command, file));
    }

    private long frames(CommandLine command, int sampleRateHz) {
        Double length = seconds.orNull();
        if (length == null) {
            return Long.MAX_VALUE;
        }
        if (!(length >= 0.1 && length < 1e9)) {
            throw new ParameterException(command, "--split-seconds is 0.1 or more, not " + length);
        }
        return Math.round(length * sampleRateHz);
    }

    private long bytes(CommandLine command, String file) {
        String text = size.orNull();
        if (text == null) {
            return Long.MAX_VALUE;
        }
        if (EncodedOutput.encodes(file)) {
            throw new ParameterException(command, "--split-size cannot foresee how large a compressed file becomes;"
                    + " use --split-seconds");
        }
        Matcher matcher = SIZE.matcher(text);
        double bytes = matcher.matches()
                ? Double.parseDouble(matcher.group(1)) * switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
                    case "k" -> 1e3;
                    case "m" -> 1e6;
                    case "g" -> 1e9;
                    default -> 1;
                }
                : 0;
        if (bytes < LEAST_BYTES) {
            throw new ParameterException(command,
                    "--split-size is a size such as 700k, 650M or 2G, 10k at least, not " + text);
        }
        return (long) bytes;
    }
}
