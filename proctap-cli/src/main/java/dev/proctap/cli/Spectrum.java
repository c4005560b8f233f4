package dev.proctap.cli;

import dev.proctap.testbed.Recording;
import org.jtransforms.fft.DoubleFFT_1D;

/** Amplitude spectra of one channel of audio. */
final class Spectrum {

    private Spectrum() {}

    /** The spectrum in dB relative to full scale, averaged over half-overlapping blocks of {@code length} samples. */
    static double[] dbfs(float[] samples, int length) {
        double[] power = new double[length / 2];
        DoubleFFT_1D fft = new DoubleFFT_1D(length);
        double sum = 0;
        for (int i = 0; i < length; i++) {
            sum += Recording.blackmanHarris(i, length);
        }
        int blocks = 0;
        double[] block = new double[length];
        for (int start = 0; start + length <= samples.length; start += length / 2) {
            for (int i = 0; i < length; i++) {
                block[i] = samples[start + i] * Recording.blackmanHarris(i, length);
            }
            fft.realForward(block);
            for (int bin = 1; bin < power.length; bin++) {
                double amplitude = 2 * Math.hypot(block[2 * bin], block[2 * bin + 1]) / sum;
                power[bin] += amplitude * amplitude;
            }
            blocks++;
        }
        double[] result = new double[power.length];
        for (int bin = 0; bin < power.length; bin++) {
            result[bin] = 10 * Math.log10(power[bin] / Math.max(1, blocks) + 1e-20);
        }
        return result;
    }
}
