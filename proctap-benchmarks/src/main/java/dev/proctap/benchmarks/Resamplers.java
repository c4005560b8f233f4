package dev.proctap.benchmarks;

import dev.proctap.file.AudioReader;
import dev.proctap.file.WavWriter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.testbed.Tone;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Compares {@code proctap convert} with the resamplers of sox, FFmpeg and libsamplerate: what each does to tones, and how much
 * processor time it takes. Every program reads the same stereo float32 WAV files; the time is that of the whole process, for
 * a long file and a short one, whose difference is what the resampling itself costs, reading and writing included.
 */
@Command(name = "resamplers", mixinStandardHelpOptions = true, description = "Compares proctap convert with other resamplers.")
public final class Resamplers implements Callable<Integer> {

    private static final int[][] RATES = {{44_100, 48_000}, {48_000, 16_000}};
    private static final int SHORT_SECONDS = 120;
    private static final double SEGMENT_SECONDS = 0.5;
    private static final double AMPLITUDE = 0.5;
    /** Tones in parts of the lower rate that must pass, and others of which only what they leave elsewhere counts. */
    private static final double[] PASSING = {0.01, 0.1, 0.2, 0.3, 0.4, 0.43, 0.45};
    private static final double[] OTHERS = {0.47, 0.49, 0.51, 0.55, 0.7, 1.1, 1.4};
    /** Float32 files cannot tell more. */
    private static final double BEST_DB = -140;

    @Option(names = "--seconds", defaultValue = "1200", description = "Length of the long file (default: 1200).")
    int seconds;

    @Option(names = "--runs", defaultValue = "5", description = "How often each is measured (default: 5).")
    int runs;

    @Option(names = "--folder", description = "Where to put the files, of some 1 GB (default: that for temporary files).")
    @Nullable
    Path folder;

    private Resamplers() {}

    /** Measures and prints. */
    public static void main(String... arguments) {
        System.exit(new CommandLine(new Resamplers()).execute(arguments));
    }

    /**
     * A way to change a sample rate.
     *
     * @param name
     *            for the table
     * @param ours
     *            whether it is ProcTap
     * @param command
     *            a line for the shell, where IN and OUT stand for files and RATE for the rate to reach
     */
    private record Way(String name, boolean ours, String command) {}

    /** What one did: level errors up to 0.45 of the lower rate, all that is not the tone, and time. */
    private record Result(double rippleDb, double unwantedDb, double wholeSeconds, double microsPerChunk) {

        /** Whether nothing of the other's is better; ripple that is inaudible is no difference. */
        boolean isAsGoodAs(Result other) {
            return Math.max(unwantedDb, BEST_DB) <= Math.max(other.unwantedDb, BEST_DB) + 0.5
                    && (rippleDb <= 0.01 || rippleDb <= other.rippleDb);
        }
    }

    private static List<Way> ways() {
        String proctap = Path.of(System.getProperty("dev.proctap.home", ".")).toAbsolutePath().resolve("proctap")
                + " convert IN - --rate RATE --resample-quality ";
        String ffmpeg = "ffmpeg -v error -nostdin -i IN -af aresample=RATE";
        String toRaw = " -f f32le -";
        List<Way> ways = new ArrayList<>();
        for (String quality : List.of("best", "medium", "fast")) {
            ways.add(new Way("proctap " + quality, true, proctap + quality));
        }
        ways.add(new Way("sox rate -v (soxr)", false, "sox IN -t f32 - rate -v RATE"));
        ways.add(new Way("sox rate -h (soxr)", false, "sox IN -t f32 - rate -h RATE"));
        ways.add(new Way("ffmpeg soxr, 28 bits", false, ffmpeg + ":resampler=soxr:precision=28" + toRaw));
        ways.add(new Way("ffmpeg soxr, default", false, ffmpeg + ":resampler=soxr" + toRaw));
        ways.add(new Way("ffmpeg swresample, default", false, ffmpeg + toRaw));
        ways.add(new Way("libsamplerate best", false, "sndfile-resample -to RATE -c 0 IN OUT"));
        ways.add(new Way("libsamplerate medium", false, "sndfile-resample -to RATE -c 1 IN OUT"));
        ways.add(new Way("libsamplerate fastest", false, "sndfile-resample -to RATE -c 2 IN OUT"));
        return ways;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (seconds <= SHORT_SECONDS) {
            System.err.println("--seconds " + seconds + ": the long file must be longer than " + SHORT_SECONDS + " s");
            return 2;
        }
        Path files = Files.createTempDirectory(folder == null ? Path.of(System.getProperty("java.io.tmpdir")) : folder,
                "proctap-resamplers");
        try {
            for (int[] rates : RATES) {
                compare(files, rates[0], rates[1]);
            }
        } finally {
            try (var left = Files.list(files)) {
                left.forEach(file -> file.toFile().delete());
            }
            Files.deleteIfExists(files);
        }
        return 0;
    }

    private void compare(Path files, int from, int to) throws IOException, InterruptedException {
        int lower = Math.min(from, to);
        List<Double> tones = new ArrayList<>();
        for (double part : PASSING) {
            tones.add(part * lower);
        }
        for (double part : OTHERS) {
            if (part * lower < from / 2.0) {
                tones.add(part * lower);
            }
        }
        Path toneFile = files.resolve("tones.wav");
        writeTones(toneFile, from, tones);
        Path longFile = files.resolve("long.wav");
        writeNoise(longFile, from, seconds);
        Path shortFile = files.resolve("short.wav");
        writeNoise(shortFile, from, SHORT_SECONDS);
        Path out = files.resolve("out.wav");
        Map<Way, List<double[]>> times = new LinkedHashMap<>();
        for (int run = 0; run < runs; run++) {
            // in turns, so that a machine whose speed changes changes it for all
            for (Way way : ways()) {
                System.err.println(from + " to " + to + " Hz, run " + (run + 1) + ": " + way.name);
                times.computeIfAbsent(way, key -> new ArrayList<>()).add(new double[]{
                        cpuSeconds(way, longFile, out, to), cpuSeconds(way, shortFile, out, to)});
            }
        }
        Map<Way, Result> results = new LinkedHashMap<>();
        for (Way way : ways()) {
            results.put(way, result(way, times.getOrDefault(way, List.of()), toneFile, out, from, to, tones));
        }
        print(from, to, results);
    }

    private Result result(Way way, List<double[]> times, Path toneFile, Path out, int from, int to, List<Double> tones)
            throws IOException, InterruptedException {
        boolean toFile = way.command.contains("OUT");
        Path raw = out.resolveSibling("out.raw");
        CpuTime.seconds(way.command.replace("IN", toneFile.toString()).replace("OUT", out.toString())
                .replace("RATE", Integer.toString(to)) + " > " + (toFile ? "/dev/null" : raw.toString()));
        double[] signal = toFile ? left(out) : leftOfRaw(raw);
        double ripple = 0;
        double unwanted = -200;
        for (int i = 0; i < tones.size(); i++) {
            double frequency = tones.get(i);
            int middle = (int) ((i + 0.5) * SEGMENT_SECONDS * to);
            int reach = (int) (SEGMENT_SECONDS * to / 4);
            Tone tone = Tone.fit(signal, middle - reach, middle + reach, frequency, to);
            boolean passes = i < PASSING.length;
            if (passes) {
                ripple = Math.max(ripple, Math.abs(20 * Math.log10(tone.amplitude() / AMPLITUDE)));
            }
            // a tone that cannot be in the output is unwanted itself
            double rest = frequency < to / 2.0 && frequency < from / 2.0
                    ? tone.rest()
                    : Math.hypot(tone.rest(), tone.amplitude());
            unwanted = Math.max(unwanted, 20 * Math.log10(rest / AMPLITUDE + 1e-12));
        }
        double whole = Figures.median(times.stream().mapToDouble(pair -> pair[0]).toArray());
        double each = Figures.median(times.stream().mapToDouble(pair -> pair[0] - pair[1]).toArray())
                / (seconds - SHORT_SECONDS);
        return new Result(ripple, unwanted, whole, each * 1e4);
    }

    private double cpuSeconds(Way way, Path in, Path out, int to) throws IOException, InterruptedException {
        return CpuTime.seconds(way.command.replace("IN", in.toString()).replace("OUT", out.toString())
                .replace("RATE", Integer.toString(to)) + " > /dev/null");
    }

    private static void writeTones(Path file, int rate, List<Double> tones) throws IOException {
        int frames = (int) (SEGMENT_SECONDS * rate);
        PcmFormat format = PcmFormat.STANDARD.withSampleRateHz(rate);
        ByteBuffer block = ByteBuffer.allocate(frames * format.frameBytes()).order(ByteOrder.nativeOrder());
        try (WavWriter writer = new WavWriter(file, format)) {
            for (int tone = 0; tone < tones.size(); tone++) {
                block.clear();
                for (int i = 0; i < frames; i++) {
                    float sample = (float) (AMPLITUDE
                            * Math.sin(Tone.angle(tones.get(tone), rate, (long) tone * frames + i)));
                    block.putFloat(sample).putFloat(sample);
                }
                writer.write(block.flip());
            }
        }
    }

    private static void writeNoise(Path file, int rate, int seconds) throws IOException {
        PcmFormat format = PcmFormat.STANDARD.withSampleRateHz(rate);
        SplittableRandom random = new SplittableRandom(1);
        ByteBuffer block = ByteBuffer.allocate(rate * format.frameBytes()).order(ByteOrder.nativeOrder());
        try (WavWriter writer = new WavWriter(file, format)) {
            for (int second = 0; second < seconds; second++) {
                block.clear();
                while (block.hasRemaining()) {
                    block.putFloat((float) random.nextDouble(-0.5, 0.5));
                }
                writer.write(block.flip());
            }
        }
    }

    private static double[] left(Path wav) throws IOException {
        try (AudioReader reader = AudioReader.open(wav)) {
            ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(reader.frames() * reader.format().frameBytes()));
            while (reader.read(all) >= 0) {
                // all of it
            }
            return left(all.flip());
        }
    }

    private static double[] leftOfRaw(Path raw) throws IOException {
        return left(ByteBuffer.wrap(Files.readAllBytes(raw)));
    }

    private static double[] left(ByteBuffer frames) {
        frames.order(ByteOrder.LITTLE_ENDIAN);
        double[] result = new double[frames.remaining() / 8];
        for (int i = 0; i < result.length; i++) {
            result[i] = frames.getFloat(i * 8);
        }
        return result;
    }

    private void print(int from, int to, Map<Way, Result> results) {
        System.out.printf(Locale.ROOT,
                "%n%d to %d Hz, stereo float32, %d s; processor time of whole processes, medians of %d%n",
                from, to, seconds, runs);
        System.out.printf("%-30s %12s %14s %10s %14s%n", "", "ripple, dB", "unwanted, dB", "whole, s", "us per 10 ms");
        results.forEach((way, result) -> System.out.printf(Locale.ROOT, "%-30s %12.4f %14.1f %10.2f %14.2f%n", way.name,
                result.rippleDb, result.unwantedDb, result.wholeSeconds, result.microsPerChunk));
        System.out.println("beside each, the fastest of ours that is as good (times its time; below 1: faster)");
        results.forEach((way, result) -> {
            if (!way.ours) {
                results.entrySet().stream().filter(one -> one.getKey().ours && one.getValue().isAsGoodAs(result))
                        .min((a, b) -> Double.compare(a.getValue().microsPerChunk, b.getValue().microsPerChunk))
                        .ifPresentOrElse(
                                best -> System.out.printf(Locale.ROOT, "%-30s %-30s %.2f%n", way.name,
                                        best.getKey().name, best.getValue().microsPerChunk / result.microsPerChunk),
                                () -> System.out.printf("%-30s none%n", way.name));
            }
        });
    }
}
