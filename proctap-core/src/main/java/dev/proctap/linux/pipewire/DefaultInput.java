package dev.proctap.linux.pipewire;

import dev.proctap.internal.ffm.Memory;
import dev.proctap.linux.pipewire.PipeWire.Slots;
import java.lang.foreign.Arena;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which input device the user has chosen, as the session manager tells in its metadata; where it does not, the one that it
 * likes best. Belongs to one connection and its thread; methods are called with the connection's lock held.
 */
final class DefaultInput implements AutoCloseable {

    private static final String KEY = "default.audio.source";
    /** The value is JSON: {@code {"name": "..."}}. */
    private static final Pattern NAME = Pattern.compile("\"name\"\\s*:\\s*\"([^\"]*)\"");

    private final PipeWireConnection connection;
    private final long events;
    private int metadataId = PipeWireGraph.NONE;
    private long metadata;
    private @Nullable Arena arena;
    private int read;
    private String name = "";

    DefaultInput(PipeWireConnection connection) {
        this.connection = connection;
        events = connection.events(Slots.METADATA_EVENTS);
        Memory.putLong(events + Slots.METADATA_EVENT_PROPERTY, connection.callback(
                (data, subject, key, type, value, f) -> onProperty(key, value)));
    }

    /** Asks a session manager that has come since. */
    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the proxy: close ends both
    void follow() {
        int id = connection.graph().metadataId();
        if (id == metadataId) {
            return;
        }
        close();
        metadataId = id;
        if (id != PipeWireGraph.NONE) {
            metadata = connection.bind(id, PipeWire.TYPE_METADATA);
            Arena own = Arena.ofConfined();
            arena = own;
            PipeWire.method(metadata, Slots.OBJECT_ADD_LISTENER, PipeWireConnection.hook(own), events, 0);
            read = connection.sync();
        }
    }

    /** Whether the session manager has told, or there is none. */
    boolean isKnown() {
        return metadata == 0 || connection.isDone(read);
    }

    /** The device among those that there are, null where there is none. */
    PipeWireGraph.@Nullable Node of(List<PipeWireGraph.Node> devices) {
        return devices.stream().filter(node -> node.nodeName().equals(name)).findFirst()
                .or(() -> devices.stream().max(Comparator.comparingLong(PipeWireGraph.Node::priority))).orElse(null);
    }

    /** Called by the library from within the connection's dispatch. */
    private void onProperty(long key, long value) {
        if (key == 0 || Memory.getString(key).equals(KEY)) {
            Matcher matcher = NAME.matcher(value == 0 ? "" : Memory.getString(value));
            name = matcher.find() ? matcher.group(1) : "";
        }
    }

    @Override
    public void close() {
        if (metadata != 0) {
            PipeWire.pw_proxy_destroy(metadata);
            metadata = 0;
        }
        if (arena != null) {
            arena.close();
            arena = null;
        }
        name = "";
    }
}
