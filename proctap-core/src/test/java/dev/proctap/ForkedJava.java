package dev.proctap;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Program;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Another JVM with the classes of the tests, for what would hurt this one. */
final class ForkedJava {

    private ForkedJava() {}

    static Program start(AudioServer server, Map<String, String> environment, List<String> options, Class<?> main,
            Object... arguments) {
        return start(server, List.of(), environment, options, main, arguments);
    }

    /** Starts it through another program, which is given as the words before the command. */
    static Program start(AudioServer server, List<String> wrapper, Map<String, String> environment,
            List<String> options, Class<?> main, Object... arguments) {
        List<String> command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return server.start(environment, command.toArray(String[]::new));
    }
}
