import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Lets the bindings to Windows be generated, and takes what the library uses of them, so that the jar does not grow by what one
 * struct of COM refers to. The generator is a Maven plugin for a newer Java than Maven may run on: so Maven is started
 * once more, on the Java that runs this, for {@code windows-bindings.pom.xml}. Changes three things:
 * <ul>
 * <li>The layout of PROPVARIANT is left out: nobody reads it, and it needs a hundred classes.
 * <li>The option that keeps an error of a call is that of {@code CallState}, which also exists where a test runs that has
 * no Windows.
 * <li>Warnings about code that nobody wrote are off.
 * </ul>
 *
 * <p>Run by the build: {@code java WindowsBindings.java PROJECT-FOLDER MAVEN-HOME LOCAL-REPOSITORY}.
 */
final class WindowsBindings {

    private static final Pattern REFERENCE = Pattern.compile("dev\\.proctap\\.generated(?:\\.[a-z0-9]+)+\\.[A-Za-z_]\\w*");
    private static final Pattern LAYOUT = Pattern.compile(
            " *private static final GroupLayout \\$LAYOUT = .*?\\n    \\)(?:\\.\\w+\\([^)]*\\))*;\\n", Pattern.DOTALL);
    private static final Pattern LAYOUT_GETTER = Pattern
            .compile(" */\\*\\*(?:(?!\\*/).)*?\\*/\\s*public static GroupLayout layout\\(\\) \\{.*?\\n    \\}\\n", Pattern.DOTALL);
    private static final Pattern PACKAGE = Pattern.compile("package (dev\\.proctap\\.generated[\\w.]*);");
    private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);
    private static final Pattern NAME = Pattern.compile("[A-Za-z_]\\w*");
    private static final Pattern DECLARATION = Pattern.compile("^public (?:class|interface|enum) ", Pattern.MULTILINE);

    private WindowsBindings() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Path project = Path.of(args[0]);
        Path generated = project.resolve("target/windows-bindings/src/main/java");
        Path pom = project.resolve("windows-bindings.pom.xml");
        if (!Files.isDirectory(generated)
                || Files.getLastModifiedTime(generated).compareTo(Files.getLastModifiedTime(pom)) < 0) {
            generate(pom, args[1], args[2]);
            Files.setLastModifiedTime(generated, FileTime.from(Instant.now()));
        }
        take(generated, project.resolve("src/main/java/dev/proctap/windows"),
                project.resolve("target/generated-sources/windows"));
    }

    private static void generate(Path pom, String maven, String repository) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-classpath", maven + "/boot/*",
                "-Dclassworlds.conf=" + maven + "/bin/m2.conf", "-Dmaven.home=" + maven,
                "-Dmaven.multiModuleProjectDirectory=" + pom.getParent(), "-Dmaven.repo.local=" + repository,
                "org.codehaus.plexus.classworlds.launcher.Launcher", "--quiet", "--batch-mode", "--file=" + pom,
                "generate-sources").inheritIO().start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("the bindings to Windows could not be generated, see above");
        }
    }

    private static void take(Path generated, Path users, Path target) throws IOException {
        Map<String, Path> known = new TreeMap<>();
        for (Path file : sources(generated)) {
            String name = generated.relativize(file).toString().replaceFirst("\\.java$", "");
            known.put(name.replace('/', '.').replace('\\', '.'), file);
        }
        Map<Path, String> taken = new TreeMap<>();
        Deque<String> texts = new ArrayDeque<>();
        for (Path user : sources(users)) {
            texts.add(Files.readString(user));
        }
        while (!texts.isEmpty()) {
            for (String name : references(COMMENT.matcher(texts.remove()).replaceAll(""))) {
                Path file = known.remove(name);
                if (file != null) {
                    String text = change(file.getFileName().toString(), Files.readString(file));
                    taken.put(target.resolve(generated.relativize(file)), text);
                    texts.add(text);
                }
            }
        }
        if (taken.isEmpty()) {
            throw new IllegalStateException("no binding to Windows is used: is " + generated + " complete?");
        }
        if (Files.isDirectory(target)) {
            for (Path old : sources(target)) {
                if (!taken.containsKey(old)) {
                    Files.delete(old);
                }
            }
        }
        for (Map.Entry<Path, String> file : taken.entrySet()) {
            Files.createDirectories(file.getKey().getParent());
            // what is as it was is left alone, so that it is not compiled again
            if (!Files.exists(file.getKey()) || !Files.readString(file.getKey()).equals(file.getValue())) {
                Files.writeString(file.getKey(), file.getValue());
            }
        }
    }

    /** The names of classes that a source may mean: those in full, and all in its own package. */
    private static Set<String> references(String source) {
        Set<String> names = new TreeSet<>();
        Matcher full = REFERENCE.matcher(source);
        while (full.find()) {
            names.add(full.group());
        }
        Matcher owner = PACKAGE.matcher(source);
        if (owner.find()) {
            Matcher simple = NAME.matcher(source);
            while (simple.find()) {
                names.add(owner.group(1) + "." + simple.group());
            }
        }
        return names;
    }

    private static String change(String file, String text) {
        String changed = file.equals("PROPVARIANT.java")
                ? LAYOUT_GETTER.matcher(LAYOUT.matcher(text).replaceAll("")).replaceAll("")
                : text;
        changed = changed.replace("Linker.Option.captureCallState(\"GetLastError\")",
                "dev.proctap.internal.ffm.CallState.OPTION");
        return DECLARATION.matcher(changed).replaceAll("@SuppressWarnings(\"all\")\n$0");
    }

    private static Iterable<Path> sources(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().collect(Collectors.toList());
        }
    }
}
