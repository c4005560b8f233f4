package dev.proctap.benchmarks;

import com.sun.management.ThreadMXBean;
import dev.proctap.AudioProcess;
import dev.proctap.AudioTarget;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapOptions;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures everything ProcTap is judged by in one run, on a private PipeWire without a sound card, beside pw-record and
 * parec (which records through pipewire-pulse). Exit code 1 where a goal is not met.
 */
@Command(name = "figures", mixinStandardHelpOptions = true, description = "Measures ProcTap beside pw-record and parec.")
public final class Figures implements Callable<Integer> {

    private static final int RATE = Signal.SAMPLE_RATE_HZ;
    private static final int LATENCY_MILLIS = 10;
    private static final int SHORT_LATENCY_MILLIS = 2;
    private static final int STARTS = 21;
    private static final int SETTLE_SECONDS = 30;
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Pattern SERIAL = Pattern.compile("object\\.serial = \"(\\d+)\"");

    @Option(names = "--minutes", defaultValue = "10", description = "Length of each bit-exact recording (default: 10).")
    int minutes;

    @Option(names = "--cpu-seconds", defaultValue = "60", description = "Time over which CPU is measured (default: 60).")
    int cpuSeconds;

    @Option(names = "--json", defaultValue = "figures.json", description = "Where to write the JSON (default: figures.json).")
    Path json = Path.of("figures.json");

    private final Report report = new Report();

    private Figures() {}

    /** Measures, prints the table and writes the JSON. */
    public static void main(String... arguments) {
        System.exit(new CommandLine(new Figures()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        report.machine("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        report.machine("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        report.machine("Java", Runtime.version().toString());
        report.machine("PipeWire",
                Program.run(Map.of(), "pw-cli", "--version").lines().skip(1).findFirst().orElse("?"));
        Path folder = Files.createTempDirectory("proctap-figures");
        try (PipeWireServer server = PipeWireServer.start()) {
            System.setProperty("dev.proctap.pipewire.remote", server.remote());
            Path noise = folder.resolve("noise.wav");
            long noiseFrames = (long) (minutes * 60 + 60) * RATE;
            Signal.noise(1).write(noise, noiseFrames);
            say("measuring isolation");
            isolation(server, folder);
            say("measuring start-up");
            startUp(server, noise);
            say("measuring latency");
            latency(server, folder);
            say("measuring CPU and memory with a latency of " + LATENCY_MILLIS + " ms");
            cpuWithLatency(server, noise);
            say("measuring CPU and memory at the graph's own latency");
            cpuAtOwnLatency(server, noise);
            say("measuring allocation");
            allocation(server, noise);
            say("measuring bit-exact, " + minutes + " minutes");
            bitExact(server, noise, noiseFrames, "");
            say("measuring bit-exact under load, " + minutes + " minutes");
            BusyLoops loops = BusyLoops.start();
            try (loops) {
                bitExact(server, noise, noiseFrames, ", all processors busy");
            }
        } finally {
            try (var files = Files.list(folder)) {
                files.forEach(file -> file.toFile().delete());
            }
            Files.deleteIfExists(folder);
        }
        report.print(System.out);
        report.writeJson(json);
        return report.allMet() ? 0 : 1;
    }

    private static void say(String what) {
        System.err.println(what);
    }

    private static Tool.Target target(PipeWireServer server, Program player) {
        Await.until(() -> player + " does not play", Duration.ofSeconds(20), () -> process(player) != null);
        AudioProcess process = Objects.requireNonNull(process(player));
        Matcher serial = SERIAL
                .matcher(server.run("pw-cli", "info", Long.toString(process.streams().getFirst().id())));
        if (!serial.find()) {
            throw new IllegalStateException("no serial of " + process);
        }
        return new Tool.Target(player.pid(), Long.parseLong(serial.group(1)));
    }

    private static @Nullable AudioProcess process(Program player) {
        return AudioProcess.list().stream().filter(process -> process.pid() == player.pid() && process.playing())
                .findFirst().orElse(null);
    }

    private static Tool.Target play(PipeWireServer server, Path file) {
        return target(server, server.play(file));
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static Map<String, Double> byName(Map<Tool, Double> values) {
        Map<String, Double> result = new LinkedHashMap<>();
        values.forEach((tool, value) -> result.put(tool.shownName(), value));
        return result;
    }

    private static void end(Process process) throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    private void isolation(PipeWireServer server, Path folder) throws IOException, InterruptedException {
        Tool.Target wanted = play(server, Signal.sine(440, 0.25, 1).write(folder.resolve("440.wav"), 60L * RATE));
        play(server, Signal.sine(1000, 0.25, 2).write(folder.resolve("1000.wav"), 60L * RATE));
        List<String> command = new ArrayList<>(Tool.PROCTAP.command(wanted, null));
        command.addAll(List.of("--format", "float32"));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(server.environment());
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        Recording recording = new Recording();
        recording.addFloats(ByteBuffer.wrap(process.getInputStream().readNBytes(5 * RATE * 8))
                .order(ByteOrder.nativeOrder()));
        end(process);
        server.closePrograms();
        double level = recording.toneDbfs(440) - 20 * Math.log10(0.25 * 32767 / 32768);
        double unwanted = recording.toneDbfs(1000);
        report.add(new Report.Row("unwanted tone", "dBFS", Map.of("proctap", unwanted), "below -120",
                unwanted < -120));
        report.add(new Report.Row("wanted tone, deviation", "dB", Map.of("proctap", level), "within 0.01",
                Math.abs(level) <= 0.01));
    }

    private void startUp(PipeWireServer server, Path noise) throws IOException, InterruptedException {
        Tool.Target target = play(server, noise);
        Map<Tool, double[]> millis = new EnumMap<>(Tool.class);
        for (Tool tool : Tool.values()) {
            millis.put(tool, new double[STARTS]);
        }
        for (int run = -1; run < STARTS; run++) { // the first is the warm-up
            for (Tool tool : Tool.values()) {
                long start = System.nanoTime();
                Process process = tool.start(server.environment(), target, null, null);
                if (process.getInputStream().read() < 0) {
                    throw new IllegalStateException(tool.shownName() + " recorded nothing");
                }
                if (run >= 0) {
                    Objects.requireNonNull(millis.get(tool))[run] = (System.nanoTime() - start) / 1e6;
                }
                end(process);
            }
        }
        server.closePrograms();
        Map<Tool, Double> medians = new EnumMap<>(Tool.class);
        millis.forEach((tool, values) -> medians.put(tool, median(values)));
        double ours = Objects.requireNonNull(medians.get(Tool.PROCTAP));
        report.add(
                new Report.Row("start-up to the first byte, median of " + STARTS, "ms", byName(medians), "at most 300",
                        ours <= 300));
    }

    private void latency(PipeWireServer server, Path folder) throws IOException, InterruptedException {
        // a period that falls on every place of a cycle
        int period = RATE / 5 + 37;
        int clicks = 200;
        Tool.Target target = play(server, Signal.clicks(period).write(folder.resolve("clicks.wav"),
                (long) period * (clicks + 30)));
        Process reference = Tool.PW_RECORD.startUnbuffered(server.environment(), target, SHORT_LATENCY_MILLIS);
        Process ours = Tool.PROCTAP.start(server.environment(), target, SHORT_LATENCY_MILLIS, null);
        ClickTimes referenceTimes = new ClickTimes(reference.getInputStream());
        ClickTimes ourTimes = new ClickTimes(ours.getInputStream());
        Thread.sleep(Duration.ofMillis(1000L * period * clicks / RATE));
        end(reference);
        end(ours);
        server.closePrograms();
        double periodMillis = 1000.0 * period / RATE;
        List<Double> delays = new ArrayList<>();
        for (long nanos : ourTimes.stop()) {
            referenceTimes.stop().stream().map(other -> (nanos - other) / 1e6)
                    .filter(delay -> Math.abs(delay) < periodMillis / 2).findFirst().ifPresent(delays::add);
        }
        double[] sorted = delays.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        if (sorted.length < clicks / 2) {
            throw new IllegalStateException("only " + sorted.length + " clicks were heard by both");
        }
        report.atMost("delay behind pw-record, " + SHORT_LATENCY_MILLIS + " ms chunks, median of " + sorted.length,
                "ms",
                sorted[sorted.length / 2], 3);
        report.add(new Report.Row("delay behind pw-record, 99th percentile", "ms",
                Map.of("proctap", sorted[(int) (sorted.length * 0.99)]), "", null));
    }

    /** Reads 16-bit stereo on a thread of its own and notes when the first sample of each click arrived. */
    private static final class ClickTimes {

        private final List<Long> nanos = new ArrayList<>();
        private final Thread thread;

        ClickTimes(InputStream in) {
            thread = Thread.ofPlatform().daemon().start(() -> {
                byte[] block = new byte[1 << 14];
                boolean inClick = true; // the beginning of the first one may have been missed
                try {
                    for (int n = in.read(block); n > 0; n = in.read(block)) {
                        long now = System.nanoTime();
                        boolean loud = false;
                        for (int i = 1; i < n; i += 2) {
                            loud |= Math.abs(block[i]) > 64;
                        }
                        if (loud && !inClick) {
                            nanos.add(now);
                        }
                        inClick = loud;
                    }
                } catch (IOException e) {
                    // the process was ended
                }
            });
        }

        List<Long> stop() throws InterruptedException {
            thread.join();
            return nanos;
        }
    }

    /** What the tools use, in percent of a processor and in MB. */
    private record Usage(Map<Tool, Double> percent, Map<Tool, Double> memoryMb) {}

    /** Runs the tools side by side. */
    private Usage usage(PipeWireServer server, Tool.Target target, @Nullable Integer millis, Set<Tool> tools)
            throws IOException, InterruptedException {
        Map<Tool, Process> processes = new EnumMap<>(Tool.class);
        for (Tool tool : tools) {
            processes.put(tool, tool.start(server.environment(), target, millis, ProcessBuilder.Redirect.DISCARD));
        }
        TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
        Map<Tool, Double> before = measure(processes, Figures::cpuOf);
        TimeUnit.SECONDS.sleep(cpuSeconds);
        Map<Tool, Double> percent = measure(processes, Figures::cpuOf);
        percent.replaceAll((tool, seconds) -> 100 * (seconds - Objects.requireNonNull(before.get(tool))) / cpuSeconds);
        Map<Tool, Double> memory = measure(processes, Figures::memoryOf);
        for (Process process : processes.values()) {
            end(process);
        }
        return new Usage(percent, memory);
    }

    private void cpuWithLatency(PipeWireServer server, Path noise) throws IOException, InterruptedException {
        Tool.Target target = play(server, noise);
        // one after the other: the shortest cycle that one of them asks for is that of all
        Usage alone = new Usage(new EnumMap<>(Tool.class), new EnumMap<>(Tool.class));
        for (Tool tool : Tool.values()) {
            Usage usage = usage(server, target, LATENCY_MILLIS, Set.of(tool));
            alone.percent.putAll(usage.percent);
            alone.memoryMb.putAll(usage.memoryMb);
        }
        Usage together = usage(server, target, LATENCY_MILLIS, EnumSet.allOf(Tool.class));
        server.closePrograms();
        String how = "latency " + LATENCY_MILLIS + " ms";
        report(how, alone, 1.5, 1.5);
        report.add(new Report.Row("CPU, " + how + ", side by side in pw-record's cycles", "% core",
                byName(together.percent), "", null));
    }

    private void cpuAtOwnLatency(PipeWireServer server, Path noise) throws IOException, InterruptedException {
        Tool.Target target = play(server, noise);
        Usage usage = usage(server, target, null, EnumSet.allOf(Tool.class));
        server.closePrograms();
        report("own latency", usage, 0.8, 3);
    }

    private void report(String how, Usage usage, double limitPercent, double limitRatio) {
        double ours = Objects.requireNonNull(usage.percent.get(Tool.PROCTAP));
        report.add(new Report.Row("CPU, " + how, "% core", byName(usage.percent), "at most " + limitPercent,
                ours <= limitPercent));
        report.atMost("CPU, " + how + ", times pw-record", "",
                ours / Objects.requireNonNull(usage.percent.get(Tool.PW_RECORD)), limitRatio);
        report.add(new Report.Row("resident memory, " + how, "MB", byName(usage.memoryMb), "at most 64",
                Objects.requireNonNull(usage.memoryMb.get(Tool.PROCTAP)) <= 64));
    }

    private static Map<Tool, Double> measure(Map<Tool, Process> processes, Function<Process, Double> figure) {
        Map<Tool, Double> result = new EnumMap<>(Tool.class);
        processes.forEach((tool, process) -> result.put(tool, figure.apply(process)));
        return result;
    }

    private static double cpuOf(Process process) {
        try {
            return Tool.cpuSeconds(process);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static double memoryOf(Process process) {
        try {
            return Tool.residentMb(process);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void allocation(PipeWireServer server, Path noise) throws InterruptedException {
        Tool.Target target = play(server, noise);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        TapOptions options = TapOptions.DEFAULTS.withLatency(Duration.ofMillis(LATENCY_MILLIS));
        int chunks = 1000;
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()), options).start()) {
            // the JVM links what it had compiled ahead of its first execution, once: that is in one thousand, not in each
            long least = Long.MAX_VALUE;
            for (int thousands = 0; thousands < 5; thousands++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                read(tap, chunks);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            report.atMost("heap allocated for " + chunks + " chunks, least of 5", "bytes", (double) least, 0);
        }
        server.closePrograms();
    }

    private static void read(ProcessAudioTap tap, int chunks) throws InterruptedException {
        for (int i = 0; i < chunks; i++) {
            Objects.requireNonNull(tap.read(PATIENCE)).bytes();
        }
    }

    private void bitExact(PipeWireServer server, Path noise, long noiseFrames, String how)
            throws IOException, InterruptedException {
        Tool.Target target = play(server, noise);
        long frames = minutes * 60L * RATE;
        // pw-record beside it tells whether it was the player that stumbled
        StreamedComparison reference = new StreamedComparison(Signal.noise(1), noiseFrames);
        Process referenceProcess = Tool.PW_RECORD.start(server.environment(), target, null, null);
        Thread referenceThread = Thread.ofPlatform().daemon()
                .start(() -> compareUntilEnded(reference, referenceProcess.getInputStream()));
        StreamedComparison ours = new StreamedComparison(Signal.noise(1), noiseFrames);
        Process process = Tool.PROCTAP.start(server.environment(), target, null, null);
        ours.compare(process.getInputStream(), frames);
        end(process);
        end(referenceProcess);
        referenceThread.join();
        server.closePrograms();
        ours.faults().forEach(fault -> say("proctap, " + fault));
        reference.faults().forEach(fault -> say("pw-record, " + fault));
        report.add(new Report.Row("frames compared in " + minutes + " min" + how, "frames",
                byName(Map.of(Tool.PROCTAP, (double) ours.compared(), Tool.PW_RECORD, (double) reference.compared())),
                "all", ours.compared() >= frames));
        report.add(new Report.Row("  wrong, lost or doubled", "frames",
                byName(Map.of(Tool.PROCTAP, (double) ours.faultyFrames(),
                        Tool.PW_RECORD, (double) reference.faultyFrames())),
                "at most 0", ours.faultyFrames() == 0));
    }

    private static void compareUntilEnded(StreamedComparison comparison, InputStream in) {
        try {
            comparison.compare(in, Long.MAX_VALUE);
        } catch (IOException e) {
            // the process was ended
        }
    }
}
