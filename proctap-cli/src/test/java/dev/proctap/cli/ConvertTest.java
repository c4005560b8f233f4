package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.file.AudioReader;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code proctap convert}, at a shell. */
class ConvertTest {

    private static final int FRAMES = 2 * Signal.SAMPLE_RATE_HZ;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path folder;

    private Path tone = Path.of("");

    @BeforeEach
    void writeTone() {
        tone = Signal.sine(1000, 0.5, 1).write(folder.resolve("tone.wav"), FRAMES);
    }

    private static Cli.Result run(Object... arguments) {
        return Cli.run(Map.of(), arguments);
    }

    private static byte[] samples(AudioReader reader) throws IOException {
        ByteBuffer all = ByteBuffer.allocate((int) reader.frames() * reader.format().frameBytes());
        while (reader.read(all) >= 0) {
            // all of it
        }
        return all.array();
    }

    @Test
    void rateChannelsAndFormatAreChangedTogether() throws IOException {
        Path out = folder.resolve("out.wav");
        assertThat(run("convert", tone, out, "--rate", "16000", "--channels", "1", "--format", "f32",
                "--resample-quality", "best")).isEqualTo(new Cli.Result(0, ""));
        try (AudioReader reader = AudioReader.open(out)) {
            assertThat(reader.format()).isEqualTo(new PcmFormat(16_000, 1, SampleFormat.F32)
                    .withByteOrder(ByteOrder.LITTLE_ENDIAN));
            assertThat(reader.frames()).isEqualTo(FRAMES / 3);
        }
        // the tone is where it was and as loud as it was; to measure it, back to what the measurement takes
        Path back = folder.resolve("back.raw");
        assertThat(run("convert", out, back, "--rate", "48000", "--channels", "2", "--resample-quality", "best"))
                .isEqualTo(new Cli.Result(0, ""));
        Recording recording = Recording.ofFloats(back);
        assertThat(recording.frames()).isEqualTo(FRAMES);
        assertThat(recording.toneDbfs(1000)).isCloseTo(20 * Math.log10(0.5 * 32767 / 32768), within(0.01));
    }

    @ParameterizedTest
    @ValueSource(strings = {"u8", "s16", "s24", "s32", "f32", "f64"})
    void everyFormatIsWritten(String format) throws IOException {
        Path out = folder.resolve("out.wav");
        assertThat(run("convert", tone, out, "--format", format)).isEqualTo(new Cli.Result(0, ""));
        String probed = Program.run(Map.of(), "ffprobe", "-loglevel", "error", "-show_entries",
                "stream=codec_name,duration_ts,sample_rate", "-of", "csv=p=0", out.toString());
        assertThat(probed.strip()).contains("48000," + FRAMES)
                .startsWith("pcm_" + format + (format.equals("u8") ? "" : "le"));
    }

    @Test
    void pipesAreReadAndWritten() throws IOException {
        Path out = folder.resolve("out");
        String command = "cat " + tone + " | " + Cli.quoted("convert", "-", "-") + " | "
                + Cli.quoted("convert", "--raw", "--raw-format", "s16", "-", "-", "--format", "s24") + " > " + out;
        assertThat(Cli.shell(Map.of(), command)).isEqualTo(new Cli.Result(0, ""));
        assertThat(Files.size(out)).isEqualTo(FRAMES * 6L);
        Path raw = Files.move(out, folder.resolve("out.raw"));
        Path back = folder.resolve("back.wav");
        assertThat(run("convert", raw, back, "--raw-format", "s24", "--format", "s16"))
                .isEqualTo(new Cli.Result(0, ""));
        try (AudioReader reader = AudioReader.open(back); AudioReader original = AudioReader.open(tone)) {
            assertThat(samples(reader)).isEqualTo(samples(original));
        }
    }

    @Test
    void aCompressedFileIsMadeByFfmpegAndNothingElseIsLeft() throws IOException {
        Path out = folder.resolve("out.flac");
        assertThat(run("convert", tone, out)).isEqualTo(new Cli.Result(0, ""));
        assertThat(folder.resolve("out.flac.wav")).doesNotExist();
        Path back = folder.resolve("back.wav");
        Program.run(Map.of(), "ffmpeg", "-loglevel", "error", "-i", out.toString(), back.toString());
        try (AudioReader reader = AudioReader.open(back); AudioReader original = AudioReader.open(tone)) {
            assertThat(samples(reader)).isEqualTo(samples(original));
        }
    }

    @Test
    void whereFfmpegIsMissingOrFailsTheAudioIsKept() throws IOException {
        Path out = folder.resolve("out.mp3");
        Cli.Result missing = Cli.run(Map.of("PATH", "/nowhere"), "convert", tone, out);
        assertThat(missing.exitCode()).isEqualTo(1);
        assertThat(missing.output()).contains("is not installed").contains("the audio is in " + out + ".wav");
        Path bin = Files.createDirectory(folder.resolve("bin"));
        Path broken = Files.writeString(bin.resolve("ffmpeg"), "#!/bin/sh\necho broken encoder; exit 3\n");
        assertThat(broken.toFile().setExecutable(true)).isTrue();
        Cli.Result failed = Cli.run(Map.of("PATH", bin + ":/usr/bin:/bin"), "convert", tone, out);
        assertThat(failed.exitCode()).isEqualTo(1);
        assertThat(failed.output()).contains("broken encoder").contains("the audio is in " + out + ".wav");
        try (AudioReader kept = AudioReader.open(folder.resolve("out.mp3.wav"));
                AudioReader original = AudioReader.open(tone)) {
            assertThat(samples(kept)).isEqualTo(samples(original));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "convert NOTES x.wav | 1 | cannot be read: it is not WAV, RF64, Wave64 or AIFF",
            "convert /no/such.wav x.wav | 1 | /no/such.wav: there is no such file",
            "convert TONE TONE | 2 | IN and OUT are the same file",
            "convert TONE x.wav --rate 1 | 2 | sample rate 1 Hz is outside 8000 to 384000 Hz",
            "convert TONE x.wav --channels 7 | 2 | 7 channels: supported are 1, 2",
            "convert TONE x.wav --format mp3 | 2 | --format is u8, s16, s24, s32, f32 or f64, not mp3",
            "convert TONE x.wav --resample-quality good | 2 | --resample-quality is best, medium or fast, not good"})
    void misuseIsSaid(String line, int exitCode, String message) throws IOException {
        Path notes = Files.writeString(folder.resolve("notes.txt"), "These are no samples.");
        Object[] arguments = line.replace("NOTES", notes.toString()).replace("TONE", tone.toString()).split(" ");
        Cli.Result result = run(arguments);
        assertThat(result.output()).contains(message);
        assertThat(result.exitCode()).isEqualTo(exitCode);
    }
}
