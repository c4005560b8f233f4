package dev.proctap.discord;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.AudioTarget;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asked every 20 ms, as JDA asks, the handler gives what the program plays, and silence where it plays nothing. */
class TapSendHandlerTest {

    private static final Signal PLAYED = Signal.noise(3);
    private static final int LONG = 30 * Signal.SAMPLE_RATE_HZ;
    private static final String REMOTE = "dev.proctap.pipewire.remote";

    private static PipeWireServer server = PipeWireServer.start();

    @TempDir
    static Path folder;

    @BeforeAll
    static void direct() {
        System.setProperty(REMOTE, server.remote());
    }

    @AfterEach
    void silence() {
        server.closePrograms();
    }

    @AfterAll
    static void stop() {
        System.clearProperty(REMOTE);
        server.close();
    }

    /** What comes in so many calls, 20 ms apart, with the lowest byte first. */
    private static Recording ask(TapSendHandler handler, int calls) {
        Recording recording = new Recording();
        long start = System.nanoTime();
        for (int i = 0; i < calls && handler.canProvide(); i++) {
            long due = start + i * 20_000_000L;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            ByteBuffer frame = Objects.requireNonNull(handler.provide20MsAudio());
            assertThat(frame.remaining()).isEqualTo(3840);
            ByteBuffer turned = ByteBuffer.allocate(3840).order(ByteOrder.nativeOrder());
            frame.order(ByteOrder.BIG_ENDIAN);
            while (frame.hasRemaining()) {
                turned.putShort(frame.getShort());
            }
            recording.addShorts(turned.flip());
        }
        return recording;
    }

    @Test
    void jdaGetsWhatTheProgramPlaysAndThenItsSilence() {
        Path wav = PLAYED.write(folder.resolve("played.wav"), LONG);
        Program player = server.play(wav);
        try (TapSendHandler handler = TapSendHandler.of(AudioTarget.pid(player.pid()))) {
            assertThat(handler.isOpus()).isFalse();
            assertThat(handler.canProvide()).isTrue();
            ask(handler, 20);
            long skipped = handler.skippedFrames();
            Recording heard = ask(handler, 150);
            assertThat(heard.frames()).isEqualTo(150 * 960);
            assertThat(heard.match(PLAYED, LONG).isExact()).isTrue();
            assertThat(handler.skippedFrames()).isEqualTo(skipped);
            player.close();
            Await.until("half a second of silence", Duration.ofSeconds(10), () -> {
                Recording silent = ask(handler, 25);
                return silent.peak(0, silent.frames()) == 0;
            });
            assertThat(handler.canProvide()).as("it waits for the program to come back").isTrue();
        }
    }

    @Test
    void whoDoesNotAskForAWhileGetsTheLatestSound() {
        Program player = server.play(PLAYED.write(folder.resolve("again.wav"), LONG));
        try (TapSendHandler handler = TapSendHandler.of(AudioTarget.pid(player.pid()))) {
            Await.until("much has collected", Duration.ofSeconds(10), () -> handler.skippedFrames() > 20 * 960);
            ask(handler, 50);
            long skipped = handler.skippedFrames();
            long silent = handler.silentFrames();
            ask(handler, 50);
            assertThat(handler.skippedFrames()).as("whoever asks in time misses nothing").isEqualTo(skipped);
            assertThat(handler.silentFrames()).isEqualTo(silent);
        }
    }

    @Test
    void aClosedHandlerHasNothingMore() {
        Program player = server.play(PLAYED.write(folder.resolve("third.wav"), LONG));
        TapSendHandler handler = TapSendHandler.of(AudioTarget.pid(player.pid()));
        handler.close();
        assertThat(handler.canProvide()).isFalse();
        ByteBuffer frame = Objects.requireNonNull(handler.provide20MsAudio());
        assertThat(frame.remaining()).isEqualTo(3840);
    }
}
