package dev.proctap.cli;

import dev.proctap.cli.Arguments.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Which audio server is used: the option {@code --backend}. */
final class Backend {

    private static final String PROPERTY = "dev.proctap.backend";
    private static final List<String> NAMES = List.of("pipewire", "pulse", "wasapi", "coreaudio");

    private final Value<String> name;

    Backend(Arguments arguments) {
        name = arguments.option("--backend", "pipewire|pulse", String.class,
                "The audio server to use (default: the one that answers, PipeWire first). Windows has wasapi alone, and"
                        + " macOS coreaudio.");
    }

    /** Takes the named one alone, if one was, for every capture of this JVM. */
    void choose(CommandLine command) {
        @Nullable
        String asked = name.orNull();
        if (asked != null) {
            if (!NAMES.contains(asked)) {
                throw new ParameterException(command, "--backend is pipewire or pulse, not " + asked);
            }
            System.setProperty(PROPERTY, asked);
        }
    }
}
