package dev.proctap.linux.pulse;

import java.util.function.LongUnaryOperator;

/**
 * Finds frames that a sink had time to play and did not hand to us: the server says nothing when a buffer of its
 * overflows. Between two {@link Timing}s as many frames must have been rendered as the time they last; one that tells of
 * fewer is doubted until others confirm it, since the server may have been interrupted between the two things it says.
 */
final class LossWatch {

    /** How many in a row must find frames missing. */
    static final int CONFIRMATIONS = 4;
    private static final long TOLERANCE_NANOS = 25_000_000;
    /** The clock of a sink may differ from the system's by some hundred millionths: so long it does not matter. */
    private static final long BASE_LIFE_NANOS = 10_000_000_000L;

    private final LongUnaryOperator framesIn;
    private boolean based;
    private long baseNanos;
    private long baseFrames;
    private int doubts;
    private long leastMissing;

    /**
     * @param framesIn
     *            the frames in a time in nanoseconds
     */
    LossWatch(LongUnaryOperator framesIn) {
        this.framesIn = framesIn;
    }

    /** Forgets what was: time has passed in which nothing was to be rendered. */
    void reset() {
        based = false;
        doubts = 0;
    }

    /** Whether the last timing found frames missing, which is not confirmed yet. */
    boolean doubts() {
        return doubts > 0;
    }

    /** Takes a timing; returns the frames that are missing for certain, 0 for none. */
    long check(Timing timing) {
        if (!based) {
            base(timing);
            return 0;
        }
        long nanos = timing.renderedUntilNanos() - baseNanos;
        long missing = framesIn.applyAsLong(nanos) - (timing.rendered() - baseFrames);
        if (missing <= framesIn.applyAsLong(TOLERANCE_NANOS)) {
            doubts = 0;
            if (missing < 0 || nanos > BASE_LIFE_NANOS) {
                base(timing);
            }
            return 0;
        }
        leastMissing = doubts == 0 ? missing : Math.min(leastMissing, missing);
        doubts++;
        if (doubts < CONFIRMATIONS) {
            return 0;
        }
        // from here on these are no longer missed; what a timing hid that told of too few of them still is
        baseFrames -= leastMissing;
        doubts = 0;
        return leastMissing;
    }

    private void base(Timing timing) {
        based = true;
        doubts = 0;
        baseNanos = timing.renderedUntilNanos();
        baseFrames = timing.rendered();
    }
}
