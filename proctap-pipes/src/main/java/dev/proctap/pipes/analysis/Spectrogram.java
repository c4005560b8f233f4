package dev.proctap.pipes.analysis;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Which frequencies were heard when, as a picture: time to the right, frequency upwards on a logarithmic axis, level as colour.
 * Takes spectra for any time in the same memory: when there is no room for more, two neighbours become one.
 */
public final class Spectrogram implements Spectrum.BlockListener {

    private static final int MOST_COLUMNS = 2 * 1024;
    private static final double LOWEST_HZ = 20;
    private static final double FLOOR_DB = -120;
    /** Points of a colour map that is as bright as the level: dark blue, violet, red, yellow, white. */
    private static final int[] COLOURS = {0x000010, 0x1c0b4f, 0x5b1a8b, 0xa62f7a, 0xe0533f, 0xf9a01b, 0xfff28a,
            0xffffff};

    private final int sampleRateHz;
    private final int length;
    private final double hopSeconds;
    private final float[][] columns = new float[MOST_COLUMNS][];
    private final float[] sum;
    private int count;
    private int each = 1;
    private int inSum;

    /** One of blocks as {@code spectrum} makes them. */
    public Spectrogram(int sampleRateHz, Spectrum spectrum) {
        this.sampleRateHz = sampleRateHz;
        length = spectrum.length();
        hopSeconds = (double) spectrum.hopFrames() / sampleRateHz;
        sum = new float[length / 2 + 1];
    }

    @Override
    public void onBlock(float[] powers) {
        for (int bin = 0; bin < sum.length; bin++) {
            sum[bin] += powers[bin];
        }
        inSum++;
        if (inSum == each) {
            if (count == MOST_COLUMNS) {
                halve();
            }
            columns[count++] = mean();
        }
    }

    private float[] mean() {
        float[] column = sum.clone();
        for (int bin = 0; bin < column.length; bin++) {
            column[bin] /= inSum;
        }
        Arrays.fill(sum, 0);
        inSum = 0;
        return column;
    }

    private void halve() {
        for (int i = 0; i < MOST_COLUMNS / 2; i++) {
            float[] first = columns[2 * i];
            float[] second = columns[2 * i + 1];
            for (int bin = 0; bin < first.length; bin++) {
                first[bin] = (first[bin] + second[bin]) / 2;
            }
            columns[i] = first;
        }
        count = MOST_COLUMNS / 2;
        each *= 2;
    }

    /**
     * Draws it.
     *
     * @throws IOException
     *             if the file cannot be written
     */
    public void write(Path png, String title) throws IOException {
        Picture picture = new Picture(title);
        double highestHz = sampleRateHz / 2.0;
        int width = Picture.columns();
        int height = Picture.rows();
        for (int row = 0; row < height; row++) {
            double from = LOWEST_HZ * Math.pow(highestHz / LOWEST_HZ, (double) row / height);
            double to = LOWEST_HZ * Math.pow(highestHz / LOWEST_HZ, (row + 1.0) / height);
            for (int column = 0; column < width && count > 0; column++) {
                float[] powers = columns[(int) ((long) column * count / width)];
                double level = 10 * Math.log10(Math.max(1e-20, highest(powers, from, to)));
                picture.point(column, row, colour(1 - level / FLOOR_DB));
            }
        }
        picture.timeAxis(((double) count * each + inSum) * hopSeconds);
        for (int hz : new int[]{20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000}) {
            if (hz <= highestHz) {
                picture.tick(Math.log(hz / LOWEST_HZ) / Math.log(highestHz / LOWEST_HZ),
                        hz < 1000 ? Integer.toString(hz) : hz / 1000 + "k");
            }
        }
        picture.unit("Hz");
        picture.scale(Spectrogram::colour, FLOOR_DB, 0, 20, "dBFS");
        picture.write(png);
    }

    /** The highest bin of a row, or what lies between two where the row is narrower than a bin. */
    private double highest(float[] powers, double fromHz, double toHz) {
        double binHz = (double) sampleRateHz / length;
        int first = (int) Math.ceil(fromHz / binHz);
        int last = (int) Math.floor(toHz / binHz);
        if (first > last) {
            double place = Math.min((fromHz + toHz) / 2 / binHz, powers.length - 1.001);
            int bin = (int) place;
            return powers[bin] + (place - bin) * (powers[bin + 1] - powers[bin]);
        }
        float highest = 0;
        for (int bin = first; bin <= Math.min(last, powers.length - 1); bin++) {
            highest = Math.max(highest, powers[bin]);
        }
        return highest;
    }

    private static int colour(double level) {
        double place = Math.clamp(level, 0.0, 1.0) * (COLOURS.length - 1);
        int index = Math.min((int) place, COLOURS.length - 2);
        double part = place - index;
        int rgb = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int from = COLOURS[index] >> shift & 0xff;
            int to = COLOURS[index + 1] >> shift & 0xff;
            rgb |= (int) Math.round(from + part * (to - from)) << shift;
        }
        return rgb;
    }
}
