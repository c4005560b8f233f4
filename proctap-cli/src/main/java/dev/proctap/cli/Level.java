package dev.proctap.cli;

import dev.proctap.AudioChunk;
import dev.proctap.pcm.SampleFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Peak levels. */
final class Level {

    private Level() {}

    /** The largest magnitude in a chunk; 1 is full scale. */
    static double peak(AudioChunk chunk) {
        ByteBuffer bytes = chunk.bytes();
        SampleFormat format = chunk.format().sampleFormat();
        double peak = 0;
        while (bytes.hasRemaining()) {
            double value = switch (format) {
                case F32 -> bytes.getFloat();
                case S16 -> bytes.getShort() / 32768.0;
                case S24 -> int24(bytes) / 8388608.0;
            };
            peak = Math.max(peak, Math.abs(value));
        }
        return peak;
    }

    private static int int24(ByteBuffer bytes) {
        int first = bytes.get() & 0xff;
        int middle = bytes.get() & 0xff;
        int last = bytes.get() & 0xff;
        boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        int high = little ? last : first;
        int low = little ? first : last;
        return (byte) high << 16 | middle << 8 | low;
    }

    /** Decibels relative to full scale; minus infinity for silence. */
    static double dbfs(double amplitude) {
        return 20 * Math.log10(amplitude);
    }
}
