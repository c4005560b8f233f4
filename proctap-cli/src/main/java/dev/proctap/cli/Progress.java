package dev.proctap.cli;

import dev.proctap.file.AudioReader;
import java.io.PrintWriter;
import java.util.Locale;

/** How far a file is read, as a bar where standard error is a terminal. */
final class Progress {

    private static final long PERIOD_NANOS = 100_000_000;
    private static final int BAR_WIDTH = 40;

    private final PrintWriter err;
    private final boolean shows = Terminal.isStderr();
    private long shownNanos = System.nanoTime();

    Progress(PrintWriter err) {
        this.err = err;
    }

    void show(long done, AudioReader source) {
        if (shows && System.nanoTime() - shownNanos > PERIOD_NANOS) {
            shownNanos = System.nanoTime();
            err.print("\r" + line(done, source) + "\u001b[K");
            err.flush();
        }
    }

    void end(long done, AudioReader source) {
        if (shows) {
            err.println("\r" + line(done, source) + "\u001b[K");
            err.flush();
        }
    }

    private static String line(long done, AudioReader source) {
        double seconds = (double) done / source.format().sampleRateHz();
        if (source.frames() <= 0) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        double part = Math.min(1, (double) done / source.frames());
        int bars = (int) Math.round(part * BAR_WIDTH);
        return String.format(Locale.ROOT, "[%s%s] %3.0f %%  %.1f s", "#".repeat(bars), " ".repeat(BAR_WIDTH - bars),
                part * 100, seconds);
    }
}
