package dev.proctap.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The audio engine of a system that is not here, as a C library in this process that exports what the system exports and plays
 * what real programs give it. It shows that the backend does what it believes the system wants, and nothing of the system
 * itself.
 */
public abstract sealed class FakeServer extends AudioServer permits FakeWindows, FakeMacOs {

    private static final List<String> SOURCES = List.of("engine.h", "engine.c", "player.c");
    private static final List<String> PROGRAMS = List.of("paplay", "parec", "mpv");
    private static final MemoryLayout ANY_STRING = MemoryLayout.sequenceLayout(Long.MAX_VALUE, ValueLayout.JAVA_BYTE);

    private final SymbolLookup library;
    private final Path programs;
    private final Path spool;

    /**
     * @param programs
     *            the folder with those that {@link #build} made
     */
    FakeServer(Path folder, Path library, Path programs) {
        super(folder, Map.of("FAKE_SPOOL", folder.resolve("spool").toString()));
        this.library = SymbolLookup.libraryLookup(library, Arena.global());
        this.programs = programs;
        spool = folder.resolve("spool");
    }

    /**
     * Compiles a fake, and programs that play and record there, where they are not those of these sources already: several
     * JVMs may do so, and a library that one has loaded must stay the one that its other names mean.
     *
     * @param folder
     *            for what is compiled
     * @return the folder of the programs
     */
    static Path build(Path folder, Path library, String source, List<String> flags) {
        try {
            Files.createDirectories(folder);
            try (FileChannel channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
                    FileLock _ = channel.lock()) {
                StringBuilder inputs = new StringBuilder(library + " " + flags);
                List<String> sources = new ArrayList<>(SOURCES);
                sources.add(source);
                for (String name : sources) {
                    inputs.append('\n').append(resource(name));
                }
                Path stamp = folder.resolve("made-of");
                if (!Files.exists(stamp) || !Files.readString(stamp).contentEquals(inputs)) {
                    Files.deleteIfExists(stamp);
                    for (String name : sources) {
                        Files.writeString(folder.resolve(name), resource(name));
                    }
                    compile(folder, library, source, flags);
                    Files.writeString(stamp, inputs);
                }
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = FakeServer.class.getResourceAsStream("fake/" + name)) {
            if (in == null) {
                throw new IllegalStateException("no resource fake/" + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void compile(Path folder, Path library, String source, List<String> flags) {
        try {
            Path engine = folder.resolve("engine.o");
            Path system = folder.resolve("system.o");
            compile(List.of("-O1", "-fPIC", "-c", folder.resolve("engine.c").toString(), "-o", engine.toString()));
            List<String> command = new ArrayList<>(flags);
            command.addAll(
                    List.of("-O1", "-fPIC", "-c", folder.resolve(source).toString(), "-o", system.toString()));
            compile(command);
            // the name that is loaded must not be written while it is
            Path made = folder.resolve("library.so");
            compile(List.of("-shared", "-o", made.toString(), engine.toString(), system.toString(), "-lpthread"));
            Files.move(made, library, StandardCopyOption.REPLACE_EXISTING);
            for (String program : PROGRAMS) {
                compile(List.of("-O1", folder.resolve("player.c").toString(), "-o",
                        folder.resolve(program).toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void compile(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("cc"));
        command.addAll(arguments);
        Program.run(Map.of(), command.toArray(String[]::new));
    }

    @Override
    void startDaemons() throws IOException {
        Files.createDirectory(spool);
        call("fake_forget");
        call("fake_start", spool.toString());
        startServer();
    }

    @Override
    void startServer() {
        call("fake_down", 0);
    }

    @Override
    int serverDaemons() {
        return 0;
    }

    @Override
    List<String> sockets() {
        return List.of();
    }

    @Override
    public void kill() {
        call("fake_down", 1);
    }

    @Override
    public void createSink(String name, int channels) {
        call("fake_device", name, 1);
    }

    @Override
    public void destroySink(String name) {
        call("fake_move", name, SINK);
        call("fake_device", name, 0);
    }

    @Override
    public void setDefaultSink(String name) {
        try {
            Files.writeString(spool.resolve(".default"), name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        call("fake_move", "", name);
        call("fake_default", name);
    }

    @Override
    public Program play(Path wav, String... options) {
        List<String> command = new ArrayList<>(List.of("paplay"));
        command.addAll(List.of(options));
        command.add(wav.toString());
        Program player = start(command.toArray(String[]::new));
        await(player + " plays", () -> (int) call("fake_plays_to", (int) player.pid(), "") != 0);
        return player;
    }

    @Override
    public Program playTo(String sink, Path wav) {
        return play(wav, "--device=" + sink);
    }

    /** PulseAudio's programs are the fake's own here. */
    @Override
    public Program start(Map<String, String> more, String... command) {
        if (PROGRAMS.contains(command[0])) {
            command[0] = programs.resolve(command[0]).toString();
        }
        return super.start(more, command);
    }

    @Override
    public String playCommand(Path wav) {
        return programs.resolve("paplay") + " " + wav;
    }

    @Override
    public boolean playsTo(Program program, String sink) {
        return (int) call("fake_plays_to", (int) program.pid(), sink) != 0;
    }

    @Override
    public void setVolume(Program program, String volume) {
        double factor = volume.endsWith("%")
                ? Double.parseDouble(volume.replace("%", "")) / 100
                : Math.pow(10, Double.parseDouble(volume.replace("dB", "")) / 20);
        call("fake_volume", (int) program.pid(), (float) factor);
    }

    @Override
    public void setMuted(Program program, boolean muted) {
        call("fake_mute", (int) program.pid(), muted ? 1 : 0);
    }

    /** Pauses what a program plays, or lets it go on. */
    public void setPaused(Program program, boolean paused) {
        call("fake_pause", (int) program.pid(), paused ? 1 : 0);
    }

    /** The objects of the system that live, each kind with its number. */
    @Override
    public Set<String> objects() {
        return new TreeSet<>(string("fake_list", 1).lines().toList());
    }

    /** The names of the calls that were made since the last {@link #reset}. */
    public Set<String> calls() {
        return string("fake_list", 0).lines().map(line -> line.substring(0, line.lastIndexOf(' ')))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Lets a call fail once: the first one, or a later one. */
    public void fail(String call, int after, int result) {
        call("fake_fail", call, after, result);
    }

    /** What the backend did that the system's documentation does not allow; empty where it did nothing wrong. */
    public String mistakes() {
        return string("fake_mistakes");
    }

    /** Forgets the calls, the mistakes, what is to fail and what was set; to be used where nothing is open. */
    public void reset() {
        call("fake_forget");
        call("fake_reset");
    }

    /** Changes how the system behaves. */
    public void set(String what, int value) {
        call("fake_set", what, value);
    }

    @Override
    public void signal(String signal) {
        throw new UnsupportedOperationException("this server is part of the process that it would stop");
    }

    @Override
    public void close() {
        call("fake_stop");
        super.close();
    }

    private String string(String function, Object... arguments) {
        MemorySegment text = (MemorySegment) invoke(function,
                ValueLayout.ADDRESS.withTargetLayout(ANY_STRING), arguments);
        return text.getString(0);
    }

    /** Calls a function of the library with ints, floats and strings; its result is an int. */
    final Object call(String function, Object... arguments) {
        return invoke(function, ValueLayout.JAVA_INT, arguments);
    }

    private Object invoke(String function, MemoryLayout result, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            List<MemoryLayout> layouts = new ArrayList<>();
            List<Object> values = new ArrayList<>();
            for (Object argument : arguments) {
                layouts.add(switch (argument) {
                    case Integer i -> ValueLayout.JAVA_INT;
                    case Float f -> ValueLayout.JAVA_FLOAT;
                    default -> ValueLayout.ADDRESS;
                });
                values.add(argument instanceof String text ? arena.allocateFrom(text) : argument);
            }
            MethodHandle handle = Linker.nativeLinker().downcallHandle(library.findOrThrow(function),
                    FunctionDescriptor.of(result, layouts.toArray(MemoryLayout[]::new)));
            return handle.invokeWithArguments(values);
        } catch (Throwable t) {
            throw new IllegalStateException(function, t);
        }
    }
}
