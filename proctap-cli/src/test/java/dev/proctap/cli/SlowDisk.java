package dev.proctap.cli;

import dev.proctap.testbed.PipeWireServer;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** A disk that takes only so many bytes a second from the programs that are started with it. */
final class SlowDisk {

    private SlowDisk() {}

    /** The environment for such a program; {@code folder} keeps the library that slows it down. */
    static Map<String, String> environment(PipeWireServer server, Path folder, int bytesPerSecond)
            throws URISyntaxException {
        Path source = Path.of(Objects.requireNonNull(SlowDisk.class.getResource("/slow-disk.c")).toURI());
        Path library = folder.resolve("slow-disk.so");
        server.run("gcc", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-ldl");
        Map<String, String> slow = new HashMap<>(server.environment());
        slow.put("LD_PRELOAD", library.toString());
        slow.put("SLOW_BYTES_PER_SECOND", Integer.toString(bytesPerSecond));
        return slow;
    }
}
