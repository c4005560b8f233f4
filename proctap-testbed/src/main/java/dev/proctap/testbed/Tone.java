package dev.proctap.testbed;

/**
 * A tone in a signal, found by a least-squares fit, and everything else.
 *
 * @param amplitude
 *            of the tone
 * @param rest
 *            amplitude of a sine with the power of all that is not the tone
 */
public record Tone(double amplitude, double rest) {

    /** Measures the tone of {@code frequencyHz} in the samples from one to another of a signal at {@code sampleRateHz}. */
    public static Tone fit(double[] signal, int from, int to, double frequencyHz, int sampleRateHz) {
        double ss = 0;
        double cc = 0;
        double sc = 0;
        double sx = 0;
        double cx = 0;
        for (int i = from; i < to; i++) {
            double angle = angle(frequencyHz, sampleRateHz, i);
            double s = Math.sin(angle);
            double c = Math.cos(angle);
            ss += s * s;
            cc += c * c;
            sc += s * c;
            sx += s * signal[i];
            cx += c * signal[i];
        }
        double determinant = ss * cc - sc * sc;
        double a = (sx * cc - cx * sc) / determinant;
        double b = (cx * ss - sx * sc) / determinant;
        double rest = 0;
        for (int i = from; i < to; i++) {
            double angle = angle(frequencyHz, sampleRateHz, i);
            double error = signal[i] - a * Math.sin(angle) - b * Math.cos(angle);
            rest += error * error;
        }
        return new Tone(Math.hypot(a, b), Math.sqrt(2 * rest / (to - from)));
    }

    /** The phase of a tone at a frame, in radians below a whole turn: the sine of a large number is not exact. */
    public static double angle(double frequencyHz, int sampleRateHz, long frame) {
        double turns = frequencyHz * frame / sampleRateHz;
        return 2 * Math.PI * (turns - Math.floor(turns));
    }
}
