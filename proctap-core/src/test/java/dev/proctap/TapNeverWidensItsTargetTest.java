package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.FakeMacOs;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens around it, a tap hears its target or silence. A second program plays loudly all the time. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class TapNeverWidensItsTargetTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal WANTED = Signal.noise(1);

    @TempDir
    Path folder;

    @BeforeEach
    void anotherProgramPlays(AudioServer server) {
        Taps.play(server, Signal.noise(99).write(folder.resolve("other.wav"), LONG));
    }

    @Test
    void streamOfTargetGoesAway(AudioServer server) throws InterruptedException {
        String play = server.playCommand(WANTED.write(folder.resolve("short.wav"), 2 * SECOND));
        // the shell lives on after its player, so the tap stays open with nothing to record
        Program target = server.start("sh", "-c", play + "; sleep 60");
        Taps.awaitPlaying(target);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.recordUntil(tap, new Recording(),
                    r -> r.firstSilence(r.firstSound(0), SECOND / 2) < r.frames());
            int end = recording.firstSilence(recording.firstSound(0), SECOND / 2);
            Taps.record(tap, recording, 2 * SECOND);
            Taps.assertExact(recording.match(WANTED, 2L * SECOND, recording.firstSound(0), end));
            assertThat(recording.peak(end, recording.frames())).as("silence after the program's end").isZero();
        }
    }

    @Test
    void defaultSinkChanges(AudioServer server) throws InterruptedException {
        server.createSink("second-sink", 2);
        Program target = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.record(tap, SECOND);
            server.setDefaultSink("second-sink");
            Await.until("moved to the second sink", Duration.ofSeconds(10),
                    () -> server.playsTo(target, "second-sink"));
            int moved = recording.frames();
            Taps.recordWithLosses(tap, recording, 3L * SECOND);
            if (!(server instanceof FakeMacOs)) { // which needs another tap for another default output
                assertThat(tap.statistics().framesLost()).isZero();
            }
            Taps.assertExact(recording.match(WANTED, LONG, recording.firstSound(0), moved));
            // the server may pause the program while it moves it, which then misses some of its own sound
            assertThat(recording.pieces(WANTED, LONG, moved)).isNotEmpty();
            Taps.printLoss("sink added, and made the default one", tap);
        } finally {
            server.setDefaultSink(AudioServer.SINK);
            server.destroySink("second-sink");
        }
    }

    @Test
    void anotherStreamWithTheSameNameAppears(AudioServer server) throws InterruptedException {
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
}
