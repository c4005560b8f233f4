package dev.proctap.macos;

/**
 * Host time, which audio comes with, told by the clock of {@link System#nanoTime}. Both count the same, each from a moment of
 * its own. How far these are apart is read once: a thread may be held up between two readings, and what a packet's time is off
 * by would be taken for a gap.
 */
final class HostClock {

    private static final int READINGS = 5;

    private final double nanosPerUnit = LibSystem.nanosPerUnit();
    private final long hostTime;
    private final long nanos;

    HostClock() {
        long shortest = Long.MAX_VALUE;
        long bestHostTime = 0;
        long bestNanos = 0;
        for (int i = 0; i < READINGS; i++) {
            long before = System.nanoTime();
            long read = LibSystem.hostTime();
            long took = System.nanoTime() - before;
            if (took < shortest) {
                shortest = took;
                bestHostTime = read;
                bestNanos = before + took / 2;
            }
        }
        hostTime = bestHostTime;
        nanos = bestNanos;
    }

    /** The {@link System#nanoTime} of a host time. */
    long nanosAt(long time) {
        return nanos + Math.round((time - hostTime) * nanosPerUnit);
    }
}
