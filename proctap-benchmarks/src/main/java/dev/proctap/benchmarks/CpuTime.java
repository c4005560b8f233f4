package dev.proctap.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The processor time of whole processes, as a shell tells it. */
final class CpuTime {

    private static final Pattern TIME = Pattern.compile("(\\d+)m([\\d.]+)s");

    private CpuTime() {}

    /**
     * Runs a line of shell that prints nothing.
     *
     * @return seconds of user and system time of what it started
     * @throws IOException
     *             if it fails
     */
    static double seconds(String line) throws IOException, InterruptedException {
        Process shell = new ProcessBuilder("sh", "-c", line + " || exit 1; times")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (shell.waitFor() != 0) {
            throw new IOException("failed: " + line);
        }
        // the second line: user and system time of what the shell waited for
        Matcher matcher = TIME.matcher(said.lines().skip(1).findFirst().orElse(""));
        double sum = 0;
        while (matcher.find()) {
            sum += Integer.parseInt(matcher.group(1)) * 60 + Double.parseDouble(matcher.group(2));
        }
        return sum;
    }
}
