package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script in the root, in a copy of the sources that was never built. */
@Tag("alone")
class LauncherTest {

    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final Set<String> LEFT_OUT = Set.of("target", ".git", ".prerequisites", "docs");
    private static final String BUILDING = "proctap: building";

    @TempDir
    Path folder;

    private static void copySources(Path to) throws IOException {
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path from, BasicFileAttributes attributes) throws IOException {
                if (LEFT_OUT.contains(String.valueOf(from.getFileName()))) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Files.createDirectories(to.resolve(ROOT.relativize(from)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path from, BasicFileAttributes attributes) throws IOException {
                Files.copy(from, to.resolve(ROOT.relativize(from)), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static Cli.Result run(Path script, Map<String, String> environment, String... arguments) {
        String[] command = new String[arguments.length + 1];
        command[0] = script.toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        try (Program program = Program.start(environment, command)) {
            int exitCode = program.waitForExit(Duration.ofMinutes(5));
            return new Cli.Result(exitCode, program.output());
        }
    }

    /** The mark of a start that was building and is gone: it must not be waited for. */
    private static void leaveWhatAKilledStartLeaves(Path copy) throws IOException {
        try (Program killed = Program.start(Map.of(), "true")) {
            killed.waitForExit(Duration.ofSeconds(10));
            Path target = Files.createDirectories(copy.resolve("proctap-cli/target"));
            Files.createSymbolicLink(target.resolve("launcher.building"), Path.of(Long.toString(killed.pid())));
        }
    }

    private static void touch(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void itBuildsOnFirstUseAndWhenASourceIsNewerAndNotOtherwise() throws IOException {
        Path copy = folder.resolve("a folder with spaces");
        copySources(copy);
        Path script = copy.resolve("proctap");
        leaveWhatAKilledStartLeaves(copy);

        Cli.Result first = run(script, Map.of(), "--version");
        assertThat(first.exitCode()).as(first.output()).isZero();
        assertThat(first.output()).contains(BUILDING).contains("proctap 0.").contains("Java 25");
        assertThat(copy.resolve("proctap-cli/target/launcher.aot")).exists();

        Cli.Result second = run(script, Map.of(), "--version");
        assertThat(second.exitCode()).isZero();
        assertThat(second.output()).doesNotContain(BUILDING).startsWith("proctap 0.");

        Path link = Files.createSymbolicLink(folder.resolve("proctap-link"), script);
        assertThat(run(link, Map.of(), "--version")).isEqualTo(second);
        for (String[] name : new String[][]{{"proctap-effects", "effects"}, {"proctap-volume-meter", "meter"},
                {"proctap-whisper", "transcribe"}, {"proctap-mic-mix", "mic-mix"}}) {
            Path named = Files.createSymbolicLink(folder.resolve(name[0]), script);
            assertThat(run(named, Map.of(), "--help").output()).startsWith("Usage: proctap " + name[1]);
            assertThat(ROOT.resolve(name[0])).as("as users of the Python ProcTap call it").isSymbolicLink();
        }

        Path cache = copy.resolve("proctap-cli/target/launcher.aot");
        FileTime filled = Files.getLastModifiedTime(cache);
        try (Stream<Path> jars = Files.list(copy.resolve("proctap-cli/target/lib"))) {
            jars.forEach(LauncherTest::touch);
        }
        assertThat(run(script, Map.of(), "--version")).as("after a build by Maven").isEqualTo(second);
        assertThat(Files.getLastModifiedTime(cache)).as("the cache is for jars that are gone").isGreaterThan(filled);

        // here it makes a folder of the kind that it makes on macOS
        Path applications = folder.resolve("applications");
        Cli.Result bundled = run(copy.resolve("scripts/bundle-for-macos"), Map.of(), applications.toString());
        assertThat(bundled.exitCode()).as(bundled.output()).isZero();
        assertThat(run(applications.resolve("ProcTap/bin/ProcTap"), Map.of(), "--version").output())
                .startsWith("proctap 0.");

        touch(copy.resolve("proctap-core/src/main/java/dev/proctap/AudioChunk.java"));
        assertThat(run(script, Map.of(), "--version").output()).contains(BUILDING).contains("proctap 0.");
    }

    @Test
    void withoutAJdk25ItSaysWhatToInstall() throws IOException {
        Path script = folder.resolve("proctap");
        // where Linux has its JDKs there are none
        Files.writeString(script,
                Files.readString(ROOT.resolve("proctap")).replace("/usr/lib/jvm/*", "/nonexistent/*"));
        assertThat(script.toFile().setExecutable(true)).isTrue();
        Cli.Result result = run(script,
                Map.of("JAVA_HOME", "/nonexistent", "HOME", folder.toString(), "PATH", "/usr/bin:/bin"),
                "--version");
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output())
                .startsWith("proctap: needs a JDK 25 or later, and found none. Install one: apt install")
                .contains("dnf install", "pacman -S", "brew install", "winget install", "JAVA_HOME").hasLineCount(1);
    }
}
