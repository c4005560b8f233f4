package dev.proctap.pcm;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * Changes the sample rate of a stream by a polyphase filter ({@link ResampleFilter}) of linear phase. Frame 0 of the output is
 * of the same moment as frame 0 of the input; before and after the stream there is silence. The output is the same bit for
 * bit however the stream is cut into blocks. Samples that are no finite number count as 0. Allocates nothing after it was
 * made; not thread-safe.
 *
 * <p>How it is made fast: an output frame is a sum of input frames with factors that depend on where it lies between two of
 * them, and those places come again after a period. The frames of a piece of that period are computed side by side, one
 * factor of each after the other: frame i of the piece needs input frame {@code start + advance * i + k} for its factor k,
 * where {@code advance} is the nearest integer to the ratio of the rates. So all of them read consecutive elements of
 * arrays, which the JVM turns into vector instructions. Where the ratio is no integer the frames drift against the input;
 * then a frame's factors begin a few places later than those of the first, with zeros before.
 */
final class Resampler {

    /** Frames that are computed side by side: more are faster, and drift further. */
    private static final int LANES = 160;
    private static final int FEW_LANES = 32;
    /** Above so many factors each, fewer frames side by side are enough. */
    private static final int MANY_FACTORS = 1024;
    private static final int INPUT_FRAMES = 1024;
    /** How much faster a loop is that is vectorised. */
    private static final int VECTOR_GAIN = 6;

    private final int channels;
    /** So many input frames take as long as so many output frames, the least numbers for which that holds. */
    private final long inPeriod;
    private final long outPeriod;
    private final int reach;
    private final int advance;
    private final Piece[] pieces;
    private final long piecesInFrames;

    /** The input that is still needed, by channel: one array to each of {@code streams} frames. */
    private final int streams;
    private final float[][][] history;
    /** The same, each element one place earlier: a loop that reads two neighbours of one array is not vectorised. */
    private final float[][][] historyNext;
    /** How many places of a history are used at most. */
    private final int capacity;
    /** The input frame that stands first in the history. */
    private long origin;

    private final double[][] sums;
    private long framesIn;
    private long framesOut;
    private long endOfInput;
    /** The piece being computed, the input frame at which its period begins, and how many of its frames went out. */
    private int piece;
    private long periodStart;
    private int pieceDone;

    /** Some consecutive output frames of a period, which are computed side by side. */
    private static final class Piece {
        /** The input frame of the first factor of the first frame, from the start of the period. */
        final long start;
        /** For each frame the last input frame that counts for it, likewise. */
        final long[] ends;
        /**
         * By factor and then by frame, in the order in which they are used: those of one stream after those of another, an even
         * number of each.
         */
        final float[][] factors;

        Piece(long start, long[] ends, float[][] factors) {
            this.start = start;
            this.ends = ends;
            this.factors = factors;
        }
    }

    /**
     * @throws IllegalArgumentException
     *             if a rate is not positive, or there is no channel
     */
    Resampler(int inRateHz, int outRateHz, int channels, ResampleQuality quality) {
        if (inRateHz <= 0 || outRateHz <= 0 || channels <= 0) {
            throw new IllegalArgumentException(
                    inRateHz + " Hz to " + outRateHz + " Hz with " + channels + " channels");
        }
        this.channels = channels;
        int divisor = BigInteger.valueOf(inRateHz).gcd(BigInteger.valueOf(outRateHz)).intValue();
        inPeriod = inRateHz / divisor;
        outPeriod = outRateHz / divisor;
        ResampleFilter filter = new ResampleFilter(quality, (double) outRateHz / inRateHz);
        reach = filter.reach();
        advance = Math.toIntExact(Math.round((double) inPeriod / outPeriod));
        streams = Math.max(1, advance);
        int lanes = 2 * reach > MANY_FACTORS ? FEW_LANES : LANES;
        long periods = Math.max(1, lanes / outPeriod);
        piecesInFrames = periods * inPeriod;
        int frames = Math.toIntExact(periods * outPeriod);
        pieces = new Piece[Math.ceilDiv(frames, lanes)];
        int rows = 0;
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = piece(filter, (int) ((long) frames * i / pieces.length),
                    (int) ((long) frames * (i + 1) / pieces.length));
            rows = Math.max(rows, pieces[i].factors.length);
        }
        // what a piece spans, and what is to come
        capacity = (rows + lanes * advance + INPUT_FRAMES) / streams + 2;
        // a factor of 0 may stand beyond the last input
        int length = capacity + rows / streams + 2;
        history = new float[channels][streams][length];
        historyNext = new float[channels][streams][length];
        sums = new double[channels][lanes];
        reset();
    }

    /** The piece of output frames from one to another of a period. */
    private Piece piece(ResampleFilter filter, int from, int to) {
        int frames = to - from;
        long[] first = new long[frames];
        long[] ends = new long[frames];
        double[][] factors = new double[frames][2 * reach];
        long start = Long.MAX_VALUE;
        for (int i = 0; i < frames; i++) {
            long position = (from + i) * inPeriod;
            long before = position / outPeriod;
            filter.factors(position % outPeriod, outPeriod, factors[i]);
            first[i] = before - reach + 1 - (long) advance * i;
            ends[i] = before + reach;
            start = Math.min(start, first[i]);
        }
        int count = 0;
        for (int i = 0; i < frames; i++) {
            count = Math.max(count, (int) (first[i] - start) + 2 * reach);
        }
        int perStream = Math.ceilDiv(Math.ceilDiv(count, streams), 2) * 2;
        float[][] rows = new float[streams * perStream][frames];
        for (int i = 0; i < frames; i++) {
            int shift = (int) (first[i] - start);
            for (int k = 0; k < 2 * reach; k++) {
                int place = shift + k;
                rows[place % streams * perStream + place / streams][i] = (float) factors[i][k];
            }
        }
        return new Piece(start, ends, rows);
    }

    /** So many input frames must come after a frame before it can go out. */
    int delayFrames() {
        return reach;
    }

    /** How many frames {@link #process} gives for the next so many. */
    int outputFrames(int frames) {
        return (int) (complete(framesIn + frames) - framesOut);
    }

    /** The most that {@link #process} ever gives for so many frames. */
    int mostOutputFrames(int frames) {
        return Math.toIntExact(Math.ceilDiv(frames * outPeriod, inPeriod) + 1);
    }

    /** How many output frames need no more than so many input frames. */
    private long complete(long input) {
        return Math.ceilDiv(Math.max(0, input - reach) * outPeriod, inPeriod);
    }

    /** How many frames the end of the stream gives. */
    int flushFrames() {
        long end = endOfInput < 0 ? framesIn : endOfInput;
        return (int) (Math.ceilDiv(end * outPeriod, inPeriod) - framesOut);
    }

    /**
     * Takes the next frames.
     *
     * @param in
     *            by channel
     * @param frames
     *            how many
     * @param out
     *            by channel, receives {@link #outputFrames} frames
     * @return how many that were
     */
    int process(double[][] in, int frames, double[][] out) {
        int written = 0;
        for (int done = 0; done < frames;) {
            int n = Math.min(INPUT_FRAMES, frames - done);
            append(in, done, n);
            written += compute(out, written, Integer.MAX_VALUE);
            done += n;
        }
        return written;
    }

    /**
     * Gives some of the frames that are left at the end of the stream; to be called until all {@link #flushFrames} are there.
     *
     * @param silence
     *            zeros, by channel
     * @param frames
     *            how many of them
     * @return how many frames were put into {@code out}, not more than {@link #mostOutputFrames}
     */
    int flush(double[][] silence, int frames, double[][] out) {
        int left = flushFrames();
        if (endOfInput < 0) {
            endOfInput = framesIn;
        }
        append(silence, 0, Math.min(frames, INPUT_FRAMES));
        return compute(out, 0, left);
    }

    /** Forgets the stream: the next frame is the first of another one. */
    void reset() {
        for (int channel = 0; channel < channels; channel++) {
            for (int stream = 0; stream < streams; stream++) {
                Arrays.fill(history[channel][stream], 0);
                Arrays.fill(historyNext[channel][stream], 0);
            }
        }
        origin = pieces[0].start;
        framesIn = 0;
        framesOut = 0;
        endOfInput = -1;
        piece = 0;
        periodStart = 0;
        pieceDone = 0;
    }

    private void append(double[][] in, int first, int frames) {
        if (framesIn + frames - origin > (long) capacity * streams) {
            forget();
        }
        long at = framesIn - origin;
        for (int channel = 0; channel < channels; channel++) {
            for (int i = 0; i < Math.min(streams, frames); i++) {
                int stream = (int) ((at + i) % streams);
                int place = (int) ((at + i) / streams);
                append(in[channel], first + i, first + frames, streams, history[channel][stream],
                        historyNext[channel][stream], place);
            }
        }
        framesIn += frames;
    }

    private static void append(double[] in, int from, int to, int step, float[] target, float[] next, int place) {
        int at = place;
        for (int i = from; i < to; i += step) {
            float sample = (float) in[i];
            // what is no number would silence everything around it for ever
            target[at] = Math.abs(sample) <= Float.MAX_VALUE ? sample : 0;
            at++;
        }
        System.arraycopy(target, Math.max(1, place), next, Math.max(1, place) - 1, at - Math.max(1, place));
    }

    /** Drops the input that no frame needs any more. */
    private void forget() {
        int places = (int) ((periodStart + pieces[piece].start - origin) / streams);
        int used = (int) Math.ceilDiv(framesIn - origin, streams);
        for (int channel = 0; channel < channels; channel++) {
            for (int stream = 0; stream < streams; stream++) {
                float[] kept = history[channel][stream];
                System.arraycopy(kept, places, kept, 0, used - places);
                float[] next = historyNext[channel][stream];
                System.arraycopy(next, places, next, 0, used - places);
            }
        }
        origin += (long) places * streams;
    }

    /** Computes all frames that can be, {@code most} at most. */
    private int compute(double[][] out, int written, int most) {
        int count = 0;
        while (count < most) {
            Piece current = pieces[piece];
            int from = pieceDone;
            int to = from;
            int end = from + Math.min(current.ends.length - from, most - count);
            while (to < end && periodStart + current.ends[to] < framesIn) {
                to++;
            }
            if (to == from) {
                break;
            }
            // a loop that does not begin at 0 is not vectorised: it is faster to compute some frames again
            compute(current, (to - from) * VECTOR_GAIN > to ? 0 : from, to);
            for (int channel = 0; channel < channels; channel++) {
                System.arraycopy(sums[channel], from, out[channel], written + count, to - from);
            }
            count += to - from;
            pieceDone = to;
            if (to == current.ends.length) {
                pieceDone = 0;
                piece++;
                if (piece == pieces.length) {
                    piece = 0;
                    periodStart += piecesInFrames;
                }
            }
        }
        framesOut += count;
        return count;
    }

    private void compute(Piece current, int from, int to) {
        for (int channel = 0; channel < channels; channel++) {
            Arrays.fill(sums[channel], from, to, 0);
        }
        long start = periodStart + current.start - origin;
        float[][] factors = current.factors;
        int perStream = factors.length / streams;
        for (int stream = 0; stream < streams; stream++) {
            int of = (int) ((start + stream) % streams);
            int place = (int) ((start + stream) / streams);
            for (int channel = 0; channel < channels; channel += 2) {
                float[] x = history[channel][of];
                float[] xNext = historyNext[channel][of];
                boolean pair = channel + 1 < channels;
                float[] y = history[pair ? channel + 1 : channel][of];
                float[] yNext = historyNext[pair ? channel + 1 : channel][of];
                for (int k = 0; k < perStream; k += 2) {
                    float[] a = factors[stream * perStream + k];
                    float[] b = factors[stream * perStream + k + 1];
                    int at = place + k;
                    if (advance == 0) {
                        addScaled(sums[channel], a, b, x[at], x[at + 1], from, to);
                        if (pair) {
                            addScaled(sums[channel + 1], a, b, y[at], y[at + 1], from, to);
                        }
                    } else if (from > 0) {
                        addSome(sums[channel], a, b, x, xNext, at, from, to);
                        if (pair) {
                            addSome(sums[channel + 1], a, b, y, yNext, at, from, to);
                        }
                    } else if (pair) {
                        addProducts(sums[channel], sums[channel + 1], a, b, x, xNext, y, yNext, at, to);
                    } else {
                        addProducts(sums[channel], a, b, x, xNext, at, to);
                    }
                }
            }
        }
    }

    // Two factors at once, because the loops may not be much larger to be vectorised (LoopUnrollLimit), and sums are read
    // and written half as often. Sums are of another type than what is read: the JVM then knows that writing does not
    // change what it has yet to read. All add in the same order, so that it makes no difference which is used.

    private static void addProducts(double[] sum, double[] sumOfOther, float[] a, float[] b, float[] x, float[] xNext,
            float[] y, float[] yNext, int at, int frames) {
        for (int i = 0; i < frames; i++) {
            sum[i] += a[i] * x[at + i] + b[i] * xNext[at + i];
            sumOfOther[i] += a[i] * y[at + i] + b[i] * yNext[at + i];
        }
    }

    private static void addProducts(double[] sum, float[] a, float[] b, float[] x, float[] xNext, int at, int frames) {
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
