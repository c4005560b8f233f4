package dev.proctap.cli;

import java.io.IOException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/**
 * What a user may ask of a running command: by keys where it has a terminal, by the signal SIGUSR1 where the system has it.
 * The space bar and the signal mean "go on to the next state", q means the end.
 */
final class Controls implements AutoCloseable {

    private static final String SIGNAL = "USR1";

    private final @Nullable Terminal terminal;
    private final @Nullable Attributes before;
    private final Thread restore = new Thread(this::restore, "proctap-terminal");

    /**
     * @param keys
     *            whether to listen to keys, where standard input is a terminal
     * @param next
     *            is run for the space bar and the signal, on threads of their own
     * @param end
     *            is run for q
     */
    Controls(boolean keys, Runnable next, Runnable end) {
        // where the system has no such signal nothing comes of it
        Signals.register(SIGNAL, next);
        terminal = keys && dev.proctap.cli.Terminal.isStdin() ? open() : null;
        before = terminal == null ? null : terminal.enterRawMode();
        if (terminal != null) {
            Runtime.getRuntime().addShutdownHook(restore);
            Thread.ofPlatform().daemon().name("proctap-keys").start(() -> read(terminal, next, end));
        }
    }

    private static @Nullable Terminal open() {
        try {
            return TerminalBuilder.builder().system(true).dumb(false).graphemeCluster(false)
                    .provider("exec").nativeSignals(false).build();
        } catch (IOException | IllegalStateException e) {
            return null; // a recording without keys is still one
        }
    }

    /** Rows of the terminal, or of the smallest usual one. */
    int rows() {
        return terminal == null || terminal.getSize().getRows() < 2 ? 24 : terminal.getSize().getRows();
    }

    /** Columns likewise. */
    int columns() {
        return terminal == null || terminal.getSize().getColumns() < 2 ? 80 : terminal.getSize().getColumns();
    }

    private static void read(Terminal terminal, Runnable next, Runnable end) {
        try {
            for (int key = terminal.reader().read(); key >= 0; key = terminal.reader().read()) {
                if (key == ' ') {
                    next.run();
                } else if (key == 'q') {
                    end.run();
                }
            }
        } catch (IOException e) {
            // the terminal is gone
        }
    }

    private void restore() {
        if (terminal != null && before != null) {
            terminal.setAttributes(before);
        }
    }

    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(restore);
        } catch (IllegalStateException e) {
            // the JVM is going down: the hook runs
        }
    }
}
