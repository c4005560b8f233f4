package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import javax.imageio.ImageIO;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo proves on this machine that one program is recorded and no other. */
class DemoTest {

    @TempDir
    Path folder;

    @Test
    void withoutAServerItStartsItsOwnAndProvesTheIsolation() throws IOException, UnsupportedAudioFileException {
        Map<String, String> noServer = Map.of("PIPEWIRE_RUNTIME_DIR", folder.toString(), "XDG_RUNTIME_DIR",
                folder.toString());
        Cli.Result result = Cli.run(noServer, "demo", "--out", folder);
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).contains("wanted tone, 440 Hz").contains("unwanted tone, 1000 Hz")
                .contains("all 240000 frames as played").containsPattern("frames lost +0 +ok").contains("start-up")
                .contains("latency").contains("Proven").doesNotContain("FAILED");
        try (AudioInputStream stream = AudioSystem.getAudioInputStream(folder.resolve("demo.wav").toFile())) {
            assertThat(stream.getFrameLength()).isEqualTo(5 * 48_000);
        }
        BufferedImage picture = Objects.requireNonNull(ImageIO.read(folder.resolve("demo.png").toFile()));
        // both curves are drawn: some pixels have their colours
        long blue = 0;
        long orange = 0;
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                int rgb = picture.getRGB(x, y) & 0xffffff;
                blue += rgb == 0x1f6fd6 ? 1 : 0;
                orange += rgb == 0xd6561f ? 1 : 0;
            }
        }
        assertThat(blue).isGreaterThan(100);
        assertThat(orange).isGreaterThan(100);
    }
}
