package dev.proctap.linux.pipewire;

import dev.proctap.ProcTapException;
import dev.proctap.internal.ffm.Memory;
import dev.proctap.internal.ffm.NativeLibrary;
import dev.proctap.linux.Libc;
import dev.proctap.linux.pipewire.PipeWire.Offsets;
import dev.proctap.linux.pipewire.PipeWire.Slots;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a PipeWire server and what its registry tells.
 *
 * <ol>
 * <li>A loop, a context and a core are made; the registry announces every object of the server.
 * <li>Nodes that may play are bound, because only their own info tells state and process.
 * <li>{@link #dispatch} waits and then handles what came; {@link #graph} is the result.
 * </ol>
 *
 * <p>Everything belongs to the thread that made the connection. Other threads may use streams of it while they hold the
 * lock, which is held here whenever the library handles events, and never while waiting.
 */
final class PipeWireConnection implements AutoCloseable {

    /** Name or path of the server's socket, for programs that mean another server than the user's. */
    static final String REMOTE_PROPERTY = "dev.proctap.pipewire.remote";

    /** How long a server that works may take to answer; it is a matter of milliseconds. */
    static final long ANSWER_NANOS = 5_000_000_000L;

    /** A node bound to learn its info; the hook's memory lives as long as the proxy. */
    private record BoundNode(long proxy, Arena arena) {}

    private final ReentrantLock lock;
    private final Arena arena = Arena.ofConfined();
    private final PipeWireGraph graph;
    private final Map<Integer, BoundNode> bound = new HashMap<>();
    private final List<BoundNode> unbound = new ArrayList<>();
    private final boolean formats;
    private final long loop;
    private final long loopControl;
    private final int loopFd;
    private final long pollFds;
    private final long context;
    private final long core;
    private final long registry;
    private final long nodeEvents;
    private String serverVersion = "";
    private final Map<String, String> serverProperties = new HashMap<>();
    private boolean passiveLinks;
    private int lastSync;
    private int lastDone;
    private boolean changed;
    private @Nullable String lost;
    private @Nullable Throwable broken;

    /**
     * Connects.
     *
     * @param lock
     *            is held while events are handled
     * @param formats
     *            whether to ask each node for its sample rate and channels
     * @throws ProcTapException
     *             if no server answers
     */
    PipeWireConnection(ReentrantLock lock, boolean formats) {
        this.lock = lock;
        this.formats = formats;
        PipeWire.Library.load();
        loop = PipeWire.pw_loop_new();
        loopControl = Memory.getLong(loop + Offsets.PW_LOOP_CONTROL);
        loopFd = (int) PipeWire.method(loopControl, Slots.LOOP_GET_FD);
        PipeWire.method(loopControl, Slots.LOOP_ENTER);
        context = PipeWire.pw_context_new(loop, PipeWire.properties(contextProperties()));
        String remote = System.getProperty(REMOTE_PROPERTY);
        core = context == 0
                ? 0
                : PipeWire.pw_context_connect(context,
                        remote == null ? 0 : PipeWire.properties(Map.of("remote.name", remote)));
        if (core == 0) {
            if (context != 0) {
                PipeWire.pw_context_destroy(context);
            }
            PipeWire.method(loopControl, Slots.LOOP_LEAVE);
            PipeWire.pw_loop_destroy(loop);
            arena.close();
            throw unreachable(remote);
        }
        long client = PipeWire.pw_core_get_client(core);
        graph = new PipeWireGraph(() -> PipeWire.pw_proxy_get_bound_id(client));
        pollFds = arena.allocate(3L * Libc.POLLFD_BYTES, 8).address();
        nodeEvents = events(Slots.NODE_EVENTS);
        long coreEvents = events(Slots.CORE_EVENTS);
        Memory.putLong(coreEvents + Slots.CORE_EVENT_INFO,
                callback((data, info, c, d, e, f) -> onInfo(info)));
        Memory.putLong(coreEvents + Slots.CORE_EVENT_DONE,
                callback((data, id, sequence, d, e, f) -> onDone((int) id, (int) sequence)));
        Memory.putLong(coreEvents + Slots.CORE_EVENT_ERROR,
                callback(
                        (data, id, sequence, result, message, f) -> onError((int) id, (int) result, message)));
        PipeWire.method(core, Slots.CORE_ADD_LISTENER, hook(arena), coreEvents, 0);
        Memory.putLong(nodeEvents + Slots.NODE_EVENT_INFO,
                callback((node, info, c, d, e, f) -> onNodeInfo((int) node, info)));
        Memory.putLong(nodeEvents + Slots.NODE_EVENT_PARAM, callback(
                (node, sequence, id, index, next, pod) -> onNodeParam((int) node, (int) id, pod)));
        registry = PipeWire.method(core, Slots.CORE_GET_REGISTRY, PipeWire.INTERFACE_VERSION, 0);
        long registryEvents = events(Slots.REGISTRY_EVENTS);
        Memory.putLong(registryEvents + Slots.REGISTRY_EVENT_GLOBAL,
                callback(
                        (data, id, permissions, type, version, properties) -> onGlobal((int) id, type, properties)));
        Memory.putLong(registryEvents + Slots.REGISTRY_EVENT_GLOBAL_REMOVE,
                callback((data, id, c, d, e, f) -> onGlobalRemove((int) id)));
        PipeWire.method(registry, Slots.REGISTRY_ADD_LISTENER, hook(arena), registryEvents, 0);
    }

    private static Map<String, String> contextProperties() {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("application.name", "ProcTap");
        properties.put("log.level", "0");
        // up to 1.2 the configuration with real-time scheduling for the data thread is another one
        if (PipeWire.isOlder(PipeWire.pw_get_library_version(), 1, 3, 0)) {
            properties.put("config.name", "client-rt.conf");
        }
        return properties;
    }

    private static ProcTapException unreachable(@Nullable String property) {
        String name = property != null ? property : System.getenv().getOrDefault("PIPEWIRE_REMOTE", "pipewire-0");
        String runtime = System.getenv().getOrDefault("PIPEWIRE_RUNTIME_DIR", System.getenv("XDG_RUNTIME_DIR"));
        if (!name.startsWith("/") && runtime == null) {
            return new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER,
                    "no PipeWire server can be found: XDG_RUNTIME_DIR is not set; run as the user whose desktop it is");
        }
        Path socket = Path.of(name.startsWith("/") ? name : runtime + "/" + name);
        if (Files.exists(socket) && !Files.isWritable(socket)) {
            return new ProcTapException(ProcTapException.Kind.NOT_PERMITTED,
                    "no permission to use the PipeWire server at " + socket + "; run as the user it belongs to");
        }
        return new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER, "no PipeWire server answers at " + socket
                + "; start it with: systemctl --user start pipewire wireplumber");
    }

    static ProcTapException noAnswer() {
        return new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER, "the PipeWire server does not answer;"
                + " restart it with: systemctl --user restart pipewire wireplumber");
    }

    /** An empty table of events, version 0. */
    long events(int bytes) {
        return arena.allocate(bytes, 8).address();
    }

    /** Memory for a {@code struct spa_hook}. */
    static long hook(Arena arena) {
        return arena.allocate(PipeWire.HOOK_BYTES, 8).address();
    }

    /** A callback for as long as this connection is open; what it throws ends {@link #dispatch} with an error. */
    long callback(NativeLibrary.Callback body) {
        return NativeLibrary.callback((a, b, c, d, e, f) -> {
            try {
                body.call(a, b, c, d, e, f);
            } catch (Throwable t) {
                broken = t;
            }
        }, arena);
    }

    long core() {
        return core;
    }

    PipeWireGraph graph() {
        return graph;
    }

    /**
     * Whether the server makes links passive where that is asked for: what is linked so, and to nothing else, does not run.
     * From 0.3.68 on it ignores the wish ({@code allow.link.passive} of its link factory).
     */
    boolean hasPassiveLinks() {
        return passiveLinks;
    }

    String serverVersion() {
        return serverVersion;
    }

    /** A number that the server tells of itself, 0 where it does not. */
    int serverNumber(String property) {
        String text = serverProperties.getOrDefault(property, "");
        return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
    }

    /** Why the connection is gone, null while it stands. */
    @Nullable
    String lost() {
        return lost;
    }

    /** Whether the graph changed since this was asked last. */
    boolean takeChanged() {
        boolean result = changed;
        changed = false;
        return result;
    }

    /**
     * Waits until the server has something to say, one of two more file descriptors (negative: none) is readable, or the
     * time is over; then handles what the server said.
     */
    void dispatch(int timeoutMillis, int fd1, int fd2) {
        pollFd(0, loopFd);
        pollFd(1, fd1);
        pollFd(2, fd2);
        if (Libc.poll(pollFds, 3, timeoutMillis) == 0) {
            return;
        }
        lock.lock();
        try {
            PipeWire.method(loopControl, Slots.LOOP_ITERATE, 0);
            for (BoundNode node : unbound) {
                release(node);
            }
            unbound.clear();
        } finally {
            lock.unlock();
        }
        Throwable failure = broken;
        if (failure != null) {
            broken = null;
            throw new IllegalStateException("a callback failed", failure);
        }
    }

    private void pollFd(int index, int fd) {
        // struct pollfd: int fd, short events, short revents; a negative fd is passed over
        Memory.putInt(pollFds + (long) index * Libc.POLLFD_BYTES, fd);
        Memory.putInt(pollFds + (long) index * Libc.POLLFD_BYTES + 4, Libc.POLLIN);
    }

    /** Whether file descriptor 1 or 2 was readable after {@link #dispatch}. */
    boolean wasReadable(int index) {
        return Memory.getInt(pollFds + (long) index * Libc.POLLFD_BYTES + 4) >>> 16 != 0;
    }

    /** Asks the server to answer when it has done everything asked before; {@link #isDone} tells when it did. */
    int sync() {
        lastSync = (int) PipeWire.method(core, Slots.CORE_SYNC, PipeWire.PW_ID_CORE, lastSync);
        return lastSync;
    }

    boolean isDone(int sync) {
        return lastDone - sync >= 0;
    }

    /** Handles everything until the server has answered all that was asked so far. */
    void roundTrip() {
        int sync = sync();
        long start = System.nanoTime();
        while (!isDone(sync)) {
            if (lost != null || System.nanoTime() - start > ANSWER_NANOS) {
                throw noAnswer();
            }
            dispatch(100, -1, -1);
        }
    }

    /**
     * Asks the factory of links for one from an output to an input port; it vanishes with this connection.
     *
     * @param passive
     *            whether it shall not make the output run, where the server can do that
     */
    long createLink(PipeWireGraph.Port output, PipeWireGraph.Port input, boolean passive) {
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put("link.output.node", Integer.toString(output.nodeId()));
        entries.put("link.output.port", Integer.toString(output.id()));
        entries.put("link.input.node", Integer.toString(input.nodeId()));
        entries.put("link.input.port", Integer.toString(input.id()));
        entries.put("object.linger", "false");
        entries.put("link.passive", Boolean.toString(passive));
        long proxy = createObject("link-factory", PipeWire.TYPE_LINK, entries);
        if (proxy == 0) {
            throw new IllegalStateException("PipeWire has no factory for links");
        }
        return proxy;
    }

    /** Asks a factory of the server for an object. */
    long createObject(String factory, String type, Map<String, String> entries) {
        try (Arena call = Arena.ofConfined()) {
            long items = call.allocate((long) entries.size() * Offsets.DICT_ITEM_BYTES, 8).address();
            long item = items;
            for (Map.Entry<String, String> entry : entries.entrySet()) {
                Memory.putLong(item, call.allocateFrom(entry.getKey()).address());
                Memory.putLong(item + 8, call.allocateFrom(entry.getValue()).address());
                item += Offsets.DICT_ITEM_BYTES;
            }
            long dict = call.allocate(16, 8).address();
            Memory.putInt(dict + Offsets.DICT_COUNT, entries.size());
            Memory.putLong(dict + Offsets.DICT_ITEMS, items);
            return PipeWire.method(core, Slots.CORE_CREATE_OBJECT, call.allocateFrom(factory).address(),
                    call.allocateFrom(type).address(), PipeWire.INTERFACE_VERSION, dict, 0);
        }
    }

    /** A proxy of an object of the server, 0 if it is not there any more. */
    long bind(int id, String type) {
        try (Arena call = Arena.ofConfined()) {
            return PipeWire.method(registry, Slots.REGISTRY_BIND, id, call.allocateFrom(type).address(),
                    PipeWire.INTERFACE_VERSION, 0);
        }
    }

    /** Removes an object of the server. */
    void destroyGlobal(int id) {
        PipeWire.method(registry, Slots.REGISTRY_DESTROY, id);
    }

    // What follows is called by the library from within dispatch.

    private void onInfo(long info) {
        serverVersion = Memory.getString(Memory.getLong(info + Offsets.CORE_INFO_VERSION));
        passiveLinks = PipeWire.isOlder(serverVersion, 0, 3, 68);
        serverProperties.putAll(dictionary(Memory.getLong(info + Offsets.CORE_INFO_PROPS)));
    }

    private void onDone(int id, int sequence) {
        if (id == PipeWire.PW_ID_CORE) {
            lastDone = sequence;
        }
    }

    private void onError(int id, int result, long message) {
        if (id == PipeWire.PW_ID_CORE && result == -PipeWire.EPIPE) {
            lost = Memory.getString(message);
        }
    }

    private void onGlobal(int id, long type, long properties) {
        changed = true;
        PipeWireGraph.Node node = graph.add(id, Memory.getString(type), dictionary(properties));
        if (node != null) {
            bind(node);
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the proxy: release ends both
    private void bind(PipeWireGraph.Node node) {
        long proxy = bind(node.id, PipeWire.TYPE_NODE);
        if (proxy == 0) {
            return;
        }
        Arena memory = Arena.ofConfined();
        bound.put(node.id, new BoundNode(proxy, memory));
        PipeWire.method(proxy, Slots.OBJECT_ADD_LISTENER, hook(memory), nodeEvents, node.id);
        if (node.stream) {
            long ids = memory.allocate(4, 4).address();
            Memory.putInt(ids, SpaPod.PARAM_PROPS);
            PipeWire.method(proxy, Slots.NODE_SUBSCRIBE_PARAMS, ids, 1);
        }
        if (formats) {
            PipeWire.method(proxy, Slots.NODE_ENUM_PARAMS, 0, SpaPod.PARAM_FORMAT, 0, 1, 0);
        }
    }

    private void onGlobalRemove(int id) {
        changed = true;
        graph.remove(id);
        BoundNode node = bound.remove(id);
        if (node != null) {
            // not here: the library is walking the proxy's listeners
            unbound.add(node);
        }
    }

    private void onNodeInfo(int nodeId, long info) {
        PipeWireGraph.Node node = graph.node(nodeId);
        if (node != null) {
            changed = true;
            node.known = true;
            node.state = Memory.getInt(info + Offsets.NODE_INFO_STATE);
            Map<String, String> properties = dictionary(Memory.getLong(info + Offsets.NODE_INFO_PROPS));
            if (!properties.isEmpty()) {
                node.describe(properties);
            }
        }
    }

    private void onNodeParam(int nodeId, int id, long pod) {
        PipeWireGraph.Node node = graph.node(nodeId);
        if (node != null && id == SpaPod.PARAM_FORMAT) {
            node.sampleRateHz = SpaPod.intProperty(pod, SpaPod.FORMAT_AUDIO_RATE);
            node.channels = SpaPod.intProperty(pod, SpaPod.FORMAT_AUDIO_CHANNELS);
        } else if (node != null && id == SpaPod.PARAM_PROPS) {
            changed = true;
            node.volume = SpaPod.volume(pod);
            node.muted = SpaPod.isMuted(pod);
        }
    }

    private static Map<String, String> dictionary(long dict) {
        Map<String, String> result = new HashMap<>();
        if (dict != 0) {
            int count = Memory.getInt(dict + Offsets.DICT_COUNT);
            long item = Memory.getLong(dict + Offsets.DICT_ITEMS);
            for (int i = 0; i < count; i++, item += Offsets.DICT_ITEM_BYTES) {
                result.put(Memory.getString(Memory.getLong(item)), Memory.getString(Memory.getLong(item + 8)));
            }
        }
        return result;
    }

    private static void release(BoundNode node) {
        PipeWire.pw_proxy_destroy(node.proxy);
        node.arena.close();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            bound.values().forEach(PipeWireConnection::release);
            unbound.forEach(PipeWireConnection::release);
            PipeWire.pw_proxy_destroy(registry);
            PipeWire.pw_core_disconnect(core);
            PipeWire.pw_context_destroy(context);
            PipeWire.method(loopControl, Slots.LOOP_LEAVE);
            PipeWire.pw_loop_destroy(loop);
        } finally {
            lock.unlock();
        }
        arena.close();
    }
}
