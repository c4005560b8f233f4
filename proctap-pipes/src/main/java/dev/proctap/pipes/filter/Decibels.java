package dev.proctap.pipes.filter;

/** Levels as factors and in decibels. */
public final class Decibels {

    private Decibels() {}

    /** The factor of amplitudes that so many decibels are: 10<sup>dB/20</sup>. */
    public static double toFactor(double decibels) {
        return Math.pow(10, decibels / 20);
    }

    /** The decibels of a factor of amplitudes; minus infinity for 0. */
    public static double ofFactor(double factor) {
        return 20 * Math.log10(factor);
    }

    /** The decibels of a factor of powers; minus infinity for 0. */
    public static double ofPower(double factor) {
        return 10 * Math.log10(factor);
    }

    /** The factor by which a value that follows another one exponentially keeps its old value in each frame. */
    static double keptEachFrame(double millis, int sampleRateHz) {
        return millis <= 0 ? 0 : Math.exp(-1 / (sampleRateHz * millis / 1000));
    }
}
