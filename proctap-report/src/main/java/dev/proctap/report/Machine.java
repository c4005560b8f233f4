package dev.proctap.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the system tells of itself in files and in the environment. Linux tells most; elsewhere much stays unknown. */
final class Machine {

    private final Path root;
    private final Map<String, String> environment;

    /**
     * @param root
     *            where the system's files are, {@code /} but in tests
     */
    Machine(Path root, Map<String, String> environment) {
        this.root = root;
        this.environment = environment;
    }

    static Machine ofThisProcess() {
        return new Machine(Path.of("/"), System.getenv());
    }

    /** A variable of the environment, empty where it is not set. */
    String variable(String name) {
        return environment.getOrDefault(name, "");
    }

    /** A file's text without the white space around it, empty where it cannot be read. */
    String read(String path) {
        try {
            return Files.readString(file(path), StandardCharsets.ISO_8859_1).strip();
        } catch (IOException | InvalidPathException e) {
            return "";
        }
    }

    boolean exists(String path) {
        return Files.exists(file(path));
    }

    private Path file(String path) {
        return root.resolve(path.substring(1));
    }

    /** What stands behind a key at the beginning of a line, as {@code /proc} has them. */
    String value(String path, String key) {
        return read(path).lines().filter(line -> line.startsWith(key)).findFirst()
                .map(line -> line.substring(key.length()).replaceFirst("^[\\s:=]+", "").strip()).orElse("");
    }

    /** The names of what is in a folder, empty where there is none. */
    List<String> list(String path) {
        try (Stream<Path> files = Files.list(file(path))) {
            return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** The pids of processes of a name. */
    List<Long> processes(String name) {
        return list("/proc").stream().filter(entry -> entry.matches("[0-9]+"))
                .filter(pid -> read("/proc/" + pid + "/comm").equals(name)).map(Long::parseLong).toList();
    }

    /** Name and version of the operating system, and its kernel's. */
    String operatingSystem() {
        String name = value("/etc/os-release", "PRETTY_NAME").replace("\"", "");
        String kernel = System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                + System.getProperty("os.arch");
        return name.isEmpty() ? kernel : name + " (" + kernel + ")";
    }

    /** The processor's name, where the system tells, and how many of them there are. */
    String processors() {
        int count = Runtime.getRuntime().availableProcessors();
        String model = value("/proc/cpuinfo", "model name");
        return count + (count == 1 ? " processor" : " processors") + (model.isEmpty() ? "" : ", " + model);
    }

    /** Bytes of memory that the machine has. */
    static long memoryBytes() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                .getTotalMemorySize();
    }

    static String java() {
        return Runtime.version() + " (" + System.getProperty("java.vm.vendor") + ", "
                + System.getProperty("java.vm.name") + ")";
    }

    /** The first line that a program prints, empty where there is no such program. */
    static Optional<String> firstLine(String... command) {
        return output(command).lines().filter(line -> !line.isBlank()).findFirst();
    }

    /** What a program prints, empty where there is no such program. */
    static String output(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(Path.of(isWindows() ? "NUL" : "/dev/null").toFile()))
                    .start();
            try (var in = process.inputReader()) {
                return in.lines().collect(Collectors.joining("\n"));
            } finally {
                process.destroy();
            }
        } catch (IOException e) {
            return "";
        }
    }

    static boolean isWindows() {
        return System.getProperty("os.name", "").startsWith("Windows");
    }
}
