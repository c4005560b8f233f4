package dev.proctap.pcm;

/**
 * The inner loops of {@link Resampler}: sums of factors and input for samples that stand side by side. Rows of factors come in
 * pairs: the two products of a pair are made and added in float32, the pairs in float64, in order.
 *
 * <p>C2 turns them into vector instructions. The loops may not be much larger to be vectorised (LoopUnrollLimit). Sums are of
 * another type than what is read: the JVM then knows that writing does not change what it has yet to read. See docs/pcm.md.
 */
final class FilterLoops {

    /** Rows come in multiples of this. */
    static final int ROWS = 2;

    private FilterLoops() {}

    /**
     * Adds {@code factors[factorsAt + k * rowLength + i] * x[xAt + k * channels + i]} to {@code sums[at + i]}, for {@code k}
     * below {@code rows} and {@code i} below {@code samples}.
     *
     * @param xNext
     *            the same as {@code x}, each frame one place earlier
     */
    static void addMoving(double[] sums, int at, int samples, float[] factors, int factorsAt, int rowLength, int rows,
            float[] x, float[] xNext, int xAt, int channels) {
        int a = factorsAt;
        int p = xAt;
        for (int k = 0; k < rows; k += ROWS) {
            addMoving(sums, at, samples, factors, a, a + rowLength, x, xNext, p);
            a += ROWS * rowLength;
            p += ROWS * channels;
        }
    }

    private static void addMoving(double[] sums, int at, int samples, float[] factors, int a, int b, float[] x,
            float[] xNext, int p) {
        for (int i = 0; i < samples; i++) {
            sums[at + i] += factors[a + i] * x[p + i] + factors[b + i] * xNext[p + i];
        }
    }

    /**
     * The same where all samples have the same factors, and each factor two inputs on both sides of the middle: adds
     * {@code factors[factorsAt + k] * (x[xAt + k * channels + i] + y[yAt - k * channels + i])}.
     *
     * @param yNext
     *            the same as {@code y}, each frame one place earlier
     */
    static void addFolded(double[] sums, int at, int samples, float[] factors, int factorsAt, int rows, float[] x,
            float[] xNext, int xAt, float[] y, float[] yNext, int yAt, int channels) {
        int p = xAt;
        int q = yAt - channels;
        for (int k = 0; k < rows; k += ROWS) {
            addFolded(sums, at, samples, factors[factorsAt + k], factors[factorsAt + k + 1], x, xNext, p, yNext, y, q);
            p += ROWS * channels;
            q -= ROWS * channels;
        }
    }

    private static void addFolded(double[] sums, int at, int samples, float a, float b, float[] x, float[] xNext, int p,
            float[] y, float[] yBefore, int q) {
        for (int i = 0; i < samples; i++) {
            sums[at + i] += a * (x[p + i] + y[q + i]) + b * (xNext[p + i] + yBefore[q + i]);
        }
    }

    /**
     * The same where all samples, of one of the channels, need the same input: adds
     * {@code factors[factorsAt + k * rowLength + i] * x[xAt + k * channels]} to {@code sums[i]}.
     */
    static void addStanding(double[] sums, int samples, float[] factors, int factorsAt, int rowLength, int rows,
            float[] x, int xAt, int channels) {
        int a = factorsAt;
        int p = xAt;
        for (int k = 0; k < rows; k += ROWS) {
            addStanding(sums, samples, factors, a, a + rowLength, x[p], x[p + channels]);
            a += ROWS * rowLength;
            p += ROWS * channels;
        }
    }

    private static void addStanding(double[] sums, int samples, float[] factors, int a, int b, float x, float xNext) {
        for (int i = 0; i < samples; i++) {
            sums[i] += factors[a + i] * x + factors[b + i] * xNext;
        }
    }
}
