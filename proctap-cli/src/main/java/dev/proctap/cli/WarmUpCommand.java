package dev.proctap.cli;

import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What the launcher runs once, so that the JVM can keep the classes a capture needs in its AOT cache: a short capture from
 * a private server where one can be started, and as far as it gets where not.
 */
final class WarmUpCommand {

    private static final long PLAYED_FRAMES = 5L * Signal.SAMPLE_RATE_HZ;

    private final Arguments arguments = new Arguments("warm-up", "Run by the launcher.", this::call);

    CommandSpec spec() {
        arguments.spec.usageMessage().hidden(true);
        return arguments.spec;
    }

    private Integer call() throws IOException {
        Path folder = Files.createTempDirectory("proctap-warm-up");
        Path wav = folder.resolve("noise.wav");
        try (PipeWireServer server = PipeWireServer.start()) {
            try (Program player = server.play(Signal.noise(1).write(wav, PLAYED_FRAMES))) {
                System.setProperty("dev.proctap.pipewire.remote", server.remote());
                return capture(player.pid());
            }
        } catch (RuntimeException e) {
            // no PipeWire to start: what can be had without
            return capture(ProcessHandle.current().pid());
        } finally {
            Files.deleteIfExists(wav);
            Files.delete(folder);
        }
    }

    private static int capture(long pid) {
        return Main.run("--pid", Long.toString(pid), "--stdout", "--seconds", "0.5", "--verbose");
    }
}
