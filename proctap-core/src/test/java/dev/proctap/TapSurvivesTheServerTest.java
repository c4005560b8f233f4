package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The server dies: what was captured is delivered, and the user is told; or the tap waits and goes on. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class TapSurvivesTheServerTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal PLAYED = Signal.noise(1);

    @TempDir
    Path folder;

    private boolean killed;

    /** Plays the file again and again, whatever the server does. */
    private Program target(AudioServer server) {
        String play = server.playCommand(PLAYED.write(folder.resolve("played.wav"), LONG));
        Program target = server.start("sh", "-c", "while :; do " + play + "; sleep 0.1; done");
        Taps.awaitPlaying(target);
        return target;
    }

    private void kill(AudioServer server) {
        killed = true;
        server.kill();
    }

    private void restart(AudioServer server) {
        server.restart();
        killed = false;
    }

    @AfterEach
    void bringItBack(AudioServer server) {
        if (killed) {
            restart(server);
        }
    }

    @Test
    void theCaptureEndsWithAnErrorOnceEverythingWasDelivered(AudioServer server) throws InterruptedException {
        Program target = target(server);
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()),
                TapOptions.DEFAULTS.withListener(events)).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            kill(server);
            events.await(TapEvent.ServerLost.class, 1);
            ProcTapException failure = catchThrowableOfType(ProcTapException.class, () -> {
                for (AudioChunk chunk : tap.chunks()) {
                    recording.addFloats(chunk.bytes());
                }
            });
            assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.SERVER_LOST);
            assertThat(failure).hasMessageContaining("server went away");
            assertThat(tap.failure()).isSameAs(failure);
            assertThat(tap.isRunning()).isFalse();
            Taps.assertExact(recording.match(PLAYED, LONG));
        }
    }

    @Test
    void theCaptureGoesOnAndTheGapIsCounted(AudioServer server) throws InterruptedException {
        Program target = target(server);
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()),
                TapOptions.DEFAULTS.withReconnect(true).withListener(events)).start()) {
            Recording before = Taps.record(tap, SECOND / 2);
            long killedAt = System.nanoTime();
            kill(server);
            events.await(TapEvent.ServerLost.class, 1);
            restart(server);
            long playingAgainNanos = System.nanoTime();
            Recording after = new Recording();
            long lost = 0;
            long lostPosition = 0;
            long afterNanos = 0;
            while (after.frames() < SECOND / 2) {
                AudioChunk chunk = tap.read(Duration.ofSeconds(20));
                assertThat(chunk).isNotNull();
                if (chunk.lostFramesBefore() > 0) {
                    lost = chunk.lostFramesBefore();
                    lostPosition = chunk.framePosition();
                    afterNanos = chunk.captureTimeNanos();
                }
                (lost == 0 ? before : after).addFloats(chunk.bytes());
            }
            Taps.assertExact(before.match(PLAYED, LONG));
            Taps.assertExact(after.match(PLAYED, LONG));
            assertThat(lost).as("frames of the gap").isCloseTo((afterNanos - killedAt) * 48 / 1_000_000,
                    org.assertj.core.data.Offset.offset((long) SECOND / 4));
            assertThat(lostPosition).isEqualTo(before.frames() + lost);
            assertThat(tap.statistics().framesLost()).isEqualTo(lost);
            assertThat(tap.statistics().losses()).singleElement()
                    .satisfies(loss -> assertThat(loss.cause()).isEqualTo(TapStatistics.LossCause.RECONNECT));
            events.await(TapEvent.ServerReconnected.class, 1);
            events.await(TapEvent.FramesLost.class, 1);
            assertThat(tap.statistics().reconnects()).isEqualTo(1);
            Taps.printLoss(server.getClass().getSimpleName() + " killed, started again, program playing again after "
                    + (playingAgainNanos - killedAt) / 1_000_000 + " ms, recorded again " + (afterNanos
                            - playingAgainNanos) / 1_000_000
                    + " ms after that", tap);
        }
    }
}
