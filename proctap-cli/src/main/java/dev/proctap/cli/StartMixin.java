package dev.proctap.cli;

import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.PcmFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Options for a recording that does not begin at once, or that ends by itself. */
final class StartMixin {

    /** What is softer counts as silence where nothing else is said. */
    private static final double SILENCE_DBFS = -60;

    private final Value<Double> preroll;
    private final Value<String> onSound;
    private final Value<Double> stopAfterSilence;

    StartMixin(Arguments arguments) {
        preroll = arguments.option("--preroll", "S", Double.class,
                "Keep the last S seconds in memory, and begin the file"
                        + " with them at the space bar, at the signal SIGUSR1, or as --on-sound says.");
        onSound = arguments.option("--on-sound", "dB", String.class,
                "Begin when the program is louder than this, for example -50dB below full scale.");
        stopAfterSilence = arguments.option("--stop-after-silence", "S", Double.class,
                "End after S seconds softer than --on-sound says, or than -60 dB.");
    }

    /** When to begin and to end. */
    record Rules(boolean waits, long prerollFrames, double beginDbfs, double silenceDbfs, long silentFrames) {

        static final Rules NONE = new Rules(false, 0, Double.POSITIVE_INFINITY, SILENCE_DBFS, Long.MAX_VALUE);
    }

    Rules rules(CommandLine command, PcmFormat format) {
        String threshold = onSound.orNull();
        double begin = threshold == null ? Double.POSITIVE_INFINITY : decibels(command, threshold);
        Double kept = preroll.orNull();
        if (kept != null && kept > Preroll.maxSeconds(format)) {
            throw new ParameterException(command, "--preroll keeps at most " + Preroll.maxSeconds(format)
                    + " s of this format in memory, not " + kept);
        }
        return new Rules(kept != null || threshold != null,
                kept == null ? 0 : frames(command, "--preroll", kept, format), begin,
                threshold == null ? SILENCE_DBFS : begin,
                stopAfterSilence.isGiven()
                        ? frames(command, "--stop-after-silence", stopAfterSilence.orNull(), format)
                        : Long.MAX_VALUE);
    }

    private static long frames(CommandLine command, String option, @Nullable Double seconds, PcmFormat format) {
        if (seconds == null || !(seconds > 0 && seconds < 1e7)) {
            throw new ParameterException(command, option + " is a positive number of seconds, not " + seconds);
        }
        return Math.round(seconds * format.sampleRateHz());
    }

    private static double decibels(CommandLine command, String text) {
        String number = text.toLowerCase(Locale.ROOT).replaceFirst("\\s*db(fs)?$", "");
        try {
            double value = Double.parseDouble(number);
            if (value <= 0 && value >= -200) {
                return value;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new ParameterException(command,
                "--on-sound is a level in dB below full scale, for example -50dB, not " + text);
    }
}
