package dev.proctap.pcm;

/** What to spend on a change of sample rate; without such a change it has no effect. */
public enum ResampleQuality {
    /** Longest filter: for archiving and measuring. */
    BEST,
    /** Transparent for listening and speech recognition. */
    MEDIUM,
    /** Shortest filter: least CPU and delay. */
    FAST
}
