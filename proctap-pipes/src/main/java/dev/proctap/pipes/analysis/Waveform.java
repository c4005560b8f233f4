package dev.proctap.pipes.analysis;

import dev.proctap.pipes.filter.AudioFilter;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * How loud it was when, as a picture: the highest and lowest sample and the root mean square of all channels over time. Takes
 * any time in the same memory: when there is no room for more, two neighbours become one.
 */
public final class Waveform implements AudioFilter {

    private static final int MOST_COLUMNS = 4 * 1024;
    private static final int FIRST_FRAMES = 64;
    private static final Color PEAKS = new Color(0x7fa8d8);
    private static final Color RMS = new Color(0x1f4e8c);

    private final int sampleRateHz;
    private final int channels;
    private final float[] lowest = new float[MOST_COLUMNS];
    private final float[] highest = new float[MOST_COLUMNS];
    private final double[] squares = new double[MOST_COLUMNS];
    private int count;
    private int columnFrames = FIRST_FRAMES;
    private int framesInColumn;
    private long frames;

    public Waveform(int sampleRateHz, int channels) {
        this.sampleRateHz = sampleRateHz;
        this.channels = channels;
    }

    @Override
    public void process(float[] samples, int n) {
        for (int frame = 0; frame < n; frame++) {
            if (framesInColumn == 0 && count == MOST_COLUMNS) {
                halve();
            }
            int column = framesInColumn == 0 ? count++ : count - 1;
            for (int channel = 0; channel < channels; channel++) {
                float sample = samples[frame * channels + channel];
                lowest[column] = Math.min(lowest[column], sample);
                highest[column] = Math.max(highest[column], sample);
                squares[column] += (double) sample * sample;
            }
            framesInColumn++;
            if (framesInColumn == columnFrames) {
                framesInColumn = 0;
            }
        }
        frames += n;
    }

    private void halve() {
        for (int i = 0; i < MOST_COLUMNS / 2; i++) {
            lowest[i] = Math.min(lowest[2 * i], lowest[2 * i + 1]);
            highest[i] = Math.max(highest[2 * i], highest[2 * i + 1]);
            squares[i] = squares[2 * i] + squares[2 * i + 1];
        }
        count = MOST_COLUMNS / 2;
        Arrays.fill(lowest, count, MOST_COLUMNS, 0);
        Arrays.fill(highest, count, MOST_COLUMNS, 0);
        Arrays.fill(squares, count, MOST_COLUMNS, 0);
        columnFrames *= 2;
    }

    /**
     * Draws it.
     *
     * @throws IOException
     *             if the file cannot be written
     */
    public void write(Path png, String title) throws IOException {
        Picture picture = new Picture(title);
        int width = Picture.columns();
        for (int x = 0; x < width && count > 0; x++) {
            int from = (int) ((long) x * count / width);
            int to = Math.max(from + 1, (int) ((long) (x + 1) * count / width));
            float low = 0;
            float high = 0;
            double square = 0;
            for (int column = from; column < to; column++) {
                low = Math.min(low, lowest[column]);
                high = Math.max(high, highest[column]);
                square += squares[column];
            }
            double rms = Math.sqrt(square / ((double) (to - from) * columnFrames * channels));
            picture.upright(x, place(low), place(high), PEAKS);
            picture.upright(x, place(-rms), place(rms), RMS);
        }
        picture.timeAxis((double) frames / sampleRateHz);
        for (double value = -1; value <= 1; value += 0.5) {
            picture.tick(place(value), String.format(Locale.ROOT, "%.1f", value));
        }
        picture.unit("amplitude");
        picture.write(png);
    }

    private static double place(double amplitude) {
        return (amplitude + 1) / 2;
    }

    @Override
    public void reset() {
        Arrays.fill(lowest, 0);
        Arrays.fill(highest, 0);
        Arrays.fill(squares, 0);
        count = 0;
        columnFrames = FIRST_FRAMES;
        framesInColumn = 0;
        frames = 0;
    }
}
