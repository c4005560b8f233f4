package dev.proctap.pcm;

import org.jspecify.annotations.Nullable;

/**
 * How a {@link PcmConverter} converts, where formats leave a choice.
 *
 * @param quality
 *            what to spend on a change of sample rate
 * @param dither
 *            whether noise of triangular distribution, two steps wide, is added before samples are rounded to 24 bits or fewer,
 *            so that the error is noise and no distortion (S. P. Lipshitz and others, "Quantization and dither: a theoretical
 *            survey", JAES 40, 1992); nothing is added where no precision is lost
 * @param normalised
 *            whether a down-mix is made so much quieter that it cannot clip
 * @param adjustable
 *            whether the rate of the input will be adjusted ({@link PcmConverter#adjustRate}), for clocks that drift
 * @param matrix
 *            how channels are mixed, null for {@link ChannelMatrix#between}
 */
public record ConversionOptions(ResampleQuality quality, boolean dither, boolean normalised,
        boolean adjustable, @Nullable ChannelMatrix matrix) {

    /** Medium quality, no dither, a down-mix that cannot clip. */
    public static final ConversionOptions DEFAULTS = new ConversionOptions(ResampleQuality.MEDIUM, false, true, false,
            null);

    /** These options with another quality. */
    public ConversionOptions withQuality(ResampleQuality value) {
        return new ConversionOptions(value, dither, normalised, adjustable, matrix);
    }

    /** These options with or without dither. */
    public ConversionOptions withDither(boolean value) {
        return new ConversionOptions(quality, value, normalised, adjustable, matrix);
    }

    /** These options with a down-mix that cannot clip, or one that keeps its loudness. */
    public ConversionOptions withNormalised(boolean value) {
        return new ConversionOptions(quality, dither, value, adjustable, matrix);
    }

    /** These options for an input whose rate will be adjusted, or not. */
    public ConversionOptions withAdjustable(boolean value) {
        return new ConversionOptions(quality, dither, normalised, value, matrix);
    }

    /** These options with a matrix of your own. */
    public ConversionOptions withMatrix(ChannelMatrix value) {
        return new ConversionOptions(quality, dither, normalised, adjustable, value);
    }
}
