package dev.proctap.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A private PipeWire with its session manager, its PulseAudio server and one null sink, in a folder of its own. It needs
 * neither a sound card nor a desktop, and shares nothing with the user's own server.
 *
 * <ol>
 * <li>dbus-daemon, because the session manager asks for a session bus;
 * <li>pipewire, wireplumber, pipewire-pulse, each in the foreground as a child of this JVM;
 * <li>a null sink named {@link #SINK}, which becomes the default sink.
 * </ol>
 */
public final class PipeWireServer implements AutoCloseable {

    /** Node name of the sink that every program plays to unless told otherwise. */
    public static final String SINK = "test-sink";

    private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

    private final Path folder;
    private final Map<String, String> environment;
    private final Deque<Program> daemons = new ArrayDeque<>();
    private final List<Program> programs = new ArrayList<>();
    private boolean longCycles;

    private PipeWireServer(Path folder) {
        this.folder = folder;
        Map<String, String> env = new HashMap<>();
        env.put("XDG_RUNTIME_DIR", folder.toString());
        env.put("XDG_CONFIG_HOME", folder.resolve("config").toString());
        env.put("XDG_STATE_HOME", folder.resolve("state").toString());
        env.put("HOME", folder.toString());
        env.put("DBUS_SESSION_BUS_ADDRESS", "unix:path=" + folder.resolve("bus"));
        env.put("PIPEWIRE_RUNTIME_DIR", folder.toString());
        env.put("PULSE_SERVER", "unix:" + folder.resolve("pulse/native"));
        env.put("PIPEWIRE_REMOTE", folder.resolve("pipewire-0").toString());
        this.environment = Map.copyOf(env);
    }

    /** Starts everything and returns when programs can play. */
    public static PipeWireServer start() {
        try {
            // /tmp, because the path of a Unix socket is limited to 107 bytes
            PipeWireServer server = new PipeWireServer(Files.createTempDirectory(Path.of("/tmp"), "proctap-"));
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

    private void startDaemons() throws IOException {
        Files.writeString(folder.resolve(".asoundrc"), alsaConfiguration());
        daemons.push(Program.start(environment, "dbus-daemon", "--session", "--nofork", "--nopidfile",
                "--address=" + environment.get("DBUS_SESSION_BUS_ADDRESS")));
        awaitFile("bus");
        startServer();
    }

    /** Where the plug-in of ALSA was unpacked instead of installed, ALSA must be told. */
    private static String alsaConfiguration() throws IOException {
        Path root = Path.of("").toAbsolutePath();
        while (root != null && !Files.isDirectory(root.resolve(".prerequisites"))) {
            root = root.getParent();
        }
        if (root == null) {
            return "";
        }
        try (Stream<Path> files = Files.walk(root.resolve(".prerequisites"))) {
            return files.filter(file -> file.endsWith("libasound_module_pcm_pipewire.so")).findFirst()
                    .map(file -> "pcm_type.pipewire { lib \"" + file + "\" }\npcm.pipewire { type pipewire }\n")
                    .orElse("");
        }
    }

    private void startServer() {
        Program pipewire = Program.start(environment, "pipewire");
        daemons.push(pipewire);
        awaitFile("pipewire-0");
        daemons.push(Program.start(environment, "wireplumber"));
        daemons.push(Program.start(environment, "pipewire-pulse"));
        awaitFile("pulse/native");
        createSink(SINK, 2);
        Await.until(() -> "no default sink: " + daemons.stream().map(Program::output).toList(), START_TIMEOUT,
                () -> Program.run(environment, "pw-metadata", "-n", "default").contains("default.audio.sink"));
    }

    private void awaitFile(String name) {
        Await.until(() -> name + " did not appear: " + daemons.stream().map(Program::output).toList(), START_TIMEOUT,
                () -> Files.exists(folder.resolve(name)));
    }

    /** Adds a null sink that stays until the server ends, and is suspended when nothing was played for a second. */
    public void createSink(String name, int channels) {
        String position = switch (channels) {
            case 1 -> "MONO";
            case 2 -> "FL FR";
            case 6 -> "FL FR FC LFE SL SR";
            default -> throw new IllegalArgumentException(channels + " channels");
        };
        pwCli("create-node", "adapter", "{ factory.name=support.null-audio-sink node.name=" + name
                + " media.class=Audio/Sink object.linger=true session.suspend-timeout-seconds=1"
                + " audio.position=[" + position + "] }");
        String wanted = name + ":playback_";
        Await.until(name + " has no ports", START_TIMEOUT, () -> links("-i").contains(wanted));
    }

    /**
     * Makes the server's cycles 43 ms long, whatever programs ask for, until {@link #closePrograms}: shared machines stand
     * still for 10 ms now and then, and what is bit-exact otherwise misses a cycle then.
     */
    public void useLongCycles() {
        forceQuantum(2048);
        longCycles = true;
    }

    private void forceQuantum(int frames) {
        run("pw-metadata", "-n", "settings", "0", "clock.force-quantum", Integer.toString(frames));
    }

    /** Removes the node of this name, as unplugging a device does. */
    public void destroyNode(String name) {
        pwCli("destroy", name);
    }

    private void pwCli(String... arguments) {
        run(Stream.concat(Stream.of("pw-cli"), Stream.of(arguments)).toArray(String[]::new));
    }

    /** The server's version. */
    public ModuleDescriptor.Version version() {
        String printed = run("pipewire", "--version");
        return ModuleDescriptor.Version.parse(printed.lines().filter(line -> line.startsWith("Compiled with"))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1)).findFirst().orElseThrow());
    }

    /** What {@code pw-link} prints with these arguments, for example {@code -l} for all links. */
    public String links(String... arguments) {
        return run(Stream.concat(Stream.of("pw-link"), Stream.of(arguments)).toArray(String[]::new));
    }

    /** All objects of the server as JSON. */
    public String dump() {
        return run("pw-dump");
    }

    /** Runs a program to its end against this server and returns what it printed. */
    public String run(String... command) {
        return Program.run(environment, command);
    }

    /** Starts a program against this server; it ends with the server at the latest. */
    public Program start(String... command) {
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

    /** Plays a WAV file with pw-play and returns when the server has linked its stream to the sink. */
    public Program play(Path wav, String... options) {
        List<String> command = new ArrayList<>(List.of("pw-play"));
        command.addAll(List.of(options));
        command.add(wav.toString());
        Program player = start(command.toArray(String[]::new));
        awaitPlaying("pw-play", player);
        return player;
    }

    /** Returns when a stream named {@code node} is linked to a sink and {@code player} still lives. */
    public void awaitPlaying(String node, Program player) {
        Await.until(() -> player + " is not playing: " + player.output() + links("-l"), START_TIMEOUT,
                () -> player.isAlive() && links("-o", "-l").lines().anyMatch(line -> line.startsWith(node + ":")));
    }

    /** Kills the server alone, as a crash does; {@link #restart} brings it back. */
    public void kill() {
        while (daemons.size() > 1) {
            daemons.pop().close();
        }
        deleteQuietly("pipewire-0");
        deleteQuietly("pulse/native");
    }

    /** Sends a signal (STOP, CONT) to one of the server's processes, named as its program. */
    public void signalDaemon(String name, String signal) {
        daemons.stream().filter(daemon -> daemon.isProgram(name)).forEach(daemon -> daemon.signal(signal));
    }

    /** Starts the server again after {@link #kill}. */
    public void restart() {
        startServer();
    }

    private void deleteQuietly(String name) {
        try {
            Files.deleteIfExists(folder.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Environment variables that direct a program to this server. */
    public Map<String, String> environment() {
        return environment;
    }

    /** Absolute path of the server's native socket. */
    public String remote() {
        return folder.resolve("pipewire-0").toString();
    }

    /** The server's folder; gone after {@link #close}. */
    public Path folder() {
        return folder;
    }

    /** Ends every program that was started here; the server stays. */
    public void closePrograms() {
        programs.forEach(Program::close);
        programs.clear();
        if (longCycles) {
            longCycles = false;
            forceQuantum(0);
        }
    }

    @Override
    public void close() {
        longCycles = false;
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
