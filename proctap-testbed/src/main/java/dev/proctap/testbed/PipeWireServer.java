package dev.proctap.testbed;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
public final class PipeWireServer extends AudioServer {

    private static final Pattern ID = Pattern.compile("^ {4}\"id\": (\\d+),$", Pattern.MULTILINE);

    private boolean longCycles;

    private PipeWireServer(Path folder) {
        super(folder, Map.of("PIPEWIRE_RUNTIME_DIR", folder.toString(), "PIPEWIRE_REMOTE",
                folder.resolve("pipewire-0").toString()));
    }

    /** Starts everything and returns when programs can play. */
    public static PipeWireServer start() {
        return start(PipeWireServer::new);
    }

    @Override
    void startDaemons() throws IOException {
        Files.writeString(folder().resolve(".asoundrc"), alsaConfiguration());
        startDaemon("dbus-daemon", "--session", "--nofork", "--nopidfile",
                "--address=" + environment().get("DBUS_SESSION_BUS_ADDRESS"));
        awaitFile("bus");
        startServer();
    }

    /** Where the plug-in of ALSA was unpacked instead of installed, ALSA must be told. */
    private static String alsaConfiguration() {
        return Prerequisites.find("libasound_module_pcm_pipewire.so")
                .map(file -> "pcm_type.pipewire { lib \"" + file + "\" }\npcm.pipewire { type pipewire }\n").orElse("");
    }

    @Override
    void startServer() {
        startDaemon("pipewire");
        awaitFile("pipewire-0");
        startDaemon("wireplumber");
        startDaemon("pipewire-pulse");
        awaitFile("pulse/native");
        createSink(SINK, 2);
        await("there is a default sink", () -> run("pw-metadata", "-n", "default").contains("default.audio.sink"));
    }

    @Override
    int serverDaemons() {
        return 3;
    }

    @Override
    List<String> sockets() {
        return List.of("pipewire-0", "pulse/native");
    }

    /** Adds a null sink that stays until the server ends, and is suspended when nothing was played for a second. */
    @Override
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
        await(name + " has ports", () -> links("-i").contains(wanted));
    }

    /**
     * Makes the server's cycles 43 ms long, whatever programs ask for, until {@link #closePrograms}: shared machines stand
     * still for 10 ms now and then, and what is bit-exact otherwise misses a cycle then.
     */
    @Override
    public void useLongCycles() {
        forceQuantum(2048);
        longCycles = true;
    }

    /** Removes the node of this name. */
    public void destroyNode(String name) {
        pwCli("destroy", name);
    }

    @Override
    public void destroySink(String name) {
        destroyNode(name);
    }

    @Override
    public void setDefaultSink(String name) {
        run("pw-metadata", "-n", "default", "0", "default.configured.audio.sink", "{\"name\":\"" + name + "\"}",
                "Spa:String:JSON");
    }

    @Override
    public boolean playsTo(Program player, String sink) {
        return links("-l", "-o", "pw-play").contains(sink);
    }

    @Override
    public Set<String> objects() {
        Matcher matcher = ID.matcher(dump());
        Set<String> ids = new TreeSet<>();
        while (matcher.find()) {
            ids.add(matcher.group(1));
        }
        return ids;
    }

    @Override
    public void signal(String signal) {
        signalDaemon("pipewire", signal);
    }

    /** Kills the session manager, whose devices go with it, and starts it again. */
    public void restartSessionManager() {
        killDaemon("wireplumber");
        destroyNode(SINK);
        startDaemon("wireplumber");
        await("the session manager manages", () -> dump().contains("\"metadata.name\": \"default\""));
        createSink(SINK, 2);
    }

    /** Makes cycles so many frames long, whatever programs ask for; 0 lets them have their way again. */
    public void forceQuantum(int frames) {
        force("clock.force-quantum", frames);
    }

    /** Makes the graph run at a rate, whatever programs ask for; 0 lets them have their way again. */
    public void forceRate(int hz) {
        force("clock.force-rate", hz);
    }

    private void force(String setting, int value) {
        run("pw-metadata", "-n", "settings", "0", setting, Integer.toString(value));
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
    private String dump() {
        return run("pw-dump");
    }

    /** Plays a WAV file with pw-play and returns when the server has linked its stream to the sink. */
    @Override
    public Program play(Path wav, String... options) {
        List<String> command = new ArrayList<>(List.of("pw-play"));
        command.addAll(List.of(options));
        command.add(wav.toString());
        Program player = start(command.toArray(String[]::new));
        awaitPlaying("pw-play", player);
        return player;
    }

    @Override
    public Program playTo(String sink, Path wav) {
        return play(wav, "--target=" + sink);
    }

    @Override
    public String playCommand(Path wav) {
        return "pw-play " + wav;
    }

    /** Returns when a stream named {@code node} is linked to a sink and {@code player} still lives. */
    public void awaitPlaying(String node, Program player) {
        await(player + " plays", () -> player.isAlive()
                && links("-o", "-l").lines().anyMatch(line -> line.startsWith(node + ":")));
    }

    /** Absolute path of the server's native socket. */
    public String remote() {
        return folder().resolve("pipewire-0").toString();
    }

    @Override
    public void closePrograms() {
        super.closePrograms();
        if (longCycles) {
            longCycles = false;
            forceQuantum(0);
        }
    }

    @Override
    public void close() {
        longCycles = false;
        super.close();
    }
}
