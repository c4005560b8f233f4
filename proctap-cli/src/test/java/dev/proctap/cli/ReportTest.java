package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Signal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.tools.ToolProvider;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code proctap report}, {@code latency} and {@code bench} on a real server. */
@Tag("alone")
class ReportTest {

    private static final int RATE = Signal.SAMPLE_RATE_HZ;

    private static PipeWireServer server = PipeWireServer.start();

    @TempDir
    Path folder;

    private long pid;
    private Path out = Path.of("");

    @BeforeEach
    void play() {
        out = folder.resolve("report");
        pid = server.play(Signal.noise(1).write(folder.resolve("secret title.wav"), 120L * RATE)).pid();
    }

    @AfterEach
    void silence() {
        server.closePrograms();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private String report(Map<String, String> environment, Object... more) throws IOException {
        List<Object> arguments = new ArrayList<>(
                List.of("report", "--pid", pid, "--seconds", "3", "--out", out));
        arguments.addAll(List.of(more));
        Cli.Result result = Cli.run(environment, arguments.toArray());
        assertThat(result.exitCode()).as(result.output()).isZero();
        return Files.readString(out.resolve("report.md"));
    }

    @Test
    void itHasTheOrderOfTheFormAndAllThatBelongsToIt() throws IOException {
        String text = report(server.environment());
        assertThat(text.lines().filter(line -> line.startsWith("## "))).containsExactly(
                "## Performance Issue Description", "## Performance Issue Type", "## Performance Measurements",
                "## Reproduction Steps", "## Code Example", "## System Information", "## Configuration Details",
                "## Profiling Data", "## Optimization Ideas", "## Comparison with Alternatives",
                "## Additional Context");
        assertThat(text).containsPattern("- CPU Usage: [0-9.]+ % of a processor \\(expected: at most 3 %\\)")
                .containsPattern("- Memory Usage: [0-9]+ MB \\(expected")
                .containsPattern(
                        "- Latency: p50 [0-9.]+ ms, p95 [0-9.]+ ms, p99 [0-9.]+ ms, max [0-9.]+ ms \\(expected")
                .containsPattern("- Audio dropout rate: [0-9.]+ per minute \\(expected: 0\\)")
                .containsPattern("- \\*\\*PipeWire\\*\\*: works; version 0|1").contains("WirePlumber")
                .contains("- Sample Rate: 48.0 kHz", "- Channels: 2", "chunk 10.0 ms", "every 10.0 ms as configured")
                .contains("ProcessAudioTap.of(AudioTarget.pid(" + pid + ")")
                .containsPattern("- \\[[ x]] The performance issue does NOT occur with system-wide capture"
                        + " \\(tried: the whole system\\)")
                .contains("(tried: pw-record; parec)", "(tried: a tone)");
        // what it says of the program is no title, no user and no folder of the user
        assertThat(text).doesNotContain("secret title").doesNotContain(System.getProperty("user.home") + "/");
        assertCompiles(text.substring(text.indexOf("```java") + 7, text.indexOf("```", text.indexOf("```java") + 7)));
        assertThat(Files.readString(out.resolve("report.json"))).startsWith("{").contains("\"schema\":1",
                "\"latencyMillis\"", "\"overTime\"", "\"comparisons\"").doesNotContain("secret title");
        assertThat(RecordingFile.readAllEvents(out.resolve("profile.jfr"))).isNotEmpty();
        // of a thread that works so little a few seconds may have no sample
        assertThat(Files.readString(out.resolve("flame.svg"))).startsWith("<svg").contains("<title>all: ")
                .endsWith("</svg>\n");
        for (String plot : List.of("latency.png", "cpu.png", "dropouts.png")) {
            assertThat(ImageIO.read(out.resolve(plot).toFile()).getWidth()).as(plot).isEqualTo(900);
        }
    }

    private void assertCompiles(String snippet) throws IOException {
        Path source = Files.writeString(folder.resolve("Capture.java"), snippet);
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        int result = ToolProvider.getSystemJavaCompiler().run(null, null, errors, "-d", folder.toString(), "-cp",
                System.getProperty("java.class.path"), source.toString());
        assertThat(result).as(errors.toString(StandardCharsets.UTF_8)).isZero();
    }

    @Test
    void titlesAreToldWhereAskedFor() throws IOException {
        assertThat(report(server.environment(), "--no-comparison", "--include-titles")).contains("secret title")
                .contains("(not tried)");
    }

    @Test
    void aDiskThatIsHalfAsFastAsTheSoundIsFound() throws IOException, URISyntaxException {
        Map<String, String> slow = SlowDisk.environment(server, folder, RATE * Signal.CHANNELS * 2);
        String text = report(slow, "--no-comparison", "--record", folder.resolve("out.wav"));
        assertThat(text).contains("Dropped Frames/Buffer Underruns").contains("Cause: disk is slow");
    }

    @Test
    void aPipeThatNobodyReadsForAWhileIsFound() throws IOException {
        Cli.Result result = Cli.shell(server.environment(),
                Cli.quoted("report", "--pid", pid, "--seconds", "6", "--no-comparison", "--out", out, "--record", "-")
                        + " | (head -c 1000000 >/dev/null; sleep 3; cat >/dev/null)");
        assertThat(result.output()).contains("Dropped Frames/Buffer Underruns");
        assertThat(Files.readString(out.resolve("report.md"))).contains("Cause: pipe stalls");
    }

    @Test
    void withoutATargetItMeasuresATone() throws IOException {
        server.closePrograms();
        Cli.Result result = Cli.run(server.environment(), "report", "--seconds", "2", "--no-comparison", "--out", out);
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(Files.readString(out.resolve("report.md"))).contains("a tone that was played for the report");
    }

    @Test
    void theLatencyIsShownEachSecond() {
        Cli.Result result = Cli.run(server.environment(), "latency", "--pid", pid, "--seconds", "2");
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output().lines().filter(line -> line.matches(" +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ .*")))
                .hasSize(2);
    }

    @Test
    void theBenchmarkComparesWhatIsInstalled() throws IOException {
        Cli.Result result = Cli.run(server.environment(), "bench", "--rounds", "1", "--seconds", "2", "--out", out);
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).containsPattern(
                "\\| proctap \\| one program \\| [0-9.]+ .*\\| [0-9.]+ .*\\| [0-9.]+ .*\\| [0-9.]+ .*\\| [0-9.]+ ")
                .contains("| pw-record |", "| parec |");
        assertThat(Files.readString(out.resolve("bench.json"))).contains("\"name\" : \"proctap\"", "\"median\"");
        assertThat(ImageIO.read(out.resolve("bench-CPU.png").toFile()).getWidth()).isEqualTo(900);
    }
}
