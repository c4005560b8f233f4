package dev.proctap.report;

import dev.proctap.TapStatistics;
import dev.proctap.TapStatistics.LossCause;
import dev.proctap.report.Finding.Cause;
import dev.proctap.report.Finding.Issue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What is wrong with a capture, concluded from its figures: each that is not in its expected range is a finding, the worst
 * first, with its likely cause.
 */
public record Diagnosis(List<Finding> findings) {

    /** CPU of the tap's own threads in percent of one processor; a capture of 10 ms chunks takes 1 to 2. */
    public static final double EXPECTED_CPU_PERCENT = 3;
    /** Memory of a process that captures and is profiled at the same time. */
    public static final double EXPECTED_MEMORY_MB = 160;
    /** Growth of what lives in the heap. */
    public static final double EXPECTED_GROWTH_MB_PER_MINUTE = 2;
    /** What may come on top of the server's cycle and the length of a chunk, for 99 of 100 chunks. */
    public static final double EXPECTED_DELAY_MILLIS = 15;
    public static final double EXPECTED_DROPOUTS_PER_MINUTE = 0;
    /** From the start of a tap to its first frame, on a target that plays. */
    public static final double EXPECTED_START_UP_MILLIS = 500;

    /** A machine that is busier than this, in percent, is busy. */
    private static final double BUSY_PERCENT = 85;
    /** Cycles shorter than this cost every program that plays more than their sound. */
    private static final double SHORT_CYCLE_MILLIS = 3;
    /** What takes this part of the time in which the consumer was slow is the cause. */
    private static final double MAIN_PART = 0.3;
    private static final long LEAST_GROWTH_BYTES = 1_000_000;
    /** Collections that a program asks for on purpose are more often than this. */
    private static final int FEW_COLLECTIONS = 2;

    public Diagnosis {
        findings = List.copyOf(findings);
    }

    /** Concludes from what was measured. */
    public static Diagnosis of(Measured measured) {
        List<Finding> findings = new ArrayList<>();
        dropouts(measured, findings);
        if (measured.heapGrowthBytes() > LEAST_GROWTH_BYTES
                && measured.heapGrowthMbPerMinute() > EXPECTED_GROWTH_MB_PER_MINUTE) {
            findings.add(new Finding(Issue.MEMORY, Cause.LEAK, format(
                    "objects of %.1f MB more live in the heap than at the beginning, %.1f MB a minute",
                    measured.heapGrowthBytes() / 1e6, measured.heapGrowthMbPerMinute()),
                    "look for what the callback adds to and never takes from (a list of chunks?); take a heap dump"
                            + " (jcmd PID GC.heap_dump) and look who holds the most"));
        }
        cpu(measured, findings);
        latency(measured, findings);
        double startUp = measured.startUpMillis();
        if (startUp > EXPECTED_START_UP_MILLIS && measured.cycleMillis() < 100) {
            findings.add(new Finding(Issue.START_UP, isBusy(measured) ? Cause.BUSY_MACHINE : Cause.UNKNOWN,
                    format("the first frame came %.0f ms after the start", startUp),
                    "call ProcessAudioTap.prepare() on another thread while your program starts; a program that was"
                            + " waited for began only then to play"));
        }
        if (isBusy(measured) && findings.stream().noneMatch(finding -> finding.cause() == Cause.BUSY_MACHINE)) {
            findings.add(busy(Issue.LATENCY, measured));
        }
        if (isShort(measured) && findings.stream().noneMatch(finding -> finding.cause() == Cause.SHORT_CYCLES)) {
            findings.add(shortCycles(Issue.CPU, measured));
        }
        if (measured.residentBytes() / 1e6 > EXPECTED_MEMORY_MB) {
            findings.add(new Finding(Issue.MEMORY, Cause.LARGE_HEAP,
                    format("the process has %.0f MB, of which %.0f MB are heap in use", measured.residentBytes() / 1e6,
                            measured.statistics().heapUsedBytes() / 1e6),
                    "limit the heap: -Xmx64m -XX:+UseSerialGC is enough for a capture"));
        }
        return new Diagnosis(findings);
    }

    @SuppressWarnings("AnnotateFormatMethod") // its annotation would be a dependency
    private static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }

    private static boolean isBusy(Measured measured) {
        return measured.othersCpuPercent() > BUSY_PERCENT;
    }

    private static boolean isShort(Measured measured) {
        return measured.cycleMillis() > 0 && measured.cycleMillis() < SHORT_CYCLE_MILLIS;
    }

    private static Finding busy(Issue type, Measured measured) {
        return new Finding(type, Cause.BUSY_MACHINE,
                format("other programs kept the processors %.0f %% busy", measured.othersCpuPercent()),
                "end what works beside it, or give audio a real-time priority (proctap doctor tells whether it has one)");
    }

    private static Finding shortCycles(Issue type, Measured measured) {
        return new Finding(type, Cause.SHORT_CYCLES,
                format("the audio server works in cycles of %.2f ms, and wakes every program that plays or records %.0f"
                        + " times a second", measured.cycleMillis(), 1000 / measured.cycleMillis()),
                "find who asks for so short a latency (pw-top, column QUANT), or whether it is forced (pw-metadata -n"
                        + " settings); ask for a longer one");
    }

    private static void dropouts(Measured measured, List<Finding> findings) {
        TapStatistics statistics = measured.statistics();
        if (statistics.dropoutsPerMinute() <= EXPECTED_DROPOUTS_PER_MINUTE) {
            return;
        }
        String seen = format("%d losses, %d frames of %d; %.1f a minute", statistics.dropouts(),
                statistics.framesLost(), statistics.framesLost() + statistics.framesCaptured(),
                statistics.dropoutsPerMinute());
        if (measured.share(LossCause.CONSUMER) > MAIN_PART) {
            findings.add(consumer(Issue.DROPOUTS, seen, measured));
        }
        if (measured.share(LossCause.RECONNECT) > MAIN_PART) {
            findings.add(new Finding(Issue.DROPOUTS, Cause.SERVER_WAS_AWAY, seen,
                    "see the server's log (journalctl --user -u pipewire): it ended, or its device went"));
        }
        if (measured.share(LossCause.SERVER) + measured.share(LossCause.CAPTURE) > MAIN_PART) {
            findings.add(notInTime(seen, measured));
        }
    }

    private static Finding notInTime(String seen, Measured measured) {
        if (measured.heldBack() > 0) {
            return new Finding(Issue.DROPOUTS, Cause.CPU_LIMIT,
                    seen + "; the limit of the processor held this process back " + measured.heldBack() + " times",
                    "raise the limit (docker --cpus, systemd CPUQuota)");
        }
        Finding reason = isBusy(measured)
                ? busy(Issue.DROPOUTS, measured)
                : isShort(measured)
                        ? shortCycles(Issue.DROPOUTS, measured)
                        : new Finding(Issue.DROPOUTS, Cause.SERVER_XRUN, "the audio server missed its time",
                                "let its threads have real-time priority (proctap doctor tells whether they do), or let"
                                        + " it work in longer cycles");
        return new Finding(reason.issue(), reason.cause(), seen + "; " + reason.seen(), reason.advice());
    }

    /** The consumer took longer than the sound lasts: what did it do? */
    private static Finding consumer(Issue type, String seen, Measured measured) {
        Profile profile = measured.profile();
        String time = format("%s; the consumer had a chunk of %.0f ms for %.1f ms (mean), %.1f ms at most", seen,
                Measured.millis(measured.options().chunk()),
                Measured.millis(measured.statistics().consumerTime().mean()),
                Measured.millis(measured.statistics().consumerTime().max()));
        if (profile == null || profile.slowTime().isZero()) {
            return new Finding(type, Cause.CONSUMER_IS_SLOW, time,
                    "hand chunks to another thread, or use a longer queue (TapOptions.withQueue)");
        }
        Map.Entry<Profile.Wait, Duration> most = profile.waits().entrySet().stream().max(Map.Entry.comparingByValue())
                .orElse(Map.entry(Profile.Wait.THREAD, Duration.ZERO));
        double part = (double) most.getValue().toNanos() / profile.slowTime().toNanos();
        if (part < MAIN_PART) {
            String top = profile.topFrames(1).stream().map(Map.Entry::getKey).findFirst().orElse("unknown code");
            return isBusy(measured)
                    ? new Finding(type, Cause.BUSY_MACHINE, time + "; " + busy(type, measured).seen(),
                            busy(type, measured).advice())
                    : new Finding(type, Cause.CONSUMER_IS_SLOW, time + "; most of all it was in " + top,
                            "hand chunks to another thread, or make it faster: the flame graph shows where its time"
                                    + " goes");
        }
        String of = format("%s, %.0f %% of the time it was slow ", time, 100 * part);
        return switch (most.getKey()) {
            case SLEEP -> new Finding(type, Cause.CONSUMER_SLEEPS, of + "it slept (Thread.sleep)",
                    "do not sleep in a callback or between two reads: read waits for the sound by itself");
            case DISK -> new Finding(type, Cause.DISK_IS_SLOW, of + "it wrote to a disk",
                    "write to a faster disk, use a longer queue, or write fewer bytes (a smaller sample format, flac)");
            case PIPE -> new Finding(type, Cause.PIPE_STALLS, of + "it waited for who reads its output",
                    "look at the program behind the pipe: it reads slower than the sound is long");
            case NETWORK -> new Finding(type, Cause.NETWORK_IS_SLOW, of + "it wrote to the network",
                    "send from another thread, with a queue of its own");
            case THREAD -> new Finding(type, Cause.CONSUMER_WAITS, of + "it waited for another thread",
                    "look who holds the lock (jcmd PID Thread.print), or hand chunks over without waiting");
            case GARBAGE_COLLECTION -> new Finding(type,
                    profile.forcedCollections() > FEW_COLLECTIONS ? Cause.FORCED_COLLECTION : Cause.GARBAGE_COLLECTION,
                    format("%sgarbage was collected: %d times in all, %d of them because System.gc() was called", of,
                            profile.collections(), profile.forcedCollections()),
                    profile.forcedCollections() > FEW_COLLECTIONS
                            ? "find who calls System.gc() (jfr print --events jdk.SystemGC), or -XX:+DisableExplicitGC"
                            : "make less garbage in the callback, or give the heap more room (-Xmx)");
        };
    }

    private static void cpu(Measured measured, List<Finding> findings) {
        Profile profile = measured.profile();
        boolean told = findings.stream().anyMatch(finding -> finding.cause() == Cause.FORCED_COLLECTION);
        if (profile != null && profile.forcedCollections() > FEW_COLLECTIONS && !told) {
            findings.add(new Finding(Issue.CPU, Cause.FORCED_COLLECTION,
                    format("System.gc() was called %d times; collections stopped everything for %.0f ms in all, %.1f ms at"
                            + " most", profile.forcedCollections(), Measured.millis(profile.pauses()),
                            Measured.millis(profile.longestPause())),
                    "find who calls System.gc() (jfr print --events jdk.SystemGC), or -XX:+DisableExplicitGC"));
        }
        if (measured.tapCpuPercent() > EXPECTED_CPU_PERCENT) {
            String seen = format("the tap's threads took %.1f %% of a processor", measured.tapCpuPercent());
            findings.add(isShort(measured)
                    ? new Finding(Issue.CPU, Cause.SHORT_CYCLES,
                            seen + "; " + shortCycles(Issue.CPU, measured).seen(),
                            shortCycles(Issue.CPU, measured).advice())
                    : new Finding(Issue.CPU, Cause.CONSUMER_IS_SLOW, seen + ", most of it in the callback",
                            "the flame graph shows where it goes"));
        }
    }

    private static void latency(Measured measured, List<Finding> findings) {
        double p99 = Measured.millis(measured.statistics().deliveryLatency().p99());
        double expected = expectedLatencyMillis(measured);
        // what is lost for a slow consumer was late before
        if (p99 <= expected || findings.stream().anyMatch(finding -> finding.issue() == Issue.DROPOUTS)) {
            return;
        }
        String seen = format("99 of 100 chunks were delivered within %.1f ms, expected are %.1f ms", p99, expected);
        double consumer = Measured.millis(measured.statistics().consumerTime().p99());
        if (consumer > Measured.millis(measured.options().chunk())) {
            findings.add(consumer(Issue.LATENCY, seen, measured));
        } else if (isShort(measured)) {
            findings.add(new Finding(Issue.LATENCY, Cause.SHORT_CYCLES,
                    seen + "; " + shortCycles(Issue.LATENCY, measured).seen(),
                    shortCycles(Issue.LATENCY, measured).advice()));
        } else if (isBusy(measured)) {
            findings.add(
                    new Finding(Issue.LATENCY, Cause.BUSY_MACHINE, seen + "; " + busy(Issue.LATENCY, measured).seen(),
                            busy(Issue.LATENCY, measured).advice()));
        } else {
            findings.add(new Finding(Issue.LATENCY, Cause.UNKNOWN, seen,
                    "ask for a shorter latency (TapOptions.withLatency, --latency) and shorter chunks"));
        }
    }

    /** What 99 of 100 chunks should be delivered within: a cycle, or several where a chunk takes them, and some time more. */
    static double expectedLatencyMillis(Measured measured) {
        return 2 * measured.cycleMillis() + Measured.millis(measured.options().chunk()) + EXPECTED_DELAY_MILLIS;
    }
}
