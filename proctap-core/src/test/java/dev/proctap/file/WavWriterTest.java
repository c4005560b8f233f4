package dev.proctap.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.testbed.Program;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A WAV file is playable at every moment, by players that are not ours. */
class WavWriterTest {

    @TempDir
    Path folder;

    private static byte[] samples(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (i * 31);
        }
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({"F32,1", "F32,2", "F32,6", "S16,1", "S16,2", "S16,8", "S24,1", "S24,2", "S24,6"})
    void theJdkReadsWhatWasWritten(SampleFormat sampleFormat, int channels)
            throws IOException, UnsupportedAudioFileException {
        PcmFormat format = new PcmFormat(44_100, channels, sampleFormat);
        Path file = folder.resolve("x.wav");
        int frames = 1001;
        byte[] samples = samples(frames * format.frameBytes());
        try (WavWriter writer = new WavWriter(file, format)) {
            writer.write(ByteBuffer.wrap(samples, 0, format.frameBytes() * 13));
            writer.write(ByteBuffer.wrap(samples).position(format.frameBytes() * 13));
        }
        assertThat(Files.size(file) % 2).as("chunks have an even length").isZero();
        try (AudioInputStream stream = AudioSystem.getAudioInputStream(file.toFile())) {
            AudioFormat read = stream.getFormat();
            assertThat(read.getChannels()).isEqualTo(channels);
            assertThat(read.getSampleRate()).isEqualTo(44_100f);
            assertThat(read.getSampleSizeInBits()).isEqualTo(sampleFormat.bits());
            assertThat(read.getEncoding()).isEqualTo(sampleFormat == SampleFormat.F32
                    ? AudioFormat.Encoding.PCM_FLOAT
                    : AudioFormat.Encoding.PCM_SIGNED);
            assertThat(stream.getFrameLength()).isEqualTo(frames);
            assertThat(stream.readAllBytes()).isEqualTo(samples);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,3", "2,2", "2,16", "6,3", "1,64"})
    void tracksLieSideBySideInOneFile(int channels, int tracks) throws IOException {
        PcmFormat format = new PcmFormat(48_000, ChannelLayout.of(channels).withTracks(tracks), SampleFormat.F32,
                ByteOrder.LITTLE_ENDIAN, false);
        Path file = folder.resolve("tracks.wav");
        byte[] samples = samples(100 * format.frameBytes());
        try (WavWriter writer = new WavWriter(file, format)) {
            writer.write(ByteBuffer.wrap(samples));
        }
        try (AudioReader reader = AudioReader.open(file)) {
            assertThat(reader.format().channels()).isEqualTo(channels * tracks);
            assertThat(reader.frames()).isEqualTo(100);
            ByteBuffer read = ByteBuffer.allocate(samples.length);
            assertThat(reader.read(read)).isEqualTo(100);
            assertThat(read.array()).isEqualTo(samples);
        }
        assertThat(Program.run(Map.of(), "ffprobe", "-loglevel", "error", "-show_entries",
                "stream=channels,duration_ts", file.toString())).contains("channels=" + channels * tracks,
                        "duration_ts=100");
    }

    @Test
    void anEmptyRecordingIsAFileToo() throws IOException, UnsupportedAudioFileException {
        Path file = folder.resolve("empty.wav");
        new WavWriter(file, PcmFormat.STANDARD).close();
        try (AudioInputStream stream = AudioSystem.getAudioInputStream(file.toFile())) {
            assertThat(stream.getFrameLength()).isZero();
        }
    }

    @Test
    void theHeaderIsValidWhileItIsWritten() throws IOException, InterruptedException, UnsupportedAudioFileException {
        Path file = folder.resolve("x.wav");
        try (WavWriter writer = new WavWriter(file, PcmFormat.STANDARD)) {
            writer.write(ByteBuffer.wrap(samples(8 * 48_000)));
            // the sizes are renewed with the first write after a second
            Thread.sleep(1_050);
            writer.write(ByteBuffer.wrap(samples(8)));
            try (AudioInputStream stream = AudioSystem.getAudioInputStream(file.toFile())) {
                assertThat(stream.getFrameLength()).isEqualTo(48_001);
            }
        }
    }

    @Test
    void theFileTellsWhatItIsARecordingOf() throws IOException {
        Path file = folder.resolve("info.wav");
        Instant start = Instant.parse("2026-03-04T05:06:07.5Z");
        try (WavWriter writer = new WavWriter(file, PcmFormat.STANDARD,
                new RecordingInfo("firef\u00f6x", 4711, start))) {
            writer.write(ByteBuffer.wrap(samples(8_000)));
        }
        String probed = Program.run(Map.of(), "ffprobe", "-loglevel", "error", "-show_entries",
                "format_tags:stream=duration_ts", file.toString());
        assertThat(probed).contains("TAG:comment=firef\u00f6x (pid 4711)", "TAG:encoded_by=ProcTap",
                "TAG:creation_time=05:06:07",
                "TAG:time_reference=" + ((5 * 3600 + 6 * 60 + 7) * 48_000L + 24_000),
                "TAG:title=firef\u00f6x (pid 4711)", "TAG:date=2026-03-04T05:06:07.500Z", "duration_ts=1000");
        try (AudioReader reader = AudioReader.open(file)) {
            assertThat(reader.frames()).isEqualTo(1_000);
        }
    }

    @Test
    void past4GiBItIsRf64() throws IOException {
        Path file = folder.resolve("big.wav");
        long silence = (1L << 32) - (1 << 20);
        try (WavWriter writer = new WavWriter(file, PcmFormat.STANDARD)) {
            writer.writeSilence(silence / 8);
            writer.write(ByteBuffer.wrap(samples(8 * 200_000)));
        }
        ByteBuffer header = ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);
        try (var channel = Files.newByteChannel(file)) {
            channel.read(header);
        }
        byte[] id = new byte[4];
        header.get(0, id);
        assertThat(new String(id, java.nio.charset.StandardCharsets.US_ASCII)).isEqualTo("RF64");
        assertThat(header.getInt(4)).isEqualTo(-1);
        header.get(12, id);
        assertThat(new String(id, java.nio.charset.StandardCharsets.US_ASCII)).isEqualTo("ds64");
        assertThat(header.getLong(20)).isEqualTo(Files.size(file) - 8);
        assertThat(header.getLong(28)).isEqualTo(silence + 8L * 200_000);
        assertThat(header.getLong(36)).isEqualTo((silence + 8L * 200_000) / 8);
    }

    @Test
    void silenceIsZerosOfItsLength() throws IOException, UnsupportedAudioFileException {
        Path file = folder.resolve("silence.wav");
        byte[] some = samples(80);
        try (WavWriter writer = new WavWriter(file, PcmFormat.STANDARD)) {
            writer.write(ByteBuffer.wrap(some));
            writer.writeSilence(100_000);
            writer.write(ByteBuffer.wrap(some));
            writer.writeSilence(7);
        }
        try (AudioInputStream stream = AudioSystem.getAudioInputStream(file.toFile())) {
            assertThat(stream.getFrameLength()).isEqualTo(10 + 100_000 + 10 + 7);
            assertThat(stream.readNBytes(80)).isEqualTo(some);
            assertThat(stream.readNBytes(800_000)).containsOnly(0);
            assertThat(stream.readNBytes(80)).isEqualTo(some);
            assertThat(stream.readAllBytes()).hasSize(56).containsOnly(0);
        }
    }

    @Test
    void aFolderThatIsNotThereIsSaid() {
        assertThatThrownBy(() -> new WavWriter(folder.resolve("no/such.wav"), PcmFormat.STANDARD))
                .isInstanceOf(java.nio.file.NoSuchFileException.class);
    }
}
