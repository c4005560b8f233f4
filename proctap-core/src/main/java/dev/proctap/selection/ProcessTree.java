package dev.proctap.selection;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

/**
 * Which processes belong to a target, now and later. A process that was once found to belong stays so while it lives,
 * also when its parent is gone; a pid that the system gives to another program is another process. Not thread-safe.
 */
public final class ProcessTree {

    /** To look for descendants is to look at every process of the machine: not at every question. */
    private static final long SEARCH_NANOS = 1_000_000_000;

    private final long pid;
    private final boolean descendants;
    private final Set<ProcessHandle> members = new HashSet<>();
    private long searchedNanos = System.nanoTime() - SEARCH_NANOS;

    ProcessTree(long pid, boolean descendants) {
        this.pid = pid;
        this.descendants = descendants;
        ProcessHandle.of(pid).ifPresent(root -> {
            members.add(root);
            if (descendants) {
                root.descendants().forEach(members::add);
            }
        });
    }

    /** The process that the tree began with. */
    long pid() {
        return pid;
    }

    /** Whether process {@code candidate} belongs. */
    boolean contains(long candidate) {
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
    boolean isAlive() {
        long now = System.nanoTime();
        if (descendants && now - searchedNanos > SEARCH_NANOS) {
            searchedNanos = now;
            // a child that no stream was seen of may outlive its parent
            ProcessHandle.of(pid).filter(members::contains)
                    .ifPresent(root -> root.descendants().forEach(members::add));
        }
        members.removeIf(member -> !lives(member));
        return !members.isEmpty();
    }

    /** Of a process and its ancestors the farthest one of which {@code test} is true; 0 if it is of none. */
    public static long topmost(long pid, LongPredicate test) {
        long result = 0;
        for (Optional<ProcessHandle> at = ProcessHandle.of(pid); at.isPresent(); at = at.get().parent()) {
            if (test.test(at.get().pid())) {
                result = at.get().pid();
            }
        }
        return result;
    }

    /** A zombie has ended; only its parent has not noticed. */
    public static boolean lives(ProcessHandle process) {
        return process.isAlive() && !isZombie(process.pid());
    }

    /** Whether a process of this pid runs. */
    public static boolean exists(long pid) {
        return ProcessHandle.of(pid).isPresent() && !isZombie(pid);
    }

    private static boolean isZombie(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            // the name in parentheses may itself contain any character
            return stat.startsWith(" Z", stat.lastIndexOf(')') + 1);
        } catch (IOException e) {
            return false;
        }
    }

    /** The id of this machine, empty where it has none. */
    public static String machineId() {
        for (String file : List.of("/etc/machine-id", "/var/lib/dbus/machine-id")) {
            try {
                return Files.readString(Path.of(file)).strip();
            } catch (IOException e) {
                // the other one
            }
        }
        return "";
    }

    /** The pid that a server was told as text; 0 where it is none. */
    public static long parse(String text) {
        boolean number = !text.isEmpty() && text.length() <= 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return number ? Long.parseLong(text) : 0;
    }

    /**
     * Which process it is that says of itself that its pid is {@code claimed} and its executable's file name {@code
     * binary}: in a sandbox with pids of its own the same number means another process.
     *
     * @return its pid as this process sees it, 0 if there is none
     */
    public static long ofThisMachine(long claimed, String binary) {
        Set<String> names = exists(claimed) ? names(claimed) : Set.of();
        if (binary.isEmpty() || names.contains(binary)) {
            return names.isEmpty() ? 0 : claimed;
        }
        long sandboxed = inAnotherNamespace(claimed, binary);
        // a program may tell a name of its own choice; but a thread of the kernel has no executable, and plays nothing
        return sandboxed > 0 || executable(claimed).isEmpty() ? sandboxed : claimed;
    }

    /** The one process of another pid namespace on this machine of which both are true; 0 if there is none, or several. */
    public static long inAnotherNamespace(long claimed, String binary) {
        if (claimed <= 0 || binary.isEmpty()) {
            return 0;
        }
        String inner = "\t" + claimed;
        List<Long> found = ProcessHandle.allProcesses().map(ProcessHandle::pid).filter(pid -> pid != claimed)
                .filter(pid -> statusLine(pid, "NSpid:").endsWith(inner))
                .filter(pid -> fileName(executable(pid)).equals(binary)).toList();
        return found.size() == 1 ? found.getFirst() : 0;
    }

    private static String statusLine(long pid, String key) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith(key)).findFirst().orElse("");
        } catch (IOException | UncheckedIOException e) {
            return ""; // it has ended
        }
    }

    private static String fileName(String executable) {
        // the kernel's mark of a file that was replaced since
        String path = executable.endsWith(" (deleted)")
                ? executable.substring(0, executable.length() - " (deleted)".length())
                : executable;
        return path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf(File.separatorChar)) + 1);
    }

    /** Path of the executable, empty where the system does not tell. */
    public static String executable(long pid) {
        return ProcessHandle.of(pid).flatMap(process -> process.info().command()).orElse("");
    }

    /** The user whose process it is, empty where it is ours or the system does not tell. */
    static String otherUser(long pid) {
        String own = ProcessHandle.current().info().user().orElse("");
        return ProcessHandle.of(pid).flatMap(process -> process.info().user()).filter(user -> !user.equals(own))
                .orElse("");
    }

    /** The names under which users know a process: of its executable, and of what it was started as. */
    static Set<String> names(long pid) {
        Set<String> names = new LinkedHashSet<>();
        names.add(fileName(executable(pid)));
        names.add(kernelName(pid));
        try {
            String line = Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
            int end = line.indexOf(0);
            names.add(fileName(end < 0 ? line : line.substring(0, end)));
        } catch (IOException e) {
            // it has ended
        }
        names.remove("");
        return names;
    }

    private static String kernelName(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/comm"), StandardCharsets.ISO_8859_1).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** Name of the process: its executable's file name, else what the kernel calls it, else its pid. */
    public static String name(long pid) {
        String executable = executable(pid);
        if (!executable.isEmpty()) {
            return fileName(executable);
        }
        String kernelName = kernelName(pid);
        return kernelName.isEmpty() ? "pid " + pid : kernelName;
    }
}
