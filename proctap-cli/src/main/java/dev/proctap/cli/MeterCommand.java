package dev.proctap.cli;

import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.filter.Decibels;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code proctap meter}: shows the level of what passes, on standard error. */
final class MeterCommand {

    private final Arguments arguments = new Arguments("meter",
            "Show the level of sound that passes from standard input to standard output.", this::call);
    private final Value<Integer> barWidth = arguments.option(List.of("-b", "--bar-width"), "N", Integer.class,
            "Width of a bar in characters (default: 50).");
    private final Value<Double> updateInterval = arguments.option(List.of("-u", "--update-interval"), "S",
            Double.class, "Seconds of sound from one display to the next (default: 0.05).");
    private final Value<Double> peakHold = arguments.option(List.of("-p", "--peak-hold"), "S", Double.class,
            "How long a peak is held, in seconds (default: 1).");
    private final Value<Boolean> noDb = arguments.option("--no-db", "Bars alone, without figures.");
    private final Value<Boolean> noRms = arguments.option("--no-rms", "Without the root mean square.");
    private final Value<Boolean> noPeak = arguments.option("--no-peak", "Without the peak.");
    private final Value<Double> dbMin = arguments.option("--db-min", "DB", Double.class,
            "Level of an empty bar (default: -60).");
    private final Value<Double> dbMax = arguments.option("--db-max", "DB", Double.class,
            "Level of a full bar (default: 0).");
    private final PipeMixin pipe = new PipeMixin(arguments);

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException, InterruptedException {
        CommandLine command = arguments.command();
        if (noRms.isGiven() && noPeak.isGiven()) {
            throw new ParameterException(command, "--no-rms and --no-peak leave nothing to show");
        }
        if (!(dbMin.or(-60.0) < dbMax.or(0.0))) {
            throw new ParameterException(command,
                    "--db-min " + dbMin.or(-60.0) + " is not below --db-max " + dbMax.or(0.0));
        }
        if (barWidth.or(50) < 1 || barWidth.or(50) > 1000) {
            throw new ParameterException(command, "--bar-width is 1 to 1000, not " + barWidth.or(50));
        }
        if (!(updateInterval.or(0.05) >= 0.001) || !(peakHold.or(1.0) >= 0)) {
            throw new ParameterException(command, "--update-interval is at least 0.001 s and --peak-hold at least 0 s");
        }
        // nobody wants samples on his screen
        return pipe.run(command, !Terminal.isStdout(), format -> new Meter(format, command.getErr()));
    }

    /** Measures what passes, and shows it. */
    private final class Meter implements PipeMixin.Stage {

        private final PcmFormat format;
        private final PrintWriter err;
        private final PcmConverter decoder;
        private final boolean terminal = Terminal.isStderr();
        private final long updateFrames;
        private final long holdFrames;
        private float[] samples = {};
        private double squares;
        private double peak;
        private long counted;
        private double heldPeak;
        private long heldSince;
        private long position;
        private boolean shown;

        Meter(PcmFormat format, PrintWriter err) {
            this.format = format;
            this.err = err;
            decoder = new PcmConverter(format,
                    format.withSampleFormat(SampleFormat.F32).withByteOrder(ByteOrder.nativeOrder()));
            updateFrames = Math.max(1, Math.round(updateInterval.or(0.05) * format.sampleRateHz()));
            holdFrames = Math.round(peakHold.or(1.0) * format.sampleRateHz());
        }

        @Override
        public void frames(ByteBuffer frames, @Nullable AudioOutput output) throws IOException {
            int count = frames.remaining() / format.frameBytes();
            if (samples.length < count * format.channels()) {
                samples = new float[count * format.channels()];
            }
            decoder.convert(MemorySegment.ofBuffer(frames), 0, count, MemorySegment.ofArray(samples), 0);
            if (output != null) {
                output.write(frames);
            }
            for (int done = 0; done < count;) {
                int n = (int) Math.min(count - done, updateFrames - counted);
                measure(done * format.channels(), n * format.channels());
                done += n;
                counted += n;
                position += n;
                if (counted == updateFrames) {
                    show();
                }
            }
        }

        private void measure(int from, int length) {
            for (int i = from; i < from + length; i++) {
                float sample = Float.isFinite(samples[i]) ? samples[i] : 0;
                squares += (double) sample * sample;
                peak = Math.max(peak, Math.abs(sample));
            }
        }

        private void show() {
            if (peak >= heldPeak || position - heldSince > holdFrames) {
                heldPeak = peak;
                heldSince = position;
            }
            double rms = Math.sqrt(squares / ((double) counted * format.channels()));
            String text = (noRms.isGiven() ? "" : line("RMS ", rms, '█'))
                    + (noPeak.isGiven() ? "" : line("Peak", heldPeak, '▌'));
            long lines = text.lines().count();
            err.print((terminal && shown ? "\u001b[" + lines + "A" : "") + text);
            err.flush();
            shown = true;
            squares = 0;
            peak = 0;
            counted = 0;
        }

        private String line(String name, double amplitude, char full) {
            double low = dbMin.or(-60.0);
            double high = dbMax.or(0.0);
            double db = Decibels.ofFactor(amplitude);
            double part = Math.clamp((db - low) / (high - low), 0, 1);
            int width = barWidth.or(50);
            int filled = (int) Math.round(part * width);
            String bar = String.valueOf(full).repeat(filled);
            String coloured = terminal
                    ? (part > 0.9 ? "\u001b[91m" : part > 0.7 ? "\u001b[93m" : "\u001b[92m") + bar
                            + "\u001b[0m"
                    : bar;
            String figure = noDb.isGiven()
                    ? ""
                    : String.format(Locale.ROOT, " %6.1f dB", Math.clamp(db, low, high));
            return name + " [" + coloured + "·".repeat(width - filled) + "]" + figure
                    + (terminal ? "\u001b[K\n" : "\n");
        }

        @Override
        public void end(@Nullable AudioOutput output) {
            if (counted > 0) {
                show();
            }
        }
    }
}
