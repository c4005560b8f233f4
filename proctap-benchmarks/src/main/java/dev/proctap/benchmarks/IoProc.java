package dev.proctap.benchmarks;

import dev.proctap.AudioTarget;
import dev.proctap.ProcessAudioTap;
import dev.proctap.testbed.FakeMacOs;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How long the IOProc of the macOS backend holds its caller up: real IOProc, called by a native thread of the fake of Core
 * Audio every 10 ms; and what another thread's garbage does to that. Start it with the collector and the heap in question.
 */
public final class IoProc {

    private static final int SECONDS = 20;
    private static final int[] PERMILLES = {500, 990, 1000};

    /** So that the compiler does not see that nobody wants it. */
    private static volatile byte[] garbageMade = {};

    private IoProc() {}

    /** Prints a table. */
    public static void main(String... arguments) throws IOException, InterruptedException {
        Path noise = Files.createTempFile("proctap-ioproc", ".wav");
        try (FakeMacOs mac = FakeMacOs.start()) {
            System.setProperty("dev.proctap.backend", "coreaudio");
            System.setProperty("dev.proctap.macos.root", FakeMacOs.root());
            Signal.noise(1).write(noise, (3L * SECONDS) * Signal.SAMPLE_RATE_HZ);
            Program player = mac.play(noise);
            System.out.printf("IOProc, us a call of 480 frames, over %d s%22s%10s%10s%15s%n", SECONDS, "median", "p99",
                    "max", "frames lost");
            measure(mac, player, "nothing else", false);
            measure(mac, player, "another thread makes garbage", true);
        } finally {
            Files.delete(noise);
        }
    }

    private static void measure(FakeMacOs mac, Program player, String what, boolean garbage)
            throws InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong made = new AtomicLong();
        Thread maker = Thread.ofPlatform().start(() -> {
            while (garbage && !over.get()) {
                garbageMade = new byte[64 * 1024];
                made.addAndGet(64 * 1024);
            }
        });
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(player.pid())).start(chunk -> {})) {
            Thread.sleep(Duration.ofSeconds(2)); // the JVM compiles
            mac.forgetIoTimes();
            Thread.sleep(Duration.ofSeconds(SECONDS - 3));
            StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-60s", what));
            for (int permille : PERMILLES) {
                line.append(String.format(Locale.ROOT, "%10.1f", mac.ioNanos(permille) / 1e3));
            }
            line.append(String.format(Locale.ROOT, "%15d", tap.statistics().framesLost()));
            System.out.println(line);
        } finally {
            over.set(true);
            maker.join();
        }
        if (garbage) {
            System.out.printf("(%d MB a second)%n", made.get() / 1_000_000 / (SECONDS - 1));
        }
    }
}
