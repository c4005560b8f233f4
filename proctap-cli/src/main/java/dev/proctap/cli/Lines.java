package dev.proctap.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Lines of text from standard input, until it ends; Ctrl-C lets what is in work be finished. */
final class Lines {

    private static final long INTERRUPT_PATIENCE_SECONDS = 10;

    private Lines() {}

    /** Takes a line, and says whether it wants another. */
    @FunctionalInterface
    interface Consumer {
        boolean take(String line) throws IOException, InterruptedException;
    }

    /** What is done when there are no more lines, and what the command ends with. */
    @FunctionalInterface
    interface End {
        int end() throws IOException, InterruptedException;
    }

    static int run(Consumer consumer, End end) throws IOException, InterruptedException {
        try (EndInOrder ending = new EndInOrder(() -> {}, INTERRUPT_PATIENCE_SECONDS)) {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            boolean more = true;
            for (String line; more && (line = in.readLine()) != null;) {
                String text = line.strip();
                if (!text.isEmpty()) {
                    more = consumer.take(text);
                }
            }
            int code = end.end();
            ending.endWith(code);
            return code;
        }
    }
}
