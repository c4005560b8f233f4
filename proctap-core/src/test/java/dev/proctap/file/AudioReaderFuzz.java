package dev.proctap.file;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads damaged files for as long as it is given, ten minutes with {@code ./mvnw verify -Pfuzz}: each is answered at once,
 * with samples or a clear error, in little memory. What is found belongs into {@link AudioReaderTest}.
 */
class AudioReaderFuzz {

    private static final Duration TIME = Duration.ofSeconds(Long.getLong("dev.proctap.fuzz.seconds", 600));
    private static final long MOST_MILLIS = 2_000;
    private static final long MOST_BYTES = 4_000_000;

    @Test
    void damagedFilesAreAnswered(@TempDir Path folder) throws IOException {
        List<byte[]> seeds = HostileFiles.written(folder);
        SplittableRandom random = new SplittableRandom();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long end = System.nanoTime() + TIME.toNanos();
        long files = 0;
        long readable = 0;
        ByteBuffer samples = ByteBuffer.allocate(1 << 16);
        while (System.nanoTime() < end) {
            byte[] file = HostileFiles.damaged(seeds.get(random.nextInt(seeds.size())), random);
            long allocated = threads.getCurrentThreadAllocatedBytes();
            long started = System.nanoTime();
            try {
                readable += read(file, samples);
                files++;
            } catch (IOException | RuntimeException | Error e) {
                throw new AssertionError("found: " + Base64.getEncoder().encodeToString(file), e);
            }
            assertThat((System.nanoTime() - started) / 1_000_000).as(() -> Base64.getEncoder().encodeToString(file))
                    .isLessThan(MOST_MILLIS);
            assertThat(threads.getCurrentThreadAllocatedBytes() - allocated)
                    .as(() -> Base64.getEncoder().encodeToString(file)).isLessThan(MOST_BYTES);
        }
        assertThat(readable).as("readable ones of %d", files).isBetween(files / 100, files * 99 / 100);
    }

    /** 1 where it can be read. */
    private static int read(byte[] file, ByteBuffer samples) throws IOException {
        try (AudioReader reader = AudioReader.open(new ByteArrayInputStream(file), "hostile")) {
            long bytes = 0;
            for (int n; (n = reader.read(samples.clear())) >= 0;) {
                bytes += (long) n * reader.format().frameBytes();
                assertThat(bytes).isLessThanOrEqualTo(file.length);
            }
            return 1;
        } catch (AudioFormatException e) {
            assertThat(e).hasMessageStartingWith("hostile cannot be read: ");
            return 0;
        }
    }
}
