package dev.proctap.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * The part of macOS that a capture calls. Its libraries stand below {@link #root} where those of macOS stand; the bindings look
 * there when the system property {@code dev.proctap.macos.root} says so.
 */
public final class FakeMacOs extends FakeServer {

    private static final List<String> LIBRARIES = List.of(
            "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation",
            "/usr/lib/libobjc.A.dylib", "/usr/lib/libSystem.B.dylib");

    private static final class Built {

        static final Path ROOT = Path.of("target", "fake-macos").toAbsolutePath();
        static final Path LIBRARY = library("/System/Library/Frameworks/CoreAudio.framework/CoreAudio");
        static final Path PROGRAMS = build(ROOT.resolve("build"), LIBRARY, "macos.c", List.of("-Wall", "-Wextra"));

        static {
            // the same library under each name
            LIBRARIES.forEach(Built::link);
        }

        private Built() {}

        private static void link(String path) {
            try {
                Files.createSymbolicLink(library(path), LIBRARY);
            } catch (FileAlreadyExistsException e) {
                // of another run, or another JVM
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static Path library(String path) {
            Path library = Path.of(ROOT + path);
            try {
                Files.createDirectories(Objects.requireNonNull(library.getParent()));
                return library;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private FakeMacOs(Path folder) {
        super(folder, Built.LIBRARY, Built.PROGRAMS);
    }

    /** Starts the engine; one at a time, since it is the process's own. */
    public static FakeMacOs start() {
        return start(FakeMacOs::new);
    }

    /** How long all but so many of a thousand calls of IOProcs took at most, since {@link #forgetIoTimes}. */
    public int ioNanos(int permille) {
        return (int) call("fake_io_nanos", permille);
    }

    public void forgetIoTimes() {
        call("fake_io_forget");
    }

    /** For the system property. */
    public static String root() {
        return Built.ROOT.toString();
    }
}
