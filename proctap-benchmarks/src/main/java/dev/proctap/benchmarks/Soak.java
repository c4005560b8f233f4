package dev.proctap.benchmarks;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.PulseAudioServer;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Records for long, compares every frame with what is played, and prints a line a minute: faults, memory, and how far the
 * recording is from the clock.
 */
@Command(name = "soak", mixinStandardHelpOptions = true, description = "Records for long and tells what was lost, how the"
        + " memory grows, and how the recording drifts from the clock.")
public final class Soak implements Callable<Integer> {

    private static final int RATE = Signal.SAMPLE_RATE_HZ;
    /** What the JVM may still take after the first minute. */
    private static final double MAX_GROWTH_MB = 4;
    /** As the chunks in a pipe make any one measurement uncertain. */
    private static final double MAX_DRIFT_MILLIS = 60;

    @Option(names = "--minutes", defaultValue = "60", description = "How long (default: 60).")
    int minutes;

    @Option(names = "--busy", description = "Keep every processor busy with something else.")
    boolean busy;

    @Option(names = "--pulse", description = "On PulseAudio instead of PipeWire.")
    boolean pulse;

    private Soak() {}

    /** Records, and ends with 0 where nothing was lost and nothing grew. */
    public static void main(String... arguments) {
        System.exit(new CommandLine(new Soak()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        Path noise = Files.createTempFile("proctap-soak", ".wav");
        BusyLoops loops = busy ? BusyLoops.start() : null;
        try (AudioServer server = pulse ? PulseAudioServer.start() : PipeWireServer.start(); loops) {
            long noiseFrames = (minutes + 2L) * 60 * RATE;
            Signal.noise(1).write(noise, noiseFrames);
            return soak(server, noise, noiseFrames) ? 0 : 1;
        } finally {
            Files.delete(noise);
        }
    }

    private boolean soak(AudioServer server, Path noise, long noiseFrames) throws IOException {
        Program player = server.play(noise);
        StreamedComparison comparison = new StreamedComparison(Signal.noise(1), noiseFrames);
        Process process = Tool.PROCTAP.start(server.environment(), new Tool.Target(player.pid(), 0), null, null);
        try (InputStream samples = process.getInputStream()) {
            Minute first = null;
            Minute last = null;
            long startNanos = System.nanoTime();
            System.out.printf("%8s %14s %10s %10s %14s%n", "minutes", "frames", "faulty", "RSS MB", "ahead ms");
            for (int minute = 1; minute <= minutes; minute++) {
                comparison.compare(samples, minute * 60L * RATE);
                last = new Minute(Tool.residentMb(process),
                        comparison.compared() * 1e3 / RATE - (System.nanoTime() - startNanos) / 1e6);
                first = first == null ? last : first;
                System.out.printf(Locale.ROOT, "%8d %14d %10d %10.1f %14.1f%n", minute, comparison.compared(),
                        comparison.faultyFrames(), last.residentMb, last.aheadMillis);
            }
            return tell(comparison, first, last);
        } finally {
            process.destroy();
        }
    }

    /**
     * What was measured after a minute.
     *
     * @param aheadMillis
     *            how much more was recorded than the time since the start; only its change means something
     */
    private record Minute(double residentMb, double aheadMillis) {}

    private static boolean tell(StreamedComparison comparison, @Nullable Minute first, @Nullable Minute last) {
        if (first == null || last == null) {
            return true;
        }
        double growthMb = last.residentMb - first.residentMb;
        double driftMillis = last.aheadMillis - first.aheadMillis;
        comparison.faults().forEach(System.out::println);
        System.out
                .printf(Locale.ROOT,
                        "%d frames wrong, lost or doubled; memory grew by %.1f MB and the recording drifted"
                                + " by %.1f ms since the first minute%n",
                        comparison.faultyFrames(), growthMb, driftMillis);
        return comparison.faultyFrames() == 0 && growthMb <= MAX_GROWTH_MB
                && Math.abs(driftMillis) <= MAX_DRIFT_MILLIS;
    }
}
