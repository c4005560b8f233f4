package dev.proctap.pcm;

import org.jspecify.annotations.Nullable;

/**
 * The inner loops of {@link Resampler}: sums of factors and input for frames that stand side by side. Rows come in pairs:
 * the two products of a pair are made and added in float32, the pairs in float64, in order. All forms do just that, so that it
 * makes no difference to the result which is used, and for how many frames at once.
 *
 * <p>C2 turns them into vector instructions. Two rows at once, because the loops may not be much larger to be vectorised
 * (LoopUnrollLimit), and sums are read and written half as often. Sums are of another type than what is read: the JVM then
 * knows that writing does not change what it has yet to read. See docs/pcm.md.
 */
final class FilterLoops {

    /** How much faster a loop is that is vectorised. */
    private static final int VECTOR_GAIN = 6;

    private FilterLoops() {}

    /**
     * Adds {@code factors[firstRow + k][i] * x[at + k + i]} to {@code sum[i]}, for {@code k} below {@code rows}, an even number,
     * and {@code i} from {@code from} to {@code to} and perhaps before, where sums are no longer wanted; and the same of
     * {@code y} to {@code sumOfOther}.
     *
     * @param sumOfOther
     *            null where there is no second channel
     * @param xNext
     *            the same as {@code x}, each element one place earlier
     */
    static void addMoving(double[] sum, double @Nullable [] sumOfOther, float[][] factors, int firstRow, int rows,
            float[] x, float[] xNext, float[] y, float[] yNext, int at, int from, int to) {
        // a loop that does not begin at 0 is not vectorised: it is faster to compute some frames again
        boolean whole = (to - from) * VECTOR_GAIN > to;
        for (int k = 0; k < rows; k += 2) {
            float[] a = factors[firstRow + k];
            float[] b = factors[firstRow + k + 1];
            if (!whole) {
                addSome(sum, a, b, x, xNext, at + k, from, to);
                if (sumOfOther != null) {
                    addSome(sumOfOther, a, b, y, yNext, at + k, from, to);
                }
            } else if (sumOfOther != null) {
                addPair(sum, sumOfOther, a, b, x, xNext, y, yNext, at + k, to);
            } else {
                addOne(sum, a, b, x, xNext, at + k, to);
            }
        }
    }

    /** The same where all frames need the same input: {@code factors[firstRow + k][i] * x[at + k]}. */
    static void addStanding(double[] sum, float[][] factors, int firstRow, int rows, float[] x, int at, int from,
            int to) {
        for (int k = 0; k < rows; k += 2) {
            addScaled(sum, factors[firstRow + k], factors[firstRow + k + 1], x[at + k], x[at + k + 1], from, to);
        }
    }

    private static void addPair(double[] sum, double[] sumOfOther, float[] a, float[] b, float[] x, float[] xNext,
            float[] y, float[] yNext, int at, int frames) {
        for (int i = 0; i < frames; i++) {
            sum[i] += a[i] * x[at + i] + b[i] * xNext[at + i];
            sumOfOther[i] += a[i] * y[at + i] + b[i] * yNext[at + i];
        }
    }

    private static void addOne(double[] sum, float[] a, float[] b, float[] x, float[] xNext, int at, int frames) {
        for (int i = 0; i < frames; i++) {
            sum[i] += a[i] * x[at + i] + b[i] * xNext[at + i];
        }
    }

    private static void addSome(double[] sum, float[] a, float[] b, float[] x, float[] xNext, int at, int from,
            int to) {
        for (int i = from; i < to; i++) {
            sum[i] += a[i] * x[at + i] + b[i] * xNext[at + i];
        }
    }

    private static void addScaled(double[] sum, float[] a, float[] b, float x, float xNext, int from, int to) {
        for (int i = from; i < to; i++) {
            sum[i] += a[i] * x + b[i] * xNext;
        }
    }
}
