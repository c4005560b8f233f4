package dev.proctap.pipes.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was played stands where it should in the pictures. */
class PicturesTest {

    private static final int RATE_HZ = 48_000;

    @TempDir
    private Path folder;

    private static int brightness(int rgb) {
        return (rgb >> 16 & 0xff) + (rgb >> 8 & 0xff) + (rgb & 0xff);
    }

    /** The row in which a column is brightest, from 0 at the top to 1 at the bottom of the picture. */
    private static double brightest(BufferedImage image, double place) {
        int left = 76;
        int x = left + (int) (place * Picture.columns());
        int best = 40;
        for (int y = 40; y < 40 + Picture.rows(); y++) {
            if (brightness(image.getRGB(x, y)) > brightness(image.getRGB(x, best))) {
                best = y;
            }
        }
        return (best - 40.0) / Picture.rows();
    }

    @Test
    void aSpectrogramShowsATonesFrequencyAndTime() throws IOException {
        Spectrum spectrum = new Spectrum(RATE_HZ, 1, 2048, Window.HANN, 0.5, 0);
        Spectrogram spectrogram = new Spectrogram(RATE_HZ, spectrum);
        float[] block = new float[RATE_HZ];
        // long enough that neighbours are put together
        for (int second = 0; second < 60; second++) {
            double hz = second < 30 ? 200 : 5000;
            for (int i = 0; i < block.length; i++) {
                block[i] = (float) (0.5 * Math.sin(2 * Math.PI * hz * i / RATE_HZ));
            }
            spectrum.process(block, block.length, spectrogram);
        }
        Path png = folder.resolve("spectrogram.png");
        spectrogram.write(png, "two tones");
        BufferedImage image = ImageIO.read(png.toFile());
        double range = Math.log(RATE_HZ / 2.0 / 20);
        assertThat(brightest(image, 0.25)).isCloseTo(1 - Math.log(200 / 20.0) / range,
                org.assertj.core.api.Assertions.within(0.03));
        assertThat(brightest(image, 0.75)).isCloseTo(1 - Math.log(5000 / 20.0) / range,
                org.assertj.core.api.Assertions.within(0.03));
    }

    @Test
    void aWaveformShowsHowLoudItWas() throws IOException {
        Waveform waveform = new Waveform(RATE_HZ, 1);
        float[] block = new float[RATE_HZ];
        for (int second = 0; second < 20; second++) {
            for (int i = 0; i < block.length; i++) {
                block[i] = (float) ((second < 10 ? 0.2 : 0.8) * Math.sin(0.1 * i));
            }
            waveform.process(block, block.length);
        }
        Path png = folder.resolve("waveform.png");
        waveform.write(png, "soft and loud");
        BufferedImage image = ImageIO.read(png.toFile());
        assertThat(coloured(image, 0.25)).isCloseTo(0.2, org.assertj.core.api.Assertions.within(0.02));
        assertThat(coloured(image, 0.75)).isCloseTo(0.8, org.assertj.core.api.Assertions.within(0.02));
    }

    /** The part of a column that is not white. */
    private static double coloured(BufferedImage image, double place) {
        int x = 76 + (int) (place * Picture.columns());
        int count = 0;
        for (int y = 40; y < 40 + Picture.rows(); y++) {
            count += brightness(image.getRGB(x, y)) < 3 * 255 ? 1 : 0;
        }
        return (double) count / Picture.rows();
    }

    @Test
    void picturesOfNothingAreWrittenToo() throws IOException {
        new Waveform(RATE_HZ, 2).write(folder.resolve("w.png"), "nothing");
        new Spectrogram(RATE_HZ, new Spectrum(RATE_HZ, 2, 512, Window.HANN, 0.5, 0)).write(folder.resolve("s.png"),
                "nothing");
        assertThat(folder.resolve("w.png")).isNotEmptyFile();
        assertThat(folder.resolve("s.png")).isNotEmptyFile();
    }
}
