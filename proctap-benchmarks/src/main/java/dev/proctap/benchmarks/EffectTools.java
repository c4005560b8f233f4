package dev.proctap.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Compares {@code proctap effects} with the filters of FFmpeg and sox that do the same: how much processor time each takes for
 * the same sound, whole processes without their start, in turn.
 */
@Command(name = "effects", description = "Compares proctap effects with FFmpeg's and sox's filters.")
final class EffectTools implements Callable<Integer> {

    private static final int SHORT_SECONDS = 60;

    @Option(names = "--seconds", description = "Length of the sound (default: ${DEFAULT-VALUE}).", defaultValue = "1200")
    private int seconds;

    @Option(names = "--runs", description = "How often each is run (default: ${DEFAULT-VALUE}).", defaultValue = "3")
    private int runs;

    /** A filter, and what each tool calls it. */
    private record Row(String name, String ours, String ffmpeg, String sox) {}

    private static final List<Row> ROWS = List.of(
            new Row("high-pass, 12 dB an octave", "highpass=80:2", "highpass=f=80",
                    "highpass 80"),
            new Row("bell of 6 dB", "peak=1000:6:1", "equalizer=f=1000:t=q:w=1:g=6", "equalizer 1000 1q 6"),
            new Row("gate", "gate=-40", "agate=threshold=0.01:attack=5:release=50", ""),
            new Row("compressor", "compress=-18:4:5:100", "acompressor=threshold=0.126:ratio=4:attack=5:release=100",
                    "compand 0.005,0.1 6:-70,-60,-18,-18,0,-13.5"),
            new Row("limiter, looking ahead", "limit=-6", "alimiter=limit=0.5:attack=5:release=50:level=false", ""),
            new Row("noise reduction", "denoise=wiener", "afftdn", ""),
            new Row("loudness, EBU R 128", "loudness=-23", "loudnorm", ""));

    @Override
    public Integer call() throws IOException, InterruptedException, RunnerException {
        // each effect by itself, without a process around it
        new Runner(new OptionsBuilder().include(EffectsBenchmark.class.getSimpleName())
                .jvmArgsAppend("--enable-native-access=ALL-UNNAMED").verbosity(VerboseMode.SILENT).build()).run()
                .forEach(result -> System.out.printf(Locale.ROOT, "JMH: %-28s %8.2f us for 10 ms%n",
                        result.getParams().getParam("effect"), result.getPrimaryResult().getScore() / 1000));
        Path folder = Files.createTempDirectory("proctap-effects");
        Map<Integer, Path> files = new TreeMap<>();
        for (int length : new int[]{seconds, SHORT_SECONDS}) {
            Path file = folder.resolve(length + ".wav");
            // softer than the limiter's ceiling most of the time, and louder than the gate's threshold
            CpuTime.seconds("sox -n -r 48000 -c 2 -b 16 " + file + " synth " + length + " pinknoise vol 0.5");
            files.put(length, file);
        }
        System.out.printf(Locale.ROOT,
                "48 kHz, stereo, 16 bits, %d s; microseconds of processor time for 10 ms, medians of"
                        + " %d; in brackets how many times ours%n",
                seconds, runs);
        System.out.printf("%-28s %12s %18s %18s%n", "", "proctap", "FFmpeg", "sox");
        for (Row row : ROWS) {
            double ours = microseconds("./proctap effects -e " + row.ours + " < FILE > /dev/null", files);
            double ffmpeg = microseconds(
                    "ffmpeg -v error -nostdin -i FILE -af " + row.ffmpeg
                            + " -f wav -ar 48000 -c:a pcm_s16le -y /dev/null",
                    files);
            double sox = row.sox.isEmpty()
                    ? Double.NaN
                    : microseconds("sox FILE -t wav - " + row.sox + " > /dev/null",
                            files);
            System.out.printf(Locale.ROOT, "%-28s %12.2f %18s %18s%n", row.name, ours, beside(ffmpeg, ours),
                    beside(sox, ours));
        }
        return 0;
    }

    private static String beside(double theirs, double ours) {
        return Double.isNaN(theirs) ? "-" : String.format(Locale.ROOT, "%.2f (%.2f)", theirs, theirs / ours);
    }

    private double microseconds(String command, Map<Integer, Path> files) throws IOException, InterruptedException {
        double[] times = new double[runs];
        for (int i = 0; i < runs; i++) {
            double whole = CpuTime.seconds(command.replace("FILE", String.valueOf(files.get(seconds))));
            double begin = CpuTime.seconds(command.replace("FILE", String.valueOf(files.get(SHORT_SECONDS))));
            times[i] = (whole - begin) / (seconds - SHORT_SECONDS) * 1e4;
        }
        return Figures.median(times);
    }

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new EffectTools()).execute(arguments));
    }
}
