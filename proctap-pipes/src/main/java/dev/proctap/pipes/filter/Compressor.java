package dev.proctap.pipes.filter;

/**
 * Makes loud sound softer: what the envelope is above the threshold is divided by the ratio, in decibels, with a quadratic
 * bend around the threshold (the soft knee of Giannoulis, Massberg and Reiss, <i>Digital Dynamic Range Compressor
 * Design</i>, 2012). The envelope is the peak of all channels, rising and falling with attack and release.
 */
public final class Compressor implements AudioFilter {

    public static final double THRESHOLD_DB = -18;
    public static final double RATIO = 4;
    public static final double KNEE_DB = 6;
    public static final double ATTACK_MILLIS = 5;
    public static final double RELEASE_MILLIS = 100;

    private final int channels;
    private final double thresholdDb;
    private final double slope;
    private final double kneeDb;
    private final double kneeBegins;
    private final double makeUp;
    private final double attack;
    private final double release;
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
        if (!(ratio >= 1) || !(kneeDb >= 0)) {
            throw new IllegalArgumentException("a compressor has a ratio of 1 or more and a knee of 0 dB or more, not "
                    + ratio + " and " + kneeDb);
        }
        this.channels = channels;
        this.thresholdDb = thresholdDb;
        this.kneeDb = kneeDb;
        slope = 1 / ratio - 1;
        kneeBegins = Decibels.toFactor(thresholdDb - kneeDb / 2);
        makeUp = Decibels.toFactor(makeUpDb);
        attack = Decibels.keptEachFrame(attackMillis, sampleRateHz);
        release = Decibels.keptEachFrame(releaseMillis, sampleRateHz);
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
    public void process(float[] samples, int frames) {
        for (int at = 0; at < frames * channels; at += channels) {
            double level = 0;
            for (int channel = 0; channel < channels; channel++) {
                level = Math.max(level, Math.abs(samples[at + channel]));
            }
            envelope = level + (envelope - level) * (level > envelope ? attack : release);
            envelope = envelope < 1e-12 ? 0 : envelope;
            // most of the time there is nothing to calculate
            double gain = envelope <= kneeBegins
                    ? makeUp
                    : makeUp * Decibels.toFactor(gainDb(Decibels.ofFactor(envelope)));
            for (int channel = 0; channel < channels; channel++) {
                samples[at + channel] *= (float) gain;
            }
        }
    }

    @Override
    public void reset() {
        envelope = 0;
    }
}
