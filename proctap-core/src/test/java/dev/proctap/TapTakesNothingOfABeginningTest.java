package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** On PipeWire a stream must not run for a tap alone, before its sink is linked. */
@ExtendWith(RealPipeWire.class)
class TapTakesNothingOfABeginningTest {

    private static final int PIECES = 6;
    private static final int PIECE_FRAMES = SECOND;
    private static final int WITHIN = PIECE_FRAMES / 4;

    @TempDir
    Path folder;

    /** A sink that must wake up first is not linked yet when the tap finds the program: the tap must not start it. */
    @Test
    void aTapThatWaitsForAProgramTakesNothingOfItsBeginning(PipeWireServer server)
            throws InterruptedException, IOException {
        server.useLongCycles();
        // newer servers have no passive links: there a tap comes when the sink has the stream, and may miss a cycle
        boolean passiveLinks = server.version().compareTo(ModuleDescriptor.Version.parse("0.3.68")) < 0;
        int recordedFrom = passiveLinks ? 0 : 2048;
        Path heard = folder.resolve("heard.raw");
        Program target = playsEachPieceWhenAsked(server);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()),
                TapOptions.DEFAULTS.withWaitForTarget(true).withQueue(Duration.ofSeconds(5))).start()) {
            // passive: it does not keep the sink awake
            server.start("parec", "--raw", "--format=float32ne", "--rate=48000", "--channels=2", "--latency-msec=100",
                    "--property=node.passive=true", "--device=" + PipeWireServer.SINK + ".monitor", heard.toString());
            for (int i = 1; i <= PIECES; i++) {
                Await.until("the sink does not fall asleep", Duration.ofSeconds(20),
                        () -> server.run("pw-cli", "info", PipeWireServer.SINK).contains("suspended"));
                Signal piece = Signal.noise(i);
                int before = Recording.ofFloats(heard).frames();
                folder.resolve("go" + i).toFile().createNewFile();
                Recording recording = Taps.recordUntil(tap, new Recording(),
                        r -> r.firstSilence(r.firstSound(0), SECOND / 4) < r.frames());
                assertBeginning(recording, recording.firstSound(0) + WITHIN, piece, recordedFrom);
                Await.until("the sink plays piece " + i, Duration.ofSeconds(10),
                        () -> Recording.ofFloats(heard).frames() > before + 2 * WITHIN);
                assertBeginning(Recording.ofFloats(heard), before + WITHIN, piece, 0);
            }
        }
    }

    /** The beginning of {@code piece} is there from one of its first frames on to one somewhere in its middle. */
    private static void assertBeginning(Recording recording, int middle, Signal piece, int from) {
        Recording.Match rest = recording.match(piece, PIECE_FRAMES, middle, middle + WITHIN / 2);
        Taps.assertExact(rest);
        int begin = (int) (middle - rest.signalFrame());
        Recording.Match beginning = recording.match(piece, PIECE_FRAMES, begin + from, middle);
        Taps.assertExact(beginning);
        assertThat(beginning.signalFrame()).isEqualTo(from);
    }

    private Program playsEachPieceWhenAsked(PipeWireServer server) {
        StringBuilder script = new StringBuilder();
        for (int i = 1; i <= PIECES; i++) {
            Path piece = Signal.noise(i).write(folder.resolve(i + ".wav"), PIECE_FRAMES);
            script.append("while [ ! -e ").append(folder.resolve("go" + i)).append(" ]; do sleep 0.05; done; ")
                    .append(server.playCommand(piece)).append("; ");
        }
        return server.start("sh", "-c", script + "sleep 60");
    }
}
