package dev.proctap.cli;

import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Which audio server is used. */
final class Backend {

    private static final String PROPERTY = "dev.proctap.backend";

    private Backend() {}

    /** Takes the named one alone, for every capture of this JVM. */
    static void choose(CommandLine command, String name) {
        if (!name.equals("pipewire") && !name.equals("pulse")) {
            throw new ParameterException(command, "--backend is pipewire or pulse, not " + name);
        }
        System.setProperty(PROPERTY, name);
    }
}
