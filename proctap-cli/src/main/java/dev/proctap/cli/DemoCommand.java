package dev.proctap.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code proctap demo}. */
@Command(name = "demo", description = "Prove on this machine that one program is recorded and no other.", mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return 0;
    }
}
