package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.PulseAudioServer;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever does not take the sound in time loses some of it, is told how much, and keeps the time. */
class SlowOutputTest {

    private static final int SECOND = Signal.SAMPLE_RATE_HZ;
    private static final int LONG = 60 * SECOND;
    private static final Signal PLAYED = Signal.noise(1);

    private static PipeWireServer server = PipeWireServer.start();

    @TempDir
    Path folder;

    private long pid;
    private Path out = Path.of("");

    @BeforeEach
    void play() {
        server.useLongCycles();
        pid = server.play(PLAYED.write(folder.resolve("played.wav"), LONG)).pid();
        out = folder.resolve("out");
    }

    @AfterEach
    void silence() {
        server.closePrograms();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** Every piece of the signal stands where it would without the losses, and what is missing is as much as was told. */
    private static void assertKeepsTime(Recording recording, int frames, String told) {
        assertKeepsTime(recording, frames, told, 0, 0);
    }

    /**
     * @param inexact
     *            frames by which a piece may be off its place
     * @param misplaced
     *            frames that may be elsewhere, because they came before it was known that others are lost
     */
    private static void assertKeepsTime(Recording recording, int frames, String told, int inexact, int misplaced) {
        assertThat(recording.frames()).isEqualTo(frames);
        List<Recording.Match> pieces = recording.pieces(PLAYED, LONG, 0);
        assertThat(pieces).hasSizeGreaterThan(1);
        long start = pieces.getFirst().signalFrame() - pieces.getFirst().firstFrame();
        int silent = frames;
        int elsewhere = 0;
        for (Recording.Match piece : pieces) {
            boolean inPlace = Math.abs(piece.signalFrame() - piece.firstFrame() - start) <= inexact;
            elsewhere += inPlace ? 0 : piece.frames();
            silent -= piece.frames();
        }
        assertThat(elsewhere).as("frames elsewhere: %s", pieces).isLessThanOrEqualTo(misplaced);
        assertThat(told).contains("lost " + silent + " frames in all, recorded as silence");
        System.out.println("survived with a slow output: " + silent + " frames lost of " + frames);
    }

    @Test
    void aReaderThatStallsForTenSeconds() {
        Cli.Result result = Cli.shell(server.environment(),
                Cli.quoted("--pid", pid, "--stdout", "--format", "float32", "--seconds", "15")
                        + " | (head -c 400000; sleep 10; cat) > " + out);
        assertKeepsTime(Recording.ofFloats(out), 15 * SECOND, result.output());
        assertThat(result.output()).contains("the output was too slow");
    }

    @Test
    void aReaderThatIsSlowerThanTheSound() {
        Cli.Result result = Cli.shell(server.environment(),
                Cli.quoted("--pid", pid, "--stdout", "--format", "float32", "--seconds", "8")
                        + " | while dd bs=64k count=1 2> /dev/null | (cat; sleep 0.25) > " + out + ".part"
                        + " && [ -s " + out + ".part ]; do cat " + out + ".part >> " + out + "; done");
        assertKeepsTime(Recording.ofFloats(out), 8 * SECOND, result.output());
        assertThat(result.output()).contains("the output was too slow");
        assertThat(result.output().lines().count()).as("lines").isLessThan(20);
    }

    @Test
    void aRecorderThatIsStoppedForTenSeconds() throws InterruptedException {
        Stopped stopped = stopFor(server, pid, 10, 15);
        assertKeepsTime(stopped.recording, 15 * SECOND, stopped.told);
    }

    /** PulseAudio says nothing of what its buffer did not hold. */
    @Test
    void aRecorderOfPulseAudioThatIsStoppedForLongerThanItsBuffer() throws InterruptedException {
        try (PulseAudioServer pulse = PulseAudioServer.start()) {
            Program player = pulse.play(folder.resolve("played.wav"));
            Stopped stopped = stopFor(pulse, player.pid(), 14, 25);
            // by LossWatch's tolerance, and until it asked: it asks every half a second
            assertKeepsTime(stopped.recording, 25 * SECOND, stopped.told, SECOND / 40, SECOND * 6 / 10);
            assertThat(stopped.told).contains("this process did not run in time");
        }
    }

    @Test
    void aDiskThatIsHalfAsFastAsTheSound() throws URISyntaxException {
        Map<String, String> slow = SlowDisk.environment(server, folder, SECOND * Signal.CHANNELS);
        Path file = folder.resolve("out.wav");
        Cli.Result result = Cli.run(slow, "record", "--pid", pid, "--seconds", "8", file);
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertKeepsTime(WavFiles.read(file), 8 * SECOND, result.output());
        assertThat(result.output()).contains("the output was too slow");
    }

    private record Stopped(Recording recording, String told) {}

    private Stopped stopFor(AudioServer from, long target, int stoppedSeconds, int seconds)
            throws InterruptedException {
        Path file = folder.resolve("out.wav");
        try (Program recorder = Cli.start(from.environment(), "record", "--pid", target, "--seconds", seconds, file)) {
            WavFiles.awaitSize(file, SECOND * 8, recorder);
            recorder.signal("STOP");
            Thread.sleep(stoppedSeconds * 1000L); // the time itself is what is tried
            recorder.signal("CONT");
            assertThat(recorder.waitForExit(Duration.ofSeconds(20))).isZero();
            return new Stopped(WavFiles.read(file), recorder.output());
        }
    }
}
