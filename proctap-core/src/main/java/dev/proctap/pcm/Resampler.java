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
    /** Above so many factors in a period, counted for each channel, they are interpolated. */
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

    /** The input that is still needed, interleaved: frame by frame to one of {@code streams} arrays after the other. */
    private final int streams;
    private final float[][] history;
    /** The same, each frame one place earlier: a loop that reads two neighbours of one array is not vectorised. */
    private final float[][] historyNext;
    /** So many frames before a piece are kept: another ratio may need them. */
    private final int spare;
    /** How many places of a history are used at most. */
    private final int capacity;
    /** The input frame that stands first in the history. */
    private long origin;

    /** How many samples of a frame are computed side by side: those of all channels, or one where {@code advance} is 0. */
    private final int width;
    /** Whether all frames have the same factors, since the ratio is an integer. */
    private final boolean uniform;
    /** Where {@code advance} is 0, the samples of one channel. */
    private final double[] plane;
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
         * In rows, one for each factor: for each frame the factor as many times as there are samples side by side, or, where
         * all frames have the same, one, and only for the first half of the input that counts. Rows are in the order in which
         * they are used: those of one stream after those of another, a multiple of {@link FilterLoops#ROWS} of each.
         */
        final float[] factors;
        final int rows;
        final int rowLength;

        Piece(long start, long[] ends, int rows, int rowLength) {
            this.start = start;
            this.ends = ends;
            this.rows = rows;
            this.rowLength = rowLength;
            factors = new float[rows * rowLength];
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
        width = advance == 0 ? 1 : channels;
        uniform = outPeriod == 1 && !adjustable;
        int lanes = 2 * reach > MANY_FACTORS ? FEW_LANES : LANES;
        int rows = 0;
        if (adjustable || (!uniform && outPeriod * 2 * reach * width > MOST_FACTORS)) {
            parts = adjustable ? FINE : outPeriod;
            step = adjustable ? Math.round(nominalStep * FINE) : inPeriod;
            places = places(filter, quality.places());
            double drift = Math.abs(nominalStep - advance) + (adjustable ? nominalStep * MOST_DEVIATION : 0);
            rows = wholeRows((int) Math.ceil(lanes * drift) + 2 + 2 * reach);
            pieces = new Piece[]{new Piece(0, new long[lanes], rows, lanes * width)};
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
                int from = (int) ((long) frames * i / pieces.length);
                int to = (int) ((long) frames * (i + 1) / pieces.length);
                pieces[i] = uniform ? foldedPiece(filter, from, to) : piece(filter, from, to);
                rows = Math.max(rows, uniform ? wholeRows(2 * reach) : pieces[i].rows);
            }
        }
        spare = adjustable ? (int) Math.ceil(2 * MOST_DEVIATION * nominalStep * lanes) + 2 : 0;
        // what a piece spans, and what is to come
        capacity = (spare + rows + lanes * (advance + 1) + INPUT_FRAMES) / streams + 2;
        // a factor of 0 may stand beyond the last input
        int length = capacity + rows / streams + 2;
        history = new float[streams][length * channels];
        historyNext = new float[streams][length * channels];
        plane = new double[advance == 0 ? lanes : 0];
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

    /** At least so many rows, so that each stream has a multiple of those that are used at once. */
    private int wholeRows(int count) {
        return streams * Math.ceilDiv(Math.ceilDiv(count, streams), FilterLoops.ROWS) * FilterLoops.ROWS;
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

    /** Sets the factor of a frame that is used so many input frames after the first of the piece. */
    private void setFactor(Piece of, int frame, int place, float factor) {
        int row = place % streams * (of.rows / streams) + place / streams;
        int at = row * of.rowLength + frame * width;
        for (int i = 0; i < Math.min(width, of.rowLength); i++) {
            of.factors[at + i] = factor;
        }
    }

    /** Makes the piece that begins with the next output frame. */
    private void interpolate(Piece target, float[][] between) {
        Arrays.fill(target.factors, 0);
        target.start = locate(target.ends, position, part);
        for (int i = 0; i < target.ends.length; i++) {
            double place = (double) ((part + i * step) % parts) * (between.length - 1) / parts;
            int before = Math.min((int) place, between.length - 2);
            interpolate(between[before], between[before + 1], (float) (place - before), target, i);
        }
    }

    private void interpolate(float[] before, float[] after, float weight, Piece target, int frame) {
        int shift = shift(target, frame);
        for (int k = 0; k < before.length; k++) {
            setFactor(target, frame, shift + k, before[k] + weight * (after[k] - before[k]));
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
        Piece empty = new Piece(start, ends, 0, 0);
        int count = 0;
        for (int i = 0; i < ends.length; i++) {
            count = Math.max(count, shift(empty, i) + 2 * reach);
        }
        Piece result = new Piece(start, ends, wholeRows(count), ends.length * width);
        double[] factors = new double[2 * reach];
        for (int i = 0; i < ends.length; i++) {
            filter.factors((from + i) * step % parts, parts, factors);
            int shift = shift(result, i);
            for (int k = 0; k < factors.length; k++) {
                setFactor(result, i, shift + k, (float) factors[k]);
            }
        }
        return result;
    }

    /**
     * The same where all frames have the same factors, each at the place of an input frame. They are symmetric around it: those
     * up to the middle are kept, and of the middle the half.
     */
    private Piece foldedPiece(ResampleFilter filter, int from, int to) {
        long[] ends = new long[to - from];
        long start = locate(ends, from * step / parts, from * step % parts);
        Piece result = new Piece(start, ends, wholeRows(reach), 1);
        double[] factors = new double[2 * reach];
        filter.factors(0, parts, factors);
        factors[reach - 1] /= 2;
        for (int k = 0; k < reach; k++) {
            setFactor(result, 0, k, (float) factors[k]);
        }
        return result;
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
        for (int stream = 0; stream < streams; stream++) {
            Arrays.fill(history[stream], 0);
            Arrays.fill(historyNext[stream], 0);
        }
        position = 0;
        part = 0;
        interpolated = false;
        origin = places == null ? pieces[0].start : -2L * reach - pieces[0].ends.length;
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
        for (int i = 0; i < Math.min(streams, frames); i++) {
            int stream = (int) ((at + i) % streams);
            int place = (int) ((at + i) / streams);
            int count = Math.ceilDiv(frames - i, streams);
            append(in, (first + i) * channels, count, history[stream], place * channels);
            int kept = Math.max(1, place);
            System.arraycopy(history[stream], kept * channels, historyNext[stream], (kept - 1) * channels,
                    (place + count - kept) * channels);
        }
        framesIn += frames;
    }

    private void append(double[] in, int from, int frames, float[] target, int at) {
        if (streams == 1) {
            for (int i = 0; i < frames * channels; i++) {
                target[at + i] = finite((float) in[from + i]);
            }
        } else {
            for (int frame = 0; frame < frames; frame++) {
                for (int i = 0; i < channels; i++) {
                    target[at + frame * channels + i] = finite((float) in[from + frame * streams * channels + i]);
                }
            }
        }
    }

    /** What is no number would silence everything around it for ever. */
    private static float finite(float sample) {
        return Math.abs(sample) <= Float.MAX_VALUE ? sample : 0;
    }

    /** Drops the input that no frame needs any more. */
    private void forget() {
        int dropped = (int) Math.max(0, (periodStart + currentPiece().start - spare - origin) / streams);
        int used = (int) Math.ceilDiv(framesIn - origin, streams);
        for (int stream = 0; stream < streams; stream++) {
            System.arraycopy(history[stream], dropped * channels, history[stream], 0, (used - dropped) * channels);
            System.arraycopy(historyNext[stream], dropped * channels, historyNext[stream], 0,
                    (used - dropped) * channels);
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
            compute(current, from, to, out, (written + count) * channels);
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

    private Piece currentPiece() {
        Piece current = pieces[piece];
        if (places != null && !interpolated) {
            interpolate(current, places);
            interpolated = true;
        }
        return current;
    }

    private void compute(Piece current, int from, int to, double[] out, int at) {
        Arrays.fill(out, at, at + (to - from) * channels, 0);
        long start = periodStart + current.start - origin;
        int rows = current.rows / streams;
        for (int stream = 0; stream < streams; stream++) {
            int of = (int) ((start + stream) % streams);
            int xAt = (int) ((start + stream) / streams) * channels;
            int factorsAt = stream * rows * current.rowLength;
            if (advance == 0) {
                for (int channel = 0; channel < channels; channel++) {
                    standing(current, from, to, history[of], xAt + channel, out, at + channel);
                }
            } else if (uniform) {
                long mirrored = start + 2L * (reach - 1) - stream;
                int other = (int) (mirrored % streams);
                int yAt = (int) (mirrored / streams) * channels;
                FilterLoops.addFolded(out, at, (to - from) * width, current.factors, factorsAt, rows, history[of],
                        historyNext[of], xAt + from * channels, history[other], historyNext[other],
                        yAt + from * channels, channels);
            } else {
                FilterLoops.addMoving(out, at, (to - from) * width, current.factors, factorsAt + from * width,
                        current.rowLength, rows, history[of], historyNext[of], xAt + from * channels, channels);
            }
        }
    }

    /** The samples of one channel where all frames of a piece need the same input. */
    private void standing(Piece current, int from, int to, float[] x, int xAt, double[] out, int at) {
        Arrays.fill(plane, 0, to - from, 0);
        FilterLoops.addStanding(plane, to - from, current.factors, from, current.rowLength, current.rows, x, xAt,
                channels);
        for (int i = 0; i < to - from; i++) {
            out[at + i * channels] = plane[i];
        }
    }
}
