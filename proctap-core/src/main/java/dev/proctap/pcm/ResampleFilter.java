package dev.proctap.pcm;

/**
 * The low-pass between two sample rates: a sinc under a Kaiser window, as a function of time. It stops at half of the lower
 * rate; how far below that it begins to fall follows from its length and its attenuation (J. F. Kaiser, R. W. Schafer, "On the
 * use of the I0-sinh window for spectrum analysis", IEEE Trans. ASSP 28, 1980: A = 7.95 + 14.36 N df for N lobes).
 */
final class ResampleFilter {

    private final double cutoff;
    private final double beta;
    private final double halfWidth;
    private final double windowScale;
    private final int reach;

    /**
     * @param rateRatio
     *            output rate to input rate
     */
    ResampleFilter(ResampleQuality quality, double rateRatio) {
        double attenuation = quality.attenuationDb();
        double transition = (attenuation - 7.95) / (14.36 * quality.lobes());
        double scale = Math.min(1, rateRatio);
        cutoff = (0.5 - transition / 2) * scale;
        beta = 0.1102 * (attenuation - 8.7);
        halfWidth = quality.lobes() / 2.0 / scale;
        windowScale = 1 / besselI0(beta);
        reach = (int) Math.ceil(halfWidth);
    }

    /** So many input frames on each side of an output frame count for it. */
    int reach() {
        return reach;
    }

    /** The response at a time in input frames from its middle, on either side. */
    double at(double time) {
        if (time >= halfWidth) {
            return 0;
        }
        double x = time / halfWidth;
        double window = besselI0(beta * Math.sqrt(1 - x * x)) * windowScale;
        double angle = 2 * Math.PI * cutoff * time;
        return (angle == 0 ? 1 : Math.sin(angle) / angle) * window;
    }

    /** The modified Bessel function of the first kind and order 0, by its power series. */
    private static double besselI0(double x) {
        double sum = 1;
        double term = 1;
        double half = x / 2;
        for (int k = 1; term > sum * 1e-17; k++) {
            term *= half / k * (half / k);
            sum += term;
        }
        return sum;
    }

    /**
     * The factors of the {@code 2 * reach} input frames around an output frame that lies {@code numerator/denominator} of a
     * frame after one of them, which is at {@code reach - 1}. Their sum is 1; those of the mirrored place are the same,
     * mirrored.
     */
    void factors(long numerator, long denominator, double[] target) {
        double sum = 0;
        for (int k = 0; k < reach; k++) {
            // from the outside to the middle on both sides, so that the sum is the same for the mirrored place
            double before = at(((double) (reach - 1 - k) * denominator + numerator) / denominator);
            double after = at(((double) (reach - k) * denominator - numerator) / denominator);
            target[k] = before;
            target[2 * reach - 1 - k] = after;
            sum += before + after;
        }
        for (int k = 0; k < 2 * reach; k++) {
            target[k] /= sum;
        }
    }
}
