package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A browser plays from a process that it starts when the first page has sound: the pid a user sees is enough. */
@ExtendWith(RealPipeWire.class)
class BrowserIsRecordedTest {

    @TempDir
    Path folder;

    @Test
    void byThePidOfItsMainProcess(PipeWireServer server) throws IOException, InterruptedException {
        assumeThat(Path.of("/usr/bin/chromium")).as("Chromium is installed").exists();
        Taps.play(server, Signal.sine(1000, 0.25, 2).write(folder.resolve("other.wav"), 60 * SECOND));
        Signal.sine(440, 0.25, 1).write(folder.resolve("tone.wav"), 60 * SECOND);
        Path page = Files.writeString(folder.resolve("page.html"), "<audio src='tone.wav' autoplay loop></audio>");
        Program browser = server.start(Map.of("TMPDIR", folder.toString()), "/usr/bin/chromium", "--headless",
                "--no-sandbox", "--disable-gpu",
                "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--autoplay-policy=no-user-gesture-required", "--user-data-dir=" + folder.resolve("profile"),
                "--remote-debugging-port=0", page.toUri().toString());
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(browser.pid()),
                TapOptions.DEFAULTS.withWaitForTarget(true).withQueue(Duration.ofSeconds(5))).start()) {
            Await.until(browser::output, Duration.ofSeconds(60), () -> tap.chunksReady() > 0);
            Recording recording = Taps.record(tap, 3 * SECOND);
            int from = recording.frames() - SECOND;
            assertThat(recording.toneDbfs(440, from, recording.frames()))
                    .isCloseTo(20 * Math.log10(0.25), within(0.1));
            assertThat(recording.toneDbfs(1000, from, recording.frames())).isLessThan(-110);
            assertThat(AudioProcess.list().stream().filter(process -> process.name().equals("chromium")))
                    .as("the sound came from a child").singleElement()
                    .satisfies(process -> assertThat(process.pid()).isNotEqualTo(browser.pid()));
        }
    }
}
