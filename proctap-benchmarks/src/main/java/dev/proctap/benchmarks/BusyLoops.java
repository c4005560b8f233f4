package dev.proctap.benchmarks;

import dev.proctap.testbed.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** As many busy processes as there are processors. */
record BusyLoops(List<Program> loops) implements AutoCloseable {

    static BusyLoops start() {
        List<Program> loops = new ArrayList<>();
        for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
            loops.add(Program.start(Map.of(), "sh", "-c", "while :; do :; done"));
        }
        return new BusyLoops(loops);
    }

    @Override
    public void close() {
        loops.forEach(Program::close);
    }
}
