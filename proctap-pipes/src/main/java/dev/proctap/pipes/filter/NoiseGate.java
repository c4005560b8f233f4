package dev.proctap.pipes.filter;

/**
 * Lets sound through while one of its channels is above a threshold, and for a while after. It opens and closes
 * exponentially, with time constants of attack and release.
 */
public final class NoiseGate extends PeakFollower {

    public static final double THRESHOLD_DB = -40;
    public static final double ATTACK_MILLIS = 5;
    public static final double RELEASE_MILLIS = 50;
    /** Longer than half a period of the lowest tone: between its crests the gate stays open. */
    public static final double HOLD_MILLIS = 25;

    private final float threshold;
    private final double attack;
    private final double release;
    private final int holdFrames;
    private double gain;
    private int held;

    /** A gate with the values above. */
    public NoiseGate(int sampleRateHz, int channels) {
        this(sampleRateHz, channels, THRESHOLD_DB, ATTACK_MILLIS, RELEASE_MILLIS, HOLD_MILLIS);
    }

    public NoiseGate(int sampleRateHz, int channels, double thresholdDb, double attackMillis, double releaseMillis,
            double holdMillis) {
        super(channels);
        threshold = (float) Decibels.toFactor(thresholdDb);
        attack = Decibels.keptEachFrame(attackMillis, sampleRateHz);
        release = Decibels.keptEachFrame(releaseMillis, sampleRateHz);
        holdFrames = (int) Math.round(Math.max(0, holdMillis) * sampleRateHz / 1000);
        reset();
    }

    @Override
    float follow(double peak) {
        held = peak > threshold ? holdFrames + 1 : Math.max(0, held - 1);
        gain = held > 0 ? 1 + (gain - 1) * attack : gain * release;
        // below that nothing is heard, and numbers that processors are slow with begin
        gain = gain < 1e-9 ? 0 : gain;
        return (float) gain;
    }

    @Override
    public void reset() {
        gain = 1;
        held = holdFrames;
    }
}
