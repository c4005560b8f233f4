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
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Records for long, compares every frame with what is played, and prints a line a minute: faults, memory, and how far the
 * recording is from the clock, and from that of pw-record or parec.
 */
@Command(name = "soak", mixinStandardHelpOptions = true, description = "Records for long and tells what was lost, how the"
        + " memory grows, and how the recording drifts beside another recorder's.")
public final class Soak implements Callable<Integer> {

    private static final int RATE = Signal.SAMPLE_RATE_HZ;
    /** What the JVM may still take after the first minute. */
    private static final double MAX_GROWTH_MB = 4;
    /** As the chunks in two pipes make any one measurement uncertain. */
    private static final double MAX_DRIFT_MILLIS = 120;
    /** Of 16-bit stereo, in which both record. */
    private static final int FRAME_BYTES = 4;
    private static final int OTHER_LATENCY_MILLIS = 100;

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
        Tool.Target target = new Tool.Target(player.pid(), stream(server));
        Process process = Tool.PROCTAP.start(server.environment(), target, null, null);
        Tool other = pulse ? Tool.PAREC : Tool.PW_RECORD;
        Process beside = other.start(server.environment(), target, pulse ? OTHER_LATENCY_MILLIS : null, null);
        AtomicLong otherBytes = new AtomicLong();
        Thread.ofPlatform().daemon().start(() -> count(beside.getInputStream(), otherBytes));
        try (InputStream samples = process.getInputStream()) {
            Minute first = null;
            Minute last = null;
            long startNanos = System.nanoTime();
            System.out.printf("%8s %14s %10s %10s %20s %20s%n", "minutes", "frames", "faulty", "RSS MB",
                    "ms ahead of clock", "of " + other.shownName());
            for (int minute = 1; minute <= minutes; minute++) {
                comparison.compare(samples, minute * 60L * RATE);
                double recordedMillis = comparison.compared() * 1e3 / RATE;
                last = new Minute(Tool.residentMb(process), recordedMillis - (System.nanoTime() - startNanos) / 1e6,
                        recordedMillis - otherBytes.get() * 1e3 / FRAME_BYTES / RATE);
                first = first == null ? last : first;
                System.out.printf(Locale.ROOT, "%8d %14d %10d %10.1f %20.1f %20.1f%n", minute, comparison.compared(),
                        comparison.faultyFrames(), last.residentMb, last.aheadOfClockMillis, last.aheadOfOtherMillis);
            }
            return tell(comparison, first, last);
        } finally {
            process.destroy();
            beside.destroy();
        }
    }

    /** The number of the only stream that plays. */
    private static long stream(AudioServer server) {
        String listed = server.run("pactl", "list", "short", "sink-inputs");
        return Long.parseLong(listed.substring(0, listed.indexOf('\t')));
    }

    private static void count(InputStream stream, AtomicLong bytes) {
        byte[] block = new byte[1 << 16];
        try {
            for (int n = stream.read(block); n >= 0; n = stream.read(block)) {
                bytes.addAndGet(n);
            }
        } catch (IOException e) {
            // the recorder was ended
        }
    }

    /**
     * What was measured after a minute. Of both times only the change means something: a sink has a clock of its own, and
     * PulseAudio's null sink is 30 millionths fast.
     *
     * @param aheadOfClockMillis
     *            how much more was recorded than the time since the start
     * @param aheadOfOtherMillis
     *            how much more was recorded than by the other recorder
     */
    private record Minute(double residentMb, double aheadOfClockMillis, double aheadOfOtherMillis) {}

    private static boolean tell(StreamedComparison comparison, @Nullable Minute first, @Nullable Minute last) {
        if (first == null || last == null) {
            return true;
        }
        double growthMb = last.residentMb - first.residentMb;
        double clockMillis = last.aheadOfClockMillis - first.aheadOfClockMillis;
        double driftMillis = last.aheadOfOtherMillis - first.aheadOfOtherMillis;
        comparison.faults().forEach(System.out::println);
        System.out
                .printf(Locale.ROOT,
                        "%d frames wrong, lost or doubled; since the first minute memory grew by %.1f MB and the recording"
                                + " drifted by %.1f ms from the clock, by %.1f ms from the other recording%n",
                        comparison.faultyFrames(), growthMb, clockMillis, driftMillis);
        return comparison.faultyFrames() == 0 && growthMb <= MAX_GROWTH_MB
                && Math.abs(driftMillis) <= MAX_DRIFT_MILLIS;
    }
}
