package dev.proctap.cli;

import dev.proctap.AudioTarget;
import dev.proctap.TapOptions;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.file.RecordingInfo;
import dev.proctap.pcm.PcmFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code proctap record}. */
final class RecordCommand {

    private final Arguments arguments = new Arguments("record", "Record what one program plays into a file.",
            this::call);
    private final CaptureMixin capture = new CaptureMixin(arguments);
    private final FormatMixin written = new FormatMixin(arguments, FormatMixin.SAMPLE_FORMATS, "f32");
    private final StartMixin begin = new StartMixin(arguments);
    private final SplitMixin split = new SplitMixin(arguments);
    private final Value<String> file = arguments.parameter("FILE",
            AudioOutput.NAMES
                    + " %%Y %%m %%d %%H %%M %%S in a name stand for the time, %%n for the number of the file.");

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException {
        CommandLine command = arguments.command();
        Capturing capturing = Capturing.of(arguments, capture, written, SampleFormat.F32);
        TapOptions options = capturing.options();
        AudioTarget target = capture.target(command);
        String name = file.or("-");
        if (name.equals("-")) {
            Terminal.requirePipe(command);
            if (split.isAsked()) {
                throw new ParameterException(command, "standard output cannot be split; give a FILE");
            }
        }
        PcmFormat format = capturing.written();
        long partFrames = split.frames(command, format.sampleRateHz());
        long partBytes = split.bytes(command, name);
        long frames = capture.frames(command, options.format());
        PrintWriter err = command.getErr();
        LiveLine live = Terminal.isStderr() ? new LiveLine(err) : null;
        Recorder recorder = new Recorder(err, arguments.verbose(), live)
                .withRules(begin.rules(command, options.format()), capture.gapsAreSilence());
        try (Controls _ = new Controls(live != null, recorder::next, recorder::end)) {
            return recorder.record(target, options, frames,
                    start -> {
                        SplitOutput.Parts parts = parts(name, format, target, start);
                        return capturing.into(split.isAsked()
                                ? new SplitOutput(format, partFrames, partBytes, parts)
                                : parts.open(0));
                    });
        } catch (FileSystemException e) {
            throw e; // the file could not be made at all
        } catch (IOException e) {
            throw (IOException) new FileSystemException(name, null,
                    e.getMessage() + "; what was recorded until then is there and can be played").initCause(e);
        }
    }

    /** The files of a recording that begins now. */
    private SplitOutput.Parts parts(String name, PcmFormat format, AudioTarget target, Instant start) {
        PrintWriter err = arguments.command().getErr();
        if (name.equals("-")) {
            return firstFrame -> AudioOutput.open(name, format, null, err);
        }
        long pid = target instanceof AudioTarget.OfProcess process ? process.pid() : 0;
        String program = program(target);
        FileNames names = new FileNames(name, split.isAsked(), ZoneId.systemDefault());
        return firstFrame -> {
            Instant time = start.plusNanos(format.framesToNanos(firstFrame));
            return AudioOutput.open(names.next(time), format, new RecordingInfo(program, pid, time), err);
        };
    }

    /** What the file says it is a recording of. */
    private static String program(AudioTarget target) {
        return switch (target) {
            case AudioTarget.OfProcess process -> ProcessHandle.of(process.pid())
                    .flatMap(handle -> handle.info().command())
                    .map(path -> String.valueOf(Path.of(path).getFileName())).orElse("a program");
            case AudioTarget.OfName name -> name.name();
            case AudioTarget.OfApplication application -> application.id();
            case AudioTarget.AnyOf any ->
                String.join(", ", any.targets().stream().map(RecordCommand::program).toList());
            case AudioTarget.Everything everything -> everything.exceptions().isEmpty()
                    ? "every program"
                    : "every program but " + program(new AudioTarget.AnyOf(everything.exceptions()));
        };
    }
}
