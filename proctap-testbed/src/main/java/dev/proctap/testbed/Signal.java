package dev.proctap.testbed;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** A known 16-bit stereo signal at 48 kHz, as samples and as the WAV file that a program plays. */
@FunctionalInterface
public interface Signal {

    int SAMPLE_RATE_HZ = 48_000;
    int CHANNELS = 2;

    /** The sample of {@code channel} in {@code frame}. */
    short sample(long frame, int channel);

    /**
     * A sine of {@code amplitude} (1 is full scale) with triangular dither of two steps' width, different on each channel:
     * rounding it to 16 bits then adds noise and no other tones, and no stretch of it is like another.
     */
    static Signal sine(double frequencyHz, double amplitude, long seed) {
        Signal first = noise(seed);
        Signal second = noise(~seed);
        return (frame, channel) -> {
            double dither = (first.sample(frame, channel) + second.sample(frame, channel) + 1) / 65536.0;
            return (short) Math.round(
                    amplitude * 32767 * Math.sin(2 * Math.PI * frequencyHz * frame / SAMPLE_RATE_HZ) + dither);
        };
    }

    /** White noise over the full range; each sample is a function of the seed, its frame and its channel alone. */
    static Signal noise(long seed) {
        return (frame, channel) -> {
            // the mixing function of SplitMix64: any frame can be asked for without the ones before
            long z = seed + (2 * frame + channel) * 0x9E3779B97F4A7C15L;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            return (short) ((z ^ (z >>> 31)) >>> 48);
        };
    }

    /** Silence with one full-scale click of 16 frames every {@code periodFrames}. */
    static Signal clicks(int periodFrames) {
        return (frame, channel) -> frame % periodFrames < 16 ? Short.MAX_VALUE : 0;
    }

    /** Writes {@code frames} frames as a WAV file. */
    default Path write(Path file, long frames) {
        long dataBytes = frames * 2 * CHANNELS;
        if (dataBytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(frames + " frames do not fit a plain WAV file");
        }
        ByteBuffer header = ByteBuffer.allocate(44).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(0x46464952).putInt((int) dataBytes + 36).putInt(0x45564157); // RIFF, WAVE
        header.putInt(0x20746d66).putInt(16).putShort((short) 1).putShort((short) CHANNELS); // fmt, integer PCM
        header.putInt(SAMPLE_RATE_HZ).putInt(SAMPLE_RATE_HZ * 2 * CHANNELS).putShort((short) (2 * CHANNELS));
        header.putShort((short) 16).putInt(0x61746164).putInt((int) dataBytes); // data
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            out.write(header.array());
            for (long frame = 0; frame < frames; frame++) {
                for (int channel = 0; channel < CHANNELS; channel++) {
                    short sample = sample(frame, channel);
                    out.write(sample);
                    out.write(sample >> 8);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }
}
