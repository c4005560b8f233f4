package dev.proctap.cli;

import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.ResampleQuality;
import dev.proctap.pcm.SampleFormat;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Options of every command that writes samples: their format, and how it is reached. */
final class FormatMixin {

    static final String SAMPLE_FORMATS = "u8, s16, s24, s32, f32 or f64";

    private final Value<Integer> rateHz;
    private final Value<Integer> channels;
    private final Value<String> sampleFormat;
    private final Value<Boolean> dither;
    private final Value<String> resampleQuality;

    /** The options, where {@code usual} says in the help which sample format is written when none is asked for. */
    FormatMixin(Arguments arguments, String sampleFormats, String usual) {
        rateHz = arguments.option("--rate", "HZ", Integer.class, "Sample rate of what is written, 8000 to 384000.");
        channels = arguments.option("--channels", "N", Integer.class, "Channels of what is written: 1, 2, 3 (2.1), 4"
                + " (quad), 5 (5.0), 6 (5.1) or 8 (7.1).");
        sampleFormat = arguments.option("--format", "FORMAT", String.class,
                sampleFormats + " (default: " + usual + ").");
        dither = arguments.option("--dither", "Add the noise that keeps rounding to 24 bits or fewer from distorting.");
        resampleQuality = arguments.option("--resample-quality", "QUALITY", String.class,
                "best, medium or fast (default: medium).");
    }

    /** What is to be written, where {@code usual} says what is not asked for. */
    PcmFormat format(CommandLine command, PcmFormat usual) {
        try {
            Integer count = channels.orNull();
            PcmFormat format = count == null ? usual : usual.withLayout(ChannelLayout.of(count));
            String name = sampleFormat.orNull();
            return format.withSampleRateHz(rateHz.or(usual.sampleRateHz())).withSampleFormat(
                    name == null ? usual.sampleFormat() : sampleFormat(command, "--format", name));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    ConversionOptions options(CommandLine command) {
        return ConversionOptions.DEFAULTS.withDither(dither.isGiven()).withQuality(quality(command));
    }

    private ResampleQuality quality(CommandLine command) {
        String asked = resampleQuality.or("medium");
        for (ResampleQuality quality : ResampleQuality.values()) {
            if (quality.name().toLowerCase(Locale.ROOT).equals(asked)) {
                return quality;
            }
        }
        throw new ParameterException(command, "--resample-quality is best, medium or fast, not " + asked);
    }

    /** A sample format by our name or that of the Python ProcTap. */
    static SampleFormat sampleFormat(CommandLine command, String option, String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "u8" -> SampleFormat.U8;
            case "s16", "int16" -> SampleFormat.S16;
            case "s24", "int24" -> SampleFormat.S24;
            case "s32", "int32" -> SampleFormat.S32;
            case "f32", "float32" -> SampleFormat.F32;
            case "f64", "float64" -> SampleFormat.F64;
            default -> throw new ParameterException(command,
                    option + " is " + SAMPLE_FORMATS + ", not " + name);
        };
    }
}
