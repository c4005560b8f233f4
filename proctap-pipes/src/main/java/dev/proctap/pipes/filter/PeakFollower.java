package dev.proctap.pipes.filter;

import dev.proctap.pipes.dsp.Frames;

/** A filter whose gain, of all channels of a frame, follows from the peaks of the frames up to it. */
abstract class PeakFollower implements AudioFilter {

    private final int channels;
    private final double[] peaks = new double[Frames.BLOCK];
    private final float[] gains = new float[Frames.BLOCK];

    PeakFollower(int channels) {
        this.channels = channels;
    }

    /** The gain of the next frame. */
    abstract float follow(double peak);

    @Override
    public final void process(float[] samples, int frames) {
        for (int done = 0; done < frames; done += Frames.BLOCK) {
            int n = Math.min(Frames.BLOCK, frames - done);
            Frames.peaks(samples, done, n, channels, peaks);
            for (int i = 0; i < n; i++) {
                gains[i] = follow(peaks[i]);
            }
            Frames.multiply(samples, done, n, channels, gains);
        }
    }
}
