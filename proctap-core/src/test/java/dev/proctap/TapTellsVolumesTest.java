package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a program sends after its own volume is recorded, and who records a muted program is told. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class TapTellsVolumesTest {

    private static final int LONG = 60 * SECOND;
    private static final double HALF_DB = -6.0206;

    @TempDir
    Path folder;

    private Program play(AudioServer server) {
        Taps.assumeNotMacOs(server, "its programs have no volumes");
        Path wav = Signal.sine(440, 0.5, 1).write(folder.resolve("sine.wav"), LONG);
        Program player = server.start("paplay", "--latency-msec=100", wav.toString());
        Taps.awaitPlaying(player);
        // a session manager may remember the volume of another test
        server.setVolume(player, "100%");
        server.setMuted(player, false);
        Await.until(() -> "as it comes: " + stream(player), Duration.ofSeconds(5),
                () -> !stream(player).muted() && stream(player).volume() == 1);
        return player;
    }

    private static PlaybackStream stream(Program player) {
        return AudioProcess.list().stream().filter(process -> process.pid() == player.pid()).findFirst().orElseThrow()
                .streams().getFirst();
    }

    @Test
    void theListShowsVolumeAndMute(AudioServer server) {
        Program player = play(server);
        assertThat(stream(player).volume()).isEqualTo(1);
        assertThat(stream(player).muted()).isFalse();
        server.setVolume(player, "-6.0206dB");
        server.setMuted(player, true);
        Await.until(() -> "muted and at half: " + stream(player), Duration.ofSeconds(5),
                () -> stream(player).muted() && Math.abs(stream(player).volume() - 0.5) < 0.001);
    }

    @Test
    void aMutedStreamIsToldAndSilent(AudioServer server) throws InterruptedException {
        Program player = play(server);
        server.setMuted(player, true);
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(player.pid()),
                TapOptions.DEFAULTS.withListener(events)).start()) {
            events.await(TapEvent.StreamVolume.class, 1);
            assertThat(events.of(TapEvent.StreamVolume.class).getFirst().muted()).isTrue();
            Recording recording = Taps.record(tap, SECOND);
            assertThat(recording.peak(SECOND / 2, SECOND)).isZero();
            server.setMuted(player, false);
            events.await(TapEvent.StreamVolume.class, 2);
            Taps.recordUntil(tap, recording, r -> r.firstSound(SECOND) < r.frames());
        }
    }

    @Test
    void aStreamThatIsTurnedDownIsRecordedSo(AudioServer server) throws InterruptedException {
        Program player = play(server);
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(player.pid()),
                TapOptions.DEFAULTS.withListener(events)).start()) {
            double full = Taps.record(tap, SECOND).toneDbfs(440);
            assertThat(events.of(TapEvent.StreamVolume.class)).isEmpty();
            server.setVolume(player, "-6.0206dB");
            events.await(TapEvent.StreamVolume.class, 1);
            assertThat(events.of(TapEvent.StreamVolume.class).getLast().volume()).isCloseTo(0.5, within(0.001));
            Taps.record(tap, SECOND);
            assertThat(Taps.record(tap, SECOND).toneDbfs(440)).isCloseTo(full + HALF_DB, within(0.01));
        }
    }
}
