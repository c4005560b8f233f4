package dev.proctap.pipes.filter;

/**
 * Changes a stream of frames, or listens to it. Each frame that comes in gives one that goes out, possibly later: see
 * {@link #latencyFrames}.
 */
public interface AudioFilter {

    /**
     * Takes the next frames and puts those that come out in their place.
     *
     * @param samples
     *            interleaved, full scale is -1 to 1; the frames stand at its beginning; all of them finite numbers
     * @param frames
     *            how many
     */
    void process(float[] samples, int frames);

    /** So many frames later a frame comes out; the first so many that come out are silent, and not of the stream. */
    default int latencyFrames() {
        return 0;
    }

    /** Forgets the stream: the next frame is the first of another one. */
    void reset();
}
