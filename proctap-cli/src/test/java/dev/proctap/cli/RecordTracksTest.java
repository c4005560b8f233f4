package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code proctap record --tracks}: files that lie side by side. */
class RecordTracksTest {

    private static final int SECOND = Signal.SAMPLE_RATE_HZ;
    private static final int LONG = 60 * SECOND;
    /** Both at half the level, so that their sum is exact in float32. */
    private static final Signal FIRST = (frame, channel) -> (short) (Signal.noise(1).sample(frame, channel) / 2);
    private static final Signal OTHER = (frame, channel) -> (short) (Signal.noise(2).sample(frame, channel) / 2);

    @TempDir
    static Path signals;

    private static PipeWireServer server = PipeWireServer.start();
    private static Path first = Path.of("");
    private static Path other = Path.of("");

    @TempDir
    Path folder;

    @BeforeAll
    static void writeSignals() {
        first = FIRST.write(signals.resolve("first.wav"), LONG);
        other = OTHER.write(signals.resolve("other.wav"), LONG);
    }

    @BeforeEach
    void play() {
        server.useLongCycles();
        server.play(first);
    }

    @AfterEach
    void silence() {
        server.closePrograms();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static void playOther() {
        Program player = server.start("paplay", "--latency-msec=100", other.toString());
        server.awaitPlaying("paplay", player);
    }

    private Cli.Result record(Object... arguments) {
        return Cli.run(server.environment(),
                Stream.concat(Stream.of("record", "--system"), Stream.of(arguments)).toArray());
    }

    private List<String> files() {
        try (Stream<Path> found = Files.list(folder)) {
            return found.map(file -> String.valueOf(file.getFileName())).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Recording read(String file) {
        return WavFiles.read(folder.resolve(file));
    }

    private static void assertExact(Recording recording, Signal signal) {
        assertThat(recording.match(signal, LONG)).matches(Recording.Match::isExact, "bit-exact");
    }

    @Test
    void eachProgramIsAFileOfTheSameLengthAndTheMixIsTheirSum() {
        playOther();
        Cli.Result result = record("--tracks", "program", "--seconds", "2", folder.resolve("call.wav"));
        assertThat(result).isEqualTo(new Cli.Result(0, ""));
        assertThat(files()).hasSize(3).contains("call.wav").anyMatch(name -> name.matches("call-[12]-pw-cat.wav"))
                .anyMatch(name -> name.matches("call-[12]-pacat.wav"));
        boolean swapped = files().contains("call-1-pacat.wav");
        Recording one = read(swapped ? "call-2-pw-cat.wav" : "call-1-pw-cat.wav");
        Recording two = read(swapped ? "call-1-pacat.wav" : "call-2-pacat.wav");
        Recording mix = read("call.wav");
        assertExact(one, FIRST);
        assertExact(two, OTHER);
        assertThat(List.of(one.frames(), two.frames(), mix.frames())).containsOnly(2 * SECOND);
        for (int frame = 0; frame < mix.frames(); frame++) {
            assertThat(mix.sample(frame, 1)).isEqualTo(one.sample(frame, 1) + two.sample(frame, 1));
        }
    }

    @Test
    void aProgramThatComesLaterHasSilenceBeforeIt() {
        Path mix = folder.resolve("call.wav");
        try (Program recorder = Cli.start(server.environment(), "record", "--system", "--tracks", "program",
                "--seconds", "6", mix)) {
            WavFiles.awaitSize(mix, 2 * SECOND * 8, recorder);
            playOther();
            assertThat(recorder.waitForExit(Duration.ofSeconds(20))).as(recorder.output()).isZero();
        }
        assertThat(files()).containsExactly("call-1-pw-cat.wav", "call-2-pacat.wav", "call.wav");
        Recording later = read("call-2-pacat.wav");
        assertThat(later.firstSound(0)).isGreaterThan(2 * SECOND);
        assertExact(later, OTHER);
        assertThat(List.of(later.frames(), read("call-1-pw-cat.wav").frames(), read("call.wav").frames()))
                .containsOnly(6 * SECOND);
    }

    @Test
    void partsOfAnotherRateAreOfTheSameLengthToo() {
        Path mix = folder.resolve("call.wav");
        try (Program recorder = Cli.start(server.environment(), "record", "--system", "--tracks", "program", "--rate",
                "44100", "--format", "s16", "--split-seconds", "2", "--seconds", "5", mix)) {
            WavFiles.awaitSize(folder.resolve("call-002.wav"), 50_000, recorder);
            playOther();
            assertThat(recorder.waitForExit(Duration.ofSeconds(20))).as(recorder.output()).isZero();
        }
        TreeMap<String, Integer> frames = new TreeMap<>();
        files().forEach(file -> frames.put(file, read(file).frames()));
        assertThat(frames).hasSize(9);
        for (String part : List.of("001.wav", "002.wav", "003.wav")) {
            assertThat(frames).containsEntry("call-" + part, part.startsWith("003") ? 44_100 : 88_200)
                    .containsEntry("call-1-pw-cat-" + part, part.startsWith("003") ? 44_100 : 88_200)
                    .containsEntry("call-2-pacat-" + part, part.startsWith("003") ? 44_100 : 88_200);
        }
        Recording before = read("call-2-pacat-001.wav");
        assertThat(before.firstSound(0)).isEqualTo(before.frames());
    }

    @Test
    void oneFileMayHaveAllChannels() throws IOException {
        playOther();
        Path raw = folder.resolve("all.raw");
        Cli.Result result = Cli.shell(server.environment(), Cli.quoted("record", "--system", "--tracks", "program",
                "--multichannel", "--max-tracks", "3", "--seconds", "1", "-") + " > " + raw);
        assertThat(result.exitCode()).isZero();
        assertThat(result.output()).contains("channels 1 to 2: ", "channels 3 to 4: ", "pw-cat (pid ", "pacat (pid ");
        ByteBuffer samples = ByteBuffer.wrap(Files.readAllBytes(raw)).order(ByteOrder.nativeOrder());
        assertThat(samples.remaining()).isEqualTo(SECOND * 6 * Float.BYTES);
        Recording one = new Recording();
        Recording two = new Recording();
        ByteBuffer frame = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
        while (samples.hasRemaining()) {
            one.addFloats(frame.putLong(0, samples.getLong()));
            two.addFloats(frame.putLong(0, samples.getLong()));
            assertThat(samples.getLong()).as("nobody is on the third track").isZero();
        }
        boolean swapped = one.match(FIRST, LONG).signalFrame() < 0;
        assertExact(swapped ? two : one, FIRST);
        assertExact(swapped ? one : two, OTHER);
    }

    @Test
    void whatAStreamCallsItselfGetsIntoAFileNameOnlyWhereItIsHarmless() {
        server.start("paplay", "--stream-name=../../evil\u001b[31m $(id); 100%n ", other.toString());
        Await.until("both play", Duration.ofSeconds(10), () -> Cli.run(server.environment(), "list").output().lines()
                .filter(line -> line.contains("playing")).count() == 2);
        assertThat(record("--tracks", "stream", "--seconds", "1", folder.resolve("s.wav")))
                .isEqualTo(new Cli.Result(0, ""));
        assertThat(files()).hasSize(3).contains("s.wav")
                .anyMatch(name -> name.matches("s-[12]-pw-cat-.*first.wav.wav"))
                .anyMatch(name -> name.matches("s-[12]-pacat-[._]*evil_31m_id_100_n.wav"));
    }

    @Test
    void whoIsSilentIsTold() {
        server.start("pw-play", ((Signal) (frame, channel) -> 0).write(folder.resolve("nothing.wav"), LONG).toString());
        Await.until("both play", Duration.ofSeconds(10), () -> Cli.run(server.environment(), "list").output().lines()
                .filter(line -> line.contains("playing")).count() == 2);
        Cli.Result result = record("--tracks", "program", "--seconds", "1", folder.resolve("call.wav"));
        assertThat(result.exitCode()).isZero();
        assertThat(result.output()).contains("was silent all the time, and has no file of its own").hasLineCount(1);
        assertThat(files()).hasSize(3).contains("call.wav", "nothing.wav");
    }

    @Test
    void whatThereIsNoTrackForIsTold() {
        playOther();
        Cli.Result result = record("--tracks", "program", "--max-tracks", "1", "--seconds", "1", "--verbose",
                folder.resolve("call.wav"));
        assertThat(result.exitCode()).isZero();
        assertThat(result.output()).contains("shares track 1 with others; --max-tracks allows more");
        assertThat(files()).hasSize(2);
    }
}
