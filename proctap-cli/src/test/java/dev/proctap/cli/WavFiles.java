package dev.proctap.cli;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;

/** WAV files that the command wrote. */
final class WavFiles {

    private WavFiles() {}

    /** Reads a WAV of any of our formats with the JDK's own reader. */
    static Recording read(Path file) {
        try (AudioInputStream stream = AudioSystem.getAudioInputStream(file.toFile())) {
            ByteBuffer bytes = ByteBuffer.wrap(stream.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            Recording recording = new Recording();
            switch (stream.getFormat().getSampleSizeInBits()) {
                case 32 -> recording.addFloats(bytes);
                case 16 -> recording.addShorts(bytes);
                default -> {
                    ByteBuffer floats = ByteBuffer.allocate(bytes.remaining() / 3 * 4);
                    while (bytes.hasRemaining()) {
                        int low = bytes.get() & 0xff;
                        int middle = bytes.get() & 0xff;
                        floats.putFloat((bytes.get() << 16 | middle << 8 | low) / 8388608f);
                    }
                    recording.addFloats(floats.flip());
                }
            }
            return recording;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (UnsupportedAudioFileException e) {
            throw new AssertionError(file + " is no audio file", e);
        }
    }

    /** Returns when a file that a program writes is larger than this. */
    static void awaitSize(Path file, long bytes, Program recorder) {
        Await.until(() -> file + " does not grow: " + recorder.output(), Duration.ofSeconds(20), () -> {
            try {
                return Files.exists(file) && Files.size(file) > bytes;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
