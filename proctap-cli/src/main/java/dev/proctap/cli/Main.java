package dev.proctap.cli;

import dev.proctap.ProcTapException;
import dev.proctap.file.AudioFormatException;
import dev.proctap.ProcessAudioTap;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.module.ModuleDescriptor;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code proctap}: its commands, and the form of the original that needs none. */
@Command(name = "proctap", description = "Captures the audio that one program plays, and nothing else.", versionProvider = Main.Version.class, footer = {
        "",
        "Exit codes: 0 fine, 1 failure, 2 usage, 3 no such process, 4 not playing, 5 no audio server,"
                + " 6 not permitted."})
final class Main implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Mixin
    CommonMixin common = new CommonMixin();

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Print the version and exit.")
    boolean version;

    @Mixin
    CaptureMixin capture = new CaptureMixin();

    @Mixin
    FormatMixin written = new FormatMixin();

    @Option(names = "--stdout", description = "Write raw PCM (48 kHz, stereo unless asked otherwise) to"
            + " standard output.")
    boolean stdout;

    @Option(names = "--format", paramLabel = "FORMAT", description = "int16, float32, or what record knows (default:"
            + " int16).")
    String format = "int16";

    @Option(names = "--list-audio-procs", description = "The same as the command list.")
    boolean listAudioProcs;

    /** The version is that of the module. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            ModuleDescriptor descriptor = Main.class.getModule().getDescriptor();
            String version = descriptor == null ? "(unpackaged)" : descriptor.rawVersion().orElse("(no version)");
            return new String[]{"proctap " + version, "Java " + Runtime.version()};
        }
    }

    /** Runs a command line and ends the JVM with its exit code. */
    public static void main(String... arguments) {
        System.exit(run(arguments));
    }

    /** Runs a command line and returns its exit code. */
    static int run(String... arguments) {
        boolean originalForm = Arrays.asList(arguments).contains("--stdout");
        if (originalForm) {
            // every millisecond until the first sample counts: the linker works while the options are read
            Thread.ofPlatform().daemon().name("proctap-prepare").start(Main::prepare);
        }
        CommandLine command = new CommandLine(new Main());
        if (!originalForm) {
            command.addSubcommand(new ListCommand()).addSubcommand(new RecordCommand())
                    .addSubcommand(new ConvertCommand()).addSubcommand(new DemoCommand())
                    .addSubcommand(new WarmUpCommand());
        }
        return command.setParameterExceptionHandler(Main::misused)
                .setExecutionExceptionHandler((failure, failing, parsed) -> failed(failure, failing, arguments))
                .execute(arguments);
    }

    static void prepare() {
        try {
            ProcessAudioTap.prepare();
        } catch (ProcTapException | LinkageError e) {
            // the capture itself will say so
        }
    }

    private static int misused(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("proctap: " + failure.getMessage());
        err.println("'" + command.getCommandSpec().qualifiedName() + " --help' tells the options");
        err.flush();
        return ExitCode.USAGE;
    }

    private static int failed(Exception failure, CommandLine command, String[] arguments) {
        PrintWriter err = command.getErr();
        int code = ExitCode.FAILURE;
        String message;
        switch (failure) {
            case ProcTapException e -> {
                code = ExitCode.of(e);
                message = e.getMessage() + ExitCode.hint(e);
            }
            case AccessDeniedException e -> {
                code = ExitCode.NOT_PERMITTED;
                message = "no permission for " + e.getFile();
            }
            case AudioFormatException e -> message = String.valueOf(e.getMessage());
            case NoSuchFileException e -> message = e.getReason() == null
                    ? "cannot write " + e.getFile() + ": its folder does not exist"
                    : e.getFile() + ": " + e.getReason();
            case FileSystemException e -> message = "cannot write " + e.getFile() + ": " + e.getReason();
            case IOException e -> message = "cannot write: " + e.getMessage();
            default -> message = "internal error: " + failure;
        }
        err.println("proctap: " + message);
        if (Arrays.asList(arguments).contains("--verbose")) {
            failure.printStackTrace(err);
        }
        err.flush();
        return code;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        CommandLine command = spec.commandLine();
        if (listAudioProcs) {
            ListCommand list = new ListCommand();
            list.spec = spec;
            return list.call();
        }
        if (!stdout) {
            throw new ParameterException(command,
                    capture.pid == null
                            ? "what shall be done? For example: proctap list"
                            : "where to? Give --stdout, or use: proctap record --pid " + capture.pid + " out.wav");
        }
        Capturing capturing = Capturing.of(command, capture, written,
                FormatMixin.sampleFormat(command, "--format", format), common.verbose);
        Terminal.requirePipe(command);
        return new Recorder(command.getErr(), common.verbose, null).record(capture.target(command),
                capturing.options(), Long.MAX_VALUE, () -> AudioOutput.open("-", capturing.options().format(),
                        capturing.written(), capturing.conversion(), null, command.getErr()));
    }
}
