package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A target that is to be muted is recorded whole and heard by nobody, and is heard again when the tap ends. */
@ExtendWith(RealPipeWire.class)
class TapMutesItsTargetTest {

    private static final int LONG = 120 * SECOND;
    private static final Signal WANTED = Signal.noise(1);
    private static final Signal OTHER = Signal.noise(99);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    private Path wanted = Path.of("");
    private final Taps.Events events = new Taps.Events();
    private final TapOptions muted = TapOptions.DEFAULTS.withMuteTarget(true).withListener(events);

    @BeforeEach
    void write(PipeWireServer server) {
        server.useLongCycles();
        wanted = WANTED.write(folder.resolve("wanted.wav"), LONG);
    }

    /** What the outputs of nodes of this name are linked to, except taps. */
    private static List<String> listeners(PipeWireServer server, String node) {
        List<String> result = new ArrayList<>();
        boolean ofNode = false;
        for (String line : server.links("-o", "-l").lines().toList()) {
            ofNode = line.startsWith(" ") ? ofNode : line.startsWith(node + ":");
            if (ofNode && line.contains("|->") && !line.contains("|-> proctap-mute")
                    && !line.contains(":input_")) {
                result.add(line.strip());
            }
        }
        return result;
    }

    private static boolean isMuted(PipeWireServer server, String node) {
        return listeners(server, node).isEmpty() && server.links("-o", "-l").contains("proctap-mute");
    }

    private static void awaitMuted(PipeWireServer server, String node) {
        Await.until(() -> node + " is muted: " + server.links("-l"), PATIENCE, () -> isMuted(server, node));
    }

    private static void awaitHeard(PipeWireServer server, String node, String sink) {
        Await.until(
                () -> node + " is heard: " + server.links("-l"), PATIENCE,
                () -> listeners(server, node).stream().anyMatch(line -> line.contains(sink + ":"))
                        && !server.links("-l").contains("proctap-mute"));
    }

    /** Moves the only stream as a user does, who tries again: WirePlumber 0.4 may forget one whose link it just made. */
    private static void move(PipeWireServer server, String node, String sink) {
        String stream = Integer.toString(server.sinkInputs().keySet().iterator().next());
        long[] nextNanos = {System.nanoTime()};
        Await.until(() -> node + " is moved: " + server.links("-l"), PATIENCE, () -> {
            if (System.nanoTime() - nextNanos[0] >= 0) {
                nextNanos[0] = System.nanoTime() + 2_000_000_000L;
                server.run("pactl", "move-sink-input", stream, AudioServer.SINK);
                server.run("pactl", "move-sink-input", stream, sink);
            }
            return listeners(server, node).stream().anyMatch(line -> line.contains(sink + ":"));
        });
    }

    @Test
    void theTargetIsRecordedWholeAndOnlyOthersAreHeard(PipeWireServer server) throws InterruptedException {
        Program other = server.start("paplay", "--latency-msec=200",
                OTHER.write(folder.resolve("other.wav"), LONG).toString());
        server.awaitPlaying("paplay", other);
        Program target = Taps.play(server, wanted);
        try (MonitorRecorder monitor = MonitorRecorder.start(server, folder.resolve("monitor.raw"));
                ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()), muted).start()) {
            Recording recording = Taps.record(tap, SECOND);
            awaitMuted(server, "pw-play");
            Taps.record(tap, recording, 3 * SECOND);
            Taps.assertExact(recording.match(WANTED, LONG));

            Recording heard = monitor.finish();
            Taps.assertExact(heard.match(OTHER, LONG, heard.frames() - SECOND, heard.frames()));
            assertThat(events.of(TapEvent.StreamHeard.class)).isEmpty();
        }
        awaitHeard(server, "pw-play", AudioServer.SINK);
    }

    @Test
    void aStreamThatBeginsLaterIsMutedToo(PipeWireServer server) throws InterruptedException {
        Program target = server.start("sh", "-c", "sleep 1; pw-play " + wanted + "; sleep 60");
        TapOptions waiting = muted.withWaitForTarget(true);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()), waiting).start()) {
            Recording recording = Taps.recordUntil(tap, new Recording(), r -> r.firstSound(0) < r.frames());
            Taps.record(tap, recording, SECOND);
            awaitMuted(server, "pw-play");
            Taps.record(tap, recording, SECOND);
            Taps.assertExact(recording.match(WANTED, LONG));
        }
        awaitHeard(server, "pw-play", AudioServer.SINK);
    }

    @Test
    void whereTheUserPutTheStreamItGoesBackTo(PipeWireServer server) throws InterruptedException {
        server.createSink("chosen", 2);
        try {
            Program target = server.start("paplay", "--latency-msec=200", wanted.toString());
            Taps.awaitPlaying(target);
            awaitHeard(server, "paplay", AudioServer.SINK);
            move(server, "paplay", "chosen");
            try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()), muted).start()) {
                Taps.record(tap, SECOND);
                awaitMuted(server, "paplay");
            }
            awaitHeard(server, "paplay", "chosen");
        } finally {
            server.destroySink("chosen");
        }
    }

    @Test
    void aStreamThatCannotBeMovedIsToldToBeHeard(PipeWireServer server) throws InterruptedException {
        // a client that links itself, as JACK's do: no session manager has a say in where it plays
        Program target = server.start("pw-jack", "gst-launch-1.0", "-q", "audiotestsrc", "!",
                "audio/x-raw,rate=48000,channels=2", "!", "jackaudiosink", "client-name=unmoved");
        server.awaitPlaying("unmoved", target);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()), muted).start(chunk -> {})) {
            events.await(TapEvent.StreamHeard.class, 1);
            assertThat(tap.isRunning()).isTrue();
        }
    }
}
