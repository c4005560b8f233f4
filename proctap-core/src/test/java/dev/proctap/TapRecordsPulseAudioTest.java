package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Program;
import dev.proctap.testbed.PulseAudioServer;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What only PulseAudio does. */
@ExtendWith(RealPulseAudio.class)
class TapRecordsPulseAudioTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal WANTED = Signal.noise(1);

    @TempDir
    Path folder;

    /** The server moves recordings of a sink that goes to the default source: not ours. */
    @Test
    void aLoudMicrophoneIsTheDefaultAndTheSinkGoes(PulseAudioServer server) throws InterruptedException {
        server.run("pactl", "load-module", "module-sine-source", "source_name=microphone");
        server.run("pactl", "set-default-source", "microphone");
        server.createSink("usb-sink", 2);
        Program target = server.playTo("usb-sink", WANTED.write(folder.resolve("wanted.wav"), LONG));
        Taps.awaitPlaying(target);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.record(tap, SECOND);
            server.destroySink("usb-sink");
            Taps.record(tap, recording, 2 * SECOND);
            // nothing else but silence
            assertThat(recording.pieces(WANTED, LONG, 0)).isNotEmpty();
        }
    }

    @Test
    void aServerThatStandsStillForTwoSeconds(PulseAudioServer server) throws InterruptedException {
        Program target = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            // the first sound of a player can take the server two seconds
            Recording recording = Taps.record(tap, SECOND);
            long start = System.nanoTime();
            server.signal("STOP");
            Thread.sleep(2000); // the time itself is what is tried
            server.signal("CONT");
            Taps.recordWithLosses(tap, recording, 7 * SECOND - recording.frames());
            double seconds = (System.nanoTime() - start) / 1e9;
            assertThat((double) recording.frames() / SECOND - 1).isBetween(seconds - 0.5, seconds + 0.5);
            assertThat(recording.pieces(WANTED, LONG, 0)).isNotEmpty();
            int from = recording.frames() - SECOND;
            Taps.assertExact(recording.match(WANTED, LONG, from, recording.frames()));
            Taps.printLoss("PulseAudio stopped for 2 s", tap);
        }
    }

    /** paplay asks for no latency: what it plays lies in the server for two seconds. */
    @Test
    void aPlayerWithTheLongestBuffer(PulseAudioServer server) throws InterruptedException {
        Program target = server.start("paplay", WANTED.write(folder.resolve("wanted.wav"), LONG).toString());
        Taps.awaitPlaying(target);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.record(tap, 3 * SECOND);
            Taps.assertExact(recording.match(WANTED, LONG, recording.firstSound(0), recording.frames()));
        }
    }
}
