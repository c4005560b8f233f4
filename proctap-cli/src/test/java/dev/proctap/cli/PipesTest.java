package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.net.httpserver.HttpServer;
import dev.proctap.file.AudioReader;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.ParrotModel;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands in a chain, as a shell runs them, on what a real program plays and on files. */
class PipesTest {

    private static final int SECOND = Signal.SAMPLE_RATE_HZ;

    private static PipeWireServer server = PipeWireServer.start();

    @TempDir
    Path folder;

    @AfterEach
    void silence() {
        server.closePrograms();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private Cli.Result shell(String line) {
        return Cli.shell(server.environment(), line);
    }

    private Path sine(double hz, int seconds) {
        return Signal.sine(hz, 0.25, 1).write(folder.resolve("sine" + hz + ".wav"), (long) seconds * SECOND);
    }

    private static double[] channel(Path wav) throws IOException {
        try (AudioReader reader = AudioReader.open(wav)) {
            byte[] bytes = new byte[1 << 24];
            ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            int frames = 0;
            for (int n; (n = reader.read(all)) > 0;) {
                frames += n;
            }
            double[] samples = new double[frames];
            int frameBytes = reader.format().frameBytes();
            for (int i = 0; i < frames; i++) {
                samples[i] = reader.format().sampleFormat().isFloat()
                        ? all.getFloat(i * frameBytes)
                        : all.getShort(i * frameBytes) / 32768.0;
            }
            return samples;
        }
    }

    private static double rms(double[] samples, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += samples[i] * samples[i];
        }
        return Math.sqrt(sum / (to - from));
    }

    @Test
    void aProgramsSoundGoesThroughAChainOfRawPcm() throws IOException {
        Program player = server.play(sine(1000, 30));
        Path out = folder.resolve("out.raw");
        Path levels = folder.resolve("levels.txt");
        Cli.Result result = shell(Cli.quoted("--pid", player.pid(), "--stdout", "--seconds", 2) + " | "
                + Cli.quoted("effects", "--lowpass", 100) + " | " + Cli.quoted("meter", "-u", "0.5", "--no-peak")
                + " 2> "
                + levels + " > " + out);
        assertThat(result.exitCode()).isZero();
        assertThat(Files.size(out)).isEqualTo(2L * SECOND * 4);
        List<String> lines = Files.readAllLines(levels);
        assertThat(lines).hasSize(4);
        // 40 dB an octave less 1: three octaves and a third above the cutoff of fourth order
        assertThat(lines.getLast()).startsWith("RMS  [·").endsWith("dB").contains("-60.0");
    }

    @Test
    void wavStaysWavAndKeepsItsLengthWhateverIsDelayed() throws IOException {
        Path in = sine(1000, 3);
        Path out = folder.resolve("out.wav");
        Cli.Result result = shell(
                Cli.quoted("effects", "-e", "highpass=50,denoise=simple,limit=-1") + " < " + in + " > "
                        + out);
        assertThat(result).isEqualTo(new Cli.Result(0, ""));
        assertThat(channel(out)).hasSize(3 * SECOND);
        Path same = folder.resolve("same.wav");
        assertThat(shell(Cli.quoted("meter") + " < " + in + " 2> /dev/null > " + same).exitCode()).isZero();
        assertThat(channel(same)).as("a meter changes nothing").isEqualTo(channel(in));
    }

    @Test
    void recordAppliesEffects() throws IOException {
        Program player = server.play(sine(1000, 30));
        Path out = folder.resolve("out.wav");
        Cli.Result result = Cli.run(server.environment(), "record", "--pid", player.pid(), "--seconds", 2, "--effects",
                "gain=-20,highpass=80", out);
        assertThat(result).isEqualTo(new Cli.Result(0, ""));
        double[] samples = channel(out);
        assertThat(samples).hasSize(2 * SECOND);
        assertThat(20 * Math.log10(rms(samples, SECOND, 2 * SECOND) * Math.sqrt(2) / 0.25)).isCloseTo(-20, within(0.1));
    }

    @Test
    void aTerminalShowsAnAnalysisOfItsSizeThatMovesAndGoesWithItsSize() throws IOException {
        Program player = server.play(sine(1000, 60));
        Path device = folder.resolve("device");
        Path end = folder.resolve("end");
        String keys = "while [ ! -e " + end + " ]; do sleep 0.1; done; printf q; sleep 5";
        String inside = "tty > " + device + "; stty cols 100 rows 30; "
                + Cli.quoted("analyze", "--pid", player.pid()).replace("'", "");
        try (Program terminal = Program.start(server.environment(), "sh", "-c",
                "(" + keys + ") | script -qefc '" + inside + "' /dev/null")) {
            Duration patience = Duration.ofSeconds(20);
            Await.until(terminal::output, patience, () -> screens(terminal).size() > 30);
            List<List<String>> wide = screens(terminal);
            assertThat(wide).allSatisfy(screen -> assertThat(screen).hasSize(13)
                    .allSatisfy(line -> assertThat(line.length()).isLessThan(100)));
            assertThat(wide.getLast()).anySatisfy(
                    line -> assertThat(line).startsWith("RMS").contains("█").endsWith("dB").hasSize(99));
            double seconds = seconds(wide.getLast()) - seconds(wide.getFirst());
            assertThat((wide.size() - 1) / seconds).as("screens in a second of sound").isBetween(5.0, 31.0);

            Program.run(Map.of(), "stty", "-F", Files.readString(device).strip(), "cols", "40", "rows", "6");
            Await.until(terminal::output, patience, () -> screens(terminal).getLast().size() == 5);
            int resized = screens(terminal).size();
            Await.until(terminal::output, patience, () -> screens(terminal).size() > resized + 5);
            assertThat(screens(terminal).getLast())
                    .allSatisfy(line -> assertThat(line.length()).isLessThan(40));

            Files.createFile(end);
            assertThat(terminal.waitForExit(patience)).as(terminal.output()).isZero();
            String after = terminal.output().substring(terminal.output().indexOf("\u001b[?25h\u001b[?1049l"));
            assertThat(after).contains("highest peak", "-12.0 dB");
        }
    }

    /** What was shown, one after the other, without the one that is being shown. */
    private static List<List<String>> screens(Program terminal) {
        String[] screens = terminal.output().split("\u001b\\[H", -1);
        // a terminal puts a return of its own before each new line
        return Arrays.stream(screens).skip(1).filter(screen -> screen.contains("\u001b[J"))
                .map(screen -> screen.replaceAll("\u001b\\[[?0-9]*[A-Za-z]|\r", "").lines().toList()).toList();
    }

    private static double seconds(List<String> screen) {
        return Double.parseDouble(screen.getFirst().substring(0, screen.getFirst().indexOf(' ')));
    }

    @Test
    void mistakesAreToldBeforeAnythingIsRead() {
        assertThat(shell(Cli.quoted("effects", "-e", "bass=3") + " < /dev/null | cat").output())
                .contains("no effect is called 'bass'");
        assertThat(Cli.run(Map.of(), "effects", "--highpass", 900, "--lowpass", 100)).satisfies(result -> {
            assertThat(result.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(result.output()).contains("leave nothing between them");
        });
        assertThat(Cli.run(Map.of(), "meter", "--no-rms", "--no-peak").output()).contains("nothing to show");
        assertThat(Cli.run(Map.of(), "meter", "-w", 5).output()).contains("--sample-width is 1, 2, 3 or 4");
        assertThat(Cli.run(Map.of(), "record", "--pid", 1, "--effects", "loud", "x.wav").output())
                .contains("no effect is called 'loud'");
        assertThat(Cli.run(Map.of(), "transcribe").output()).contains("which model?").contains("huggingface.co");
        assertThat(Cli.run(Map.of(), "llm").output()).contains("OPENAI_API_KEY");
        assertThat(Cli.run(Map.of(), "webhook").output()).contains("WEBHOOK_URL");
        assertThat(Cli.run(Map.of(), "analyze").output()).contains("FILE, or --pid N");
    }

    @Test
    void emptyInputAndAReaderThatGoesAwayEndAChain() {
        Path in = sine(1000, 20);
        assertThat(shell(Cli.quoted("effects", "-n") + " < /dev/null").exitCode()).isZero();
        Cli.Result result = shell(
                "{ " + Cli.quoted("effects", "-n") + " < " + in + "; echo ended $? >&2; } | head -c 1000"
                        + " > /dev/null");
        assertThat(result.output()).isEqualTo("ended 0\n");
    }

    @Test
    void ctrlCEndsAChainInOrderWithAllThatWasHeard() throws IOException {
        Program player = server.play(sine(1000, 60));
        Path out = folder.resolve("out.wav");
        Program chain = server.start("sh", "-c", Cli.quoted("record", "--pid", player.pid(), "--format", "s16", "-")
                + " | " + Cli.quoted("effects", "-e", "gain=-6") + " | " + Cli.quoted("meter") + " 2> /dev/null > "
                + out);
        Await.until("something is through", Duration.ofSeconds(30),
                () -> Files.exists(out) && out.toFile().length() > 48_000);
        chain.handle().descendants().forEach(process -> server.run("kill", "-INT", Long.toString(process.pid())));
        chain.waitForExit(Duration.ofSeconds(20));
        assertThat(Files.size(out) % 4).as("whole frames").isZero();
        assertThat(Files.size(out)).isGreaterThan(48_000);
    }

    @Test
    void aFileIsAnalysedAndDrawn() throws IOException {
        Path in = sine(1000, 5);
        Path spectrogram = folder.resolve("s.png");
        Path waveform = folder.resolve("w.png");
        Cli.Result result = Cli.run(Map.of(), "analyze", in, "--json", "--spectrogram", spectrogram, "--waveform",
                waveform);
        assertThat(result.exitCode()).isZero();
        List<String> lines = result.output().lines().toList();
        assertThat(lines).hasSizeBetween(5, 6);
        assertThat(lines.getLast()).contains("\"final\":true").contains("\"overall_rms_db\":-15.05")
                .contains("\"highest_peak_db\":-12.04").contains("\"pitch_hz\":1000");
        assertThat(spectrogram).isNotEmptyFile();
        assertThat(waveform).isNotEmptyFile();
        assertThat(Cli.run(Map.of(), "analyze", in).output()).contains("RMS                 -15.1 dB");
    }

    @Test
    void aProgramIsAnalysedInLines() {
        Program player = server.play(sine(1000, 30));
        Cli.Result result = Cli.run(server.environment(), "analyze", "--pid", player.pid(), "--seconds", 2,
                "--interval",
                "0.5");
        assertThat(result.exitCode()).isZero();
        List<String> lines = result.output().lines().filter(line -> line.contains("LUFS") && line.contains(" Hz"))
                .filter(line -> line.contains("RMS")).toList();
        assertThat(lines).hasSizeBetween(3, 4);
        assertThat(lines.getLast()).contains("RMS  -15.1 dB").contains("1000.0 Hz");
    }

    @Test
    void aVirtualMicrophoneIsMixedIn() throws IOException {
        String feed = server.run("pactl", "load-module", "module-null-sink", "sink_name=feed").strip();
        String remap = server.run("pactl", "load-module", "module-remap-source", "master=feed.monitor",
                "source_name=mic", "source_properties=device.description=Desk-Microphone").strip();
        try {
            Await.until("the microphone is listed", Duration.ofSeconds(20),
                    () -> Cli.run(server.environment(), "mic-mix", "--list-devices").output()
                            .contains("Desk-Microphone"));
            Program player = server.play(sine(440, 60));
            // low: while the clocks are measured it moves by some thousandths, which would blur a higher one
            Path spoken = sine(150, 60);
            server.start("paplay", "--device=feed", "--latency-msec=50", spoken.toString());
            Path out = folder.resolve("mixed.raw");
            Cli.Result result = shell(Cli.quoted("--pid", player.pid(), "--stdout", "--seconds", 6) + " | "
                    + Cli.quoted("mic-mix", "--device", "desk-micro") + " > " + out);
            assertThat(result).isEqualTo(new Cli.Result(0, ""));
            Recording mixed = new Recording();
            mixed.addShorts(ByteBuffer.wrap(Files.readAllBytes(out)).order(ByteOrder.nativeOrder()));
            assertThat(mixed.frames()).isEqualTo(6 * SECOND);
            // both at half of what was played, -12 dB
            assertThat(mixed.toneDbfs(440, 4 * SECOND, 6 * SECOND)).isCloseTo(-18.06, within(0.5));
            assertThat(mixed.toneDbfs(150, 4 * SECOND, 6 * SECOND)).isCloseTo(-18.06, within(1.0));
            Cli.Result none = shell(Cli.quoted("mic-mix", "--device", "nobody") + " < " + spoken + " | cat");
            assertThat(none.output()).contains("no input device is called 'nobody'").contains("--no-mic");
        } finally {
            server.run("pactl", "unload-module", remap);
            server.run("pactl", "unload-module", feed);
        }
    }

    /** Takes what the commands send, and answers as the services do. */
    private static final class Services implements AutoCloseable {

        private static final String EVENTS = """
                data: {"choices":[{"delta":{"content":"A greet"}}]}

                data: {"choices":[{"delta":{"content":"ing."}}]}

                data: [DONE]

                """;
        final List<String> bodies = Collections.synchronizedList(new ArrayList<>());
        final List<String> authorizations = Collections.synchronizedList(new ArrayList<>());
        private final HttpServer http;

        Services() throws IOException {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            http.createContext("/", exchange -> {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
                bodies.add(body);
                authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
                String path = exchange.getRequestURI().getPath();
                String answer = path.endsWith("/transcriptions")
                        ? "{\"text\":\"Hello there.\"}"
                        : path.endsWith("/completions")
                                ? EVENTS
                                : "";
                byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
                exchange.getResponseBody().write(bytes);
                exchange.close();
            });
            http.start();
        }

        String url(String path) {
            return "http://127.0.0.1:" + http.getAddress().getPort() + path;
        }

        @Override
        public void close() {
            http.stop(0);
        }
    }

    private Map<String, String> with(String... more) {
        Map<String, String> environment = new HashMap<>(Map.of("XDG_STATE_HOME", folder.resolve("state").toString()));
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        return environment;
    }

    @Test
    void speechGoesToTextToAModelToAnEndpoint() throws IOException {
        try (Services services = new Services()) {
            Path speech = folder.resolve("speech.wav");
            server.run("espeak-ng", "-w", speech.toString(), "Hello there, how are you today?");
            Path token = Files.writeString(folder.resolve("token"), "top-secret\n");
            Cli.Result result = Cli.shell(with("OPENAI_API_KEY", "sk-1"),
                    Cli.quoted("transcribe", "--api", "--base-url", services.url("/v1")) + " < " + speech + " | "
                            + Cli.quoted("llm", "--base-url", services.url("/v1")) + " | tee " + folder.resolve("said")
                            + " | " + Cli.quoted("webhook", services.url("/hook"), "--auth-token-file", token));
            assertThat(result).isEqualTo(new Cli.Result(0, ""));
            assertThat(folder.resolve("said")).hasContent("A greeting.");
            assertThat(services.bodies).hasSize(3);
            assertThat(services.bodies.get(1)).contains("Hello there.");
            assertThat(services.bodies.get(2)).isEqualTo("{\"text\":\"A greeting.\"}");
            assertThat(services.authorizations).containsExactly("Bearer sk-1", "Bearer sk-1", "Bearer top-secret");
        }
    }

    @Test
    void transcriptsHaveTheirForms() throws IOException {
        try (Services services = new Services()) {
            Path speech = folder.resolve("speech.wav");
            server.run("espeak-ng", "-w", speech.toString(), "Hello there, how are you today?");
            assertThat(Cli.shell(with(),
                    Cli.quoted("transcribe", "--api", "--base-url", services.url("/v1"), "-o", "srt")
                            + " < " + speech)
                    .output()).matches("(?s)1\n00:00:00,\\d{3} --> 00:00:0\\d,\\d{3}\nHello there.\n\n");
        }
    }

    @Test
    void aModelOnThisMachineIsAskedToo() throws IOException {
        Path speech = folder.resolve("speech.wav");
        server.run("espeak-ng", "-w", speech.toString(), "Hello there, how are you today?");
        Path model = ParrotModel.write(folder.resolve("model.bin"), " hello", " there");
        assertThat(shell(Cli.quoted("transcribe", "--model", model, "-l", "en") + " < " + speech))
                .isEqualTo(new Cli.Result(0, "hello there\n"));
    }

    @Test
    void severalProgramsAreTranscribedWithTheirNames() throws IOException {
        try (Services services = new Services()) {
            Path speech = folder.resolve("speech.wav");
            server.run("espeak-ng", "-w", speech.toString(),
                    "Hello there, how are you today? ".repeat(6));
            Program first = server.play(speech);
            Program second = server.start("paplay", speech.toString());
            Map<String, String> environment = new HashMap<>(server.environment());
            environment.put("OPENAI_API_KEY", "sk-1");
            Cli.Result result = Cli.run(environment, "transcribe", "--api", "--base-url", services.url("/v1"), "--pid",
                    first.pid(), "--pid", second.pid(), "--wait", "--seconds", 5, "--no-skip-repetitions");
            assertThat(result.exitCode()).as(result.output()).isZero();
            assertThat(result.output().lines()).contains("pw-cat: Hello there.", "pacat: Hello there.");
        }
    }

    @Test
    void soundIsSentInPartsAsWav() throws IOException {
        try (Services services = new Services()) {
            Cli.Result result = Cli.shell(with(), Cli.quoted("webhook", services.url("/hook"), "--audio",
                    "--audio-seconds", 1) + " < " + sine(440, 3) + " > " + folder.resolve("passed.wav"));
            assertThat(result).isEqualTo(new Cli.Result(0, ""));
            assertThat(services.bodies).hasSize(3).allSatisfy(body -> assertThat(body).contains("name=\"audio\"")
                    .contains("RIFF"));
            assertThat(channel(folder.resolve("passed.wav"))).hasSize(3 * SECOND);
        }
    }

    @Test
    void anEndpointThatIsAwayCostsNothingButPatience() throws IOException {
        String url;
        try (Services services = new Services()) {
            url = services.url("/hook?key=in-url");
        }
        Cli.Result away = Cli.shell(with(),
                "printf 'one\\ntwo\\n' | " + Cli.quoted("webhook", url, "--drain", "0.3"));
        assertThat(away.exitCode()).isEqualTo(ExitCode.FAILURE);
        assertThat(away.output()).contains("cannot be reached").contains("not everything has arrived")
                .doesNotContain("in-url");
        int port = java.net.URI.create(url).getPort();
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        HttpServer back = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        back.createContext("/", exchange -> {
            got.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        back.start();
        try {
            assertThat(Cli.shell(with(), Cli.quoted("webhook", url) + " < /dev/null")).isEqualTo(new Cli.Result(0, ""));
        } finally {
            back.stop(0);
        }
        assertThat(got).containsExactly("{\"text\":\"one\"}", "{\"text\":\"two\"}");
    }

    @Test
    void aSecretOnTheCommandLineIsWarnedOfAndNoneIsEverPrinted() {
        Cli.Result result = Cli.shell(with(),
                "echo hi | "
                        + Cli.quoted("webhook", "http://127.0.0.1:9/x", "-a", "sesame", "--drain", 0, "--verbose"));
        assertThat(result.output()).contains("other users see").doesNotContain("sesame");
        assertThat(Objects.requireNonNull(result.output())).doesNotContain("127.0.0.1:9/x");
    }
}
