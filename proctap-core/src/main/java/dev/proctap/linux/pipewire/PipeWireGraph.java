package dev.proctap.linux.pipewire;

import dev.proctap.ProcTapException;
import dev.proctap.spi.CleanText;
import dev.proctap.selection.Player;
import dev.proctap.selection.ProcessTree;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.Set;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The picture of the server's objects, as its registry tells them. Confined to the connection's thread.
 *
 * <p>Which process a stream belongs to is told in two ways. A client of pipewire-pulse is known by
 * {@code application.process.id} of its node, because the connection is pipewire-pulse's own: its own word. Every other
 * client (native, ALSA plug-in, JACK) has a connection of its own, whose {@code pipewire.sec.pid} the kernel vouches for,
 * whatever the client says.
 */
final class PipeWireGraph {

    /** A node that may play: {@code Stream/Output/Audio}, or one without a class, as JACK clients have. */
    static final class Node {
        final int id;
        final long serial;
        final int clientId;
        final boolean stream;
        /** Whether it is a microphone or the like, and no program's. */
        final boolean device;
        Map<String, String> properties;
        int state;
        boolean known;
        int sampleRateHz;
        int channels;
        double volume = 1;
        boolean muted;
        private double toldVolume = 1;
        private boolean toldMuted;
        private @Nullable Player player;

        Node(int id, Map<String, String> properties) {
            this.id = id;
            this.properties = properties;
            this.serial = number(properties.get("object.serial"), id);
            this.clientId = (int) number(properties.get("client.id"), -1);
            this.stream = properties.containsKey("media.class");
            this.device = isDevice(properties.get("media.class"));
        }

        private static boolean isDevice(@Nullable String mediaClass) {
            return mediaClass != null && (mediaClass.startsWith("Audio/Source") || mediaClass.equals("Audio/Duplex"));
        }

        /** What the server calls it. */
        String nodeName() {
            return properties.getOrDefault("node.name", "");
        }

        /** How much the session manager likes it as the usual one. */
        long priority() {
            return number(properties.get("priority.session"), 0);
        }

        boolean running() {
            return state == PipeWire.PW_NODE_STATE_RUNNING;
        }

        /** What the program calls the stream. */
        String name() {
            return CleanText.clean(
                    properties.getOrDefault("media.name", properties.getOrDefault("node.name", "stream " + id)));
        }

        /** What the program calls itself. */
        String program() {
            return CleanText.clean(
                    properties.getOrDefault("application.name", properties.getOrDefault("node.name", "node " + id)));
        }

        /** Whether its volume is another one than at the last call, or at the first one not the usual. */
        boolean takeVolumeChanged() {
            boolean result = volume != toldVolume || muted != toldMuted;
            toldVolume = volume;
            toldMuted = muted;
            return result;
        }

        void describe(Map<String, String> newProperties) {
            properties = newProperties;
            player = null;
        }
    }

    /** A port for audio, of any node. */
    record Port(int id, int nodeId, int index, boolean output, String channel) {}

    /** A link that somebody made. */
    record Link(int id, int outputNode, int outputPort, int inputNode, int inputPort) {}

    /**
     * The media class of taps, ours and those of other processes: no session manager manages it, no volume control lists
     * it, so nobody can move a tap to a microphone.
     */
    static final String TAP_CLASS = "ProcTap/Input/Audio";

    /** The number of no object. */
    static final int NONE = -1;

    private final Map<Integer, Node> nodes = new TreeMap<>();
    private final Set<Integer> taps = new HashSet<>();
    private final Map<Integer, Port> ports = new HashMap<>();
    private final Map<Integer, Link> links = new HashMap<>();
    private final Set<Integer> sinks = new HashSet<>();
    private final Map<Integer, String> unheardSinks = new HashMap<>();
    private final Map<Integer, Long> clientPids = new HashMap<>();
    private final Map<Integer, String> clientNames = new HashMap<>();
    private final IntSupplier ownClient;
    private int metadataId = NONE;

    /**
     * @param ownClient
     *            the number of this connection's own client, negative while it is not known
     */
    PipeWireGraph(IntSupplier ownClient) {
        this.ownClient = ownClient;
    }

    /** Takes a new object; returns the node if it is one that should be bound to learn more. */
    @Nullable
    Node add(int id, String type, Map<String, String> properties) {
        switch (type) {
            case PipeWire.TYPE_NODE -> {
                String mediaClass = properties.get("media.class");
                boolean playsAudio = mediaClass == null
                        ? properties.containsKey("client.id")
                        : mediaClass.equals("Stream/Output/Audio");
                if (TAP_CLASS.equals(mediaClass)) {
                    taps.add(id);
                } else if (Node.isDevice(mediaClass)) {
                    if ("Audio/Duplex".equals(mediaClass)) {
                        sinks.add(id);
                    }
                    Node node = new Node(id, properties);
                    nodes.put(id, node);
                    return node;
                } else if ("Audio/Sink".equals(mediaClass)) {
                    sinks.add(id);
                } else if (Mute.SINK_CLASS.equals(mediaClass)) {
                    unheardSinks.put(id, properties.getOrDefault("object.serial", ""));
                } else if (playsAudio) {
                    Node node = new Node(id, properties);
                    nodes.put(id, node);
                    return node;
                }
            }
            case PipeWire.TYPE_PORT -> {
                // a port of JACK's or of a stream; not MIDI, not the monitor of a sink
                if (properties.getOrDefault("format.dsp", "").contains("audio")
                        && !properties.getOrDefault("port.monitor", "false").equals("true")) {
                    ports.put(id,
                            new Port(id, (int) number(properties.get("node.id"), -1),
                                    (int) number(properties.get("port.id"), 0),
                                    properties.getOrDefault("port.direction", "").equals("out"),
                                    properties.getOrDefault("audio.channel", "")));
                }
            }
            case PipeWire.TYPE_LINK -> links.put(id,
                    new Link(id, (int) number(properties.get("link.output.node"), -1),
                            (int) number(properties.get("link.output.port"), -1),
                            (int) number(properties.get("link.input.node"), -1),
                            (int) number(properties.get("link.input.port"), -1)));
            case PipeWire.TYPE_CLIENT -> {
                clientPids.put(id, number(properties.get("pipewire.sec.pid"), 0));
                clientNames.put(id, properties.getOrDefault("application.name", ""));
            }
            case PipeWire.TYPE_METADATA -> {
                if ("default".equals(properties.get("metadata.name"))) {
                    metadataId = id;
                }
            }
            default -> {
                // devices, modules and the like
            }
        }
        return null;
    }

    void remove(int id) {
        nodes.remove(id);
        taps.remove(id);
        sinks.remove(id);
        unheardSinks.remove(id);
        ports.remove(id);
        links.remove(id);
        clientPids.remove(id);
        clientNames.remove(id);
        metadataId = metadataId == id ? NONE : metadataId;
    }

    /** Where a session manager says, and is told, what plays where, {@link #NONE} while there is no session manager. */
    int metadataId() {
        return metadataId;
    }

    /** The serial of a sink that a {@link Mute} made, empty while it is not known. */
    String unheardSink(int id) {
        return unheardSinks.getOrDefault(id, "");
    }

    @Nullable
    Node node(int id) {
        return nodes.get(id);
    }

    /** Nodes that can play audio: streams, and others that have audio outputs. */
    List<Node> playbackNodes() {
        return nodes.values().stream().filter(node -> node.known && !node.device)
                .filter(node -> node.stream || !ports(node.id, true).isEmpty())
                .toList();
    }

    /** Microphones and the like that have audio to give. */
    List<Node> inputDevices() {
        return nodes.values().stream()
                .filter(node -> node.known && node.device && !ports(node.id, true).isEmpty()).toList();
    }

    /** Audio ports of a node in one direction, in order. */
    List<Port> ports(int nodeId, boolean output) {
        return ports.values().stream().filter(port -> port.nodeId == nodeId && port.output == output)
                .sorted((a, b) -> Integer.compare(a.index, b.index)).toList();
    }

    Collection<Link> links() {
        return links.values();
    }

    /**
     * Whether a node is linked to something that is no tap. JACK's clients run whatever they are linked to, and count
     * always.
     */
    boolean isPlayed(Node node) {
        return !node.stream || node.device || isHeard(node, NONE);
    }

    /** Whether a node is linked to something that is neither a tap nor that sink. */
    boolean isHeard(Node node, int unheardSink) {
        return links.values().stream().anyMatch(
                link -> link.outputNode == node.id && !taps.contains(link.inputNode) && link.inputNode != unheardSink);
    }

    /**
     * @throws ProcTapException
     *             if there is nothing that programs could play to, and none plays
     */
    void requirePlayback() {
        if (sinks.isEmpty() && playbackNodes().isEmpty()) {
            throw new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER,
                    "the PipeWire server has no sink, so that nothing can play there");
        }
    }

    /** The session manager's name, empty where none of those that are known is there. */
    String sessionManager() {
        return clientNames.values().stream()
                .filter(name -> name.equals("WirePlumber") || name.equals("pipewire-media-session")).findFirst()
                .orElse("");
    }

    /** Who plays a node. */
    Player player(Node node) {
        Player known = node.player;
        if (known == null) {
            known = new Player(pid(node), node.program(), node.properties.getOrDefault("application.id", ""));
            // a client may be told of after its node, or its process may not be found yet
            node.player = known.pid() > 0 ? known : null;
        }
        return known;
    }

    private long pid(Node node) {
        long ours = clientPids.getOrDefault(ownClient.getAsInt(), 0L);
        if (ours > 0 && ours != ProcessHandle.current().pid()) {
            // the server sees us under another pid: it runs on another machine, or in another container
            return 0;
        }
        long vouched = clientPids.getOrDefault(node.clientId, 0L);
        long told = number(node.properties.get("application.process.id"), 0);
        if (vouched == 0) {
            return told;
        }
        // what a client says of itself counts only where the connection is pipewire-pulse's
        if (!"pipewire-pulse".equals(node.properties.get("client.api")) || !isPulseServer(vouched)) {
            return vouched;
        }
        String machine = node.properties.getOrDefault("application.process.machine-id", "");
        String binary = node.properties.getOrDefault("application.process.binary", "");
        if (machine.isEmpty() || machine.equals(ProcessTree.machineId())) {
            return ProcessTree.ofThisMachine(told, binary);
        }
        // a container may have a machine id of its own
        return "unix".equals(node.properties.get("pulse.server.type"))
                ? ProcessTree.inAnotherNamespace(told, binary)
                : 0;
    }

    /** Whether a process is pipewire-pulse, or the server itself with that module. */
    private static boolean isPulseServer(long pid) {
        String name = ProcessTree.name(pid);
        return name.equals("pipewire") || name.equals("pipewire-pulse");
    }

    private static long number(@Nullable String text, long otherwise) {
        if (text == null || text.isEmpty() || text.length() > 18
                || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return otherwise;
        }
        return Long.parseLong(text);
    }
}
