package dev.proctap.report;

import com.sun.management.OperatingSystemMXBean;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapStatistics;
import dev.proctap.TapStatistics.Loss;
import dev.proctap.report.Measured.Sample;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches a running tap in this process, from {@link #start} to {@link #finish}: its statistics, what the process and the
 * machine have to do meanwhile, and, where asked for, a flight recording.
 *
 * {@snippet :
 * try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(4242)).start(this::process);
 *         Measurement measurement = Measurement.start(tap, Path.of("profile.jfr"))) {
 *     Thread.sleep(60_000);
 *     Diagnosis.of(measurement.finish()).findings().forEach(System.out::println);
 * }
 * }
 *
 * <p>It collects garbage once before it begins and once after it has ended, to see what is left. A thread of its own looks
 * four times a second; the tap's statistics begin anew.
 */
public final class Measurement implements AutoCloseable {

    private static final long PERIOD_MILLIS = 250;
    private static final long SETTLE_MILLIS = 300;

    private final ProcessAudioTap tap;
    private final Machine machine = Machine.ofThisProcess();
    private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private final @Nullable Path profileFile;
    private final @Nullable Profiler profiler;
    private final Thread sampler;
    private final CountDownLatch end = new CountDownLatch(1);

    private final long liveBytes;
    private final long startNanos;
    private final Load startLoad;
    private final long startHeldBack;

    // of the sampling thread, and of who has waited for its end
    private final List<Sample> samples = new ArrayList<>();
    private final List<Loss> losses = new ArrayList<>();

    /** Processor times so far: of this process in nanoseconds, and of the machine in ticks, all and busy. */
    private record Load(long nanos, long processNanos, long all, long busy) {}

    private Measurement(ProcessAudioTap tap, @Nullable Path profileFile) {
        this.tap = tap;
        this.profileFile = profileFile;
        profiler = profileFile == null ? null : Profiler.start();
        liveBytes = live();
        settle();
        startHeldBack = heldBack();
        startLoad = load();
        startNanos = startLoad.nanos;
        tap.resetStatistics();
        sampler = Thread.ofPlatform().daemon().name("proctap-measurement").start(this::sample);
    }

    /** What it takes to begin is not what is measured. */
    private static void settle() {
        try {
            Thread.sleep(SETTLE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Begins; takes half a second. Not to be called by the thread that reads from the tap, which would be late then.
     *
     * @param tap
     *            that runs
     * @param profileFile
     *            where to leave a flight recording, null for none
     */
    public static Measurement start(ProcessAudioTap tap, @Nullable Path profileFile) {
        return new Measurement(tap, profileFile);
    }

    /**
     * Ends, and tells what was measured. Once.
     *
     * @throws IOException
     *             if the flight recording cannot be written
     */
    public Measured finish() throws IOException, InterruptedException {
        TapStatistics statistics = tap.statistics();
        Load load = load();
        end.countDown();
        sampler.join();
        takeLosses(statistics);
        Profiler recorded = profiler;
        Path file = profileFile;
        Profile profile = recorded == null || file == null ? null : recorded.finish(file);
        double nanos = Math.max(1, load.nanos - startLoad.nanos);
        return new Measured(tap.options(), statistics, 100 * (load.processNanos - startLoad.processNanos) / nanos,
                100 * statistics.cpuTime().toNanos() / nanos, others(startLoad, load), residentBytes(),
                live() - liveBytes, heldBack() - startHeldBack, losses, startNanos, samples, profile);
    }

    /** Ends without a result. */
    @Override
    public void close() {
        end.countDown();
        if (profiler != null) {
            profiler.close();
        }
    }

    private void sample() {
        Load before = startLoad;
        TapStatistics last = tap.statistics();
        try {
            while (!end.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS)) {
                TapStatistics now = tap.statistics();
                Load load = load();
                takeLosses(now);
                samples.add(new Sample(Duration.ofNanos(load.nanos - startNanos), mean(last, now),
                        100.0 * (load.processNanos - before.processNanos) / (load.nanos - before.nanos),
                        others(before, load)));
                before = load;
                last = now;
            }
        } catch (InterruptedException | IllegalStateException e) {
            // the tap was closed meanwhile: what was seen until then counts
        }
    }

    private void takeLosses(TapStatistics statistics) {
        for (Loss loss : statistics.losses()) {
            int known = losses.size() - 1;
            while (known >= 0 && losses.get(known).framePosition() > loss.framePosition()) {
                known--;
            }
            if (known >= 0 && losses.get(known).framePosition() == loss.framePosition()) {
                losses.set(known, loss); // it has grown
            } else {
                losses.add(known + 1, loss);
            }
        }
    }

    /** The mean of the latencies between two looks at the statistics. */
    private static double mean(TapStatistics before, TapStatistics now) {
        TapStatistics.Distribution first = before.deliveryLatency();
        TapStatistics.Distribution second = now.deliveryLatency();
        long count = second.count() - first.count();
        return count <= 0
                ? Double.NaN
                : ((double) second.mean().toNanos() * second.count() - (double) first.mean().toNanos() * first.count())
                        / count / 1e6;
    }

    private Load load() {
        long all = 0;
        long busy = 0;
        String cpu = machine.value("/proc/stat", "cpu ");
        if (!cpu.isEmpty()) {
            // proc(5): user, nice, system, idle, iowait, irq, softirq, steal; the last two are counted in the first already
            String[] ticks = cpu.split("\\s+", -1);
            for (int i = 0; i < Math.min(8, ticks.length); i++) {
                long value = Long.parseLong(ticks[i]);
                all += value;
                busy += i == 3 || i == 4 ? 0 : value;
            }
        }
        return new Load(System.nanoTime(), system.getProcessCpuTime(), all, busy);
    }

    private double others(Load from, Load to) {
        int processors = Runtime.getRuntime().availableProcessors();
        double own = 100.0 * (to.processNanos - from.processNanos) / Math.max(1, to.nanos - from.nanos) / processors;
        double all = to.all > from.all
                ? 100.0 * (to.busy - from.busy) / (to.all - from.all)
                : to.all == 0 ? 100 * system.getCpuLoad() : Double.NaN;
        return Math.max(0, all - own);
    }

    private long heldBack() {
        String group = machine.value("/proc/self/cgroup", "0::");
        String count = machine.value("/sys/fs/cgroup" + group + "/cpu.stat", "nr_throttled");
        return count.isEmpty() ? 0 : Long.parseLong(count);
    }

    private long residentBytes() {
        String resident = machine.value("/proc/self/status", "VmRSS").replaceAll("[^0-9]", "");
        Runtime jvm = Runtime.getRuntime();
        return resident.isEmpty()
                ? jvm.totalMemory() + ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage().getCommitted()
                : Long.parseLong(resident) << 10;
    }

    private static long live() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
