package dev.proctap.pipes.filter;

/**
 * Makes loud sound softer: what the envelope is above the threshold is divided by the ratio, in decibels, with a quadratic
 * bend around the threshold (the soft knee of Giannoulis, Massberg and Reiss, <i>Digital Dynamic Range Compressor
 * Design</i>, 2012). The envelope is the peak of all channels, rising and falling with attack and release.
 */
public final class Compressor extends PeakFollower {

    public static final double THRESHOLD_DB = -18;
    public static final double RATIO = 4;
    public static final double KNEE_DB = 6;
    public static final double ATTACK_MILLIS = 5;
    public static final double RELEASE_MILLIS = 100;

    /** Below that it is silence. */
    private static final double SILENT = 1e-12;
    /** Up to there gains are kept. */
    private static final float LOUDEST = 256;
    /** Bits of a float32 below a cell of the table: 256 cells for each factor of two, a straight line in each. */
    private static final int BITS_IN_CELL = 15;
    private static final float CELL = 1f / (1 << BITS_IN_CELL);

    private final double thresholdDb;
    private final double slope;
    private final double kneeDb;
    private final double makeUp;
    private final double attack;
    private final double release;
    /** At the beginnings of cells, from the first on in which the gain differs from that below the threshold. */
    private final float[] table;
    private final int firstCell;
    private double envelope;

    /** A compressor with the values above and no more gain afterwards. */
    public Compressor(int sampleRateHz, int channels) {
        this(sampleRateHz, channels, THRESHOLD_DB, RATIO, KNEE_DB, ATTACK_MILLIS, RELEASE_MILLIS, 0);
    }

    /**
     * @throws IllegalArgumentException
     *             if the ratio is below 1 or the knee negative
     */
    public Compressor(int sampleRateHz, int channels, double thresholdDb, double ratio, double kneeDb,
            double attackMillis, double releaseMillis, double makeUpDb) {
        super(channels);
        if (!(ratio >= 1) || !(kneeDb >= 0)) {
            throw new IllegalArgumentException("a compressor has a ratio of 1 or more and a knee of 0 dB or more, not "
                    + ratio + " and " + kneeDb);
        }
        this.thresholdDb = thresholdDb;
        this.kneeDb = kneeDb;
        slope = 1 / ratio - 1;
        makeUp = Decibels.toFactor(makeUpDb);
        attack = Decibels.keptEachFrame(attackMillis, sampleRateHz);
        release = Decibels.keptEachFrame(releaseMillis, sampleRateHz);
        firstCell = cell((float) Math.max(SILENT, Decibels.toFactor(thresholdDb - kneeDb / 2)));
        table = new float[Math.max(0, cell(LOUDEST) - firstCell) + 2];
        for (int i = 0; i < table.length; i++) {
            table[i] = (float) calculatedGain(Float.intBitsToFloat((firstCell + i) << BITS_IN_CELL));
        }
    }

    private static int cell(float level) {
        return Float.floatToRawIntBits(level) >>> BITS_IN_CELL;
    }

    private double calculatedGain(double level) {
        return makeUp * Decibels.toFactor(gainDb(Decibels.ofFactor(level)));
    }

    /** Logarithm and power would take most of the time: a table is within 0.001 dB, and 0.01 dB at a knee of 0 dB. */
    private float gain(float level) {
        int bits = Float.floatToRawIntBits(level);
        int cell = (bits >>> BITS_IN_CELL) - firstCell;
        if (cell < 0) {
            return (float) makeUp;
        }
        if (cell > table.length - 2) {
            return (float) calculatedGain(level);
        }
        float weight = (bits & (1 << BITS_IN_CELL) - 1) * CELL;
        return table[cell] + weight * (table[cell + 1] - table[cell]);
    }

    /** What a steady level is changed by, in decibels. */
    double gainDb(double levelDb) {
        double over = levelDb - thresholdDb;
        if (2 * over <= -kneeDb) {
            return 0;
        }
        return 2 * over < kneeDb ? slope * (over + kneeDb / 2) * (over + kneeDb / 2) / (2 * kneeDb) : slope * over;
    }

    @Override
    float follow(double peak) {
        envelope = peak + (envelope - peak) * (peak > envelope ? attack : release);
        envelope = envelope < SILENT ? 0 : envelope;
        return gain((float) envelope);
    }

    @Override
    public void reset() {
        envelope = 0;
    }
}
