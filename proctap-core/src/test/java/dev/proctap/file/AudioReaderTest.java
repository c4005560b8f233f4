package dev.proctap.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AudioReaderTest {

    private static final int FRAMES = 5_000;
    private static final Signal SIGNAL = Signal.noise(1);

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path folder;

    /** The signal's samples in a format. */
    private static byte[] samples(PcmFormat format) {
        ByteBuffer shorts = ByteBuffer.allocate(FRAMES * 2 * format.channels()).order(ByteOrder.nativeOrder());
        for (int i = 0; i < FRAMES * format.channels(); i++) {
            shorts.putShort(SIGNAL.sample(i / 2, i % 2));
        }
        PcmFormat of = new PcmFormat(format.sampleRateHz(), format.layout(), SampleFormat.S16, ByteOrder.nativeOrder(),
                false);
        byte[] result = new byte[FRAMES * format.frameBytes()];
        new PcmConverter(of, format).convert(MemorySegment.ofArray(shorts.array()), 0, FRAMES,
                MemorySegment.ofArray(result), 0);
        return result;
    }

    private static byte[] readAll(AudioReader reader) throws IOException {
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        ByteBuffer block = ByteBuffer.allocate(1_000 * reader.format().frameBytes() + 3);
        while (reader.read(block.clear()) >= 0) {
            result.write(block.array(), 0, block.position());
        }
        return result.toByteArray();
    }

    static Stream<Arguments> formats() {
        return Stream.of(1, 2, 3, 4, 5, 6, 8).flatMap(channels -> Stream.of(SampleFormat.values())
                .map(format -> Arguments.of(new PcmFormat(44_100, channels, format))));
    }

    @ParameterizedTest
    @MethodSource("formats")
    void whatWasWrittenIsReadWhateverTheFormat(PcmFormat format) throws IOException {
        Path file = folder.resolve("file.wav");
        for (PcmFormat given : new PcmFormat[]{format, format.withByteOrder(ByteOrder.BIG_ENDIAN),
                format.withPlanar(true)}) {
            try (WavWriter writer = new WavWriter(file, given)) {
                writer.write(ByteBuffer.wrap(samples(given)));
            }
            try (AudioReader reader = AudioReader.open(file)) {
                assertThat(reader.frames()).isEqualTo(FRAMES);
                assertThat(reader.format().layout()).isEqualTo(format.layout());
                assertThat(reader.format().sampleRateHz()).isEqualTo(44_100);
                assertThat(readAll(reader)).isEqualTo(samples(reader.format()));
            }
        }
    }

    private Path stereo(SampleFormat format) throws IOException {
        PcmFormat of = PcmFormat.STANDARD.withSampleFormat(format).withByteOrder(ByteOrder.LITTLE_ENDIAN);
        Path file = folder.resolve("stereo.wav");
        try (WavWriter writer = new WavWriter(file, of)) {
            writer.write(ByteBuffer.wrap(samples(of)));
        }
        return file;
    }

    @ParameterizedTest
    @CsvSource({"pcm_u8, wav, U8", "pcm_s16le, wav, S16", "pcm_s24le, wav, S24", "pcm_s32le, wav, S32",
            "pcm_f32le, wav, F32", "pcm_f64le, wav, F64", "pcm_s16le, w64, S16", "pcm_f32le, w64, F32",
            "pcm_s16be, aiff, S16", "pcm_s24be, aiff, S24", "pcm_s16le, aiff, S16", "pcm_f32be, aiff, F32",
            "pcm_s8, aiff, U8"})
    void whatFfmpegWroteIntoAFileOrAPipeIsRead(String codec, String container, SampleFormat format)
            throws IOException {
        Path source = stereo(SampleFormat.S16);
        Path file = folder.resolve("ffmpeg." + container);
        Program.run(Map.of(), "ffmpeg", "-loglevel", "error", "-i", source.toString(), "-c:a", codec, "-f", container,
                file.toString());
        byte[] expected;
        try (AudioReader reader = AudioReader.open(file)) {
            assertThat(reader.format().sampleFormat()).isEqualTo(format);
            assertThat(reader.frames()).isEqualTo(FRAMES);
            expected = samples(reader.format());
            byte[] read = readAll(reader);
            assertThat(read).hasSameSizeAs(expected);
            if (format != SampleFormat.U8) {
                assertThat(read).isEqualTo(expected);
            }
        }
        Path piped = folder.resolve("piped");
        Program.run(Map.of(), "sh", "-c", "ffmpeg -loglevel error -i " + source + " -c:a " + codec + " -f " + container
                + " pipe:1 | cat > " + piped);
        if (!container.equals("aiff") || Files.size(piped) > 0) {
            try (InputStream in = Files.newInputStream(piped);
                    AudioReader reader = AudioReader.open(in, "a pipe")) {
                assertThat(readAll(reader)).hasSameSizeAs(expected);
            }
        }
    }

    @Test
    void aFileThatWasCutOffIsReadUpToItsEnd() throws IOException {
        byte[] whole = Files.readAllBytes(stereo(SampleFormat.S16));
        byte[] cut = Arrays.copyOf(whole, whole.length - 4 * 1_000 - 3);
        try (AudioReader reader = AudioReader.open(new ByteArrayInputStream(cut), "cut")) {
            assertThat(readAll(reader)).hasSize(4 * (FRAMES - 1_001));
        }
    }

    @Test
    void chunksOfOthersAreSkipped() throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write("RIFF\0\0\0\0WAVE".getBytes(StandardCharsets.ISO_8859_1));
        file.write("LIST\5\0\0\0abcde\0".getBytes(StandardCharsets.ISO_8859_1));
        file.write("fmt \20\0\0\0\1\0\1\0\200\273\0\0\0\167\1\0\2\0\20\0".getBytes(StandardCharsets.ISO_8859_1));
        file.write("odd \1\0\0\0x\0data\4\0\0\0abcdJUNK".getBytes(StandardCharsets.ISO_8859_1));
        try (AudioReader reader = AudioReader.open(new ByteArrayInputStream(file.toByteArray()), "odd")) {
            assertThat(reader.format()).isEqualTo(
                    new PcmFormat(48_000, ChannelLayout.MONO, SampleFormat.S16, ByteOrder.LITTLE_ENDIAN, false));
            assertThat(readAll(reader)).isEqualTo("abcd".getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    @Test
    void whatIsNoAudioIsSaid() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "Hello, this is a text.");
        assertThatThrownBy(() -> AudioReader.open(text)).isInstanceOf(AudioFormatException.class)
                .hasMessageContaining("notes.txt cannot be read: it is not WAV").hasMessageContaining("\"Hell\"");
        Path empty = Files.createFile(folder.resolve("empty.wav"));
        assertThatThrownBy(() -> AudioReader.open(empty)).isInstanceOf(AudioFormatException.class)
                .hasMessageContaining("ends before its first sample");
        Path law = folder.resolve("law.wav");
        Program.run(Map.of(), "ffmpeg", "-loglevel", "error", "-i", stereo(SampleFormat.S16).toString(), "-c:a",
                "pcm_mulaw", law.toString());
        assertThatThrownBy(() -> AudioReader.open(law)).hasMessageContaining("compressed (mu-law)");
    }

    /** Files that begin like real ones, with bytes changed, put in or left out anywhere in their headers. */
    @Provide
    Arbitrary<byte[]> hostile() {
        return Combinators.combine(Arbitraries.of(HostileFiles.HEADS), Arbitraries.longs())
                .as((bytes, seed) -> HostileFiles.damaged(bytes, new SplittableRandom(seed)));
    }

    @Property(tries = 20_000)
    void hostileFilesHaveAnAnswer(@ForAll("hostile") byte[] bytes) {
        try (AudioReader reader = AudioReader.open(new ByteArrayInputStream(bytes), "hostile")) {
            assertThat(readAll(reader).length).isLessThanOrEqualTo(bytes.length);
        } catch (AudioFormatException e) {
            assertThat(e).hasMessageStartingWith("hostile cannot be read: ");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7})
    void aStreamOfChunksWithoutEndIsLeft(int size) {
        byte[] chunk = ByteBuffer.allocate(8 + size + size % 2).order(ByteOrder.LITTLE_ENDIAN)
                .put("junk".getBytes(StandardCharsets.US_ASCII)).putInt(size).array();
        byte[] head = "RIFF\0\0\0\0WAVE".getBytes(StandardCharsets.ISO_8859_1);
        ByteArrayOutputStream many = new ByteArrayOutputStream();
        many.writeBytes(head);
        for (int i = 0; i < 20_000; i++) {
            many.writeBytes(chunk);
        }
        InputStream endless = new ByteArrayInputStream(many.toByteArray());
        assertThatThrownBy(() -> AudioReader.open(endless, "endless")).hasMessageContaining("more than 10000 chunks");
    }
}
