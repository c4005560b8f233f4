package dev.proctap.cli;

import dev.proctap.testbed.Program;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs the command in a process of its own, as a shell does. */
final class Cli {

    /** What a finished command left. */
    record Result(int exitCode, String output) {}

    private Cli() {}

    static List<String> command(Object... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        return command;
    }

    /** As words that a shell takes for one command. */
    static String quoted(Object... arguments) {
        return command(arguments).stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    }

    static Program start(Map<String, String> environment, Object... arguments) {
        return Program.start(environment, command(arguments).toArray(String[]::new));
    }

    /** Starts it through another program, which is given as the words before the command. */
    static Program startThrough(List<String> wrapper, Map<String, String> environment, Object... arguments) {
        return Program.start(environment,
                Stream.concat(wrapper.stream(), command(arguments).stream()).toArray(String[]::new));
    }

    static Result run(Map<String, String> environment, Object... arguments) {
        try (Program program = start(environment, arguments)) {
            int exitCode = program.waitForExit(Duration.ofSeconds(60));
            return new Result(exitCode, program.output());
        }
    }

    /** Runs a line of shell. */
    static Result shell(Map<String, String> environment, String line) {
        try (Program program = Program.start(environment, "sh", "-c", line)) {
            int exitCode = program.waitForExit(Duration.ofSeconds(60));
            return new Result(exitCode, program.output());
        }
    }
}
