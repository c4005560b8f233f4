package dev.proctap.testbed;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** A private PulseAudio with one null sink, 48 kHz float32. */
public final class PulseAudioServer extends AudioServer {

    private static final String SINK_FORMAT = "rate=48000 format=float32le";

    private String daemon = "pulseaudio";

    private PulseAudioServer(Path folder) {
        super(folder, Map.of());
    }

    /** Starts everything and returns when programs can play. */
    public static PulseAudioServer start() {
        return start(PulseAudioServer::new);
    }

    @Override
    void startServer() {
        List<String> command = new ArrayList<>();
        Optional<Path> unpacked = Prerequisites.find("bin/pulseaudio");
        if (unpacked.isPresent()) {
            // the loader and the server look for their libraries where the package would have put them
            Path modules = folderOf("module-native-protocol-unix.so");
            command.addAll(List.of("env", "LD_LIBRARY_PATH=" + modules + ":" + folderOf("libpulsecore-*.so"),
                    unpacked.get().toString(), "--dl-search-path=" + modules));
        } else {
            command.add("pulseaudio");
        }
        command.addAll(List.of("-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-L",
                "module-native-protocol-unix", "-L",
                "module-null-sink sink_name=" + SINK + " channels=2 " + SINK_FORMAT));
        daemon = command.getFirst();
        startDaemon(command.toArray(String[]::new));
        awaitFile("pulse/native");
        await("there is a sink", () -> run("pactl", "list", "short", "sinks").contains(SINK));
    }

    private static Path folderOf(String file) {
        return Objects.requireNonNull(Prerequisites.find(file).orElseThrow().getParent());
    }

    @Override
    int serverDaemons() {
        return 1;
    }

    @Override
    List<String> sockets() {
        return List.of("pulse/native");
    }

    @Override
    public void createSink(String name, int channels) {
        run("pactl", "load-module", "module-null-sink", "sink_name=" + name, "channels=" + channels, SINK_FORMAT);
    }

    @Override
    public void destroySink(String name) {
        run("pactl", "unload-module", list("modules").filter(words -> words[2].contains("sink_name=" + name))
                .map(words -> words[0]).findFirst().orElseThrow());
    }

    @Override
    public Program play(Path wav, String... options) {
        List<String> command = new ArrayList<>(List.of("paplay", "--latency-msec=100"));
        command.addAll(List.of(options));
        command.add(wav.toString());
        Program player = start(command.toArray(String[]::new));
        await(player + " plays", () -> player.isAlive() && sinkInputs().values().contains(player.pid()));
        return player;
    }

    @Override
    public Program playTo(String sink, Path wav) {
        return play(wav, "--device=" + sink);
    }

    @Override
    public String playCommand(Path wav) {
        return "paplay --latency-msec=100 " + wav;
    }

    @Override
    public void setDefaultSink(String name) {
        run("pactl", "set-default-sink", name);
    }

    @Override
    public boolean playsTo(Program player, String sink) {
        String wanted = list("sinks").filter(words -> words[1].equals(sink)).map(words -> words[0]).findFirst()
                .orElse("");
        Map<Integer, Long> pids = sinkInputs();
        return list("sink-inputs").anyMatch(words -> words[1].equals(wanted)
                && Objects.equals(pids.get(Integer.valueOf(words[0])), player.pid()));
    }

    @Override
    public Set<String> objects() {
        Set<String> result = new TreeSet<>();
        for (String kind : List.of("modules", "sinks", "sources", "sink-inputs", "source-outputs", "clients")) {
            list(kind).filter(words -> !words[words.length - 1].equals("pactl"))
                    .forEach(words -> result.add(kind + " " + words[0]));
        }
        return result;
    }

    private Stream<String[]> list(String kind) {
        return run("pactl", "list", "short", kind).lines().filter(line -> !line.isBlank())
                .map(line -> line.split("\t", -1));
    }

    @Override
    public void signal(String signal) {
        signalDaemon(daemon, signal);
    }

    /** Name of the server for a client, as in {@code PULSE_SERVER}. */
    public String server() {
        return "unix:" + folder().resolve("pulse/native");
    }
}
