package dev.proctap.pcm;

import java.util.Arrays;
import java.util.List;

/**
 * How the channels of one layout become those of another: each output channel is a sum of input channels with a factor
 * each. Immutable.
 */
public final class ChannelMatrix {

    private static final double HALF_POWER = Math.sqrt(0.5);

    private final double[][] factors;

    private ChannelMatrix(double[][] factors) {
        this.factors = factors;
    }

    /**
     * A matrix of your own.
     *
     * @param factors
     *            one row for each output channel, one factor in it for each input channel
     * @throws IllegalArgumentException
     *             if rows differ in length, or there is nothing, or a factor is not a finite number
     */
    public static ChannelMatrix of(double[][] factors) {
        double[][] copy = Arrays.stream(factors).map(double[]::clone).toArray(double[][]::new);
        if (copy.length == 0 || copy[0].length == 0) {
            throw new IllegalArgumentException("a channel matrix has a row and a column at least");
        }
        for (double[] row : copy) {
            if (row.length != copy[0].length) {
                throw new IllegalArgumentException("rows of " + copy[0].length + " and of " + row.length + " factors");
            }
            if (!Arrays.stream(row).allMatch(Double::isFinite)) {
                throw new IllegalArgumentException("not a number that can be multiplied with: " + Arrays.toString(row));
            }
        }
        return new ChannelMatrix(copy);
    }

    /**
     * Takes some of the input channels, in any order, as often as wanted.
     *
     * @param inputs
     *            how many input channels there are
     * @param channels
     *            for each output channel the input channel it takes, from 0
     */
    public static ChannelMatrix pick(int inputs, int... channels) {
        double[][] factors = new double[channels.length][inputs];
        for (int i = 0; i < channels.length; i++) {
            if (channels[i] < 0 || channels[i] >= inputs) {
                throw new IllegalArgumentException("no channel " + channels[i] + " among " + inputs);
            }
            factors[i][channels[i]] = 1;
        }
        return of(factors);
    }

    /**
     * The usual way from one layout to another. A channel that the output has too goes there as it is; mono goes to both
     * sides; what has no place goes to its neighbours with the factors of ITU-R BS.775-3, table 2: the center and each
     * surround channel with 0.7071 to the front; to mono the front with 0.7071, the surround channels with half. The
     * low-frequency channel is left out where the output has none, as the recommendation says. Tracks stay apart, or are
     * added where the output has only one.
     *
     * @param normalised
     *            whether the whole is made so much quieter that full scale on all inputs does not clip any output; without it
     *            nothing becomes quieter, and loud passages may clip
     * @throws IllegalArgumentException
     *             if several tracks are to become several others
     */
    public static ChannelMatrix between(ChannelLayout from, ChannelLayout to, boolean normalised) {
        if (to.tracks() != from.tracks() && to.tracks() != 1) {
            throw new IllegalArgumentException(from.tracks() + " tracks do not become " + to.tracks());
        }
        double[][] one = new double[to.speakers().size()][from.speakers().size()];
        for (int i = 0; i < from.speakers().size(); i++) {
            route(from.withTracks(1), i, to.withTracks(1), one);
        }
        // each track to its own, or all into the only one
        double[][] factors = new double[to.channels()][from.channels()];
        for (int track = 0; track < from.tracks(); track++) {
            int firstOut = to.tracks() == 1 ? 0 : track * one.length;
            for (int i = 0; i < one.length; i++) {
                System.arraycopy(one[i], 0, factors[firstOut + i], track * one[i].length, one[i].length);
            }
        }
        double loudest = Arrays.stream(factors).mapToDouble(row -> Arrays.stream(row).sum()).max().orElse(1);
        if (normalised && loudest > 1) {
            for (double[] row : factors) {
                for (int i = 0; i < row.length; i++) {
                    row[i] /= loudest;
                }
            }
        }
        return new ChannelMatrix(factors);
    }

    private static void route(ChannelLayout from, int input, ChannelLayout to, double[][] factors) {
        Speaker speaker = from.speakers().get(input);
        if (to.has(speaker)) {
            put(to, speaker, 1, input, factors);
            return;
        }
        boolean fronts = to.has(Speaker.FL) && to.has(Speaker.FR);
        switch (speaker) {
            case FC -> {
                double factor = from.equals(ChannelLayout.MONO) ? 1 : HALF_POWER;
                put(to, Speaker.FL, factor, input, factors);
                put(to, Speaker.FR, factor, input, factors);
            }
            case FL, FR -> put(to, Speaker.FC, HALF_POWER, input, factors);
            case SL, BL -> surround(to, List.of(Speaker.SL, Speaker.BL), Speaker.FL, input, factors);
            case SR, BR -> surround(to, List.of(Speaker.SR, Speaker.BR), Speaker.FR, input, factors);
            case BC -> {
                boolean sides = to.has(Speaker.SL);
                if (sides || to.has(Speaker.BL)) {
                    put(to, sides ? Speaker.SL : Speaker.BL, HALF_POWER, input, factors);
                    put(to, sides ? Speaker.SR : Speaker.BR, HALF_POWER, input, factors);
                } else if (fronts) {
                    put(to, Speaker.FL, 0.5, input, factors);
                    put(to, Speaker.FR, 0.5, input, factors);
                } else {
                    put(to, Speaker.FC, 0.5, input, factors);
                }
            }
            case LFE -> {
                // a down-mix leaves it out
            }
        }
    }

    private static void surround(ChannelLayout to, List<Speaker> same, Speaker front, int input, double[][] factors) {
        for (Speaker speaker : same) {
            if (to.has(speaker)) {
                put(to, speaker, 1, input, factors);
                return;
            }
        }
        if (to.has(front)) {
            put(to, front, HALF_POWER, input, factors);
        } else {
            put(to, Speaker.FC, 0.5, input, factors);
        }
    }

    private static void put(ChannelLayout to, Speaker speaker, double factor, int input, double[][] factors) {
        int output = to.speakers().indexOf(speaker);
        if (output >= 0) {
            factors[output][input] = factor;
        }
    }

    /** How many channels come in. */
    public int inputs() {
        return factors[0].length;
    }

    /** How many channels go out. */
    public int outputs() {
        return factors.length;
    }

    /** The factor with which an input channel goes into an output channel, both from 0. */
    public double factor(int output, int input) {
        return factors[output][input];
    }

    /** Whether every channel stays as and where it is. */
    public boolean isIdentity() {
        boolean identity = inputs() == outputs();
        for (int output = 0; identity && output < outputs(); output++) {
            for (int input = 0; input < inputs(); input++) {
                identity &= factors[output][input] == (input == output ? 1 : 0);
            }
        }
        return identity;
    }

    /** Mixes so many frames, interleaved. */
    void mix(double[] in, double[] out, int frames) {
        Arrays.fill(out, 0, frames * outputs(), 0);
        for (int output = 0; output < outputs(); output++) {
            for (int input = 0; input < inputs(); input++) {
                double factor = factors[output][input];
                if (factor != 0) {
                    add(in, input, inputs(), factor, out, output, outputs(), frames);
                }
            }
        }
    }

    private static void add(double[] in, int firstIn, int inStep, double factor, double[] out, int firstOut,
            int outStep,
            int frames) {
        int from = firstIn;
        int to = firstOut;
        for (int i = 0; i < frames; i++) {
            out[to] += in[from] * factor;
            from += inStep;
            to += outStep;
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChannelMatrix matrix && Arrays.deepEquals(factors, matrix.factors);
    }

    @Override
    public int hashCode() {
        return Arrays.deepHashCode(factors);
    }

    @Override
    public String toString() {
        return Arrays.deepToString(factors);
    }
}
