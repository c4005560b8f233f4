package dev.proctap.report;

/**
 * Something that is wrong, or that a capture suffers from.
 *
 * @param issue
 *            what a user notices
 * @param cause
 *            why it is so
 * @param seen
 *            the figures that say so
 * @param advice
 *            what to do about it
 */
public record Finding(Issue issue, Cause cause, String seen, String advice) {

    /** The kinds of performance issue. */
    public enum Issue {
        CPU("High CPU Usage"), MEMORY("High Memory Usage"), LATENCY("Audio Latency/Delay"), DROPOUTS(
                "Dropped Frames/Buffer Underruns"), START_UP("Slow Startup Time");

        private final String title;

        Issue(String title) {
            this.title = title;
        }

        /** As the form for performance issues calls it. */
        public String title() {
            return title;
        }
    }

    /** Why it is so. */
    public enum Cause {
        /** The callback, or who reads, sleeps. */
        CONSUMER_SLEEPS,
        /** Who reads our output does not. */
        PIPE_STALLS,
        /** A disk does not take what is written. */
        DISK_IS_SLOW,
        /** The consumer waits for the network. */
        NETWORK_IS_SLOW,
        /** The consumer waits for another thread. */
        CONSUMER_WAITS,
        /** The consumer calculates for longer than the sound lasts. */
        CONSUMER_IS_SLOW,
        /** Collecting garbage takes the time. */
        GARBAGE_COLLECTION,
        /** The program asks for collections of garbage itself. */
        FORCED_COLLECTION,
        /** The program keeps more and more objects. */
        LEAK,
        /** The JVM may use more memory than a capture needs, and does. */
        LARGE_HEAP,
        /** The server works in very short cycles. */
        SHORT_CYCLES,
        /** Other programs keep the machine busy. */
        BUSY_MACHINE,
        /** A limit of the processor holds the process back. */
        CPU_LIMIT,
        /** The server or its device was away. */
        SERVER_WAS_AWAY,
        /** The audio server did not run in time. */
        SERVER_XRUN,
        /** None of the others. */
        UNKNOWN
    }
}
