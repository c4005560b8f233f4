package dev.proctap.report;

import dev.proctap.TapOptions;
import dev.proctap.TapStatistics;
import dev.proctap.TapStatistics.Loss;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Measurement} found.
 *
 * @param options
 *            of the tap
 * @param statistics
 *            of the tap, for the time of the measurement
 * @param processCpuPercent
 *            CPU time of the whole process, 100 for one processor
 * @param tapCpuPercent
 *            of that, the tap's own threads
 * @param othersCpuPercent
 *            how busy all other programs kept the machine, 100 for all its processors; NaN where the system does not tell
 * @param residentBytes
 *            memory of the process at the end, resident where the system tells that
 * @param heapGrowthBytes
 *            by how much more live objects there are at the end than at the beginning
 * @param heldBack
 *            how often a limit of the processor (cgroup) held the process back
 * @param losses
 *            everything that was lost
 * @param startNanos
 *            when it began, on the clock of {@link System#nanoTime}
 * @param samples
 *            figures over time
 * @param profile
 *            what a flight recording tells, null where there was none
 */
public record Measured(TapOptions options, TapStatistics statistics, double processCpuPercent, double tapCpuPercent,
        double othersCpuPercent, long residentBytes, long heapGrowthBytes, long heldBack, List<Loss> losses,
        long startNanos, List<Sample> samples, @Nullable Profile profile) {

    /**
     * Figures of a short time.
     *
     * @param at
     *            its end, from the start of the measurement
     * @param latencyMillis
     *            mean delivery latency, NaN where no chunk was delivered
     * @param processCpuPercent
     *            as {@link Measured#processCpuPercent}
     * @param othersCpuPercent
     *            as {@link Measured#othersCpuPercent}
     */
    public record Sample(Duration at, double latencyMillis, double processCpuPercent, double othersCpuPercent) {}

    public Measured {
        losses = List.copyOf(losses);
        samples = List.copyOf(samples);
    }

    /** Length of the server's cycles in ms, 0 where it is not known. */
    double cycleMillis() {
        Duration granted = statistics.latencyGranted();
        return granted == null ? 0 : millis(granted);
    }

    static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }

    /** From the start of the tap to its first frame, NaN where there was none. */
    double startUpMillis() {
        Duration first = statistics.timeToFirstFrame();
        return first == null ? Double.NaN : millis(first);
    }

    double heapGrowthMbPerMinute() {
        return heapGrowthBytes / 1e6 * 60e9 / Math.max(1, statistics.duration().toNanos());
    }

    /** Time between two deliveries, as it was. */
    double deliveryMillis() {
        return millis(statistics.duration()) / Math.max(1, statistics.chunksDelivered());
    }

    /** Part of all lost frames that was lost for a cause. */
    double share(TapStatistics.LossCause cause) {
        long all = losses.stream().mapToLong(Loss::frames).sum();
        return all == 0
                ? 0
                : (double) losses.stream().filter(loss -> loss.cause() == cause).mapToLong(Loss::frames).sum() / all;
    }
}
