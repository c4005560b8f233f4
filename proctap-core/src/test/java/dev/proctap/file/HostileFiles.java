package dev.proctap.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.testbed.Program;

/** Audio files as nobody should write them: real ones, damaged. */
final class HostileFiles {

    /** Small files of every kind, as they should be. */
    static final List<byte[]> HEADS = List
            .of("RIFF\0\0\0\0WAVEfmt \20\0\0\0\1\0\1\0\200\273\0\0\0\167\1\0\2\0\20\0data",
                    "RF64\377\377\377\377WAVEds64\34\0\0\0aaaaaaaabbbbbbbbccccccccddddfmt \20\0\0\0\1\0\1\0\200\273\0\0\0"
                            + "\167\1\0\2\0\20\0data\377\377\377\377",
                    "FORM\0\0\0\0AIFFCOMM\0\0\0\22\0\1\0\0\0\0\0\20\100\16\273\200\0\0\0\0\0\0SSND\0\0\0\0\0\0\0\0\0\0"
                            + "\0\0")
            .stream().map(text -> text.getBytes(StandardCharsets.ISO_8859_1)).toList();
    private static final int[] SIZES = {0, 1, 2, 7, 16, 40, 0x7fffffff, 0x80000000, -1, -2, -8, 0x10000, 0x7ffffffe};
    private static final String[] IDS = {"RIFF", "RF64", "WAVE", "ds64", "fmt ", "data", "fact", "bext", "LIST", "JUNK",
            "FORM", "AIFF", "AIFC", "COMM", "SSND", "riff", "sowt", "fl32"};

    private HostileFiles() {}

    /** What our writer and ffmpeg make of a few frames, in every format and container. */
    static List<byte[]> written(Path folder) throws IOException {
        List<byte[]> files = new ArrayList<>(HEADS);
        Path file = folder.resolve("seed.wav");
        for (SampleFormat format : SampleFormat.values()) {
            PcmFormat pcm = new PcmFormat(48_000, format == SampleFormat.S16 ? 6 : 2, format);
            try (WavWriter writer = new WavWriter(file, pcm, new RecordingInfo("player", 1, Instant.EPOCH))) {
                writer.write(ByteBuffer.allocate(20 * pcm.frameBytes()));
            }
            files.add(Files.readAllBytes(file));
        }
        for (String container : List.of("w64", "aiff")) {
            Path made = folder.resolve("seed." + container);
            Program.run(Map.of(), "ffmpeg", "-loglevel", "error", "-i", file.toString(), "-t", "0.001", "-f", container,
                    made.toString());
            files.add(Files.readAllBytes(made));
        }
        return files;
    }

    /** A file with some damage: bytes, sizes and ids changed, pieces lost, doubled and moved. */
    static byte[] damaged(byte[] file, SplittableRandom random) {
        byte[] result = Arrays.copyOf(file, file.length + random.nextInt(64));
        for (int i = random.nextInt(6); i > 0; i--) {
            int at = random.nextInt(result.length);
            switch (random.nextInt(6)) {
                case 0 -> result[at] = (byte) random.nextInt();
                case 1 -> result[at] = (byte) (random.nextBoolean() ? 0xff : 0);
                case 2 -> result = Arrays.copyOf(result, Math.max(1, at));
                case 3 -> System.arraycopy(result, at, result, at / 2, result.length - at);
                case 4 -> put(result, at / 4 * 4, SIZES[random.nextInt(SIZES.length)]);
                default -> {
                    byte[] id = IDS[random.nextInt(IDS.length)].getBytes(StandardCharsets.US_ASCII);
                    System.arraycopy(id, 0, result, Math.min(at / 2 * 2, Math.max(0, result.length - 4)),
                            Math.min(4, result.length));
                }
            }
        }
        return result;
    }

    private static void put(byte[] target, int at, int value) {
        for (int i = 0; i < 4 && at + i < target.length; i++) {
            target[at + i] = (byte) (value >>> (8 * i));
        }
    }
}
