package dev.proctap.cli;

import java.io.IOError;
import java.io.IOException;
import java.time.Duration;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.NonBlockingReader;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/**
 * What a user may ask of a running command: by keys where it has a terminal, by the signal SIGUSR1 where the system has it.
 * The space bar and the signal mean "go on to the next state", q means the end.
 */
final class Controls implements AutoCloseable {

    private static final String SIGNAL = "USR1";
    private static final String RESIZED = "WINCH";
    private static final Size SMALLEST = Size.of(80, 24);
    private static final long KEY_WAIT_MILLIS = 100;

    private final @Nullable Terminal terminal;
    private @Nullable Thread keyReader;
    private volatile boolean closed;
    /** Null until it is asked for again: that starts a program. */
    private volatile @Nullable Size size;

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
        if (terminal != null) {
            Signals.register(RESIZED, () -> size = null);
            keyReader = Thread.ofPlatform().daemon().name("proctap-keys").start(() -> read(terminal, next, end));
        }
    }

    private static @Nullable Terminal open() {
        Terminal opened = null;
        try {
            opened = TerminalBuilder.builder().system(true).dumb(false).graphemeCluster(false)
                    .provider("exec").nativeSignals(false).build();
            // undone when it is closed, which it also is when the JVM goes down
            opened.enterRawMode();
            return opened;
        } catch (IOException | IOError | IllegalStateException e) {
            // a recording without keys is still one; so ends a program in the background, whose terminal is another's
            closeQuietly(opened);
            return null;
        }
    }

    private static void closeQuietly(@Nullable Terminal terminal) {
        try {
            if (terminal != null) {
                terminal.close();
            }
        } catch (IOException | IOError e) {
            // it is gone itself, or another's
        }
    }

    /** Rows of the terminal, or of the smallest usual one. */
    int rows() {
        return size().getRows();
    }

    /** Columns likewise. */
    int columns() {
        return size().getColumns();
    }

    private Size size() {
        Size now = size;
        if (now == null) {
            now = terminal == null ? SMALLEST : terminal.getSize();
            now = now.getRows() < 2 || now.getColumns() < 2 ? SMALLEST : now;
            size = now;
        }
        return now;
    }

    private void read(Terminal keys, Runnable next, Runnable end) {
        try {
            int key;
            do {
                key = keys.reader().read(KEY_WAIT_MILLIS);
                if (key == ' ') {
                    next.run();
                } else if (key == 'q') {
                    end.run();
                }
            } while (key != NonBlockingReader.EOF && !closed);
        } catch (IOException e) {
            // the terminal is gone
        }
    }

    @Override
    public void close() {
        closed = true;
        if (terminal != null && keyReader != null) {
            try {
                // first: in a terminal that waits for whole lines again it would wait for one, and the closing for it
                keyReader.join(Duration.ofMillis(5 * KEY_WAIT_MILLIS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            closeQuietly(terminal);
        }
    }
}
