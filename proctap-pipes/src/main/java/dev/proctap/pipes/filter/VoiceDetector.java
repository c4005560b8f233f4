package dev.proctap.pipes.filter;

/** Tells block by block whether somebody speaks. */
public interface VoiceDetector {

    /** So many milliseconds is a block. */
    int BLOCK_MILLIS = 10;

    /** Frames of a block. */
    int blockFrames();

    /**
     * Takes the next block.
     *
     * @param mono
     *            one channel
     * @param from
     *            where the block begins there
     * @return whether it counts as speech
     */
    boolean isSpeech(float[] mono, int from);

    /** Forgets the stream. */
    void reset();
}
