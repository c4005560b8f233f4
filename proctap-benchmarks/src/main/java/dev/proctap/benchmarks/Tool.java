package dev.proctap.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A program that records what another one plays and writes raw samples to standard output. */
enum Tool {
    PROCTAP("proctap"), PW_RECORD("pw-record"), PAREC("parec");

    /**
     * Who is recorded.
     *
     * @param pid
     *            its process
     * @param serial
     *            the serial of its stream's node, which is also the index of its sink input
     */
    record Target(long pid, long serial) {}

    private static final Path PROCTAP_SCRIPT = Path.of(System.getProperty("dev.proctap.home", "."), "proctap");

    private final String shownName;

    Tool(String shownName) {
        this.shownName = shownName;
    }

    String shownName() {
        return shownName;
    }

    /**
     * The command that records 16-bit stereo at 48 kHz.
     *
     * @param millis
     *            the latency to ask for and the length of a chunk; null for the graph's own latency, which pw-record
     *            can be asked for only by asking for a longer one, and chunks of 10 ms
     */
    List<String> command(Target target, @Nullable Integer millis) {
        List<String> command = new ArrayList<>();
        switch (this) {
            case PROCTAP -> {
                command.addAll(List.of(PROCTAP_SCRIPT.toString(), "--pid", Long.toString(target.pid), "--stdout"));
                if (millis != null) {
                    command.addAll(List.of("--chunk", millis.toString(), "--latency", millis.toString()));
                }
            }
            case PW_RECORD -> {
                command.addAll(List.of("pw-record", "--target", Long.toString(target.serial)));
                if (millis != null) {
                    command.addAll(List.of("--latency", millis + "ms"));
                }
                command.add("-");
            }
            case PAREC -> {
                command.addAll(List.of("parec", "--raw", "--format=s16le", "--rate=48000", "--channels=2",
                        "--monitor-stream=" + target.serial));
                if (millis != null) {
                    command.add("--latency-msec=" + millis);
                }
            }
        }
        return command;
    }

    /** Starts it; {@code output} null means a pipe to us. */
    Process start(Map<String, String> environment, Target target, @Nullable Integer millis,
            ProcessBuilder.@Nullable Redirect output) throws IOException {
        return start(command(target, millis), environment, output);
    }

    /** Starts it with a pipe to us into which every cycle is written at once, where it would collect several. */
    Process startUnbuffered(Map<String, String> environment, Target target, int millis) throws IOException {
        List<String> command = new ArrayList<>(List.of("stdbuf", "-o0"));
        command.addAll(command(target, millis));
        return start(command, environment, null);
    }

    private static Process start(List<String> command, Map<String, String> environment,
            ProcessBuilder.@Nullable Redirect output) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        if (output != null) {
            builder.redirectOutput(output);
        }
        return builder.start();
    }

    /** Seconds of processor time that a process has used, in user and in kernel mode. */
    static double cpuSeconds(Process process) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        // proc(5): fields 14 and 15 in ticks of 10 ms; the third field is the first here
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }

    /** Resident memory of a process in MB. */
    static double residentMb(Process process) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
            }
        }
        throw new IOException("no VmRSS of process " + process.pid());
    }
}
