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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** PipeWire's graph changes under a tap: it goes on with its target, and its length stays that of the time. */
@ExtendWith(RealPipeWire.class)
class TapSurvivesTheGraphTest {

    private static final int LONG = 120 * SECOND;
    private static final Signal WANTED = Signal.noise(1);

    @TempDir
    Path folder;

    private long target;

    @BeforeEach
    void playTarget(PipeWireServer server) {
        target = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG)).pid();
        Taps.play(server, Signal.noise(99).write(folder.resolve("other.wav"), LONG));
    }

    @AfterEach
    void letGraphBe(PipeWireServer server) {
        server.forceQuantum(0);
        server.forceRate(0);
    }

    @Test
    void theSessionManagerIsKilledAndComesBack(PipeWireServer server) throws InterruptedException {
        // a new session manager without any sink yet tells a program that it cannot play, and some programs end then
        String play = server.playCommand(folder.resolve("wanted.wav"));
        Program stubborn = server.start("sh", "-c", "while :; do " + play + "; done");
        Taps.awaitPlaying(stubborn);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(stubborn.pid())).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            server.restartSessionManager();
            Await.until("the target is recorded again", Duration.ofSeconds(20), () -> isRecorded(tap, recording));
            Taps.printLoss("session manager killed and started again", tap);
        }
    }

    private static boolean isRecorded(ProcessAudioTap tap, Recording recording) {
        int from = recording.frames();
        try {
            Taps.recordWithLosses(tap, recording, SECOND / 2);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return recording.match(WANTED, LONG, from, recording.frames()).isExact();
    }

    @Test
    void cyclesBecomeAsLongAndAsShortAsTheyCanBe(PipeWireServer server) throws InterruptedException {
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target)).start()) {
            long start = System.nanoTime();
            Recording recording = Taps.record(tap, SECOND / 2);
            for (int quantum : new int[]{8192, 32, 1024, 8192}) {
                server.forceQuantum(quantum);
                Taps.recordWithLosses(tap, recording, 2 * SECOND);
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            assertThat((double) recording.frames() / SECOND).as("length in seconds")
                    .isBetween(seconds - 1, seconds + 0.3);
            // in cycles of 0.7 ms a shared machine misses some, and the sink plays just that
            assertThat(recording.framesOf(WANTED, LONG, 0)).isGreaterThan(recording.frames() / 2);
            Taps.recordWithLosses(tap, recording, SECOND);
            int from = recording.frames() - SECOND / 2;
            Taps.assertExact(recording.match(WANTED, LONG, from, recording.frames()));
            Taps.printLoss("quantum 8192, 32, 1024, 8192", tap);
        }
    }

    @Test
    void theRateOfTheGraphChangesAndComesBack(PipeWireServer server) throws InterruptedException {
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target)).start()) {
            long start = System.nanoTime();
            Recording recording = Taps.record(tap, SECOND / 2);
            server.forceRate(44_100);
            Taps.recordWithLosses(tap, recording, 2 * SECOND);
            server.forceRate(SECOND);
            Taps.recordWithLosses(tap, recording, 2 * SECOND);
            double seconds = (System.nanoTime() - start) / 1e9;
            assertThat((double) recording.frames() / SECOND).as("length in seconds")
                    .isBetween(seconds - 1, seconds + 0.3);
            int from = recording.frames() - SECOND / 2;
            Taps.assertExact(recording.match(WANTED, LONG, from, recording.frames()));
            Taps.printLoss("rate 44100 and back", tap);
        }
    }
}
