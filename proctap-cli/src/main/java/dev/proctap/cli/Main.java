package dev.proctap.cli;

import dev.proctap.ProcTapException;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.file.AudioFormatException;
import dev.proctap.pipes.http.DeliveryException;
import dev.proctap.ProcessAudioTap;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.module.ModuleDescriptor;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code proctap}: its commands, and the form of the original that needs none. */
final class Main {

    private static final List<String> COMMANDS = List.of("list", "record", "convert", "effects", "analyze", "meter",
            "mic-mix", "transcribe", "llm", "webhook", "demo", "doctor", "report", "latency", "bench", "warm-up");

    private final Arguments arguments = new Arguments("proctap",
            "Captures the audio that one program plays, and nothing else.", this::call);
    private final CaptureMixin capture = new CaptureMixin(arguments);
    private final FormatMixin written = new FormatMixin(arguments, "int16, float32, or what record knows", "int16");
    private final Value<Boolean> stdout = arguments.option("--stdout",
            "Write raw PCM (48 kHz, stereo unless asked otherwise) to standard output.");
    private final Value<Boolean> listAudioProcs = arguments.option("--list-audio-procs",
            "The same as the command list.");

    private Main() {
        arguments.version(new Version());
        arguments.spec.usageMessage().footer("",
                "Exit codes: 0 fine, 1 failure, 2 usage, 3 no such process, 4 not playing, 5 no audio server,"
                        + " 6 not permitted, 7 several programs of that name.");
    }

    /** The version is that of the module. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            ModuleDescriptor descriptor = Main.class.getModule().getDescriptor();
            // on the class path it stands in the jar's manifest
            String inJar = Main.class.getPackage().getImplementationVersion();
            String version = descriptor != null
                    ? descriptor.rawVersion().orElse("(no version)")
                    : inJar == null ? "(unpackaged)" : inJar;
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
        CommandSpec spec = new Main().arguments.spec;
        if (!originalForm) {
            // the one that is asked for: those of all others take time that the first sample waits for
            boolean named = arguments.length > 0 && COMMANDS.contains(arguments[0]);
            for (String name : named ? List.of(arguments[0]) : COMMANDS) {
                spec.addSubcommand(name, command(name));
            }
        }
        return new CommandLine(spec).setParameterExceptionHandler(Main::misused)
                .setExecutionExceptionHandler((failure, failing, parsed) -> failed(failure, failing, arguments))
                .execute(arguments);
    }

    private static CommandSpec command(String name) {
        return switch (name) {
            case "list" -> new ListCommand().spec();
            case "record" -> new RecordCommand().spec();
            case "convert" -> new ConvertCommand().spec();
            case "effects" -> new EffectsCommand().spec();
            case "analyze" -> new AnalyzeCommand().spec();
            case "meter" -> new MeterCommand().spec();
            case "mic-mix" -> new MicMixCommand().spec();
            case "transcribe" -> new TranscribeCommand().spec();
            case "llm" -> new LlmCommand().spec();
            case "webhook" -> new WebhookCommand().spec();
            case "demo" -> new DemoCommand().spec();
            case "doctor" -> new DoctorCommand().spec();
            case "report" -> new ReportCommand().spec();
            case "latency" -> new LatencyCommand().spec();
            case "bench" -> new BenchCommand().spec();
            case "warm-up" -> new WarmUpCommand().spec();
            default -> throw new IllegalArgumentException(name);
        };
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
            case DeliveryException e -> message = String.valueOf(e.getMessage());
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

    private Integer call() throws IOException, InterruptedException {
        CommandLine command = arguments.command();
        if (listAudioProcs.isGiven()) {
            ListCommand.list(command.getOut(), false);
            return ExitCode.OK;
        }
        if (!stdout.isGiven()) {
            throw new ParameterException(command,
                    capture.isTargetGiven()
                            ? "where to? Give --stdout, or use: proctap record ... out.wav"
                            : "what shall be done? For example: proctap list");
        }
        Capturing capturing = Capturing.of(arguments, capture, written, SampleFormat.S16, null);
        Terminal.requirePipe(command);
        return new Recorder(command.getErr(), arguments.verbose(), null).record(capture.target(command),
                capturing.options(), capture.frames(command, capturing.options().format()),
                start -> capturing.into(AudioOutput.open("-", capturing.written(), null, command.getErr())));
    }
}
