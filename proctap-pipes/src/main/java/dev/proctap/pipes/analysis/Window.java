package dev.proctap.pipes.analysis;

/**
 * What samples are multiplied by before a Fourier transform: sums of cosines. A tone between two bins reads less than one on a
 * bin, by the scalloping loss.
 */
public enum Window {
    /** None: 3.92 dB of scalloping; tones leak far. */
    RECTANGULAR(3.93, 1),
    /** Hann: 1.42 dB of scalloping. */
    HANN(1.43, 0.5, 0.5),
    /** Hamming: 1.75 dB. */
    HAMMING(1.76, 0.54, 0.46),
    /** Blackman-Harris of four terms: 0.83 dB; leaks 92 dB less. */
    BLACKMAN_HARRIS(0.83, 0.35875, 0.48829, 0.14128, 0.01168),
    /** Flat top (D'Antona and Ferrero's of five terms): 0.01 dB; to read levels. */
    FLAT_TOP(0.02, 0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368);

    private final double scallopingDb;
    @SuppressWarnings("ImmutableEnumChecker") // and never changed
    private final double[] terms;

    Window(double scallopingDb, double... terms) {
        this.scallopingDb = scallopingDb;
        this.terms = terms;
    }

    /** The most that a tone may read below its level. */
    public double scallopingDb() {
        return scallopingDb;
    }

    /** The factors for so many samples, periodic. */
    public float[] factors(int length) {
        float[] result = new float[length];
        for (int i = 0; i < length; i++) {
            double sum = 0;
            for (int term = 0; term < terms.length; term++) {
                sum += (term % 2 == 0 ? 1 : -1) * terms[term] * Math.cos(2 * Math.PI * term * i / length);
            }
            result[i] = (float) sum;
        }
        return result;
    }
}
