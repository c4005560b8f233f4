package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** After a tap is closed there is no thread, no file descriptor, no memory and no object of the server left of it. */
@Tag("alone")
@ClassTemplate
@ExtendWith(OnRealServers.class)
class TapLeavesNothingBehindTest {

    private static final int WARM_UP_CYCLES = 1_000;
    private static final int CYCLES = 1_000;
    private static final long MEMORY_LIMIT_KB = 5 * 1024;

    @TempDir
    Path folder;

    @Test
    void aThousandTimesOpenedAndClosed(AudioServer server) {
        Program target = Taps.play(server, Signal.noise(1).write(folder.resolve("noise.wav"), 600 * SECOND));
        Set<String> before = server.objects();
        assertThat(before).isNotEmpty();
        // A heap of fixed size, touched at the start, and one arena of malloc instead of one for each thread there ever
        // was: what grows then is a leak.
        Program java = ForkedJava.start(server, Map.of("MALLOC_ARENA_MAX", "1"),
                List.of("-Xms24m", "-Xmx24m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                OpensAndCloses.class, target.pid());
        assertThat(java.waitForExit(Duration.ofMinutes(5))).as(java.output()).isZero();
        Usage warm = Usage
                .parse(java.output().lines().filter(line -> line.startsWith("warm")).findFirst().orElseThrow());
        Usage end = Usage.parse(java.output().lines().filter(line -> line.startsWith("end")).findFirst().orElseThrow());
        assertThat(end.threads).isEqualTo(warm.threads);
        assertThat(end.files).isEqualTo(warm.files);
        assertThat(end.residentKb - warm.residentKb).as("growth of resident memory in kB").isLessThan(MEMORY_LIMIT_KB);
        Await.until(() -> "objects of the server, before " + before + ", after " + server.objects(),
                Duration.ofSeconds(10), () -> server.objects().equals(before));
    }

    private record Usage(long threads, long files, long residentKb) {

        static Usage now() throws IOException {
            try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
                return new Usage(status("Threads:"), files.count(), status("VmRSS:"));
            }
        }

        private static long status(String key) {
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
                String line = lines.filter(l -> l.startsWith(key)).findFirst().orElseThrow();
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static Usage parse(String line) {
            String[] words = line.split(" ", -1);
            return new Usage(Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
        }

        void print(String name) {
            System.out.println(name + " " + threads + " " + files + " " + residentKb);
        }
    }

    /** Opens and closes taps in every way of receiving, and prints what the process uses. */
    static final class OpensAndCloses {

        private OpensAndCloses() {}

        public static void main(String[] arguments) throws Exception {
            AudioTarget target = AudioTarget.pid(Long.parseLong(arguments[0]));
            cycles(target, WARM_UP_CYCLES);
            settled().print("warm");
            cycles(target, CYCLES);
            settled().print("end");
        }

        private static Usage settled() throws IOException, InterruptedException {
            for (int i = 0; i < 3; i++) {
                System.gc();
                Thread.sleep(200);
            }
            return Usage.now();
        }

        private static void cycles(AudioTarget target, int count) throws InterruptedException {
            for (int i = 0; i < count; i++) {
                try (ProcessAudioTap tap = ProcessAudioTap.of(target)) {
                    if (i % 2 == 0) {
                        tap.start(chunk -> {});
                    } else {
                        tap.start();
                    }
                    if (i % 50 == 1 && tap.read(Duration.ofSeconds(5)) == null) {
                        throw new IllegalStateException("no audio");
                    }
                }
            }
        }
    }
}
