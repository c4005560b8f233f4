package dev.proctap.linux.pipewire;

import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.internal.ffm.Memory;
import dev.proctap.selection.Player;
import dev.proctap.selection.Target;
import dev.proctap.capture.Tracks;
import dev.proctap.linux.pipewire.PipeWire.Offsets;
import dev.proctap.linux.pipewire.PipeWire.Slots;
import dev.proctap.pcm.ChannelLayout;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The links from every stream of the target into the tap, made and unmade as the graph changes. Each is asked for by ids
 * and compared with what the server says it made; links to the tap that anybody else makes are removed.
 *
 * <p>A stream that is linked to the tap and to nothing else must not run: what it plays until it has its sink would be
 * heard by nobody. Where the server has passive links they see to that. Elsewhere a stream is linked to the tap only once
 * something plays it, at the price that the first cycle may be missed.
 *
 * <p>Belongs to one connection and its thread; all methods but the constructor are called with the connection's lock held.
 */
final class TargetLinks {

    /** A link fails also because its stream goes at that moment, which the graph tells a little later. */
    private static final int ATTEMPTS = 5;

    /** Two ports as they were announced: one that comes later under the same id is another. */
    @SuppressWarnings("ReferenceEquality")
    private record Ends(PipeWireGraph.Port output, PipeWireGraph.Port input) {

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Ends ends && output == ends.output && input == ends.input;
        }

        @Override
        public int hashCode() {
            return 31 * output.id() + input.id();
        }

        boolean areOf(PipeWireGraph.Link link) {
            return output.id() == link.outputPort() && input.id() == link.inputPort();
        }
    }

    /** A link of ours, from the request to the answer. */
    private static final class TapLink {
        final Ends ends;
        final long proxy;
        final Arena arena;
        int state;

        TapLink(Ends ends, long proxy, Arena arena) {
            this.ends = ends;
            this.proxy = proxy;
            this.arena = arena;
        }

        void destroy() {
            PipeWire.pw_proxy_destroy(proxy);
            arena.close();
        }
    }

    private final PipeWireConnection connection;
    private final Target target;
    private final Tracks tracks;
    /** Of one track. */
    private final List<Channel> layout;
    private final int channels;
    private final Consumer<TapEvent> events;
    /** Where the usual input device is meant. */
    private final @Nullable DefaultInput usual;
    private final long infoEvents;
    private final Map<Long, TapLink> links = new HashMap<>();
    private final Map<Ends, Integer> failures = new HashMap<>();
    private final Map<Integer, TapEvent.StreamLinked> announced = new LinkedHashMap<>();
    private List<PipeWireGraph.Node> streams = List.of();
    private long nextKey = 1;
    private boolean changed;
    private @Nullable ProcTapException failure;

    /**
     * @param layout
     *            channels of the tap
     * @param events
     *            is told of streams linked and unlinked
     */
    TargetLinks(PipeWireConnection connection, Target target, Tracks tracks, ChannelLayout layout,
            Consumer<TapEvent> events) {
        this.connection = connection;
        this.target = target;
        this.tracks = tracks;
        this.layout = Channel.of(layout);
        this.channels = layout.channels();
        this.events = events;
        usual = "".equals(target.inputDevice()) ? new DefaultInput(connection) : null;
        infoEvents = connection.events(Slots.LINK_EVENTS);
        Memory.putLong(infoEvents + Slots.LINK_EVENT_INFO,
                connection.callback((key, info, c, d, e, f) -> onInfo(key, info)));
    }

    boolean isEmpty() {
        return links.isEmpty();
    }

    /** Streams of which at least one link carries sound. */
    int linkedStreams() {
        return announced.size();
    }

    /** Who plays one of the {@link #streams}. */
    Player player(PipeWireGraph.Node node) {
        return connection.graph().player(node);
    }

    /** Whether a link's state changed since {@link #follow} was called last. */
    boolean changed() {
        return changed;
    }

    /** The target's streams when {@link #follow} was called last, playing or not. */
    List<PipeWireGraph.Node> streams() {
        return streams;
    }

    /**
     * Makes the links to the tap's node those that should be.
     *
     * @param complete
     *            whether the server has told of everything there is
     * @throws ProcTapException
     *             if the server made another link than the one asked for, or refuses one again and again
     */
    void follow(int tapNode, boolean complete) {
        changed = false;
        if (failure != null) {
            throw failure;
        }
        PipeWireGraph graph = connection.graph();
        streams = usual == null && target.inputDevice() == null
                ? target.select(graph.playbackNodes(), graph::player, complete)
                : inputDevice(graph);
        List<PipeWireGraph.Port> inputs = graph.ports(tapNode, false);
        if (inputs.size() < channels) {
            return;
        }
        tracks.retain(streams);
        Set<Ends> wanted = new LinkedHashSet<>();
        streams.stream().filter(node -> connection.hasPassiveLinks() || graph.isPlayed(node))
                .forEach(node -> want(node, inputs, wanted));
        links.values().removeIf(link -> {
            boolean remove = link.state == PipeWire.PW_LINK_STATE_ERROR || !wanted.contains(link.ends);
            if (remove) {
                link.destroy();
            }
            return remove;
        });
        failures.keySet().retainAll(wanted);
        for (PipeWireGraph.Link link : List.copyOf(graph.links())) {
            if (link.inputNode() == tapNode && wanted.stream().noneMatch(ends -> ends.areOf(link))) {
                // a microphone, a monitor, another program: somebody else's idea of what to record
                connection.destroyGlobal(link.id());
            }
        }
        links.values().forEach(link -> wanted.remove(link.ends));
        wanted.forEach(this::link);
        announce();
    }

    /** The input device that is meant, or nothing while it is not there. */
    private List<PipeWireGraph.Node> inputDevice(PipeWireGraph graph) {
        List<PipeWireGraph.Node> devices = graph.inputDevices();
        if (usual != null) {
            usual.follow();
            PipeWireGraph.Node chosen = usual.isKnown() ? usual.of(devices) : null;
            return chosen == null ? List.of() : List.of(chosen);
        }
        return devices.stream().filter(node -> node.nodeName().equals(target.inputDevice())).limit(1).toList();
    }

    /** Whether it is known which streams are meant: the usual input device has to be asked for. */
    boolean isDecided() {
        return usual == null || usual.isKnown();
    }

    private void want(PipeWireGraph.Node node, List<PipeWireGraph.Port> inputs, Set<Ends> wanted) {
        List<PipeWireGraph.Port> outputs = connection.graph().ports(node.id, true);
        int first = outputs.isEmpty() ? 0 : tracks.of(node, player(node), node.name()) * layout.size();
        for (int i = 0; i < outputs.size(); i++) {
            PipeWireGraph.Port output = outputs.get(i);
            for (Channel channel : Channel.route(output.channel(), i, outputs.size(), layout)) {
                wanted.add(new Ends(output, inputs.get(first + layout.indexOf(channel))));
            }
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the link: destroy ends both
    private void link(Ends ends) {
        long proxy = connection.createLink(ends.output, ends.input, target.inputDevice() == null);
        Arena arena = Arena.ofConfined();
        long key = nextKey++;
        links.put(key, new TapLink(ends, proxy, arena));
        PipeWire.method(proxy, Slots.OBJECT_ADD_LISTENER, PipeWireConnection.hook(arena), infoEvents, key);
    }

    private void announce() {
        Set<Integer> linked = new HashSet<>();
        for (TapLink link : links.values()) {
            if (link.state >= PipeWire.PW_LINK_STATE_PAUSED) {
                linked.add(link.ends.output.nodeId());
            }
        }
        announced.values().removeIf(node -> {
            boolean gone = !linked.contains((int) node.id());
            if (gone) {
                events.accept(unlinked(node));
            }
            return gone;
        });
        for (PipeWireGraph.Node node : streams) {
            if (linked.contains(node.id) && !announced.containsKey(node.id)) {
                TapEvent.StreamLinked event = new TapEvent.StreamLinked(node.id, node.program(), node.name());
                announced.put(node.id, event);
                events.accept(event);
            }
            if (linked.contains(node.id) && node.takeVolumeChanged()) {
                events.accept(new TapEvent.StreamVolume(node.id, node.program(), node.name(), node.volume, node.muted));
            }
        }
    }

    private static TapEvent unlinked(TapEvent.StreamLinked node) {
        return new TapEvent.StreamUnlinked(node.id(), node.program(), node.streamName());
    }

    /** Called by the library from within the connection's dispatch. */
    private void onInfo(long key, long info) {
        TapLink link = links.get(key);
        if (link == null) {
            return;
        }
        changed = true;
        link.state = Memory.getInt(info + Offsets.LINK_INFO_STATE);
        int outputNode = Memory.getInt(info + Offsets.LINK_INFO_OUTPUT_NODE);
        int outputPort = Memory.getInt(info + Offsets.LINK_INFO_OUTPUT_PORT);
        int inputPort = Memory.getInt(info + Offsets.LINK_INFO_INPUT_PORT);
        PipeWireGraph.Port asked = link.ends.output;
        if (outputNode != asked.nodeId() || outputPort != asked.id() || inputPort != link.ends.input.id()) {
            failure = new ProcTapException(ProcTapException.Kind.FAILED,
                    "PipeWire linked node " + outputNode + " port " + outputPort + " to the capture, not node "
                            + asked.nodeId() + " port " + asked.id() + " as asked; nothing is captured");
        } else if (link.state == PipeWire.PW_LINK_STATE_ERROR
                && failures.merge(link.ends, 1, Integer::sum) == ATTEMPTS) {
            failure = new ProcTapException(ProcTapException.Kind.FAILED, "PipeWire could not link the stream: "
                    + Memory.getString(Memory.getLong(info + Offsets.LINK_INFO_ERROR)));
        }
    }

    /** Removes all links. */
    void close() {
        if (usual != null) {
            usual.close();
        }
        links.values().forEach(TapLink::destroy);
        links.clear();
        announced.values().forEach(node -> events.accept(unlinked(node)));
        announced.clear();
    }
}
