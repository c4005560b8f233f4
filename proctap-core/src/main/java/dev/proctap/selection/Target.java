package dev.proctap.selection;

import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.TapOptions;
import dev.proctap.spi.CleanText;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Whose streams a capture is of, from its start to its end. Belongs to the capture's control thread. */
public final class Target {

    private final Selection selection;
    private final @Nullable String inputDevice;
    private final boolean waits;
    private final boolean follows;
    private boolean started;
    private List<Player> players = List.of();
    /** Processes that were told to have started and not to have ended. */
    private final Map<Long, ProcessTree> playing = new TreeMap<>();

    /**
     * @throws ProcTapException
     *             if there is no such process
     */
    public Target(AudioTarget rule, TapOptions options) {
        waits = options.waitForTarget();
        follows = options.targetExit() == null
                ? rule instanceof AudioTarget.Everything || isOfAll(rule)
                : options.targetExit() != TapOptions.TargetExit.END;
        selection = Selection.of(rule, follows);
        inputDevice = rule instanceof AudioTarget.OfInputDevice device ? device.name() : null;
    }

    /** Whether a rule means any number of programs. */
    private static boolean isOfAll(AudioTarget rule) {
        if (rule instanceof AudioTarget.OfName name) {
            return name.all();
        }
        return rule instanceof AudioTarget.AnyOf any && any.targets().stream().anyMatch(Target::isOfAll);
    }

    /** The process whose end is the first thing to look out for, 0 where there is none: {@link #live} tells then. */
    public long process() {
        return follows ? 0 : selection.pid();
    }

    /** The name of the input device that is meant, empty for the usual one; null where programs are meant. */
    public @Nullable String inputDevice() {
        return inputDevice;
    }

    /** Whether there may be more to capture. */
    public boolean live() {
        return follows || !selection.isChosen() || selection.isAlive();
    }

    /**
     * Those of all playing streams that belong to the target now.
     *
     * @param complete
     *            whether these are all there are; while the server is still telling, a choice among several must wait
     * @throws ProcTapException
     *             if it is not clear which program is meant
     */
    public <S> List<S> select(Collection<S> streams, Function<S, Player> player, boolean complete) {
        if (!complete && selection.needsAll()) {
            return List.of();
        }
        List<S> selected = new ArrayList<>();
        List<Player> all = new ArrayList<>(streams.size());
        streams.forEach(stream -> all.add(player.apply(stream)));
        players = all;
        selection.choose(all, follows);
        int i = 0;
        for (S stream : streams) {
            if (selection.contains(all.get(i++))) {
                selected.add(stream);
            }
        }
        return selected;
    }

    /**
     * The processes that were chosen and live, each of which stands for itself and its descendants; where everything but
     * some is meant, those that are left out.
     */
    public List<Long> roots() {
        return selection.roots();
    }

    /** Whether everything is meant but the {@link #roots}. */
    public boolean leavesOut() {
        return selection.leavesOut();
    }

    /** What the server's streams and clients of this capture are called after. */
    public String label() {
        return CleanText.clean(selection.label());
    }

    /** Whether the capture begins when it is opened, and not with the first sound. */
    public boolean beginsAtOnce() {
        return !waits && selection.failureWhereSilent(false, players) == null;
    }

    /**
     * To be called when the streams of the target are known for the first time.
     *
     * @throws ProcTapException
     *             if none of them plays, and the capture does not wait
     */
    public void requirePlaying(boolean anyStream, boolean anyRunning) {
        if (!waits && !anyRunning) {
            ProcTapException failure = selection.failureWhereSilent(anyStream, players);
            if (failure != null) {
                throw failure;
            }
        }
    }

    /** The event to be told when a stream of {@code player} runs, null if it was told before. */
    public @Nullable TapEvent running(Player player) {
        if (inputDevice != null) {
            return null;
        }
        started = true;
        long program = selection.program(player);
        long pid = program > 0 && ProcessTree.exists(program) ? program : player.pid();
        if (pid == 0 || playing.values().stream().anyMatch(tree -> tree.contains(player.pid()))) {
            return null;
        }
        playing.put(pid, new ProcessTree(pid, true));
        return new TapEvent.TargetStarted(pid);
    }

    /**
     * Events to be told of processes that have ended.
     *
     * @param all
     *            whether all have
     */
    public List<TapEvent> ended(boolean all) {
        List<TapEvent> events = new ArrayList<>();
        playing.entrySet().removeIf(entry -> {
            boolean over = all || !entry.getValue().isAlive();
            if (over) {
                events.add(new TapEvent.TargetExited(entry.getKey()));
            }
            return over;
        });
        return events;
    }

    /** Whether every process that played has ended. */
    public boolean isAway() {
        return started && playing.isEmpty();
    }

    /**
     * To be called once the processes have ended.
     *
     * @throws ProcTapException
     *             if the capture waited for them to play
     */
    public void requireStarted() {
        if (!started && waits && selection.pid() > 0) {
            throw new ProcTapException(ProcTapException.Kind.NO_SUCH_PROCESS,
                    "process " + selection.pid() + " ended before it played anything");
        }
    }
}
