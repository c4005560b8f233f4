package dev.proctap.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The programs that the demo needs; how to get them stands in one place, the script {@code install-prerequisites}. */
final class Prerequisites {

    /** Set by the launcher. */
    private static final @Nullable String HOME = System.getProperty("dev.proctap.home");

    private static final List<String> PROGRAMS = List.of("pipewire", "wireplumber", "pipewire-pulse", "pw-play",
            "pw-cli", "pw-link", "pw-metadata", "dbus-daemon");

    private Prerequisites() {}

    /** Programs that are not on the path. */
    static List<String> missing() {
        return PROGRAMS.stream().filter(program -> !isOnPath(program)).toList();
    }

    static boolean isOnPath(String program) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }

    /** The command that installs them here, for the user to run. */
    static String command() throws IOException, InterruptedException {
        if (HOME == null) {
            return "your package manager, for PipeWire, WirePlumber and pw-play";
        }
        Process script = new ProcessBuilder(script(HOME), "--print", "demo").start();
        String printed = new String(script.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        script.waitFor();
        return printed.strip();
    }

    /**
     * Installs them, where that can be done without asking.
     *
     * @return whether it worked
     */
    static boolean install() throws IOException, InterruptedException {
        if (HOME == null) {
            return false;
        }
        int exit = new ProcessBuilder(script(HOME), "demo").redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
        return exit == 0 && missing().isEmpty();
    }

    private static String script(String home) {
        return Path.of(home, "scripts", "install-prerequisites").toString();
    }
}
