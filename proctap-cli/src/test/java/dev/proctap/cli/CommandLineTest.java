package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.file.AudioReader;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** What the command does for a user at a shell: on a real server, in a process of its own. */
class CommandLineTest {

    private static final int SECOND = Signal.SAMPLE_RATE_HZ;
    private static final int LONG = 120 * SECOND;
    private static final Signal PLAYED = Signal.noise(1);

    @TempDir
    static Path signals;

    private static PipeWireServer server = start();
    private static Path played = Path.of("");

    @TempDir
    Path folder;

    private long pid;

    private static PipeWireServer start() {
        return PipeWireServer.start();
    }

    @BeforeAll
    static void writeSignal() {
        played = PLAYED.write(signals.resolve("played.wav"), LONG);
    }

    @BeforeEach
    void play() {
        pid = server.play(played).pid();
        Await.until("it plays", Duration.ofSeconds(10),
                () -> server.run("pw-cli", "info", "pw-play").contains("state: \"running\""));
    }

    @AfterEach
    void silence() {
        server.closePrograms();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private Cli.Result run(Object... arguments) {
        return Cli.run(server.environment(), arguments);
    }

    private Cli.Result shell(String line) {
        return Cli.shell(server.environment(), line);
    }

    private static Recording raw(Path file, boolean floats) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
        Recording recording = new Recording();
        if (floats) {
            recording.addFloats(bytes);
        } else {
            recording.addShorts(bytes);
        }
        return recording;
    }

    private static void assertExact(Recording recording, int frames) {
        Recording.Match match = recording.match(PLAYED, LONG);
        assertThat(match).matches(Recording.Match::isExact, "bit-exact");
        assertThat(recording.frames()).isEqualTo(frames);
    }

    @ParameterizedTest
    @CsvSource({"f32, 8", "s24, 6", "s16, 4"})
    void recordWritesAWavOfTheAskedFormatAndLength(String format, int frameBytes)
            throws IOException, UnsupportedAudioFileException {
        Path file = folder.resolve("out.wav");
        Cli.Result result = run("record", "--pid", pid, "--seconds", "1.5", "--format", format, file);
        assertThat(result).isEqualTo(new Cli.Result(0, ""));
        assertThat(Files.size(file)).isBetween(72_000L * frameBytes + 44, 72_000L * frameBytes + 1_000);
        assertExact(WavFiles.read(file), 72_000);
    }

    @Test
    void recordCutsIntoPartsAndLosesNothingBetweenThem() throws IOException, UnsupportedAudioFileException {
        assertThat(run("record", "--pid", pid, "--seconds", "1.5", "--format", "s16", "--split-seconds", "0.4",
                folder.resolve("out.wav"))).isEqualTo(new Cli.Result(0, ""));
        assertThat(folder).isDirectoryNotContaining("glob:**/out-005.wav");
        Recording together = new Recording();
        for (int part = 1; part <= 4; part++) {
            byte[] file = Files.readAllBytes(folder.resolve("out-00" + part + ".wav"));
            try (AudioReader reader = AudioReader.open(folder.resolve("out-00" + part + ".wav"))) {
                assertThat(reader.frames()).isEqualTo(part < 4 ? 19_200 : 14_400);
                int bytes = (int) reader.frames() * 4;
                together.addShorts(
                        ByteBuffer.wrap(file, file.length - bytes, bytes).slice().order(ByteOrder.LITTLE_ENDIAN));
            }
        }
        assertExact(together, 72_000);
    }

    @Test
    void partsMayBeLimitedInSizeAndNamedByTheTime() throws IOException {
        assertThat(run("record", "--pid", pid, "--seconds", "1", "--split-size", "100k",
                folder.resolve("at-%Y-%n.wav"))).isEqualTo(new Cli.Result(0, ""));
        List<Path> files = new ArrayList<>();
        try (var found = Files.newDirectoryStream(folder, "at-2*-00?.wav")) {
            for (Path file : found) {
                files.add(file);
                assertThat(Files.size(file)).isLessThanOrEqualTo(100_000);
            }
        }
        assertThat(files).hasSize(4);
    }

    @Test
    void partsOfACompressedRecordingAreEachWhole() throws IOException {
        assertThat(run("record", "--pid", pid, "--seconds", "1.2", "--format", "s16", "--split-seconds", "0.5",
                folder.resolve("out.flac"))).isEqualTo(new Cli.Result(0, ""));
        Recording together = new Recording();
        for (int part = 1; part <= 3; part++) {
            Path decoded = folder.resolve(part + ".raw");
            server.run("ffmpeg", "-loglevel", "error", "-i", folder.resolve("out-00" + part + ".flac").toString(), "-f",
                    "s16le", decoded.toString());
            together.addShorts(ByteBuffer.wrap(Files.readAllBytes(decoded)).order(ByteOrder.LITTLE_ENDIAN));
        }
        assertExact(together, 57_600);
    }

    @Test
    void recordWritesAnotherRateAndOtherChannels() throws IOException {
        Path file = folder.resolve("out.wav");
        assertThat(run("record", "--pid", pid, "--seconds", "1.5", "--rate", "16000", "--channels", "1", "--format",
                "s16", "--dither", file)).isEqualTo(new Cli.Result(0, ""));
        try (AudioReader reader = AudioReader.open(file)) {
            assertThat(reader.format().sampleRateHz()).isEqualTo(16_000);
            assertThat(reader.format().channels()).isEqualTo(1);
            assertThat(reader.frames()).isEqualTo(24_000);
        }
        String tags = server.run("ffprobe", "-loglevel", "error", "-show_entries", "format_tags", file.toString());
        assertThat(tags).contains("TAG:title=pw-cat (pid " + pid + ")", "TAG:time_reference=");
        Path flac = folder.resolve("out.flac");
        assertThat(run("record", "--pid", pid, "--seconds", "1", "--format", "s16", flac))
                .isEqualTo(new Cli.Result(0, ""));
        Path decoded = folder.resolve("decoded.raw");
        server.run("ffmpeg", "-loglevel", "error", "-i", flac.toString(), "-f", "s16le", decoded.toString());
        assertExact(raw(decoded, false), SECOND);
    }

    @Test
    void recordWritesRawSamplesToAFileAndToStandardOutput() throws IOException {
        Path file = folder.resolve("out.RAW");
        assertThat(run("record", "--pid", pid, "--seconds", "1", file)).isEqualTo(new Cli.Result(0, ""));
        assertExact(raw(file, true), SECOND);
        Path out = folder.resolve("stdout");
        Cli.Result result = shell(
                Cli.quoted("record", "--pid", pid, "--seconds", "1", "--format", "s16", "-") + " > " + out);
        assertThat(result).isEqualTo(new Cli.Result(0, ""));
        assertExact(raw(out, false), SECOND);
    }

    @ParameterizedTest
    @CsvSource({"'', false", "'--format int16', false", "'--format float32 --resample-quality best', true",
            "'--format int16 --resample-quality fast --chunk 5', false"})
    void theFormOfTheOriginalWorksUnchanged(String options, boolean floats) throws IOException {
        Path out = folder.resolve("out");
        String command = Cli.quoted("--pid", pid, "--stdout");
        Cli.Result result = shell(command + " " + options + " | head -c 800000 > " + out);
        assertThat(result.output()).isEmpty();
        Recording recording = raw(out, floats);
        assertThat(recording.match(PLAYED, LONG, SECOND / 4, recording.frames()))
                .matches(Recording.Match::isExact, "bit-exact");
    }

    /** Where the machine misses a cycle, which it does now and then when they are short, there is silence. */
    @Test
    void theFormOfTheOriginalTakesALatency() throws IOException {
        Path out = folder.resolve("out");
        Cli.Result result = shell(Cli.quoted("--pid", pid, "--stdout", "--format", "int16", "--latency", "10")
                + " | head -c 800000 > " + out);
        assertThat(result.output().lines()).allMatch(line -> line.startsWith("proctap: lost "));
        assertThat(raw(out, false).framesOf(PLAYED, LONG, SECOND / 4)).isGreaterThan(3 * SECOND);
    }

    @Test
    void aClosedPipeEndsItQuietly() {
        Path code = folder.resolve("code");
        Cli.Result result = shell("(" + Cli.quoted("--pid", pid, "--stdout") + "; echo $? > " + code
                + ") | head -c 10000 > /dev/null; cat " + code);
        assertThat(result.output()).isEqualTo("0\n");
    }

    @Test
    void verboseTellsWhatHappensOnStandardErrorAlone() throws IOException {
        Path out = folder.resolve("out");
        Cli.Result result = shell(
                Cli.quoted("record", "--pid", pid, "--seconds", "1", "--verbose", "-") + " > " + out);
        assertThat(result.output()).contains("capturing pw-play").contains("the audio server works in cycles of")
                .contains("0 lost");
        assertExact(raw(out, true), SECOND);
    }

    @Test
    void ctrlCEndsWithAFinishedFileAndCodeZero() throws IOException, UnsupportedAudioFileException {
        for (String signal : List.of("INT", "TERM", "HUP")) {
            Path file = folder.resolve(signal + ".wav");
            // what a shell starts in the background, this test perhaps, and all that it starts in turn ignores INT
            try (Program recorder = Cli.startThrough(List.of("env", "--default-signal=INT,HUP"), server.environment(),
                    "record", "--pid", pid, file)) {
                WavFiles.awaitSize(file, 400_000, recorder);
                recorder.signal(signal);
                assertThat(recorder.waitForExit(Duration.ofSeconds(10))).isZero();
                assertThat(recorder.output()).isEmpty();
            }
            Recording recording = WavFiles.read(file);
            assertThat(recording.frames()).isGreaterThan(40_000);
            assertExact(recording, recording.frames());
        }
    }

    @Test
    void killLeavesAFileThatPlays() throws IOException, UnsupportedAudioFileException {
        Path file = folder.resolve("killed.wav");
        try (Program recorder = Cli.start(server.environment(), "record", "--pid", pid, file)) {
            WavFiles.awaitSize(file, 3 * 384_000, recorder);
            recorder.signal("KILL");
        }
        Recording recording = WavFiles.read(file);
        assertThat(recording.frames()).as("all but the last second").isGreaterThan(SECOND * 3 / 2);
        assertExact(recording, recording.frames());
        // and others open it too
        try (AudioReader reader = AudioReader.open(file)) {
            assertThat(reader.frames()).isEqualTo(recording.frames());
        }
        assertThat(Integer.parseInt(server.run("soxi", "-s", file.toString()).strip())).isEqualTo(recording.frames());
        Path decoded = folder.resolve("decoded.raw");
        server.run("ffmpeg", "-loglevel", "error", "-i", file.toString(), "-f", "f32le", decoded.toString());
        assertThat(Recording.ofFloats(decoded).frames()).isGreaterThanOrEqualTo(recording.frames());
    }

    @Test
    void aFullDiskIsAnErrorAndLeavesAFileThatPlays() throws IOException, UnsupportedAudioFileException {
        // a limit on the size of files, which anybody may set, fails as a full disk does
        Path file = folder.resolve("full.wav");
        Cli.Result result = shell("ulimit -f 1000; exec " + Cli.quoted("record", "--pid", pid, file));
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output()).startsWith("proctap: cannot write " + file + ": File too large")
                .contains("can be played").hasLineCount(1);
        Recording recording = WavFiles.read(file);
        assertThat(recording.frames()).isBetween(50_000, 1000 * 1024 / 8);
        assertExact(recording, recording.frames());
        Cli.Result raw = shell(Cli.quoted("--pid", pid, "--stdout") + " > /dev/full");
        assertThat(raw.exitCode()).isEqualTo(1);
        assertThat(raw.output()).contains("No space left on device").hasLineCount(1);
    }

    @Test
    void aRecordingThatWaitsBeginsWhenTheProgramPlays() throws IOException, UnsupportedAudioFileException {
        Path go = folder.resolve("go");
        Program later = server.start("sh", "-c",
                "while ! [ -e " + go + " ]; do sleep 0.02; done; pw-play " + played + "; sleep 60");
        Path file = folder.resolve("later.wav");
        try (Program recorder = Cli.start(server.environment(), "record", "--pid", later.pid(), "--wait", "--verbose",
                "--seconds", "1", file)) {
            // its node is on the server: it waits
            Await.until(recorder::output, Duration.ofSeconds(10),
                    () -> server.links("-i").contains("proctap-" + later.pid()));
            Files.createFile(go);
            assertThat(recorder.waitForExit(Duration.ofSeconds(20))).as(recorder.output()).isZero();
        }
        assertExact(WavFiles.read(file), SECOND);
    }

    @Test
    void noTreeCapturesTheProcessAlone() {
        Program parent = server.start("sh", "-c", "pw-play " + played + "; true");
        Await.until("it plays", Duration.ofSeconds(10), () -> run("list").output().contains(Long.toString(
                parent.handle().children().findFirst().map(ProcessHandle::pid).orElse(-1L))));
        assertThat(run("record", "--pid", parent.pid(), "--no-tree", folder.resolve("x.wav")).exitCode())
                .isEqualTo(ExitCode.NOT_PLAYING);
    }

    @Test
    void aTerminalShowsALiveLine() {
        Path file = folder.resolve("live.wav");
        String command = Cli.quoted("record", "--pid", pid, "--seconds", "1", file).replace("'", "");
        Cli.Result result = shell("script -qefc '" + command + "' /dev/null");
        assertThat(result.exitCode()).isZero();
        assertThat(result.output()).contains("\r00:00:00.")
                .containsPattern("\\[#{24}] +-?0\\.0 dBFS  lost 0  0\\.\\d MB");
    }

    @Test
    void listShowsWhoPlays() {
        Cli.Result table = run("list");
        assertThat(table.exitCode()).isZero();
        assertThat(table.output()).containsPattern("PID +NAME +STATE +PEAK +STREAMS")
                .containsPattern(pid + " +pw-cat +playing +0\\.0 dBFS +.*played\\.wav \\(2 ch, 48000 Hz\\)");
        assertThat(run("--list-audio-procs").output()).contains(Long.toString(pid));
    }

    @Test
    void listAsJson() {
        Cli.Result result = run("list", "--json");
        assertThat(result.exitCode()).isZero();
        List<?> processes = (List<?>) Objects.requireNonNull(json(result.output()));
        assertThat(processes.size()).isEqualTo(1);
        Map<?, ?> process = (Map<?, ?>) processes.getFirst();
        assertThat(process.keySet().toString()).isEqualTo("[pid, name, executable, playing, peakDbfs, streams]");
        assertThat(process.get("pid")).isEqualTo((double) pid);
        assertThat(process.get("name")).isEqualTo("pw-cat");
        assertThat(process.get("executable")).asString().endsWith("/pw-cat");
        assertThat(process.get("playing")).isEqualTo(true);
        assertThat((Double) process.get("peakDbfs")).isBetween(-0.1, 0.0);
        Map<?, ?> stream = (Map<?, ?>) ((List<?>) Objects.requireNonNull(process.get("streams"))).getFirst();
        assertThat(stream.keySet().toString()).isEqualTo("[id, name, sampleRateHz, channels, running, volume, muted]");
        assertThat(stream.get("sampleRateHz")).isEqualTo(48_000.0);
        assertThat(stream.get("channels")).isEqualTo(2.0);
        assertThat(stream.get("running")).isEqualTo(true);
        assertThat(stream.get("volume")).isEqualTo(1.0);
        assertThat(stream.get("muted")).isEqualTo(false);
    }

    private static @Nullable Object json(String text) {
        try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
            parser.nextToken();
            Object value = json(parser);
            assertThat(parser.nextToken()).as("nothing after the value").isNull();
            return value;
        }
    }

    private static @Nullable Object json(JsonParser parser) {
        return switch (parser.currentToken()) {
            case START_ARRAY -> {
                List<@Nullable Object> list = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(json(parser));
                }
                yield list;
            }
            case START_OBJECT -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    parser.nextToken();
                    map.put(name, json(parser));
                }
                yield map;
            }
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    @Test
    void errorsAreOneLineWithTheNextStepAndACodeOfTheirOwn() {
        Program idle = server.start("sleep", "60");
        Program ended = server.start("true");
        ended.waitForExit(Duration.ofSeconds(5));
        String file = folder.resolve("x.wav").toString();
        assertError(run("record", "--pid", ended.pid(), file), 3,
                "proctap: no process " + ended.pid() + "; 'proctap list' shows who is playing");
        assertError(run("--pid", ended.pid(), "--stdout"), 3, "proctap: no process " + ended.pid());
        assertError(run("record", "--pid", idle.pid(), file), 4,
                "proctap: sleep (pid " + idle.pid() + ") is not playing anything; --wait waits for it");
        assertError(run("record", "--pid", pid, "/no/such/folder/x.wav"), 1,
                "proctap: cannot write /no/such/folder/x.wav: its folder does not exist");
        Map<String, String> nowhere = Map.of("PIPEWIRE_REMOTE", folder.resolve("none").toString(), "PULSE_SERVER",
                "unix:" + folder.resolve("none"));
        assertError(Cli.run(nowhere, "list"), 5,
                "proctap: no audio server can be used. PipeWire: no PipeWire server answers at");
        assertThat(Path.of(file)).as("a failure leaves no empty file").doesNotExist();
        assertThat(run("record", "--pid", ended.pid(), "--verbose", file).output())
                .contains("proctap: no process").contains("ProcTapException").contains("\tat dev.proctap");
    }

    private static void assertError(Cli.Result result, int exitCode, String message) {
        assertThat(result.output()).startsWith(message).hasLineCount(1);
        assertThat(result.exitCode()).isEqualTo(exitCode);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {"record x.wav | which program?",
            "record --pid 1 | Missing required parameter: 'FILE'",
            "record --pid frog x.wav | 'frog' is not a process id",
            "record --pid 0 x.wav | a pid is a positive number, not 0",
            "record --pid 1 --format mp3 x.wav | --format is u8, s16, s24, s32, f32 or f64, not mp3",
            "record --pid 1 --chunk 0 x.wav | a chunk is 1 ms to 1 s long, not 0.0 ms",
            "record --pid 1 --latency 2000 x.wav | a latency is 1 ms to 1 s, not 2000.0 ms",
            "record --pid 1 --seconds -1 x.wav | --seconds is a positive number, not -1.0",
            "--pid 1 --stdout --format flac | --format is u8, s16, s24, s32, f32 or f64, not flac",
            "--pid 1 --stdout --resample-quality ultra | --resample-quality is best, medium or fast, not ultra",
            "record --pid 1 --tracks song x.wav | --tracks is program or stream, not song",
            "record --pid 1 --tracks stream x.flac | --tracks makes .wav files, or one file with --multichannel",
            "record --pid 1 --tracks stream --max-tracks 33 x.wav | 33 tracks of 2 channels: at most 64 channels",
            "record --pid 1 --multichannel x.wav | need --tracks program or --tracks stream",
            "record --pid 1 --tracks stream --split-size 1M x.wav | use --split-seconds",
            "record --pid 1 --preroll 9999 x.wav | --preroll keeps at most 2796 s of this format in memory",
            "record --pid 1 --preroll 0 x.wav | --preroll is a positive number of seconds, not 0.0",
            "record --pid 1 --on-sound loud x.wav | --on-sound is a level in dB below full scale",
            "record --pid 1 --gaps no x.wav | --gaps is fill or cut, not no",
            "record --pid 1 --follow --until-exit x.wav | which?",
            "record --pid 1 --system x.wav | --system and --exclude mean every program",
            "--pid 1 | where to? Give --stdout", "--frobnicate | Unknown option: '--frobnicate'",
            "play | Unmatched argument at index 0: 'play'"})
    void wrongUseIsCodeTwoAndSaysWhatIsRight(String arguments, String message) {
        Cli.Result result = run((Object[]) arguments.split(" ", -1));
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.output()).startsWith("proctap: ").contains(message).contains("--help' tells the options");
    }

    @Test
    void aServerThatIsNotPermittedIsCode6() throws IOException {
        Path socket = Path.of(server.remote());
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(socket);
        // root may connect whatever the permissions say, unless it gives that up
        List<String> wrapper = System.getProperty("user.name").equals("root")
                ? List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search")
                : List.of();
        Files.setPosixFilePermissions(socket, Set.of());
        try (Program program = Cli.startThrough(wrapper, server.environment(), "record", "--pid", pid,
                folder.resolve("x.wav"))) {
            assertThat(program.waitForExit(Duration.ofSeconds(20))).as(program.output()).isEqualTo(6);
            assertThat(program.output().lines()).singleElement().asString().contains("no permission", socket.toString(),
                    "run as the user it belongs to");
        } finally {
            Files.setPosixFilePermissions(socket, permissions);
        }
        assertThat(folder.resolve("x.wav")).doesNotExist();
    }

    @Test
    void helpAndVersion() {
        Cli.Result help = run("--help");
        assertThat(help.exitCode()).isZero();
        assertThat(help.output()).contains("list", "record", "demo", "--stdout", "Exit codes");
        assertThat(run("--version").output()).startsWith("proctap ");
        assertThat(run("record", "--help").output()).contains("--seconds", "--no-tree", "--latency");
    }
}
