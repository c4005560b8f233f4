package dev.proctap.cli;

import dev.proctap.TapOptions;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.Effects;
import dev.proctap.pipes.FilterPipe;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * How a capture gets into its output: the tap gives the format that is written where it can; another rate, and dither, are
 * made on the way out, from float32.
 *
 * @param options
 *            of the tap
 * @param written
 *            what is to be written
 * @param conversion
 *            how that is made of what the tap gives
 * @param effects
 *            what is done to the sound before that, null for nothing
 */
record Capturing(TapOptions options, PcmFormat written, ConversionOptions conversion, @Nullable Effects effects) {

    /** What {@code arguments} ask for; {@code usual} is written when they say nothing of the sample format. */
    static Capturing of(Arguments arguments, CaptureMixin capture, FormatMixin format, SampleFormat usual,
            @Nullable Effects effects) {
        CommandLine command = arguments.command();
        PcmFormat written = format.format(command, PcmFormat.STANDARD.withSampleFormat(usual));
        ConversionOptions conversion = format.options(command);
        boolean converts = written.sampleRateHz() != PcmFormat.STANDARD.sampleRateHz() || conversion.dither()
                || effects != null;
        PcmFormat captured = converts
                ? PcmFormat.STANDARD.withLayout(written.layout())
                : written;
        return new Capturing(capture.options(command, captured, conversion.quality(), arguments.verbose()), written,
                conversion, effects);
    }

    /**
     * Makes what the tap gives what is to be written into {@code output}; one track of it where the tap gives more than that
     * has.
     */
    AudioOutput into(AudioOutput output) {
        PcmFormat given = options.format();
        PcmFormat one = given.withLayout(given.layout().withTracks(written.layout().tracks()));
        AudioOutput converting = AudioOutput.converting(one, written, conversion, output);
        return effects == null
                ? converting
                : new AudioOutput.Filtering(new FilterPipe(one, effects.chain(one)), converting);
    }
}
