package dev.proctap.pcm;

import java.math.BigInteger;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

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
 *
 * <p>Where the period is too long to keep the factors of each of its frames, or the ratio of the rates changes, the factors of
 * the next piece are made when they are needed, by linear interpolation between those of many places in between two frames:
 * so many that the error stays below what the quality promises ({@link ResampleQuality#places}).
 */
final class Resampler {

    /** Frames that are computed side by side: more are faster, and drift further. */
    private static final int LANES = 160;
    private static final int FEW_LANES = 32;
    /** Above so many factors each, fewer frames side by side are enough. */
    private static final int MANY_FACTORS = 1024;
    private static final int INPUT_FRAMES = 1024;
    /** Above so many factors in a period they are interpolated. */
    private static final long MOST_FACTORS = 1 << 20;
    /** Parts of a frame in which the ratio is told where it may change. */
    private static final long FINE = 1L << 31;
    /** How far the ratio may be from that of the nominal rates. */
    static final double MOST_DEVIATION = 0.02;

    private final int channels;
    private final double nominalStep;
    private final int reach;
    private final int advance;
    /** All pieces of a period, or one that is made anew each time. */
    private final Piece[] pieces;
    private final long piecesInFrames;
    /** Where factors are interpolated, those of each place from one input frame to the next, both included. */
    private final float @Nullable [][] places;

    /** The input that is still needed, by channel: one array to each of {@code streams} frames. */
    private final int streams;
    private final float[][][] history;
    /** The same, each element one place earlier: a loop that reads two neighbours of one array is not vectorised. */
    private final float[][][] historyNext;
    /** So many frames before a piece are kept: another ratio may need them. */
    private final int spare;
    /** How many places of a history are used at most. */
    private final int capacity;
    /** The input frame that stands first in the history. */
    private long origin;

    private final double[][] sums;
    private long framesIn;
    private long endOfInput;
    /** The next output frame is of the moment {@code position + part / parts} in input frames; the one after it a step later. */
    private long position;
    private long part;
    private long parts;
    private long step;
    /** The piece being computed, the input frame at which its period begins, and how many of its frames went out. */
    private int piece;
    private long periodStart;
    private int pieceDone;
    /** Whether the one piece holds the factors of the next output frames, where they are interpolated. */
    private boolean interpolated;

    /** Some consecutive output frames of a period, which are computed side by side. */
    private static final class Piece {
        /** The input frame of the first factor of the first frame, from the start of the period. */
        long start;
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
     * @param adjustable
     *            whether {@link #setRatio} will be used
     * @throws IllegalArgumentException
     *             if a rate is not positive, or there is no channel
     */
    Resampler(int inRateHz, int outRateHz, int channels, ResampleQuality quality, boolean adjustable) {
        if (inRateHz <= 0 || outRateHz <= 0 || channels <= 0) {
            throw new IllegalArgumentException(
                    inRateHz + " Hz to " + outRateHz + " Hz with " + channels + " channels");
        }
        this.channels = channels;
        int divisor = BigInteger.valueOf(inRateHz).gcd(BigInteger.valueOf(outRateHz)).intValue();
        long inPeriod = inRateHz / divisor;
        long outPeriod = outRateHz / divisor;
        nominalStep = (double) inRateHz / outRateHz;
        ResampleFilter filter = new ResampleFilter(quality, (double) outRateHz / inRateHz);
        reach = filter.reach();
        advance = Math.toIntExact(Math.round(nominalStep));
        streams = Math.max(1, advance);
        int lanes = 2 * reach > MANY_FACTORS ? FEW_LANES : LANES;
        int rows = 0;
        if (adjustable || outPeriod * 2 * reach > MOST_FACTORS) {
            parts = adjustable ? FINE : outPeriod;
            step = adjustable ? Math.round(nominalStep * FINE) : inPeriod;
            places = places(filter, quality.places());
            double drift = Math.abs(nominalStep - advance) + (adjustable ? nominalStep * MOST_DEVIATION : 0);
            rows = evenRows((int) Math.ceil(lanes * drift) + 2 + 2 * reach);
            pieces = new Piece[]{new Piece(0, new long[lanes], new float[rows][lanes])};
            piecesInFrames = 0;
        } else {
            parts = outPeriod;
            step = inPeriod;
            places = null;
            long periods = Math.max(1, lanes / outPeriod);
            piecesInFrames = periods * inPeriod;
            int frames = Math.toIntExact(periods * outPeriod);
            pieces = new Piece[Math.ceilDiv(frames, lanes)];
            for (int i = 0; i < pieces.length; i++) {
                pieces[i] = piece(filter, (int) ((long) frames * i / pieces.length),
                        (int) ((long) frames * (i + 1) / pieces.length));
                rows = Math.max(rows, pieces[i].factors.length);
            }
        }
        spare = adjustable ? (int) Math.ceil(2 * MOST_DEVIATION * nominalStep * lanes) + 2 : 0;
        // what a piece spans, and what is to come
        capacity = (spare + rows + lanes * (advance + 1) + INPUT_FRAMES) / streams + 2;
        // a factor of 0 may stand beyond the last input
        int length = capacity + rows / streams + 2;
        history = new float[channels][streams][length];
        historyNext = new float[channels][streams][length];
        sums = new double[channels][lanes];
        reset();
    }

    private static float[][] places(ResampleFilter filter, int count) {
        float[][] places = new float[count + 1][2 * filter.reach()];
        double[] factors = new double[2 * filter.reach()];
        for (int i = 0; i <= count; i++) {
            filter.factors(i, count, factors);
            for (int k = 0; k < factors.length; k++) {
                places[i][k] = (float) factors[k];
            }
        }
        return places;
    }

    /** So many rows that each stream has an even number. */
    private int evenRows(int count) {
        return streams * Math.ceilDiv(Math.ceilDiv(count, streams), 2) * 2;
    }

    /**
     * Where the frames of a piece lie that begins at {@code whole + rest / parts}: sets their ends, and returns its start.
     */
    private long locate(long[] ends, long whole, long rest) {
        long start = Long.MAX_VALUE;
        for (int i = 0; i < ends.length; i++) {
            long at = rest + i * step;
            ends[i] = whole + at / parts + reach;
            start = Math.min(start, ends[i] - 2L * reach + 1 - (long) advance * i);
        }
        return start;
    }

    /** So many rows after the first of a piece the factors of one of its frames begin. */
    private int shift(Piece of, int frame) {
        return (int) (of.ends[frame] - 2L * reach + 1 - (long) advance * frame - of.start);
    }

    /** The row of the factor that stands so many rows after the first, see {@link Piece#factors}. */
    private int row(int place, int rows) {
        return place % streams * (rows / streams) + place / streams;
    }

    /** Makes the piece that begins with the next output frame. */
    private void interpolate(Piece target, float[][] between) {
        for (float[] row : target.factors) {
            Arrays.fill(row, 0);
        }
        target.start = locate(target.ends, position, part);
        for (int i = 0; i < target.ends.length; i++) {
            double place = (double) ((part + i * step) % parts) * (between.length - 1) / parts;
            int before = Math.min((int) place, between.length - 2);
            interpolate(between[before], between[before + 1], (float) (place - before), target, i);
        }
    }

    private void interpolate(float[] before, float[] after, float weight, Piece target, int frame) {
        float[][] rows = target.factors;
        int shift = shift(target, frame);
        for (int k = 0; k < before.length; k++) {
            rows[row(shift + k, rows.length)][frame] = before[k] + weight * (after[k] - before[k]);
        }
    }

    /**
     * Changes the ratio of the rates from the next output frame on, for clocks that drift.
     *
     * @param deviation
     *            input rate to its nominal value, at most {@link #MOST_DEVIATION} from 1
     */
    void setRatio(double deviation) {
        if (!(Math.abs(deviation - 1) <= MOST_DEVIATION) || parts != FINE) {
            throw new IllegalArgumentException("a rate of " + deviation + " times the nominal one");
        }
        step = Math.round(nominalStep * deviation * FINE);
        pieceDone = 0;
        interpolated = false;
    }

    /** The piece of output frames from one to another of a period. */
    private Piece piece(ResampleFilter filter, int from, int to) {
        long[] ends = new long[to - from];
        long start = locate(ends, from * step / parts, from * step % parts);
        Piece empty = new Piece(start, ends, new float[0][]);
        int count = 0;
        for (int i = 0; i < ends.length; i++) {
            count = Math.max(count, shift(empty, i) + 2 * reach);
        }
        float[][] rows = new float[evenRows(count)][ends.length];
        double[] factors = new double[2 * reach];
        for (int i = 0; i < ends.length; i++) {
            filter.factors((from + i) * step % parts, parts, factors);
            int shift = shift(empty, i);
            for (int k = 0; k < factors.length; k++) {
                rows[row(shift + k, rows.length)][i] = (float) factors[k];
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
        return framesBefore(framesIn + frames - reach);
    }

    /** The most that {@link #process} ever gives for so many frames. */
    int mostOutputFrames(int frames) {
        return Math.toIntExact((long) Math.ceil(frames / (nominalStep * (1 - MOST_DEVIATION))) + 2);
    }

    /** How many output frames from the next one on are of a moment before an input frame. */
    private int framesBefore(long input) {
        return input <= position ? 0 : Math.toIntExact(Math.ceilDiv((input - position) * parts - part, step));
    }

    /** How many frames the end of the stream gives. */
    int flushFrames() {
        return framesBefore(endOfInput < 0 ? framesIn : endOfInput);
    }

    /**
     * Takes the next frames.
     *
     * @param in
     *            interleaved
     * @param frames
     *            how many
     * @param out
     *            receives {@link #outputFrames} frames, interleaved
     * @return how many that were
     */
    int process(double[] in, int frames, double[] out) {
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
     *            frames of zeros
     * @param frames
     *            how many of them
     * @return how many frames were put into {@code out}, not more than {@link #mostOutputFrames}
     */
    int flush(double[] silence, int frames, double[] out) {
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
        position = 0;
        part = 0;
        interpolated = false;
        origin = places == null ? pieces[0].start : -2L * reach - sums[0].length;
        framesIn = 0;
        endOfInput = -1;
        piece = 0;
        periodStart = 0;
        pieceDone = 0;
    }

    private void append(double[] in, int first, int frames) {
        if (framesIn + frames - origin > (long) capacity * streams) {
            forget();
        }
        long at = framesIn - origin;
        for (int channel = 0; channel < channels; channel++) {
            for (int i = 0; i < Math.min(streams, frames); i++) {
                int stream = (int) ((at + i) % streams);
                int place = (int) ((at + i) / streams);
                append(in, (first + i) * channels + channel, (first + frames) * channels, streams * channels,
                        history[channel][stream], historyNext[channel][stream], place);
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
        int dropped = (int) Math.max(0, (periodStart + currentPiece().start - spare - origin) / streams);
        int used = (int) Math.ceilDiv(framesIn - origin, streams);
        for (int channel = 0; channel < channels; channel++) {
            for (int stream = 0; stream < streams; stream++) {
                float[] kept = history[channel][stream];
                System.arraycopy(kept, dropped, kept, 0, used - dropped);
                float[] next = historyNext[channel][stream];
                System.arraycopy(next, dropped, next, 0, used - dropped);
            }
        }
        origin += (long) dropped * streams;
    }

    /** Computes all frames that can be, {@code most} at most. */
    private int compute(double[] out, int written, int most) {
        int count = 0;
        while (count < most) {
            Piece current = currentPiece();
            int from = pieceDone;
            int to = from;
            int end = from + Math.min(current.ends.length - from, most - count);
            while (to < end && periodStart + current.ends[to] < framesIn) {
                to++;
            }
            if (to == from) {
                break;
            }
            compute(current, from, to);
            for (int channel = 0; channel < channels; channel++) {
                place(sums[channel], from, to, out, (written + count) * channels + channel, channels);
            }
            count += to - from;
            part += (to - from) * step;
            position += part / parts;
            part %= parts;
            pieceDone = to;
            if (to == current.ends.length) {
                pieceDone = 0;
                interpolated = false;
                piece++;
                if (piece == pieces.length) {
                    piece = 0;
                    periodStart += piecesInFrames;
                }
            }
        }
        return count;
    }

    private static void place(double[] sums, int from, int to, double[] interleaved, int first, int channels) {
        int at = first;
        for (int i = from; i < to; i++) {
            interleaved[at] = sums[i];
            at += channels;
        }
    }

    private Piece currentPiece() {
        Piece current = pieces[piece];
        if (places != null && !interpolated) {
            interpolate(current, places);
            interpolated = true;
        }
        return current;
    }

    private void compute(Piece current, int from, int to) {
        for (int channel = 0; channel < channels; channel++) {
            Arrays.fill(sums[channel], 0);
        }
        long start = periodStart + current.start - origin;
        float[][] factors = current.factors;
        int rows = factors.length / streams;
        for (int stream = 0; stream < streams; stream++) {
            int of = (int) ((start + stream) % streams);
            int at = (int) ((start + stream) / streams);
            int first = stream * rows;
            for (int channel = 0; channel < channels; channel += 2) {
                boolean pair = channel + 1 < channels;
                int other = pair ? channel + 1 : channel;
                if (advance > 0) {
                    FilterLoops.addMoving(sums[channel], pair ? sums[other] : null, factors, first, rows,
                            history[channel][of], historyNext[channel][of], history[other][of], historyNext[other][of],
                            at, from, to);
                } else {
                    FilterLoops.addStanding(sums[channel], factors, first, rows, history[channel][of], at, from, to);
                    if (pair) {
                        FilterLoops.addStanding(sums[other], factors, first, rows, history[other][of], at, from, to);
                    }
                }
            }
        }
    }
}
