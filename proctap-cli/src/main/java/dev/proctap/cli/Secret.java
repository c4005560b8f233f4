package dev.proctap.cli;

import dev.proctap.cli.Arguments.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** A key or token: from a file, from the environment, or, where everybody may see it, from the command line. */
final class Secret {

    private final String name;
    private final @Nullable Value<String> given;
    private final Value<String> file;
    private final String variable;

    /**
     * @param names
     *            of the option that has the secret itself; empty for none
     * @param fileName
     *            of the option that has a file with it
     * @param variable
     *            of the environment
     */
    Secret(Arguments arguments, List<String> names, String fileName, String variable, String what) {
        this.variable = variable;
        name = names.isEmpty() ? fileName : names.getLast();
        given = names.isEmpty()
                ? null
                : arguments.option(names, "TEXT", String.class,
                        what + ". Other users see it in the list of processes: better " + fileName + " or the variable "
                                + variable + ".");
        file = arguments.option(fileName, "FILE", String.class,
                what + ", in a file (or in the environment, " + variable + ").");
    }

    /** The secret, null where there is none. */
    @Nullable
    String orNull(CommandLine command) throws IOException {
        String path = file.orNull();
        if (path != null) {
            if (!Files.exists(Path.of(path))) {
                throw new NoSuchFileException(path, null, "there is no such file");
            }
            return checked(command, Files.readString(Path.of(path)).strip());
        }
        String text = given == null ? null : given.orNull();
        if (text != null) {
            command.getErr().println("proctap: other users see what is given with " + name
                    + " in the list of processes; a file or the variable " + variable + " is safer");
            command.getErr().flush();
            return checked(command, text);
        }
        String fromEnvironment = System.getenv(variable);
        return fromEnvironment == null || fromEnvironment.isBlank()
                ? null
                : checked(command, fromEnvironment.strip());
    }

    /** What cannot stand in a header would be an error that shows it. */
    private String checked(CommandLine command, String secret) {
        if (secret.isEmpty() || !secret.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new ParameterException(command, String.format(Locale.ROOT,
                    "what %s gives is empty, or has characters that a key or token does not have", name));
        }
        return secret;
    }
}
