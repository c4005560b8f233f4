package dev.proctap.linux;

import dev.proctap.AudioTarget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Which processes belong to a target, now and later. A process that was once found to belong stays so while it lives,
 * also when its parent is gone; a pid that the system gives to another program is another process. Not thread-safe.
 */
public final class ProcessTree {

    private final long pid;
    private final boolean descendants;
    private final Set<ProcessHandle> members = new HashSet<>();

    public ProcessTree(AudioTarget.OfProcess target) {
        this.pid = target.pid();
        this.descendants = target.descendants();
        ProcessHandle.of(pid).ifPresent(root -> {
            members.add(root);
            if (descendants) {
                root.descendants().forEach(members::add);
            }
        });
    }

    /** Whether process {@code candidate} belongs. */
    public boolean contains(long candidate) {
        if (candidate <= 0) {
            return false;
        }
        Optional<ProcessHandle> found = ProcessHandle.of(candidate);
        if (found.isEmpty()) {
            return false;
        }
        ProcessHandle process = found.get();
        if (members.contains(process)) {
            return true;
        }
        if (!descendants) {
            return false;
        }
        for (Optional<ProcessHandle> up = process.parent(); up.isPresent(); up = up.get().parent()) {
            if (members.contains(up.get())) {
                members.add(process);
                return true;
            }
        }
        return false;
    }

    /** Whether any member lives. */
    public boolean isAlive() {
        if (descendants) {
            // a child that no stream was seen of may outlive its parent
            ProcessHandle.of(pid).filter(members::contains)
                    .ifPresent(root -> root.descendants().forEach(members::add));
        }
        members.removeIf(member -> !lives(member));
        return !members.isEmpty();
    }

    /** A zombie has ended; only its parent has not noticed. */
    private static boolean lives(ProcessHandle process) {
        return process.isAlive() && !isZombie(process.pid());
    }

    /** Whether a process of this pid runs. */
    public static boolean exists(long pid) {
        return ProcessHandle.of(pid).isPresent() && !isZombie(pid);
    }

    private static boolean isZombie(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // the name in parentheses may itself contain any character
            return stat.startsWith(" Z", stat.lastIndexOf(')') + 1);
        } catch (java.io.IOException e) {
            return false;
        }
    }

    /** Path of the executable, empty where the system does not tell. */
    public static String executable(long pid) {
        return ProcessHandle.of(pid).flatMap(process -> process.info().command()).orElse("");
    }

    /** Name of the process: its executable's file name, else what the kernel calls it, else its pid. */
    public static String name(long pid) {
        String executable = executable(pid);
        if (!executable.isEmpty()) {
            return String.valueOf(Path.of(executable).getFileName());
        }
        try {
            return Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
        } catch (java.io.IOException e) {
            return "pid " + pid;
        }
    }
}
