package dev.proctap.cli;

import java.io.PrintWriter;
import java.util.List;

/** A terminal's other screen, on which lines are shown again and again, as many and as long as fit now; the usual one comes back. */
final class LiveScreen implements AutoCloseable {

    private static final String ALTERNATE_SCREEN = "\u001b[?1049h\u001b[?25l";
    private static final String USUAL_SCREEN = "\u001b[?25h\u001b[?1049l";
    private static final String HOME = "\u001b[H";
    private static final String CLEAR_REST_OF_LINE = "\u001b[K";
    private static final String CLEAR_REST_OF_SCREEN = "\u001b[J";

    private final PrintWriter out;
    private final Controls controls;
    private final Thread hook = new Thread(this::giveBack);
    private boolean ended;

    LiveScreen(PrintWriter out, Controls controls) {
        this.out = out;
        this.controls = controls;
        out.print(ALTERNATE_SCREEN);
        // Ctrl-C must give the terminal back, too
        Runtime.getRuntime().addShutdownHook(hook);
    }

    int columns() {
        return controls.columns();
    }

    synchronized void show(List<String> lines) {
        if (!ended) {
            out.print(
                    HOME + String.join(CLEAR_REST_OF_LINE + "\r\n", fitting(lines, controls.columns(), controls.rows()))
                            + CLEAR_REST_OF_LINE + CLEAR_REST_OF_SCREEN);
            out.flush();
        }
    }

    /** What fits into so many columns and rows, without the last of each, at which terminals begin another line. */
    static List<String> fitting(List<String> lines, int columns, int rows) {
        return lines.stream().limit(Math.max(1, rows - 1))
                .map(line -> line.length() < columns ? line : line.substring(0, Math.max(0, columns - 1)))
                .toList();
    }

    private synchronized void giveBack() {
        if (!ended) {
            ended = true;
            out.print(USUAL_SCREEN);
            out.flush();
        }
    }

    @Override
    public void close() {
        giveBack();
        EndInOrder.removeHook(hook);
    }
}
