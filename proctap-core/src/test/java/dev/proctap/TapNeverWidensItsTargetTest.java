package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens around it, a tap hears its target or silence. A second program plays loudly all the time. */
@ExtendWith(RealPipeWire.class)
class TapNeverWidensItsTargetTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal WANTED = Signal.noise(1);

    @TempDir
    Path folder;

    @BeforeEach
    void anotherProgramPlays(PipeWireServer server) {
        Taps.play(server, Signal.noise(99).write(folder.resolve("other.wav"), LONG));
    }

    @Test
    void streamOfTargetGoesAway(PipeWireServer server) throws InterruptedException {
        microphone(server, "test-microphone");
        String file = WANTED.write(folder.resolve("short.wav"), 2 * SECOND).toString();
        // the shell lives on after its player, so the tap stays open with nothing to record
        Program target = server.start("sh", "-c", "pw-play " + file + "; sleep 60");
        Taps.awaitPlaying(target);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.recordUntil(tap, new Recording(),
                    r -> r.firstSilence(r.firstSound(0), SECOND / 2) < r.frames());
            int end = recording.firstSilence(recording.firstSound(0), SECOND / 2);
            Taps.record(tap, recording, 2 * SECOND);
            Taps.assertExact(recording.match(WANTED, 2L * SECOND, recording.firstSound(0), end));
            assertThat(recording.peak(end, recording.frames())).as("silence after the program's end").isZero();
            assertThat(linksOfTap(server, target)).isEmpty();
        }
    }

    @Test
    void defaultSinkChanges(PipeWireServer server) throws InterruptedException {
        server.createSink("second-sink", 2);
        Program target = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.record(tap, SECOND);
            server.run("pw-metadata", "-n", "default", "0", "default.configured.audio.sink",
                    "{\"name\":\"second-sink\"}", "Spa:String:JSON");
            Await.until(() -> "moved to the second sink: " + server.links("-l"), Duration.ofSeconds(10),
                    () -> server.links("-l", "-o", "pw-play").contains("second-sink"));
            int moved = recording.frames();
            Taps.record(tap, recording, 3 * SECOND);
            Taps.assertExact(recording.match(WANTED, LONG, recording.firstSound(0), moved));
            // the server may pause the program while it moves it, which then misses some of its own sound
            assertThat(recording.pieces(WANTED, LONG, moved)).isNotEmpty();
        } finally {
            server.run("pw-metadata", "-n", "default", "-d", "0", "default.configured.audio.sink");
            server.destroyNode("second-sink");
        }
    }

    @Test
    void anotherStreamWithTheSameNameAppears(PipeWireServer server) throws InterruptedException {
        Program target = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            // pw-play names all its nodes the same, and its streams after the file
            Taps.play(server, Signal.noise(5).write(anotherFolder().resolve("wanted.wav"), LONG));
            Taps.record(tap, recording, SECOND);
            Taps.assertExact(recording.match(WANTED, LONG));
        }
    }

    private Path anotherFolder() {
        try {
            return Files.createDirectory(folder.resolve("another"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aMicrophoneAppearsAndBecomesTheDefault(PipeWireServer server) throws InterruptedException {
        Program target = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            microphone(server, "new-microphone");
            Taps.record(tap, recording, SECOND);
            Taps.assertExact(recording.match(WANTED, LONG));
            assertThat(linksOfTap(server, target)).doesNotContain("microphone");
        }
    }

    @Test
    void somebodyLinksTheMonitorToTheTap(PipeWireServer server) throws InterruptedException {
        Program target = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Taps.record(tap, SECOND / 4);
            server.run("pw-link", PipeWireServer.SINK + ":monitor_FL", "proctap-" + target.pid() + ":input_FL");
            Await.until(() -> "the foreign link is removed: " + server.links("-l"), Duration.ofSeconds(5),
                    () -> !linksOfTap(server, target).contains("monitor"));
            tap.stop();
            while (tap.read(Duration.ZERO) != null) {
                // what was queued until now
            }
        }
    }

    private static void microphone(PipeWireServer server, String name) {
        server.run("pw-cli", "create-node", "adapter", "{ factory.name=support.null-audio-sink node.name=" + name
                + " media.class=Audio/Source/Virtual object.linger=true audio.position=[FL FR] }");
        Await.until("the microphone is there", Duration.ofSeconds(10), () -> server.links("-o").contains(name));
    }

    private static String linksOfTap(PipeWireServer server, Program target) {
        StringBuilder result = new StringBuilder();
        boolean ofTap = false;
        for (String line : server.links("-l", "-i").lines().toList()) {
            ofTap = line.startsWith(" ") ? ofTap : line.startsWith("proctap-" + target.pid() + ":");
            if (ofTap && line.contains("|<-")) {
                result.append(line).append('\n');
            }
        }
        return result.toString();
    }
}
