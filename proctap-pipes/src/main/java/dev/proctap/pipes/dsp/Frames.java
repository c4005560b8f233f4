package dev.proctap.pipes.dsp;

/** What filters do with each frame of interleaved samples. Two channels by themselves: a loop in a loop takes twice the time. */
public final class Frames {

    /** As many are taken at once. */
    public static final int BLOCK = 1024;

    private static final int MAGNITUDE = 0x7fff_ffff;
    private static final int INFINITE = 0x7f80_0000;

    private Frames() {}

    /** Makes zeros of what is no finite number: it would stay in filters for ever. */
    public static void makeFinite(float[] samples, int count) {
        int highest = 0;
        // of integers, whose maximum is a vector instruction
        for (int i = 0; i < count; i++) {
            highest = Math.max(highest, Float.floatToRawIntBits(samples[i]) & MAGNITUDE);
        }
        if (highest >= INFINITE) {
            for (int i = 0; i < count; i++) {
                samples[i] = Float.isFinite(samples[i]) ? samples[i] : 0;
            }
        }
    }

    /** The magnitude of the highest sample of each frame. */
    public static void peaks(float[] samples, int first, int frames, int channels, double[] peaks) {
        if (channels == 2) {
            for (int i = 0; i < frames; i++) {
                peaks[i] = Math.max(Math.abs(samples[2 * (first + i)]), Math.abs(samples[2 * (first + i) + 1]));
            }
            return;
        }
        for (int i = 0; i < frames; i++) {
            float level = 0;
            for (int at = (first + i) * channels; at < (first + i + 1) * channels; at++) {
                level = Math.max(level, Math.abs(samples[at]));
            }
            peaks[i] = level;
        }
    }

    /** Multiplies each frame by a gain of its own. */
    public static void multiply(float[] samples, int first, int frames, int channels, float[] gains) {
        if (channels == 2) {
            for (int i = 0; i < frames; i++) {
                samples[2 * (first + i)] *= gains[i];
                samples[2 * (first + i) + 1] *= gains[i];
            }
            return;
        }
        for (int i = 0; i < frames; i++) {
            for (int at = (first + i) * channels; at < (first + i + 1) * channels; at++) {
                samples[at] *= gains[i];
            }
        }
    }
}
