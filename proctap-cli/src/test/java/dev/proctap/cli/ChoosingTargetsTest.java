package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** How a user says whose sound is wanted. */
class ChoosingTargetsTest {

    private static final int SECOND = Signal.SAMPLE_RATE_HZ;
    private static final int LONG = 120 * SECOND;
    private static final Signal FIRST = Signal.noise(1);
    private static final Signal OTHER = Signal.noise(2);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    static Path signals;

    private static PipeWireServer server = PipeWireServer.start();
    private static Path first = Path.of("");
    private static Path other = Path.of("");

    @TempDir
    Path folder;

    private Path file = Path.of("");

    @BeforeAll
    static void writeSignals() {
        first = FIRST.write(signals.resolve("first.wav"), LONG);
        other = OTHER.write(signals.resolve("other.wav"), LONG);
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

    private static Program pwPlay() {
        return server.play(first);
    }

    private static Program paplay() {
        Program player = server.start("paplay", "--latency-msec=100", other.toString());
        server.awaitPlaying("paplay", player);
        return player;
    }

    private static Cli.Result run(Object... arguments) {
        return Cli.run(server.environment(), arguments);
    }

    private void assertRecorded(Signal signal) {
        assertThat(WavFiles.read(file).match(signal, LONG)).matches(Recording.Match::isExact, "bit-exact");
    }

    @Test
    void byName() {
        pwPlay();
        paplay();
        assertThat(run("record", "--name", "PW-Play", "--seconds", "1", file)).isEqualTo(new Cli.Result(0, ""));
        assertRecorded(FIRST);
        assertThat(run("record", "--name", "papl", "--seconds", "1", file)).isEqualTo(new Cli.Result(0, ""));
        assertRecorded(OTHER);
    }

    @Test
    void severalOfANameAreListedAndAllOrAPidDecides() {
        Program one = pwPlay();
        Program two = server.start("pw-play", first.toString());
        Await.until("both play", PATIENCE, () -> run("list").output().contains(Long.toString(two.pid())));
        Cli.Result result = run("record", "--name", "pw-play", file);
        assertThat(result.exitCode()).isEqualTo(7);
        assertThat(result.output()).startsWith("proctap: 2 programs are called pw-play").contains("pid " + one.pid(),
                "pid " + two.pid(), "--all", "--pid");
        assertThat(file).doesNotExist();
        assertThat(run("record", "--name", "pw-play", "--all", "--seconds", "1", file))
                .isEqualTo(new Cli.Result(0, ""));
        assertThat(run("record", "--pid", one.pid(), "--seconds", "1", file)).isEqualTo(new Cli.Result(0, ""));
        assertRecorded(FIRST);
    }

    private static void awaitLinked(String node, boolean muted) {
        Await.until(() -> server.links("-l"), PATIENCE, () -> server.links("-l", "-o", node)
                .contains(muted ? "proctap-mute" : PipeWireServer.SINK)
                && muted == server.links("-l").contains("proctap-mute"));
    }

    @Test
    void recordedAndNotHeard() {
        Program player = pwPlay();
        try (Program recorder = Cli.start(server.environment(), "record", "--pid", player.pid(), "--mute", file)) {
            awaitLinked("pw-play", true);
            WavFiles.awaitSize(file, SECOND * 8, recorder);
            assertThat(server.playsTo(player, PipeWireServer.SINK)).isFalse();
            recorder.signal("TERM");
            assertThat(recorder.waitForExit(PATIENCE)).isZero();
            assertThat(recorder.output()).isEmpty();
        }
        assertRecorded(FIRST);
        awaitLinked("pw-play", false);
    }

    @Test
    void aProgramIsHeardAgainAfterARecorderThatMutedItWasKilled() {
        Program player = pwPlay();
        try (Program recorder = Cli.start(server.environment(), "record", "--pid", player.pid(), "--mute", file)) {
            awaitLinked("pw-play", true);
            recorder.signal("KILL");
            recorder.waitForExit(PATIENCE);
        }
        awaitLinked("pw-play", false);
    }

    @Test
    void muteWhereTheServerCannotDoIt() {
        Program player = paplay();
        Cli.Result result = run("record", "--backend", "pulse", "--pid", player.pid(), "--mute", file);
        assertThat(result.exitCode()).isEqualTo(8);
        assertThat(result.output()).startsWith("proctap: PulseAudio records a program as it is heard");
        assertThat(file).doesNotExist();
    }

    @Test
    void everythingButOne() {
        Program one = pwPlay();
        paplay();
        assertThat(run("record", "--exclude", "paplay", "--seconds", "2", file)).isEqualTo(new Cli.Result(0, ""));
        assertRecorded(FIRST);
        assertThat(run("record", "--exclude", one.pid(), "--seconds", "2", file)).isEqualTo(new Cli.Result(0, ""));
        assertRecorded(OTHER);
    }

    @Test
    void whoIsFollowedMayExitAndComeBack() {
        Program one = pwPlay();
        try (Program recorder = Cli.start(server.environment(), "record", "--name", "pw-play", "--follow", "--gaps",
                "cut", "--seconds", "3", "--verbose", file)) {
            WavFiles.awaitSize(file, SECOND * 8, recorder);
            one.close();
            Await.until(recorder::output, PATIENCE, () -> recorder.output().contains(one.pid() + " has ended"));
            pwPlay();
            assertThat(recorder.waitForExit(PATIENCE)).as(recorder.output()).isZero();
        }
        Recording recording = WavFiles.read(file);
        assertThat(recording.frames()).isEqualTo(3 * SECOND);
        Recording.Match all = recording.match(FIRST, LONG);
        assertThat(all.firstWrong()).as("the end of the first").isGreaterThan(SECOND / 2);
        int again = recording.firstSound(all.firstWrong());
        assertThat(recording.match(FIRST, LONG, again, recording.frames())).matches(Recording.Match::isExact,
                "bit-exact");
    }

    @Test
    void allOfANameEndWithTheLastWhereAskedFor() {
        Program one = pwPlay();
        try (Program recorder = Cli.start(server.environment(), "record", "--name", "pw-play", "--all",
                "--until-exit", file)) {
            WavFiles.awaitSize(file, SECOND * 8, recorder);
            one.close();
            assertThat(recorder.waitForExit(PATIENCE)).as(recorder.output()).isZero();
        }
        assertThat(WavFiles.read(file).frames()).isGreaterThan(SECOND / 2);
    }

    @Test
    void theBackendThatIsAskedForIsTheOneThatIsUsed() {
        Program one = pwPlay();
        Cli.Result pulse = run("record", "--pid", one.pid(), "--backend", "pulse", file);
        assertThat(pulse.exitCode()).isEqualTo(5);
        assertThat(pulse.output()).contains("PulseAudio").doesNotContain("PipeWire: ").hasLineCount(1);
        assertThat(run("record", "--pid", one.pid(), "--backend", "pipewire", "--seconds", "1", file))
                .isEqualTo(new Cli.Result(0, ""));
        assertRecorded(FIRST);
        assertThat(run("list", "--backend", "alsa").output()).contains("--backend is pipewire or pulse, not alsa");
    }

    @Test
    void whoIsMutedOrTurnedDownIsToldAndListed() {
        // of its own name, since the session manager remembers a volume by that
        Program player = server.start("paplay", "--latency-msec=100", "--client-name=quiet", other.toString());
        server.awaitPlaying("quiet", player);
        server.setVolume(player, "-6dB");
        Await.until("it is softer", PATIENCE, () -> run("list").output().contains("volume -6.0 dB"));
        Cli.Result softer = run("record", "--pid", player.pid(), "--seconds", "1", file);
        assertThat(softer.exitCode()).isZero();
        assertThat(softer.output()).contains("is at -6.0 dB by its own volume, and is recorded so");
        server.setMuted(player, true);
        Await.until("it is muted", PATIENCE, () -> run("list").output().contains(", muted)"));
        assertThat(run("record", "--pid", player.pid(), "--seconds", "1", file).output())
                .contains("is muted: silence is recorded of it");
        Recording recording = WavFiles.read(file);
        assertThat(recording.firstSound(0)).isEqualTo(recording.frames());
    }

    @Test
    void theWatchedListIsALineOfJsonEachTimeWhenItIsPiped() {
        Program player = pwPlay();
        List<String> lines = Cli.shell(server.environment(), Cli.quoted("list", "--watch") + " | head -n 3").output()
                .lines().toList();
        assertThat(lines).hasSize(3);
        for (String line : lines) {
            assertThat(line).contains("\"pid\":" + player.pid());
            try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), line)) {
                assertThat(parser.nextToken()).isEqualTo(JsonToken.START_ARRAY);
                parser.skipChildren();
                assertThat(parser.nextToken()).isNull();
            }
        }
    }

    @Test
    void theWatchedListIsATableThatFitsATerminalAndGivesItBack() throws IOException {
        pwPlay();
        Path input = Files.writeString(folder.resolve("keys"), "sleep 3; printf q; sleep 5");
        Cli.Result result = Cli.shell(server.environment(), "sh " + input + " | script -qefc 'stty cols 60 rows 5; "
                + Cli.quoted("list", "--watch").replace("'", "") + "' /dev/null");
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).contains("PID", "pw-cat", "\u001b[?1049h").endsWith("\u001b[?25h\u001b[?1049l");
        for (String screen : result.output().split("\u001b\\[H", -1)) {
            assertThat(screen.replaceAll("\u001b\\[[?0-9]*[A-Za-z]", "").lines())
                    .allMatch(line -> line.length() <= 60).hasSizeLessThanOrEqualTo(5);
        }
    }
}
