package dev.proctap.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A private audio server with one null sink, in a folder of its own. It needs neither a sound card nor a desktop, and
 * shares nothing with the user's own server.
 */
public abstract sealed class AudioServer implements AutoCloseable permits PipeWireServer, PulseAudioServer, FakeServer {

    /** Name of the sink that every program plays to unless told otherwise. */
    public static final String SINK = "test-sink";

    private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

    private final Path folder;
    private final Map<String, String> environment;
    private final Deque<Program> daemons = new ArrayDeque<>();
    private final List<Program> programs = new ArrayList<>();

    /**
     * @param more
     *            variables of the environment beyond those that every server has
     */
    AudioServer(Path folder, Map<String, String> more) {
        this.folder = folder;
        Map<String, String> env = new HashMap<>(more);
        env.put("XDG_RUNTIME_DIR", folder.toString());
        env.put("XDG_CONFIG_HOME", folder.resolve("config").toString());
        env.put("XDG_STATE_HOME", folder.resolve("state").toString());
        env.put("HOME", folder.toString());
        env.put("DBUS_SESSION_BUS_ADDRESS", "unix:path=" + folder.resolve("bus"));
        env.put("PULSE_SERVER", "unix:" + folder.resolve("pulse/native"));
        this.environment = Map.copyOf(env);
    }

    /** Starts a server that {@code make} makes for its folder, and returns when programs can play. */
    static <S extends AudioServer> S start(Function<Path, S> make) {
        try {
            // /tmp, because the path of a Unix socket is limited to 107 bytes
            S server = make.apply(Files.createTempDirectory(Path.of("/tmp"), "proctap-"));
            try {
                server.startDaemons();
                return server;
            } catch (RuntimeException e) {
                server.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts everything. */
    void startDaemons() throws IOException {
        startServer();
    }

    /** Starts the server itself and makes {@link #SINK}. */
    abstract void startServer();

    /** How many daemons {@link #startServer} starts. */
    abstract int serverDaemons();

    /** The server's sockets, in its folder. */
    abstract List<String> sockets();

    final void startDaemon(String... command) {
        daemons.push(Program.start(environment, command));
    }

    final void awaitFile(String name) {
        await(name + " appears", () -> Files.exists(folder.resolve(name)));
    }

    final void await(String what, BooleanSupplier condition) {
        Await.until(() -> what + ": " + daemons.stream().map(Program::output).toList(), START_TIMEOUT, condition);
    }

    /** Adds a null sink that stays until the server ends. */
    public abstract void createSink(String name, int channels);

    /** Removes a sink, as unplugging a device does. */
    public abstract void destroySink(String name);

    /**
     * Makes the server robust against a machine that stands still for 10 ms now and then, until {@link #closePrograms}: what
     * is bit-exact otherwise misses a cycle then.
     */
    public void useLongCycles() {
        // where cycles are long already
    }

    /** Plays a WAV file with the server's own player and returns when the server plays its stream. */
    public abstract Program play(Path wav, String... options);

    /** As {@link #play}, to a sink other than the default one. */
    public abstract Program playTo(String sink, Path wav);

    /** The command of a shell that plays a file and ends with it. */
    public abstract String playCommand(Path wav);

    /** Makes a sink the default one, also for what plays already. */
    public abstract void setDefaultSink(String name);

    /** Whether what {@code player} plays goes to a sink. */
    public abstract boolean playsTo(Program player, String sink);

    /** What the server has objects of, each by its name or number. */
    public abstract Set<String> objects();

    /** Sends a signal (STOP, CONT) to the server itself. */
    public abstract void signal(String signal);

    /** Runs a program to its end against this server and returns what it printed. */
    public final String run(String... command) {
        return Program.run(environment, command);
    }

    /** Starts a program against this server; it ends with the server at the latest. */
    public final Program start(String... command) {
        return start(Map.of(), command);
    }

    /** As {@link #start(String...)}, with more variables in the program's environment. */
    public Program start(Map<String, String> more, String... command) {
        Map<String, String> env = new HashMap<>(environment);
        env.putAll(more);
        Program program = Program.start(env, command);
        programs.add(program);
        return program;
    }

    /** Kills the server alone, as a crash does; {@link #restart} brings it back. */
    public void kill() {
        for (int i = 0; i < serverDaemons(); i++) {
            daemons.pop().close();
        }
        for (String socket : sockets()) {
            try {
                Files.deleteIfExists(folder.resolve(socket));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Starts the server again after {@link #kill}. */
    public void restart() {
        startServer();
    }

    /** Kills one of the server's processes, named as its program. */
    final void killDaemon(String name) {
        Program old = daemons.stream().filter(daemon -> daemon.isProgram(name)).findFirst().orElseThrow();
        old.close();
        daemons.remove(old);
    }

    /** Sends a signal to one of the server's processes, named as its program. */
    final void signalDaemon(String name, String signal) {
        daemons.stream().filter(daemon -> daemon.isProgram(name)).forEach(daemon -> daemon.signal(signal));
    }

    /** What PulseAudio calls sink inputs, also on PipeWire: playing streams, each with the process that says it plays it. */
    public final Map<Integer, Long> sinkInputs() {
        Map<Integer, Long> result = new HashMap<>();
        int index = -1;
        for (String line : run("pactl", "list", "sink-inputs").lines().map(String::strip).toList()) {
            if (line.startsWith("Sink Input #")) {
                index = Integer.parseInt(line.substring("Sink Input #".length()));
            } else if (line.startsWith("application.process.id = ")) {
                result.put(index, Long.valueOf(line.replaceAll("[^0-9]", "")));
            }
        }
        return result;
    }

    /** Sets the volume of what {@code player} plays, as volume controls do, for example to {@code 50%} or {@code 0dB}. */
    public void setVolume(Program player, String volume) {
        run("pactl", "set-sink-input-volume", sinkInputOf(player), volume);
    }

    /** Mutes what {@code player} plays, or not. */
    public void setMuted(Program player, boolean muted) {
        run("pactl", "set-sink-input-mute", sinkInputOf(player), muted ? "1" : "0");
    }

    private String sinkInputOf(Program player) {
        return sinkInputs().entrySet().stream().filter(entry -> entry.getValue() == player.pid())
                .map(entry -> Integer.toString(entry.getKey())).findFirst().orElseThrow();
    }

    /** Environment variables that direct a program to this server. */
    public final Map<String, String> environment() {
        return environment;
    }

    /** The server's folder; gone after {@link #close}. */
    public final Path folder() {
        return folder;
    }

    /** Ends every program that was started here; the server stays. */
    public void closePrograms() {
        programs.forEach(Program::close);
        programs.clear();
    }

    @Override
    public void close() {
        closePrograms();
        while (!daemons.isEmpty()) {
            daemons.pop().close();
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            paths.sorted((a, b) -> b.compareTo(a)).forEach(path -> path.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
