package dev.proctap.pipes.filter;

import java.time.Duration;

/** Where noise reduction learns what is noise. */
public sealed interface NoiseSource {

    /** The first 0.3 s of the stream. */
    NoiseSource FIRST_MOMENTS = new Stretch(Duration.ZERO, Duration.ofMillis(300));

    /** Wherever it is quiet, all the time: the noise may change slowly. */
    NoiseSource QUIET_PARTS = new QuietParts();

    /**
     * A stretch of the stream; before it ends, what was heard of it counts.
     *
     * @param begin
     *            from the start of the stream
     * @param end
     *            likewise, after the beginning
     */
    record Stretch(Duration begin, Duration end) implements NoiseSource {

        /**
         * @throws IllegalArgumentException
         *             if it does not last at all, or begins before the stream
         */
        public Stretch {
            if (begin.isNegative() || end.compareTo(begin) <= 0) {
                throw new IllegalArgumentException(
                        "noise is learned from " + begin + " to " + end + ", which is nothing");
            }
        }
    }

    /** See {@link #QUIET_PARTS}. */
    record QuietParts() implements NoiseSource {}

    /**
     * A sample of it.
     *
     * @param samples
     *            with the channels and the rate of the stream, interleaved
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares samples
    record Sample(float[] samples) implements NoiseSource {}
}
