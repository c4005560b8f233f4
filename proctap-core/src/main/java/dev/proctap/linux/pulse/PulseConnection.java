package dev.proctap.linux.pulse;

import dev.proctap.ProcTapException;
import dev.proctap.spi.CleanText;
import dev.proctap.internal.ffm.Memory;
import dev.proctap.internal.ffm.NativeLibrary;
import dev.proctap.selection.Player;
import dev.proctap.selection.ProcessTree;
import dev.proctap.linux.pulse.Pulse.Offsets;
import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.Speaker;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a PulseAudio server and what it tells of its sinks, clients and playing streams.
 *
 * <p>Everything belongs to the thread that made it, but {@link #wakeUp}.
 */
final class PulseConnection implements AutoCloseable {

    /** Name of the server, as in {@code PULSE_SERVER}, for programs that mean another one than the user's. */
    static final String SERVER_PROPERTY = "dev.proctap.pulse.server";

    /** How long a server that works may take to answer; it is a matter of milliseconds. */
    static final long ANSWER_NANOS = 5_000_000_000L;

    /** A playing stream: what the server calls a sink input. */
    record SinkInput(int index, int client, int sink, String name, String program, String applicationId,
            int sampleRateHz, int channels,
            boolean corked, boolean muted, double volume) {}

    /** A sink: what it mixes streams to. Layout is null where its channels have no positions that we know. */
    record Sink(int index, int monitorSource, int sampleRateHz, @Nullable ChannelLayout layout) {}

    /** A microphone or the like. */
    record Source(int index, String name, String description, int sampleRateHz, int channels,
            @Nullable ChannelLayout layout) {

        /** It as the stream that it is recorded as: its place among streams is one that none of them has. */
        SinkInput asInput() {
            return new SinkInput(-1, -1, -1, description, name, "", sampleRateHz, channels, false, false, 1);
        }

        /** And as what that stream is heard from. */
        Sink asSink() {
            return new Sink(-1, index, sampleRateHz, layout);
        }
    }

    /** Who is connected. */
    record Client(String name, long pid, String binary, String machine, boolean local) {}

    private final Arena arena = Arena.ofConfined();
    private final Map<String, Long> keys = new HashMap<>();
    private final Map<Integer, Client> clients = new HashMap<>();
    private final Map<Integer, Sink> sinks = new HashMap<>();
    private final Map<Integer, SinkInput> inputs = new TreeMap<>();
    /** Where devices were asked for. */
    private final Map<Integer, Source> sources = new TreeMap<>();
    private final Map<Integer, Source> newSources = new TreeMap<>();
    private final boolean devices;
    private final long sourceCallback;
    private final long serverCallback;
    private String defaultSource = "";
    /** What was asked for once, however many answers come. */
    private final Map<Client, Long> pids = new HashMap<>();
    private final long clientCallback;
    private final long sinkCallback;
    private final long inputCallback;
    private final Object wakeLock = new Object();
    private long mainloop;
    private final long context;
    private int unanswered;
    private boolean changed;
    private String serverName = "";
    private String serverVersion = "";
    private int sampleRateHz;
    private @Nullable Throwable broken;

    /** Connects, and learns what plays. */
    PulseConnection() {
        this(false);
    }

    /**
     * Connects, and learns what plays.
     *
     * @param devices
     *            whether to learn of input devices, too
     * @throws ProcTapException
     *             if no server answers, or one that is not PulseAudio
     */
    PulseConnection(boolean devices) {
        this.devices = devices;
        Pulse.Library.load();
        mainloop = Pulse.pa_mainloop_new();
        context = Pulse.pa_context_new(Pulse.pa_mainloop_get_api(mainloop), "ProcTap");
        clientCallback = callback((c, info, eol, userData, e, f) -> onClient(info, (int) eol));
        sinkCallback = callback((c, info, eol, userData, e, f) -> onSink(info, (int) eol));
        inputCallback = callback((c, info, eol, userData, e, f) -> onSinkInput(info, (int) eol));
        sourceCallback = callback((c, info, eol, userData, e, f) -> onSource(info, (int) eol));
        serverCallback = callback((c, info, d, e, f, g) -> {
            unanswered--;
            onServer(info);
        });
        boolean connected = false;
        try {
            connect();
            Pulse.pa_context_set_subscribe_callback(context,
                    callback((c, event, index, d, e, f) -> onEvent((int) event, (int) index)));
            Pulse.pa_context_subscribe(context, Pulse.PA_SUBSCRIPTION_MASK_SINK | Pulse.PA_SUBSCRIPTION_MASK_SINK_INPUT
                    | Pulse.PA_SUBSCRIPTION_MASK_CLIENT
                    | (devices ? Pulse.PA_SUBSCRIPTION_MASK_SOURCE | Pulse.PA_SUBSCRIPTION_MASK_SERVER : 0));
            ask(Pulse.pa_context_get_server_info(context, serverCallback));
            askForSources();
            ask(Pulse.pa_context_get_client_info_list(context, clientCallback));
            ask(Pulse.pa_context_get_sink_info_list(context, sinkCallback));
            ask(Pulse.pa_context_get_sink_input_info_list(context, inputCallback));
            awaitAnswers();
            if (serverName.contains("PipeWire")) {
                throw new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER,
                        "the server that speaks PulseAudio's protocol here is PipeWire; its own backend captures from it");
            }
            connected = true;
        } finally {
            if (!connected) {
                close();
            }
        }
    }

    private void askForSources() {
        if (devices) {
            newSources.clear();
            ask(Pulse.pa_context_get_source_info_list(context, sourceCallback));
        }
    }

    /** Takes all of them, and only then forgets those that are gone. */
    private void onSource(long info, int endOfList) {
        if (isObject(info, endOfList)) {
            boolean monitor = Memory.getInt(info + Offsets.SOURCE_INFO_MONITOR_OF_SINK) != -1;
            int index = Memory.getInt(info + Offsets.SOURCE_INFO_INDEX);
            long spec = info + Offsets.SOURCE_INFO_SAMPLE_SPEC;
            if (!monitor) {
                newSources.put(index, new Source(index,
                        Memory.getString(Memory.getLong(info + Offsets.SOURCE_INFO_NAME)),
                        CleanText.clean(Memory.getString(Memory.getLong(info + Offsets.SOURCE_INFO_DESCRIPTION))),
                        Memory.getInt(spec + Offsets.SAMPLE_SPEC_RATE),
                        Memory.getInt(spec + Offsets.SAMPLE_SPEC_CHANNELS) & 0xff,
                        layout(info + Offsets.SOURCE_INFO_CHANNEL_MAP)));
            }
        } else {
            changed |= !sources.equals(newSources);
            sources.clear();
            sources.putAll(newSources);
        }
    }

    /** Microphones and the like. */
    Collection<Source> sources() {
        return sources.values();
    }

    /** An input device by its name, empty for the usual one; null while there is none. */
    @Nullable
    Source source(String name) {
        String wanted = name.isEmpty() ? defaultSource : name;
        return sources.values().stream().filter(source -> source.name.equals(wanted)).findFirst()
                // the usual one is the monitor of a sink where there is no microphone
                .or(() -> sources.values().stream().filter(source -> name.isEmpty()).findFirst()).orElse(null);
    }

    private void onServer(long info) {
        if (info != 0) {
            String source = Memory.getString(Memory.getLong(info + Offsets.SERVER_INFO_DEFAULT_SOURCE_NAME));
            changed |= !source.equals(defaultSource);
            defaultSource = source;
            serverName = Memory.getString(Memory.getLong(info + Offsets.SERVER_INFO_SERVER_NAME));
            serverVersion = Memory.getString(Memory.getLong(info + Offsets.SERVER_INFO_SERVER_VERSION));
            sampleRateHz = Memory.getInt(info + Offsets.SERVER_INFO_SAMPLE_SPEC + Offsets.SAMPLE_SPEC_RATE);
        }
    }

    String serverVersion() {
        return serverVersion;
    }

    /** The rate that the server's devices usually work in. */
    int sampleRateHz() {
        return sampleRateHz;
    }

    private void connect() {
        String server = System.getProperty(SERVER_PROPERTY);
        boolean asked = Pulse.pa_context_connect(context, server, Pulse.PA_CONTEXT_NOAUTOSPAWN) >= 0;
        long start = System.nanoTime();
        while (asked && Pulse.pa_context_get_state(context) != Pulse.PA_CONTEXT_READY && !isLost()) {
            dispatch(ANSWER_NANOS);
            requireAnswer(start);
        }
        if (!asked || isLost()) {
            throw unreachable(server, Pulse.pa_context_errno(context));
        }
    }

    private static void requireAnswer(long startNanos) {
        if (System.nanoTime() - startNanos > ANSWER_NANOS) {
            throw new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER,
                    "the PulseAudio server does not answer; restart it: systemctl --user restart pulseaudio");
        }
    }

    private static ProcTapException unreachable(@Nullable String property, int error) {
        String server = property != null ? property : System.getenv("PULSE_SERVER");
        String where = server == null || server.isEmpty() ? "for this user" : "at " + server;
        if (error == Pulse.PA_ERR_ACCESS || error == Pulse.PA_ERR_AUTHKEY) {
            return new ProcTapException(ProcTapException.Kind.NOT_PERMITTED,
                    "the PulseAudio server " + where + " does not let us in: " + Pulse.pa_strerror(error)
                            + "; run as the user whose desktop it is");
        }
        return new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER,
                "no PulseAudio server answers " + where + " (" + Pulse.pa_strerror(error)
                        + "); start it: systemctl --user start pulseaudio");
    }

    private void ask(boolean asked) {
        unanswered += asked ? 1 : 0;
    }

    private void awaitAnswers() {
        long start = System.nanoTime();
        while (unanswered > 0) {
            dispatch(ANSWER_NANOS);
            requireAnswer(start);
            if (isLost()) {
                throw unreachable(System.getProperty(SERVER_PROPERTY), Pulse.pa_context_errno(context));
            }
        }
    }

    /** Waits for the server, for {@link #wakeUp} or for a time, and handles what came. */
    void dispatch(long timeoutNanos) {
        int micros = Math.clamp(timeoutNanos / 1000, 0, 10_000_000);
        if (Pulse.pa_mainloop_prepare(mainloop, micros) >= 0 && Pulse.pa_mainloop_poll(mainloop) >= 0) {
            Pulse.pa_mainloop_dispatch(mainloop);
        }
        if (broken != null) {
            throw new IllegalStateException("an event of PulseAudio could not be handled", broken);
        }
    }

    /** Ends the wait of {@link #dispatch}; for any thread. */
    void wakeUp() {
        synchronized (wakeLock) {
            if (mainloop != 0) {
                Pulse.pa_mainloop_wakeup(mainloop);
            }
        }
    }

    /** Whether the server is gone. */
    boolean isLost() {
        int state = Pulse.pa_context_get_state(context);
        return state == Pulse.PA_CONTEXT_FAILED || state == Pulse.PA_CONTEXT_TERMINATED;
    }

    /** Why the server is gone. */
    String lostReason() {
        return Pulse.pa_strerror(Pulse.pa_context_errno(context));
    }

    /** Whether sinks, clients or streams changed since this was asked last. */
    boolean takeChanged() {
        boolean result = changed;
        changed = false;
        return result;
    }

    long context() {
        return context;
    }

    Collection<SinkInput> sinkInputs() {
        return inputs.values();
    }

    @Nullable
    SinkInput sinkInput(int index) {
        return inputs.get(index);
    }

    @Nullable
    Sink sink(int index) {
        return sinks.get(index);
    }

    /** What the client of a stream calls itself. */
    String program(SinkInput input) {
        Client client = clients.get(input.client);
        return CleanText.clean(client == null ? input.program : client.name);
    }

    /** Who plays a stream. */
    Player player(SinkInput input) {
        return new Player(pid(input), input.program, input.applicationId);
    }

    /**
     * The process of this machine that plays a stream, 0 if there is none or nobody tells. The server knows but what the
     * client said of itself.
     */
    long pid(SinkInput input) {
        Client client = clients.get(input.client);
        return client == null ? 0 : pids.computeIfAbsent(client, this::pid);
    }

    private long pid(Client client) {
        Client ours = clients.get(Pulse.pa_context_get_index(context));
        boolean sameMachine = ours == null || client.machine.isEmpty() || client.machine.equals(ours.machine);
        if (sameMachine) {
            return ProcessTree.ofThisMachine(client.pid, client.binary);
        }
        // a container may have a machine id of its own
        return client.local ? ProcessTree.inAnotherNamespace(client.pid, client.binary) : 0;
    }

    /** A C function that calls {@code body}, whose exceptions are kept: they must not get into C. */
    long callback(NativeLibrary.Callback body) {
        return NativeLibrary.callback((a, b, c, d, e, f) -> {
            try {
                body.call(a, b, c, d, e, f);
            } catch (Throwable t) {
                broken = t;
            }
        }, arena);
    }

    private void onEvent(int event, int index) {
        boolean removed = (event & Pulse.PA_SUBSCRIPTION_EVENT_TYPE_MASK) == Pulse.PA_SUBSCRIPTION_EVENT_REMOVE;
        switch (event & Pulse.PA_SUBSCRIPTION_EVENT_FACILITY_MASK) {
            case Pulse.PA_SUBSCRIPTION_EVENT_SINK_INPUT -> {
                if (removed) {
                    changed |= inputs.remove(index) != null;
                } else {
                    ask(Pulse.pa_context_get_sink_input_info(context, index, inputCallback));
                }
            }
            case Pulse.PA_SUBSCRIPTION_EVENT_SINK -> {
                if (removed) {
                    sinks.remove(index);
                } else {
                    ask(Pulse.pa_context_get_sink_info_by_index(context, index, sinkCallback));
                }
            }
            case Pulse.PA_SUBSCRIPTION_EVENT_SOURCE -> askForSources();
            case Pulse.PA_SUBSCRIPTION_EVENT_SERVER ->
                ask(Pulse.pa_context_get_server_info(context, serverCallback));
            case Pulse.PA_SUBSCRIPTION_EVENT_CLIENT -> {
                if (removed) {
                    Client client = clients.remove(index);
                    if (client != null) {
                        pids.remove(client);
                    }
                } else {
                    ask(Pulse.pa_context_get_client_info(context, index, clientCallback));
                }
            }
            default -> {
                // nothing else was asked for
            }
        }
    }

    /** Whether an answer is an object; the end of a list, or an object that is gone already, is none. */
    private boolean isObject(long info, int endOfList) {
        if (endOfList != 0) {
            unanswered--;
        }
        return endOfList == 0 && info != 0;
    }

    private void onClient(long info, int endOfList) {
        if (isObject(info, endOfList)) {
            long properties = Memory.getLong(info + Offsets.CLIENT_INFO_PROPLIST);
            Client client = new Client(Memory.getString(Memory.getLong(info + Offsets.CLIENT_INFO_NAME)),
                    ProcessTree.parse(property(properties, "application.process.id")),
                    property(properties, "application.process.binary"),
                    property(properties, "application.process.machine_id"),
                    property(properties, "native-protocol.peer").startsWith("UNIX"));
            Client before = clients.put(Memory.getInt(info + Offsets.CLIENT_INFO_INDEX), client);
            changed |= !client.equals(before);
        }
    }

    private void onSink(long info, int endOfList) {
        if (isObject(info, endOfList)) {
            int index = Memory.getInt(info + Offsets.SINK_INFO_INDEX);
            Sink sink = new Sink(index, Memory.getInt(info + Offsets.SINK_INFO_MONITOR_SOURCE),
                    Memory.getInt(info + Offsets.SINK_INFO_SAMPLE_SPEC + Offsets.SAMPLE_SPEC_RATE),
                    layout(info + Offsets.SINK_INFO_CHANNEL_MAP));
            Sink before = sinks.put(index, sink);
            changed |= !sink.equals(before);
        }
    }

    private void onSinkInput(long info, int endOfList) {
        if (isObject(info, endOfList)) {
            long properties = Memory.getLong(info + Offsets.SINK_INPUT_INFO_PROPLIST);
            int index = Memory.getInt(info + Offsets.SINK_INPUT_INFO_INDEX);
            long spec = info + Offsets.SINK_INPUT_INFO_SAMPLE_SPEC;
            boolean hasVolume = Memory.getInt(info + Offsets.SINK_INPUT_INFO_HAS_VOLUME) != 0;
            SinkInput input = new SinkInput(index, Memory.getInt(info + Offsets.SINK_INPUT_INFO_CLIENT),
                    Memory.getInt(info + Offsets.SINK_INPUT_INFO_SINK),
                    CleanText.clean(Memory.getString(Memory.getLong(info + Offsets.SINK_INPUT_INFO_NAME))),
                    property(properties, "application.name"), property(properties, "application.id"),
                    Memory.getInt(spec + Offsets.SAMPLE_SPEC_RATE),
                    Memory.getInt(spec + Offsets.SAMPLE_SPEC_CHANNELS) & 0xff,
                    Memory.getInt(info + Offsets.SINK_INPUT_INFO_CORKED) != 0,
                    Memory.getInt(info + Offsets.SINK_INPUT_INFO_MUTE) != 0,
                    hasVolume ? volume(info + Offsets.SINK_INPUT_INFO_VOLUME) : 1);
            changed |= !input.equals(inputs.put(index, input));
        }
    }

    /** The loudest channel's amplitude factor; PulseAudio's volumes are cubic. */
    private static double volume(long cvolume) {
        int channels = Math.min(Memory.getInt(cvolume + Offsets.CVOLUME_CHANNELS) & 0xff, Pulse.PA_CHANNELS_MAX);
        double loudest = 0;
        for (int i = 0; i < channels; i++) {
            double linear = Integer.toUnsignedLong(Memory.getInt(cvolume + Offsets.CVOLUME_VALUES + 4L * i))
                    / (double) Pulse.PA_VOLUME_NORM;
            loudest = Math.max(loudest, linear * linear * linear);
        }
        return loudest;
    }

    private String property(long proplist, String key) {
        long address = keys.computeIfAbsent(key, k -> arena.allocateFrom(k).address());
        return Pulse.pa_proplist_gets(proplist, address);
    }

    private static final Map<Integer, Speaker> SPEAKERS = Map.ofEntries(
            Map.entry(Pulse.PA_CHANNEL_POSITION_MONO, Speaker.FC),
            Map.entry(Pulse.PA_CHANNEL_POSITION_FRONT_LEFT, Speaker.FL),
            Map.entry(Pulse.PA_CHANNEL_POSITION_FRONT_RIGHT, Speaker.FR),
            Map.entry(Pulse.PA_CHANNEL_POSITION_FRONT_CENTER, Speaker.FC),
            Map.entry(Pulse.PA_CHANNEL_POSITION_REAR_CENTER, Speaker.BC),
            Map.entry(Pulse.PA_CHANNEL_POSITION_REAR_LEFT, Speaker.BL),
            Map.entry(Pulse.PA_CHANNEL_POSITION_REAR_RIGHT, Speaker.BR),
            Map.entry(Pulse.PA_CHANNEL_POSITION_LFE, Speaker.LFE),
            Map.entry(Pulse.PA_CHANNEL_POSITION_SIDE_LEFT, Speaker.SL),
            Map.entry(Pulse.PA_CHANNEL_POSITION_SIDE_RIGHT, Speaker.SR));

    private static @Nullable ChannelLayout layout(long map) {
        int channels = Memory.getInt(map + Offsets.CHANNEL_MAP_CHANNELS) & 0xff;
        List<Speaker> speakers = new ArrayList<>();
        for (int i = 0; i < channels; i++) {
            Speaker speaker = SPEAKERS.get(Memory.getInt(map + Offsets.CHANNEL_MAP_MAP + 4L * i));
            if (speaker == null || speakers.contains(speaker)) {
                return null;
            }
            speakers.add(speaker);
        }
        return speakers.isEmpty() ? null : new ChannelLayout(speakers);
    }

    /** Writes the channel map of a layout of {@link #layout}. */
    static void putChannelMap(long map, ChannelLayout layout) {
        Memory.putInt(map + Offsets.CHANNEL_MAP_CHANNELS, layout.channels());
        for (int i = 0; i < layout.channels(); i++) {
            Speaker speaker = layout.speakers().get(i);
            int position = layout.channels() == 1 && speaker == Speaker.FC
                    ? Pulse.PA_CHANNEL_POSITION_MONO
                    : SPEAKERS.entrySet().stream()
                            .filter(entry -> entry.getValue() == speaker
                                    && entry.getKey() != Pulse.PA_CHANNEL_POSITION_MONO)
                            .map(Map.Entry::getKey).findFirst().orElse(Pulse.PA_CHANNEL_POSITION_MONO);
            Memory.putInt(map + Offsets.CHANNEL_MAP_MAP + 4L * i, position);
        }
    }

    /** Whether any sink exists. */
    boolean hasSinks() {
        return !sinks.isEmpty();
    }

    @Override
    public void close() {
        Pulse.pa_context_disconnect(context);
        Pulse.pa_context_unref(context);
        synchronized (wakeLock) {
            Pulse.pa_mainloop_free(mainloop);
            mainloop = 0;
        }
        arena.close();
    }
}
