package dev.proctap.cli;

import dev.proctap.AudioTarget;
import dev.proctap.TapOptions;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.SampleFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code proctap record}. */
final class RecordCommand {

    private final Arguments arguments = new Arguments("record", "Record what one program plays into a file.",
            this::call);
    private final CaptureMixin capture = new CaptureMixin(arguments);
    private final FormatMixin written = new FormatMixin(arguments, FormatMixin.SAMPLE_FORMATS, "f32");
    private final Value<String> file = arguments.parameter("FILE", AudioOutput.NAMES);

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException {
        CommandLine command = arguments.command();
        Capturing capturing = Capturing.of(arguments, capture, written, SampleFormat.F32);
        TapOptions options = capturing.options();
        AudioTarget.OfProcess target = capture.target(command);
        String name = file.or("-");
        if (name.equals("-")) {
            Terminal.requirePipe(command);
        }
        long frames = capture.frames(command, options.format());
        PrintWriter err = command.getErr();
        LiveLine live = Terminal.isStderr() ? new LiveLine(err) : null;
        try {
            return new Recorder(err, arguments.verbose(), live).record(target, options, frames,
                    () -> capturing.open(name, target.pid(), err));
        } catch (FileSystemException e) {
            throw e; // the file could not be made at all
        } catch (IOException e) {
            throw (IOException) new FileSystemException(name, null,
                    e.getMessage() + "; what was recorded until then is there and can be played").initCause(e);
        }
    }
}
