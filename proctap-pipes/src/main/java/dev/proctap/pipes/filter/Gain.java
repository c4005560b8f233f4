package dev.proctap.pipes.filter;

/** Louder or softer by a constant factor. */
public record Gain(int channels, double factor) implements AudioFilter {

    /**
     * @throws IllegalArgumentException
     *             if the factor is negative or no finite number
     */
    public Gain {
        if (!(factor >= 0 && factor < 1e6)) {
            throw new IllegalArgumentException("a gain is a factor of 0 or more, not " + factor);
        }
    }

    @Override
    public void process(float[] samples, int frames) {
        float each = (float) factor;
        for (int i = 0; i < frames * channels; i++) {
            samples[i] *= each;
        }
    }

    @Override
    public void reset() {
        // nothing is kept
    }
}
