package dev.proctap.cli;

import dev.proctap.AudioChunk;
import dev.proctap.ProcessAudioTap;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The line of a running recording on a terminal: time, level, lost frames, size. */
final class LiveLine {

    private static final long PERIOD_NANOS = 100_000_000;
    private static final int METER_WIDTH = 24;
    private static final double METER_FLOOR_DB = -60;

    private final PrintWriter err;
    private @Nullable Level level;
    private double peak;
    private long shownNanos = System.nanoTime() - PERIOD_NANOS;
    private boolean shown;

    LiveLine(PrintWriter err) {
        this.err = err;
    }

    /**
     * @param state
     *            what the recording does where it does not record, empty otherwise
     * @param frames
     *            what was recorded, or is kept until that begins
     */
    void update(AudioChunk chunk, ProcessAudioTap tap, String state, long frames, long bytes) {
        Level meter = level == null ? new Level(chunk.format()) : level;
        level = meter;
        peak = Math.max(peak, meter.peak(chunk));
        long now = System.nanoTime();
        if (now - shownNanos >= PERIOD_NANOS) {
            shownNanos = now;
            double seconds = (double) frames / chunk.format().sampleRateHz();
            err.print(
                    "\r" + state + line(seconds, Level.dbfs(peak), tap.statistics().framesLost(), bytes) + "\u001b[K");
            err.flush();
            shown = true;
            peak = 0;
        }
    }

    static String line(double seconds, double db, long lost, long bytes) {
        int bars = Math.clamp(Math.round((db - METER_FLOOR_DB) / -METER_FLOOR_DB * METER_WIDTH), 0, METER_WIDTH);
        return String.format(Locale.ROOT, "%02d:%02d:%04.1f  [%s%s] %6.1f dBFS  lost %d  %.1f MB", (int) seconds / 3600,
                (int) seconds / 60 % 60, seconds % 60, "#".repeat(bars), " ".repeat(METER_WIDTH - bars),
                Math.max(db, -999), lost, bytes / 1e6);
    }

    /** Leaves the line as it stands and goes to the next. */
    void end() {
        if (shown) {
            err.println();
            err.flush();
            shown = false;
        }
    }
}
