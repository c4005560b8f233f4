package dev.proctap.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Whether standard output or standard error goes to a terminal; Java itself tells only of both together. */
final class Terminal {

    private Terminal() {}

    static boolean isStdin() {
        return isTerminal(0);
    }

    static boolean isStdout() {
        return isTerminal(1);
    }

    /** Samples would fill a terminal with rubbish. */
    static void requirePipe(CommandLine command) {
        if (isStdout()) {
            throw new ParameterException(command,
                    "standard output is a terminal; pipe it into a program or a file");
        }
    }

    static boolean isStderr() {
        return isTerminal(2);
    }

    @SuppressWarnings("SystemConsoleNull") // it is null again since JDK 25 where a stream is no terminal
    private static boolean isTerminal(int fd) {
        Path link = Path.of("/proc/self/fd/" + fd);
        try {
            String device = Files.readSymbolicLink(link).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (IOException e) {
            // no /proc: neither Linux nor a question of importance
            Console console = System.console();
            return console != null && console.isTerminal();
        }
    }
}
