package dev.proctap.cli;

import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * What the launcher runs once, so that the JVM can keep the classes a capture needs in its AOT cache: a short capture from
 * a private server where one can be started, and as far as it gets where not. Prints nothing.
 */
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Callable<Integer> {

    private static final int FRAMES = Signal.SAMPLE_RATE_HZ / 2;

    @Override
    public Integer call() throws IOException {
        Main.prepare();
        Path folder = Files.createTempDirectory("proctap-warm-up");
        Path wav = folder.resolve("noise.wav");
        try (PipeWireServer server = PipeWireServer.start()) {
            try (Program player = server.play(Signal.noise(1).write(wav, 10L * FRAMES))) {
                System.setProperty("dev.proctap.pipewire.remote", server.remote());
                capture(player.pid(), folder.resolve("out.raw"));
            }
        } catch (RuntimeException e) {
            // no PipeWire to start: what can be had without
            capture(ProcessHandle.current().pid(), folder.resolve("out.raw"));
        } finally {
            Files.deleteIfExists(wav);
            Files.deleteIfExists(folder.resolve("out.raw"));
            Files.delete(folder);
        }
        return ExitCode.OK;
    }

    private static void capture(long pid, Path out) throws IOException {
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        Main main = new Main();
        CommandLine command = new CommandLine(main);
        command.parseArgs("--pid", Long.toString(pid), "--stdout");
        Terminal.isStdout(); // asked by every capture to standard output
        Capturing capturing = Capturing.of(command, main.capture, main.written, SampleFormat.S16, false);
        try {
            new Recorder(nowhere, true, null).record(AudioTarget.pid(pid), capturing.options(), FRAMES,
                    () -> capturing.open(out.toString(), pid, nowhere));
        } catch (ProcTapException e) {
            // nothing to capture from
        }
    }
}
