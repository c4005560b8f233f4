package dev.proctap.capture;

import dev.proctap.TapEvent;
import dev.proctap.TapOptions.TrackRule;
import dev.proctap.selection.Player;
import dev.proctap.selection.ProcessTree;
import dev.proctap.spi.CleanText;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Which track of a capture each stream goes to. Belongs to the capture's control thread. */
public final class Tracks {

    private final @Nullable TrackRule rule;
    private final int count;
    private final Consumer<TapEvent> events;
    private final List<Owner> owners = new ArrayList<>();
    private final Map<Object, Integer> ofStreams = new HashMap<>();

    /**
     * Whose a track is.
     *
     * @param process
     *            the program's first process, null where it is not known, or on another machine
     * @param stream
     *            null where all streams of the program go there
     */
    private record Owner(@Nullable ProcessHandle process, String program, @Nullable Object stream, String streamName) {

        /** Whether it is what an owner that is gone was: the program as another process, the stream as another of it. */
        boolean isSuccessorOf(Owner before) {
            ProcessHandle gone = before.process;
            return program.equals(before.program) && streamName.equals(before.streamName)
                    && (stream != null || gone == null || !ProcessTree.lives(gone));
        }
    }

    Tracks(@Nullable TrackRule rule, int count, Consumer<TapEvent> events) {
        this.rule = rule;
        this.count = count;
        this.events = events;
    }

    /** Forgets the streams that are not among these: they have ended. */
    public void retain(Collection<?> streams) {
        ofStreams.keySet().retainAll(streams);
    }

    /**
     * The track of a stream, from 0: the one it had, or one of its own, or the last.
     *
     * @param stream
     *            what no other stream is equal to until {@link #retain} forgets it
     */
    public int of(Object stream, Player player, String streamName) {
        if (rule == null) {
            return 0;
        }
        Integer known = ofStreams.get(stream);
        if (known != null) {
            return known;
        }
        Optional<ProcessHandle> process = program(player.pid());
        String name = process.map(root -> ProcessTree.name(root.pid())).orElse(player.program());
        int track = find(rule == TrackRule.STREAM
                ? new Owner(process.orElse(null), name, stream, streamName)
                : new Owner(process.orElse(null), name, null, ""));
        ofStreams.put(stream, track);
        return track;
    }

    /** The first process of the program that a process belongs to: its farthest ancestor of the same executable. */
    private static Optional<ProcessHandle> program(long pid) {
        if (pid <= 0) {
            return Optional.empty();
        }
        String executable = ProcessTree.executable(pid);
        long root = executable.isEmpty()
                ? pid
                : ProcessTree.topmost(pid, ancestor -> ProcessTree.executable(ancestor).equals(executable));
        return ProcessHandle.of(root > 0 ? root : pid);
    }

    private int find(Owner owner) {
        int track = owners.indexOf(owner);
        if (track >= 0) {
            return track;
        }
        boolean shared = false;
        for (track = 0; track < owners.size(); track++) {
            if (!ofStreams.containsValue(track) && owner.isSuccessorOf(owners.get(track))) {
                break;
            }
        }
        if (track < owners.size()) {
            owners.set(track, owner);
        } else if (track < count) {
            owners.add(owner);
        } else {
            track = count - 1;
            shared = true;
        }
        ProcessHandle process = owner.process();
        events.accept(new TapEvent.TrackAssigned(track, process == null ? 0 : process.pid(),
                CleanText.clean(owner.program()), CleanText.clean(owner.streamName()), shared));
        return track;
    }
}
