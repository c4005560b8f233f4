package dev.proctap.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** One started program; its output goes to a file that {@link #output} reads. Closing kills it and what it started, and waits for its end. */
public final class Program implements AutoCloseable {

    private static final Set<Process> ALIVE = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ALIVE.forEach(process -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        })));
    }

    private final List<String> command;
    private final Process process;
    private final Path log;

    private Program(List<String> command, Process process, Path log) {
        this.command = command;
        this.process = process;
        this.log = log;
    }

    /** Starts {@code command} with {@code environment} added to that of this JVM; standard input is empty. */
    public static Program start(Map<String, String> environment, String... command) {
        try {
            Path log = Files.createTempFile("proctap-program", ".log");
            ProcessBuilder builder = new ProcessBuilder(command);
            // the user's own would win over XDG_RUNTIME_DIR, and versions of PipeWire do not agree on what is below it
            builder.environment().remove("PULSE_RUNTIME_PATH");
            builder.environment().putAll(environment);
            builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
            builder.redirectErrorStream(true).redirectOutput(log.toFile());
            Process process = builder.start();
            ALIVE.add(process);
            return new Program(List.of(command), process, log);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command[0] + ": is it installed?", e);
        }
    }

    /** Runs {@code command} to its end and returns what it printed; a failure is an exception with that output. */
    public static String run(Map<String, String> environment, String... command) {
        try (Program program = start(environment, command)) {
            int code = program.waitForExit(Duration.ofSeconds(20));
            if (code != 0) {
                throw new IllegalStateException(
                        String.join(" ", command) + " ended with " + code + ": " + program.output());
            }
            return program.output();
        }
    }

    boolean isProgram(String name) {
        return command.getFirst().equals(name);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** All that the program has printed, both streams together. */
    public String output() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The exit code; an {@link IllegalStateException} when the program has not ended in time. */
    public int waitForExit(Duration timeout) {
        try {
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(
                        String.join(" ", command) + " still runs after " + timeout + ": " + output());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + command, e);
        }
    }

    /** Sends a signal by name (STOP, CONT, INT, KILL ...). */
    public void signal(String name) {
        run(Map.of(), "kill", "-" + name, Long.toString(pid()));
    }

    @Override
    public void close() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        try {
            process.waitFor();
            // children of children that are gone belong to init, which may take its time to bury them
            children.forEach(child -> child.onExit().completeOnTimeout(child, 5, TimeUnit.SECONDS).join());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        ALIVE.remove(process);
        try {
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return String.join(" ", command) + " (pid " + pid() + ")";
    }
}
