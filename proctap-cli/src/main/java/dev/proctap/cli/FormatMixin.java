package dev.proctap.cli;

import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.ResampleQuality;
import dev.proctap.pcm.SampleFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options of every command that writes samples: their format, and how it is reached. */
final class FormatMixin {

    static final String SAMPLE_FORMATS = "u8, s16, s24, s32, f32 or f64";

    @Option(names = "--rate", paramLabel = "HZ", description = "Sample rate of what is written, 8000 to 384000.")
    @Nullable
    Integer rateHz;

    @Option(names = "--channels", paramLabel = "N", description = "Channels of what is written: 1, 2, 3 (2.1), 4 (quad), 5"
            + " (5.0), 6 (5.1) or 8 (7.1).")
    @Nullable
    Integer channels;

    @Option(names = "--dither", description = "Add the noise that keeps rounding to 24 bits or fewer from distorting.")
    boolean dither;

    @Option(names = "--resample-quality", paramLabel = "QUALITY", description = "best, medium or fast (default: medium).")
    String resampleQuality = "medium";

    /** What is to be written, where {@code usual} says what is not asked for. */
    PcmFormat format(CommandLine command, PcmFormat usual) {
        try {
            PcmFormat format = channels == null ? usual : usual.withLayout(ChannelLayout.of(channels));
            return rateHz == null ? format : format.withSampleRateHz(rateHz);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    ConversionOptions options(CommandLine command) {
        return ConversionOptions.DEFAULTS.withDither(dither).withQuality(quality(command));
    }

    ResampleQuality quality(CommandLine command) {
        for (ResampleQuality quality : ResampleQuality.values()) {
            if (quality.name().toLowerCase(Locale.ROOT).equals(resampleQuality)) {
                return quality;
            }
        }
        throw new ParameterException(command, "--resample-quality is best, medium or fast, not " + resampleQuality);
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
