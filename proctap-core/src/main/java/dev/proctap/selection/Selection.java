package dev.proctap.selection;

import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.ProcTapException.Kind;
import dev.proctap.spi.CleanText;
import java.io.File;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a target means among those who play now. Programs that were chosen once stay so while they live. Not thread-safe.
 */
abstract class Selection {

    /** A started instant is that of the kernel's clock, which another run of a JVM may see a little shifted. */
    private static final Duration SAME_START = Duration.ofSeconds(2);

    /**
     * @param follow
     *            whether a program that has ended is looked for again
     * @throws ProcTapException
     *             if it names a process that does not exist
     */
    static Selection of(AudioTarget target, boolean follow) {
        // asked one by one: the JVM needs some ten milliseconds to link the first switch over types
        if (target instanceof AudioTarget.OfProcess process) {
            return new OneProcess(process, follow);
        } else if (target instanceof AudioTarget.OfName name) {
            return new Named(name.name(), name.all());
        } else if (target instanceof AudioTarget.OfApplication application) {
            return new Application(application.id());
        } else if (target instanceof AudioTarget.AnyOf any) {
            return new Union(any.targets().stream().map(each -> of(each, follow)).toList());
        }
        if (target instanceof AudioTarget.OfInputDevice device) {
            return new InputDevice(device.name());
        }
        List<AudioTarget> exceptions = ((AudioTarget.Everything) target).exceptions();
        return new Rest(exceptions.stream().map(Selection::ofAll).toList());
    }

    /** As {@link #of}; of several programs of a name every one is meant. */
    private static Selection ofAll(AudioTarget target) {
        return target instanceof AudioTarget.OfName name ? new Named(name.name(), true) : of(target, true);
    }

    /**
     * Chooses among all who play.
     *
     * @param follow
     *            whether a program that has ended is looked for again
     * @throws ProcTapException
     *             if nothing was chosen before, and it is not clear which one is meant
     */
    abstract void choose(Collection<Player> players, boolean follow);

    abstract boolean contains(Player player);

    /** Whether a process that was chosen lives. */
    abstract boolean isAlive();

    /** Whether something was chosen once. */
    abstract boolean isChosen();

    /** The first processes of what was chosen and lives. */
    abstract List<Long> roots();

    /** Whether everything but the {@link #roots} is meant. */
    boolean leavesOut() {
        return false;
    }

    /** Whether a choice needs to know all who play: not where a single one tells whether it belongs. */
    boolean needsAll() {
        return true;
    }

    /** The process that somebody who {@linkplain #contains belongs} is a part of, 0 where nobody tells. */
    long program(Player player) {
        return player.pid();
    }

    /** The one process whose end is the end of it, 0 if there is none. */
    long pid() {
        return 0;
    }

    /** For a name of the server. */
    abstract String label();

    /** What is wrong where none of it plays. */
    abstract ProcTapException notPlaying(boolean anyStream, Collection<Player> players);

    /** The same, where opening must fail for it; null where nothing needs to play. */
    @Nullable
    ProcTapException failureWhereSilent(boolean anyStream, Collection<Player> players) {
        return notPlaying(anyStream, players);
    }

    /** What a process calls itself and what it does. */
    private static String describe(long pid) {
        return CleanText.clean(ProcessTree.name(pid)) + " (pid " + pid + ")";
    }

    private static ProcTapException silent(String who, boolean anyStream) {
        return new ProcTapException(Kind.NOT_PLAYING, who + (anyStream ? " is paused" : " is not playing anything"));
    }

    /** A process and, where asked for, its descendants. */
    private static final class OneProcess extends Selection {

        private final AudioTarget.OfProcess target;
        private final String executable;
        private final Set<String> names;
        private ProcessTree tree;

        OneProcess(AudioTarget.OfProcess target, boolean follow) {
            if (!ProcessTree.exists(target.pid())) {
                throw new ProcTapException(Kind.NO_SUCH_PROCESS, "no process " + target.pid());
            }
            Instant expected = target.started();
            if (expected != null && ProcessHandle.of(target.pid()).flatMap(process -> process.info().startInstant())
                    .filter(actual -> Duration.between(expected, actual).abs().compareTo(SAME_START) > 0).isPresent()) {
                throw new ProcTapException(Kind.NO_SUCH_PROCESS, "process " + target.pid()
                        + " has ended, and its pid is that of another program now: " + describe(target.pid()));
            }
            this.target = target;
            // only they need it who follow, and it takes time that the first sample waits for
            this.executable = follow ? ProcessTree.executable(target.pid()) : "";
            this.names = follow ? ProcessTree.names(target.pid()) : Set.of();
            this.tree = new ProcessTree(target.pid(), target.descendants());
        }

        @Override
        void choose(Collection<Player> players, boolean follow) {
            if (follow && !executable.isEmpty() && !tree.isAlive()) {
                // the program comes back as another process
                players.stream().map(player -> ProcessTree.topmost(player.pid(), this::isSameProgram))
                        .filter(pid -> pid > 0).findFirst()
                        .ifPresent(pid -> tree = new ProcessTree(pid, target.descendants()));
            }
        }

        /** A script is not every program of its interpreter. */
        private boolean isSameProgram(long pid) {
            return ProcessTree.executable(pid).equals(executable) && ProcessTree.names(pid).equals(names);
        }

        @Override
        boolean contains(Player player) {
            return tree.contains(player.pid());
        }

        @Override
        long program(Player player) {
            return tree.pid();
        }

        @Override
        boolean isAlive() {
            return tree.isAlive();
        }

        @Override
        boolean isChosen() {
            return true;
        }

        @Override
        List<Long> roots() {
            // its descendants are looked for only where it is gone itself: that takes time
            return ProcessTree.exists(tree.pid()) || tree.isAlive() ? List.of(tree.pid()) : List.of();
        }

        @Override
        boolean needsAll() {
            return false;
        }

        @Override
        long pid() {
            return target.pid();
        }

        @Override
        String label() {
            return Long.toString(target.pid());
        }

        @Override
        ProcTapException notPlaying(boolean anyStream, Collection<Player> players) {
            String owner = ProcessTree.otherUser(target.pid());
            return owner.isEmpty() || anyStream
                    ? silent(describe(target.pid()), anyStream)
                    : new ProcTapException(Kind.NOT_PERMITTED,
                            describe(target.pid()) + " is " + CleanText.clean(owner)
                                    + "'s and plays nothing on this audio server; run as " + CleanText.clean(owner)
                                    + " to record from theirs");
        }
    }

    /** The program of a name, or every one. */
    private static final class Named extends Selection {

        /** How well a name fits; the first that fits anybody is the one that counts from then on. */
        private static final int EXECUTABLE = 0;
        private static final int PROGRAM = 1;
        private static final int EXECUTABLE_PREFIX = 2;
        private static final int PROGRAM_PREFIX = 3;
        private static final int NONE = 4;

        private final String name;
        private final boolean all;
        private int fit = NONE;
        private final List<ProcessTree> chosen = new ArrayList<>();
        /** Programs of other machines, by what they call themselves. */
        private boolean remote;
        /** How well each process fits, and which one of its ancestors it is that does; asked once, since it costs. */
        private final Map<ProcessHandle, Map<Integer, Long>> known = new HashMap<>();

        Named(String name, boolean all) {
            this.name = name;
            this.all = all;
        }

        @Override
        void choose(Collection<Player> players, boolean follow) {
            if (!all && !chosen.isEmpty() && (isAlive() || !follow)) {
                return;
            }
            known.keySet().removeIf(process -> !process.isAlive());
            int best = fit;
            Set<Long> roots = new LinkedHashSet<>();
            boolean anyRemote = false;
            for (int tier = EXECUTABLE; tier < NONE && roots.isEmpty() && !anyRemote; tier++) {
                if (fit == NONE || tier == fit) {
                    best = tier;
                    for (Player player : players) {
                        long root = root(player, tier);
                        if (root > 0) {
                            roots.add(root);
                        }
                        anyRemote |= root == 0 && fits(player.program(), tier - PROGRAM);
                    }
                }
            }
            if (roots.isEmpty() && !anyRemote) {
                return;
            }
            if (!all && roots.size() > 1 && !isChosen()) {
                throw new ProcTapException(Kind.AMBIGUOUS,
                        roots.size() + " programs are called " + CleanText.clean(name) + ": " + roots.stream().sorted()
                                .map(Selection::describe).collect(Collectors.joining(", ")));
            }
            fit = best;
            remote = anyRemote;
            for (long root : all ? roots : roots.stream().limit(1).toList()) {
                if (chosen.stream().noneMatch(tree -> tree.contains(root))) {
                    chosen.add(new ProcessTree(root, true));
                }
            }
        }

        private long root(Player player, int tier) {
            Optional<ProcessHandle> process = player.pid() > 0 ? ProcessHandle.of(player.pid()) : Optional.empty();
            if (process.isEmpty()) {
                return player.pid() > 0 ? -1 : 0;
            }
            if (tier == PROGRAM || tier == PROGRAM_PREFIX) {
                return fits(player.program(), tier - PROGRAM) ? player.pid() : -1;
            }
            return known.computeIfAbsent(process.get(), key -> new HashMap<>()).computeIfAbsent(tier, key -> {
                long root = ProcessTree.topmost(player.pid(), pid -> fitsProcess(pid, tier));
                return root > 0 ? root : -1L;
            });
        }

        private boolean fitsProcess(long pid, int tier) {
            if (name.contains("/") || name.contains(File.separator)) {
                return tier == EXECUTABLE && ProcessTree.executable(pid).equalsIgnoreCase(name);
            }
            return ProcessTree.names(pid).stream().anyMatch(each -> fits(each, tier));
        }

        private boolean fits(String candidate, int tier) {
            String wanted = plain(name);
            String seen = plain(candidate);
            return switch (tier) {
                case EXECUTABLE -> seen.equals(wanted);
                case EXECUTABLE_PREFIX -> seen.startsWith(wanted);
                default -> false;
            };
        }

        private static String plain(String text) {
            String lower = text.toLowerCase(Locale.ROOT);
            return lower.endsWith(".exe") ? lower.substring(0, lower.length() - ".exe".length()) : lower;
        }

        @Override
        boolean contains(Player player) {
            return player.pid() > 0
                    ? chosen.stream().anyMatch(tree -> tree.contains(player.pid()))
                    : remote && fits(player.program(), fit - PROGRAM);
        }

        @Override
        long program(Player player) {
            return chosen.stream().filter(tree -> tree.contains(player.pid())).mapToLong(ProcessTree::pid).findFirst()
                    .orElse(player.pid());
        }

        @Override
        boolean isAlive() {
            chosen.removeIf(tree -> !tree.isAlive());
            return remote || !chosen.isEmpty();
        }

        @Override
        boolean isChosen() {
            return fit != NONE;
        }

        @Override
        List<Long> roots() {
            return chosen.stream().filter(ProcessTree::isAlive).map(ProcessTree::pid).toList();
        }

        @Override
        String label() {
            return name;
        }

        @Override
        ProcTapException notPlaying(boolean anyStream, Collection<Player> players) {
            if (!chosen.isEmpty()) {
                return silent(describe(chosen.getFirst().pid()), anyStream);
            }
            for (int tier : new int[]{EXECUTABLE, EXECUTABLE_PREFIX}) {
                Optional<ProcessHandle> process = ProcessHandle.allProcesses()
                        .filter(each -> each.pid() != ProcessHandle.current().pid() && fitsProcess(each.pid(), tier))
                        .findFirst();
                if (process.isPresent()) {
                    return silent(describe(process.get().pid()), false);
                }
            }
            return new ProcTapException(Kind.NO_SUCH_PROCESS, "no program is called " + CleanText.clean(name));
        }
    }

    /** Every process of an application. */
    private static final class Application extends Selection {

        private final String id;
        private final Map<ProcessHandle, Boolean> known = new HashMap<>();
        private final Set<ProcessHandle> chosen = new HashSet<>();
        private boolean any;

        Application(String id) {
            this.id = id;
        }

        @Override
        void choose(Collection<Player> players, boolean follow) {
            known.keySet().removeIf(process -> !process.isAlive());
            for (Player player : players) {
                if (contains(player)) {
                    any = true;
                    ProcessHandle.of(player.pid()).ifPresent(chosen::add);
                }
            }
        }

        @Override
        boolean contains(Player player) {
            if (ApplicationIds.isSame(player.applicationId(), id)) {
                return true;
            }
            return player.pid() > 0 && ProcessHandle.of(player.pid()).map(process -> known.computeIfAbsent(process,
                    key -> ApplicationIds.of(key.pid()).stream().anyMatch(each -> ApplicationIds.isSame(each, id))))
                    .orElse(false);
        }

        @Override
        boolean isAlive() {
            chosen.removeIf(process -> !process.isAlive());
            return !chosen.isEmpty();
        }

        @Override
        boolean isChosen() {
            return any;
        }

        @Override
        List<Long> roots() {
            return chosen.stream().filter(ProcessTree::lives).map(ProcessHandle::pid).sorted().toList();
        }

        @Override
        String label() {
            return id;
        }

        @Override
        ProcTapException notPlaying(boolean anyStream, Collection<Player> players) {
            return silent("the application " + CleanText.clean(id), anyStream);
        }
    }

    /** No program at all. */
    private static final class InputDevice extends Selection {

        private final String name;

        InputDevice(String name) {
            this.name = name;
        }

        @Override
        void choose(Collection<Player> players, boolean follow) {
            // devices do not play
        }

        @Override
        boolean contains(Player player) {
            return false;
        }

        @Override
        boolean isAlive() {
            // it may come back at any time
            return true;
        }

        @Override
        boolean isChosen() {
            return true;
        }

        @Override
        List<Long> roots() {
            return List.of();
        }

        @Override
        String label() {
            return name.isEmpty() ? "input" : name;
        }

        @Override
        ProcTapException notPlaying(boolean anyStream, Collection<Player> players) {
            return new ProcTapException(Kind.NO_SUCH_DEVICE, name.isEmpty()
                    ? "the audio server has no input device"
                    : "no input device is called " + CleanText.clean(name));
        }
    }

    /** Several selections together. */
    private static final class Union extends Selection {

        private final List<Selection> parts;

        Union(List<Selection> parts) {
            this.parts = parts;
        }

        @Override
        void choose(Collection<Player> players, boolean follow) {
            parts.forEach(part -> part.choose(players, follow));
        }

        @Override
        boolean contains(Player player) {
            return parts.stream().anyMatch(part -> part.contains(player));
        }

        @Override
        long program(Player player) {
            return parts.stream().filter(part -> part.contains(player)).mapToLong(part -> part.program(player))
                    .findFirst().orElse(player.pid());
        }

        @Override
        boolean isAlive() {
            // each is asked: it forgets who has ended
            return parts.stream().filter(Selection::isAlive).count() > 0;
        }

        @Override
        boolean isChosen() {
            return parts.stream().anyMatch(Selection::isChosen);
        }

        @Override
        List<Long> roots() {
            return parts.stream().flatMap(part -> part.roots().stream()).distinct().toList();
        }

        @Override
        boolean needsAll() {
            return parts.stream().anyMatch(Selection::needsAll);
        }

        @Override
        String label() {
            return parts.stream().map(Selection::label).collect(Collectors.joining("+"));
        }

        @Override
        ProcTapException notPlaying(boolean anyStream, Collection<Player> players) {
            return parts.getFirst().notPlaying(anyStream, players);
        }

        @Override
        @Nullable
        ProcTapException failureWhereSilent(boolean anyStream, Collection<Player> players) {
            // one that plays is enough: the others may join it
            return notPlaying(anyStream, players);
        }
    }

    /** Everybody but some. */
    private static final class Rest extends Selection {

        private final List<Selection> exceptions;
        private final Map<Long, ProcessHandle> seen = new TreeMap<>();
        private boolean any;

        Rest(List<Selection> exceptions) {
            this.exceptions = exceptions;
        }

        @Override
        void choose(Collection<Player> players, boolean follow) {
            // an exception that ends and comes back is still one
            exceptions.forEach(exception -> exception.choose(players, true));
            for (Player player : players) {
                if (contains(player)) {
                    any = true;
                    ProcessHandle.of(player.pid()).ifPresent(process -> seen.put(process.pid(), process));
                }
            }
        }

        @Override
        boolean contains(Player player) {
            return exceptions.stream().noneMatch(exception -> exception.contains(player));
        }

        @Override
        boolean isAlive() {
            seen.values().removeIf(process -> !process.isAlive());
            return !seen.isEmpty();
        }

        @Override
        boolean isChosen() {
            return any;
        }

        @Override
        List<Long> roots() {
            return exceptions.stream().flatMap(exception -> exception.roots().stream()).distinct().toList();
        }

        @Override
        boolean leavesOut() {
            return true;
        }

        @Override
        String label() {
            return "system";
        }

        @Override
        ProcTapException notPlaying(boolean anyStream, Collection<Player> players) {
            return new ProcTapException(Kind.NOT_PLAYING, "no program is playing anything");
        }

        @Override
        @Nullable
        ProcTapException failureWhereSilent(boolean anyStream, Collection<Player> players) {
            return null;
        }
    }
}
