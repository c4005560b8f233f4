package dev.proctap.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Optional;
import java.util.stream.Stream;

/** What was unpacked for the tests because installing it would have changed the user's desktop. */
final class Prerequisites {

    private Prerequisites() {}

    /** The file that matches {@code glob}, if there is one. */
    static Optional<Path> find(String glob) {
        Path root = Path.of("").toAbsolutePath();
        while (root != null && !Files.isDirectory(root.resolve(".prerequisites"))) {
            root = root.getParent();
        }
        if (root == null) {
            return Optional.empty();
        }
        PathMatcher matcher = root.getFileSystem().getPathMatcher("glob:**/" + glob);
        try (Stream<Path> files = Files.walk(root.resolve(".prerequisites"))) {
            return files.filter(matcher::matches).filter(Files::isRegularFile).findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
