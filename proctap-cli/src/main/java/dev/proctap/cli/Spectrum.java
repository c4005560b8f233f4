package dev.proctap.cli;

import org.jtransforms.fft.DoubleFFT_1D;

/** Levels of tones, and amplitude spectra, of one channel of audio. */
final class Spectrum {

    /** Blackman-Harris, 4 terms: side lobes below -92 dB (F. J. Harris, Proc. IEEE 66, 1978). */
    private static final double[] WINDOW = {0.35875, 0.48829, 0.14128, 0.01168};

    private Spectrum() {}

    private static double window(int i, int length) {
        double phase = 2 * Math.PI * i / (length - 1);
        return WINDOW[0] - WINDOW[1] * Math.cos(phase) + WINDOW[2] * Math.cos(2 * phase)
                - WINDOW[3] * Math.cos(3 * phase);
    }

    /** The amplitude of a tone of known frequency in dB relative to full scale. */
    static double toneDbfs(float[] samples, double frequencyHz, double sampleRateHz) {
        double real = 0;
        double imaginary = 0;
        double sum = 0;
        for (int i = 0; i < samples.length; i++) {
            double w = window(i, samples.length);
            double angle = 2 * Math.PI * frequencyHz * i / sampleRateHz;
            real += w * samples[i] * Math.cos(angle);
            imaginary -= w * samples[i] * Math.sin(angle);
            sum += w;
        }
        return Level.dbfs(2 * Math.hypot(real, imaginary) / sum);
    }

    /** The spectrum in dB relative to full scale, averaged over half-overlapping blocks of {@code length} samples. */
    static double[] dbfs(float[] samples, int length) {
        double[] power = new double[length / 2];
        DoubleFFT_1D fft = new DoubleFFT_1D(length);
        double sum = 0;
        for (int i = 0; i < length; i++) {
            sum += window(i, length);
        }
        int blocks = 0;
        double[] block = new double[length];
        for (int start = 0; start + length <= samples.length; start += length / 2) {
            for (int i = 0; i < length; i++) {
                block[i] = samples[start + i] * window(i, length);
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
