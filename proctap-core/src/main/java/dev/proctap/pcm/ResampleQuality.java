package dev.proctap.pcm;

/** What to spend on a change of sample rate; without such a change it has no effect. */
public enum ResampleQuality {
    /** For archiving and measuring: images and aliases below -140 dB, flat within 0.01 dB up to 0.45 of the lower rate. */
    BEST(145, 191),
    /** Transparent for listening and speech recognition: images and aliases below -110 dB. */
    MEDIUM(115, 130),
    /** Least CPU and delay: images and aliases below -80 dB. */
    FAST(85, 60);

    private final double attenuationDb;
    private final int lobes;

    ResampleQuality(double attenuationDb, int lobes) {
        this.attenuationDb = attenuationDb;
        this.lobes = lobes;
    }

    /** What the filter's window is designed for, some dB more than what is promised. */
    double attenuationDb() {
        return attenuationDb;
    }

    /** Length of the filter in frames of the lower rate. */
    int lobes() {
        return lobes;
    }
}
