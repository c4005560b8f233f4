package dev.proctap.pipes.filter;

/** Makes what is different in the channels weaker or stronger: mono at 0, as it was at 1. */
public final class StereoWidth implements AudioFilter {

    private final int channels;
    private final float width;

    /**
     * @param width
     *            0 for the mean of all channels in each of them, 1 for no change, at most 4
     */
    public StereoWidth(int channels, double width) {
        if (!(width >= 0 && width <= 4)) {
            throw new IllegalArgumentException("a width is 0 (mono) to 4, not " + width);
        }
        this.channels = channels;
        this.width = (float) width;
    }

    @Override
    public void process(float[] samples, int frames) {
        for (int at = 0; at < frames * channels; at += channels) {
            float mean = 0;
            for (int channel = 0; channel < channels; channel++) {
                mean += samples[at + channel];
            }
            mean /= channels;
            for (int channel = 0; channel < channels; channel++) {
                samples[at + channel] = mean + width * (samples[at + channel] - mean);
            }
        }
    }

    @Override
    public void reset() {
        // nothing is kept
    }
}
