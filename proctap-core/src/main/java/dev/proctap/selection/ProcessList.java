package dev.proctap.selection;

import dev.proctap.AudioProcess;
import dev.proctap.PlaybackStream;
import dev.proctap.spi.CleanText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Puts the streams of a server together as processes. */
public final class ProcessList {

    private final Map<Long, List<PlaybackStream>> streams = new TreeMap<>();
    private final Map<Long, String> programs = new TreeMap<>();

    /**
     * Adds a stream.
     *
     * @param pid
     *            its process; streams of which nobody knows it (0) are left out
     * @param program
     *            what the process calls itself
     */
    public void add(long pid, String program, PlaybackStream stream) {
        if (pid > 0) {
            streams.computeIfAbsent(pid, key -> new ArrayList<>()).add(stream);
            programs.putIfAbsent(pid, program);
        }
    }

    /** The processes, by pid. */
    public List<AudioProcess> toList() {
        List<AudioProcess> result = new ArrayList<>();
        streams.forEach((pid, list) -> {
            String executable = ProcessTree.executable(pid);
            String name = executable.isEmpty() ? programs.getOrDefault(pid, "pid " + pid) : ProcessTree.name(pid);
            result.add(new AudioProcess(pid, CleanText.clean(name), CleanText.clean(executable),
                    ProcessHandle.of(pid).flatMap(process -> process.info().startInstant()).orElse(null), list));
        });
        return result;
    }
}
