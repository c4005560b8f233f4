package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a recording begins, pauses and ends. */
class RecordingRulesTest {

    private static final int SECOND = Signal.SAMPLE_RATE_HZ;
    private static final int LONG = 120 * SECOND;
    private static final Signal PLAYED = Signal.noise(1);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    static Path signals;

    private static PipeWireServer server = PipeWireServer.start();
    private static Path played = Path.of("");

    @TempDir
    Path folder;

    private Path file = Path.of("");

    @BeforeAll
    static void writeSignal() {
        played = PLAYED.write(signals.resolve("played.wav"), LONG);
    }

    @BeforeEach
    void nameFile() {
        file = folder.resolve("out.wav");
        server.useLongCycles();
    }

    @AfterEach
    void silence() {
        server.closePrograms();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Object[] record(Program target, Object... more) {
        return Stream.concat(Stream.of("record", "--pid", target.pid()), Stream.of(more)).toArray();
    }

    private static Program start(Program target, Object... more) {
        // what a shell starts in the background, this test perhaps, and all that it starts in turn ignores INT
        Program recorder = Cli.startThrough(List.of("env", "--default-signal=INT"), server.environment(),
                record(target, more));
        Await.until(recorder::output, PATIENCE, () -> server.links("-i").contains("proctap-" + target.pid()));
        return recorder;
    }

    private static void end(Program recorder) {
        recorder.signal("INT");
        assertThat(recorder.waitForExit(PATIENCE)).as(recorder.output()).isZero();
    }

    private static void letPass(Duration time) throws InterruptedException {
        Thread.sleep(time); // the time itself is what is tried
    }

    @Test
    void theLastSecondsBeforeTheSignalAreInTheFile() throws InterruptedException {
        Program target = server.play(played);
        try (Program recorder = start(target, "--preroll", "2", file)) {
            letPass(Duration.ofSeconds(3));
            assertThat(file).doesNotExist();
            long signalled = System.nanoTime();
            recorder.signal("USR1");
            Await.until(recorder::output, PATIENCE, () -> Files.exists(file));
            end(recorder);
            long sinceNanos = System.nanoTime() - signalled;
            Recording recording = WavFiles.read(file);
            assertThat(recording.match(PLAYED, LONG)).matches(Recording.Match::isExact, "bit-exact");
            assertThat(recording.frames()).isBetween(2 * SECOND,
                    2 * SECOND + (int) (sinceNanos * SECOND / 1_000_000_000) + SECOND / 4);
        }
    }

    @Test
    void withoutTheSignalThereIsNoFile() {
        Program target = server.play(played);
        try (Program recorder = start(target, "--preroll", "2", file)) {
            end(recorder);
            assertThat(recorder.output()).contains("the recording never began, so that there is no file");
            assertThat(file).doesNotExist();
        }
    }

    /** Two seconds of silence, one of noise, four of silence. */
    private Program playNoiseBetweenSilence() {
        Signal signal = (frame, channel) -> frame < 2 * SECOND || frame >= 3 * SECOND
                ? 0
                : PLAYED.sample(frame - 2 * SECOND, channel);
        return server.play(signal.write(folder.resolve("between.wav"), 7 * SECOND));
    }

    @Test
    void soundBeginsARecordingAndSilenceEndsIt() {
        Program target = playNoiseBetweenSilence();
        Cli.Result result = Cli.run(server.environment(),
                record(target, "--on-sound", "-50dB", "--stop-after-silence", "1.5", file));
        assertThat(result).isEqualTo(new Cli.Result(0, ""));
        Recording recording = WavFiles.read(file);
        int sound = recording.firstSound(0);
        assertThat(sound).as("within a chunk").isLessThan(SECOND / 100);
        assertThat(recording.is(PLAYED, 0, sound)).isTrue();
        assertThat(recording.match(PLAYED, 1, sound, sound + SECOND)).matches(Recording.Match::isExact, "bit-exact");
        assertThat(recording.firstSound(sound + SECOND)).as("silence").isEqualTo(recording.frames());
        assertThat(recording.frames()).isBetween(sound + SECOND * 5 / 2 - SECOND / 50,
                sound + SECOND * 5 / 2 + SECOND / 50);
    }

    @Test
    void soundBeginsARecordingWithWhatWasBeforeIt() {
        Program target = playNoiseBetweenSilence();
        assertThat(Cli.run(server.environment(),
                record(target, "--on-sound", "-50dB", "--preroll", "0.5", "--seconds", "1", file)))
                .isEqualTo(new Cli.Result(0, ""));
        Recording recording = WavFiles.read(file);
        assertThat(recording.frames()).isEqualTo(SECOND);
        assertThat(recording.firstSound(0)).isBetween(SECOND / 2, SECOND / 2 + SECOND / 100);
    }

    /** How many frames the pause of {@link #piecesOfAPause} may have taken at most, on however busy a machine. */
    private int longestPause;

    private List<Recording.Match> piecesOfAPause(String gaps) throws InterruptedException {
        Program target = server.play(played);
        try (Program recorder = start(target, "--gaps", gaps, file)) {
            WavFiles.awaitSize(file, SECOND * 8, recorder);
            long paused = System.nanoTime();
            recorder.signal("USR1");
            letPass(Duration.ofSeconds(1));
            recorder.signal("USR1");
            letPass(Duration.ofSeconds(1));
            end(recorder);
            longestPause = (int) ((System.nanoTime() - paused) * SECOND / 1_000_000_000);
        }
        Recording recording = WavFiles.read(file);
        List<Recording.Match> pieces = recording.pieces(PLAYED, LONG, 0);
        assertThat(pieces).hasSize(2);
        return pieces;
    }

    @Test
    void aPauseIsSilence() throws InterruptedException {
        List<Recording.Match> pieces = new ArrayList<>(piecesOfAPause("fill"));
        int between = pieces.getLast().firstFrame() - pieces.getFirst().firstFrame();
        assertThat(pieces.getLast().signalFrame() - pieces.getFirst().signalFrame()).isEqualTo(between);
        assertThat(between - pieces.getFirst().frames()).isBetween(SECOND / 2, longestPause);
    }

    @Test
    void aPauseMayBeLeftOut() throws InterruptedException {
        List<Recording.Match> pieces = piecesOfAPause("cut");
        assertThat(pieces.getLast().firstFrame()).isEqualTo(pieces.getFirst().firstFrame()
                + pieces.getFirst().frames());
        assertThat(pieces.getLast().signalFrame() - pieces.getFirst().signalFrame() - pieces.getFirst().frames())
                .isBetween(SECOND / 2L, (long) longestPause);
    }

    @Test
    void theSpaceBarPausesAndQEnds() {
        Program target = server.play(played);
        String command = Cli.quoted(record(target, file)).replace("'", "");
        String keys = "while ! [ -s " + file + " ]; do sleep 0.1; done; sleep 1; printf ' '; sleep 1; printf ' ';"
                + " sleep 1; printf q; sleep 5";
        Cli.Result result = Cli.shell(server.environment(),
                "(" + keys + ") | script -qefc '" + command + "' /dev/null");
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).contains("paused   ");
        Recording recording = WavFiles.read(file);
        assertThat(recording.pieces(PLAYED, LONG, 0)).hasSize(2);
    }
}
