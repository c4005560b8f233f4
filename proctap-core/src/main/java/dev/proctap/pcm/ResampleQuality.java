package dev.proctap.pcm;

/** What to spend on a change of sample rate; without such a change it has no effect. */
public enum ResampleQuality {
    /** For archiving and measuring: images and aliases below -140 dB, flat within 0.01 dB up to 0.45 of the lower rate. */
    BEST(145, 166, 4096),
    /** Transparent for listening and speech recognition: images and aliases below -110 dB. */
    MEDIUM(115, 114, 1024),
    /** Least CPU and delay: images and aliases below -80 dB. */
    FAST(85, 58, 256);

    private final double attenuationDb;
    private final int lobes;
    private final int places;

    ResampleQuality(double attenuationDb, int lobes, int places) {
        this.attenuationDb = attenuationDb;
        this.lobes = lobes;
        this.places = places;
    }

    /** What the filter's window is designed for, some dB more than what is promised. */
    double attenuationDb() {
        return attenuationDb;
    }

    /** Length of the filter in frames of the lower rate. */
    int lobes() {
        return lobes;
    }

    /**
     * Between how many places from one frame to the next factors are interpolated, where they are: the error of linear
     * interpolation is at most (pi / places)^2 / 8 of a factor.
     */
    int places() {
        return places;
    }
}
