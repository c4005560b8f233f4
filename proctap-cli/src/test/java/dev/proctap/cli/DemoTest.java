package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.PipeWireServer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
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

    @Test
    void aServerThatRunsIsUsed() {
        try (PipeWireServer server = PipeWireServer.start()) {
            Cli.Result result = Cli.run(server.environment(), "demo", "--out", folder);
            assertThat(result.exitCode()).as(result.output()).isZero();
            assertThat(result.output()).contains("Using the audio server that runs").contains("Proven");
        }
    }

    @Test
    void whatIsNotProvenEndsWithCode1() throws IOException {
        Path quieter = Files.createDirectory(folder.resolve("bin")).resolve("pw-play");
        String player = Stream.of(System.getenv("PATH").split(":", -1)).map(Path::of)
                .map(directory -> directory.resolve("pw-play")).filter(Files::isExecutable).findFirst().orElseThrow()
                .toString();
        Files.writeString(quieter, "#!/bin/sh\nexec " + player + " --volume=0.5 \"$@\"\n");
        Files.setPosixFilePermissions(quieter, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (PipeWireServer server = PipeWireServer.start()) {
            Map<String, String> environment = new HashMap<>(server.environment());
            environment.put("PATH", quieter.getParent() + ":" + System.getenv("PATH"));
            Cli.Result result = Cli.run(environment, "demo", "--out", folder);
            assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
            assertThat(result.output()).contains("FAILED", "is a volume not 100 %?", "NOT proven")
                    .doesNotContain("Proven");
        }
    }
}
