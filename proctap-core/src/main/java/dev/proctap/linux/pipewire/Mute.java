package dev.proctap.linux.pipewire;

import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.internal.ffm.Memory;
import dev.proctap.linux.pipewire.PipeWire.Slots;
import dev.proctap.pcm.ChannelLayout;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sees that nobody hears the target: its streams play to a sink of ours that leads nowhere, where the tap takes their
 * sound as from any other.
 *
 * <ol>
 * <li>The sink is the connection's own, so that the server removes it however this process ends, and is of a class that no
 * program plays to by itself and no volume control lists.
 * <li>The session manager is told in its metadata that each stream is to play there ({@code target.object}), the same as
 * when a user moves a stream in a volume control. It links them, before and after.
 * <li>The sink goes with the session manager and is made anew for the next: WirePlumber 0.4 waits for ever for the ports of
 * one that it finds, and links nothing meanwhile.
 * <li>What stood there before is put back at the end. After a crash the entry means a sink that is no more: the session
 * manager takes the default one, and forgets the entry with the stream.
 * </ol>
 *
 * <p>Belongs to one connection and its thread; all methods but the constructor are called with the connection's lock held.
 */
final class Mute {

    /** Known to session managers, chosen by none (WirePlumber's default-nodes take {@code Audio/Sink} alone). */
    static final String SINK_CLASS = "Audio/Sink/Internal";

    private static final String KEY = "target.object";
    /** The older key, with the node's id; WirePlumber sets it where it remembers where a program's streams were. */
    private static final String OLD_KEY = "target.node";
    /** How long the session manager may take to move a stream. */
    private static final long MOVE_NANOS = 500_000_000;
    /** How often it is asked: WirePlumber 0.4 may forget a stream whose link it is just making. */
    private static final int ATTEMPTS = 4;

    /** What the metadata has of a stream. */
    private record Entry(String type, String value) {}

    /** A stream that was told to move. */
    private static final class Moved {
        final int id;
        final @Nullable Entry before;
        long askedNanos = System.nanoTime();
        int attempts = 1;

        Moved(int id, @Nullable Entry before) {
            this.id = id;
            this.before = before;
        }
    }

    private final PipeWireConnection connection;
    private final ChannelLayout layout;
    private final Consumer<TapEvent> events;
    private final long metadataEvents;
    private final Map<Integer, Entry> entries = new HashMap<>();
    private final Map<Integer, String> oldEntries = new HashMap<>();
    /** By serial, as ids are used again. */
    private final Map<Long, Moved> moved = new HashMap<>();
    private int metadataId = PipeWireGraph.NONE;
    private long metadata;
    private long sink;
    private @Nullable Arena metadataArena;
    private int metadataRead;
    /** Whether everything is there that is needed to move a stream. */
    private boolean ready;

    /**
     * @param layout
     *            of the tap: streams adapt to their sink
     * @param events
     *            is told of streams that are heard nevertheless
     */
    Mute(PipeWireConnection connection, ChannelLayout layout, Consumer<TapEvent> events) {
        this.connection = connection;
        this.layout = layout;
        this.events = events;
        metadataEvents = connection.events(Slots.METADATA_EVENTS);
        Memory.putLong(metadataEvents + Slots.METADATA_EVENT_PROPERTY, connection.callback(
                (data, subject, key, type, value, f) -> onProperty((int) subject, key, type, value)));
    }

    private long createSink() {
        // the name is its own: the session manager may remember where a program's streams were
        String name = "proctap-mute-" + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime());
        return connection.createObject("adapter", PipeWire.TYPE_NODE, Map.of("factory.name",
                "support.null-audio-sink", "node.name", name, "node.description", "ProcTap, unheard", "media.class",
                SINK_CLASS, "node.virtual", "true", "audio.position",
                Channel.of(layout).stream().map(Channel::name).collect(Collectors.joining(",")), "object.linger",
                "false"));
    }

    /**
     * @throws ProcTapException
     *             if there is nobody who could move a stream
     */
    void requireSessionManager() {
        if (metadata == 0) {
            throw new ProcTapException(ProcTapException.Kind.NOT_SUPPORTED,
                    "no session manager runs that could move a program's sound to where nobody hears it;"
                            + " start it with: systemctl --user start wireplumber, or record without muting");
        }
    }

    /** Moves what is not moved yet of {@code streams}. */
    void follow(List<PipeWireGraph.Node> streams) {
        PipeWireGraph graph = connection.graph();
        if (graph.metadataId() != metadataId) {
            bind(graph.metadataId());
        }
        Set<Long> present = new HashSet<>();
        streams.forEach(node -> present.add(node.serial));
        moved.keySet().retainAll(present);
        String serial = sinkSerial();
        ready = metadata != 0 && !serial.isEmpty() && connection.isDone(metadataRead);
        if (!ready) {
            return;
        }
        for (PipeWireGraph.Node node : streams) {
            if (!moved.containsKey(node.serial)) {
                moved.put(node.serial, new Moved(node.id, entries.get(node.id)));
                set(node.id, KEY, new Entry("Spa:Id", serial));
            }
        }
    }

    /** Whether {@link #follow} has something to do even where the graph did not change. */
    boolean isWaiting() {
        return metadata != 0 && !ready;
    }

    /** Asks again for streams that were not moved, and tells of those that cannot be. */
    void check() {
        for (Moved stream : moved.values()) {
            if (stream.attempts <= ATTEMPTS && System.nanoTime() - stream.askedNanos > MOVE_NANOS && isHeard(stream)) {
                PipeWireGraph.Node node = connection.graph().node(stream.id);
                boolean ours = isOurs(stream);
                if (ours && stream.attempts < ATTEMPTS) {
                    set(stream.id, KEY, null);
                    set(stream.id, KEY, new Entry("Spa:Id", sinkSerial()));
                } else if (node != null) {
                    events.accept(new TapEvent.StreamHeard(node.id, node.program(), node.name()));
                }
                // where the user moved it, it is left there
                stream.attempts = ours ? stream.attempts + 1 : ATTEMPTS + 1;
                stream.askedNanos = System.nanoTime();
            }
        }
    }

    private boolean isHeard(Moved stream) {
        PipeWireGraph.Node node = connection.graph().node(stream.id);
        return node != null && connection.graph().isHeard(node, sinkId());
    }

    private boolean isOurs(Moved stream) {
        Entry now = entries.get(stream.id);
        return metadata != 0 && now != null && now.value.equals(sinkSerial());
    }

    /** Puts back where each stream played, unless it was moved by somebody else meanwhile. */
    void restore() {
        moved.values().removeIf(stream -> !isOurs(stream));
        for (Moved stream : moved.values()) {
            set(stream.id, KEY, stream.before);
            if (Integer.toString(sinkId()).equals(oldEntries.get(stream.id))) {
                set(stream.id, OLD_KEY, null);
            }
        }
    }

    /** Whether each stream that is still there plays where it did, or where somebody else wants it. */
    boolean isRestored() {
        return moved.values().stream()
                .allMatch(stream -> connection.graph().node(stream.id) == null || isHeard(stream));
    }

    private int sinkId() {
        return sink == 0 ? PipeWireGraph.NONE : PipeWire.pw_proxy_get_bound_id(sink);
    }

    /** As the metadata names it, empty while it is not known. */
    private String sinkSerial() {
        return connection.graph().unheardSink(sinkId());
    }

    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the proxy: close ends both
    private void bind(int id) {
        close();
        // what a session manager was told is gone with it
        moved.clear();
        metadataId = id;
        if (id != PipeWireGraph.NONE) {
            metadata = connection.bind(id, PipeWire.TYPE_METADATA);
        }
        if (metadata != 0) {
            sink = createSink();
            Arena arena = Arena.ofConfined();
            metadataArena = arena;
            PipeWire.method(metadata, Slots.OBJECT_ADD_LISTENER, PipeWireConnection.hook(arena), metadataEvents, 0);
            metadataRead = connection.sync();
        }
    }

    /** Lets the session manager be, and removes the sink. */
    void close() {
        if (metadata != 0) {
            PipeWire.pw_proxy_destroy(metadata);
            metadata = 0;
        }
        if (metadataArena != null) {
            metadataArena.close();
            metadataArena = null;
        }
        if (sink != 0) {
            PipeWire.pw_proxy_destroy(sink);
            sink = 0;
        }
        entries.clear();
        oldEntries.clear();
    }

    private void set(int subject, String key, @Nullable Entry entry) {
        try (Arena call = Arena.ofConfined()) {
            PipeWire.method(metadata, Slots.METADATA_SET_PROPERTY, subject, call.allocateFrom(key).address(),
                    entry == null ? 0 : call.allocateFrom(entry.type).address(),
                    entry == null ? 0 : call.allocateFrom(entry.value).address());
        }
    }

    /** Called by the library from within the connection's dispatch. */
    private void onProperty(int subject, long key, long type, long value) {
        String name = Memory.getString(key);
        if (key == 0 || name.equals(KEY)) {
            entries.remove(subject);
            if (value != 0) {
                entries.put(subject, new Entry(Memory.getString(type), Memory.getString(value)));
            }
        }
        if (key == 0 || name.equals(OLD_KEY)) {
            oldEntries.remove(subject);
            if (value != 0) {
                oldEntries.put(subject, Memory.getString(value));
            }
        }
    }
}
