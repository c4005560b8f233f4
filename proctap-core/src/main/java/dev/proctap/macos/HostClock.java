package dev.proctap.macos;

import dev.proctap.capture.ProgramCapture;

/** Host time, which audio comes with, told by the clock of {@link System#nanoTime}. */
final class HostClock {

    private final double nanosPerUnit = LibSystem.nanosPerUnit();
    private final long offsetNanos = ProgramCapture.offsetToNanoTime(() -> nanos(LibSystem.hostTime()));

    /** The {@link System#nanoTime} of a host time. */
    long nanosAt(long hostTime) {
        return nanos(hostTime) + offsetNanos;
    }

    private long nanos(long hostTime) {
        return Math.round(hostTime * nanosPerUnit);
    }
}
