package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** On PipeWire nothing is ever linked to a tap but its target, whatever anybody else tries. */
@ExtendWith(RealPipeWire.class)
class TapKeepsItsLinksTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal WANTED = Signal.noise(1);

    @TempDir
    Path folder;

    @BeforeEach
    void anotherProgramPlays(PipeWireServer server) {
        Taps.play(server, Signal.noise(99).write(folder.resolve("other.wav"), LONG));
    }

    @Test
    void theStreamOfTheTargetGoesAway(PipeWireServer server) throws InterruptedException {
        microphone(server, "test-microphone");
        String play = server.playCommand(WANTED.write(folder.resolve("short.wav"), SECOND));
        Program target = server.start("sh", "-c", play + "; sleep 60");
        Taps.awaitPlaying(target);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Taps.recordUntil(tap, new Recording(), r -> r.firstSilence(r.firstSound(0), SECOND / 2) < r.frames());
            assertThat(linksOfTap(server, target)).isEmpty();
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
