package dev.proctap.cli;

import dev.proctap.AudioTarget;
import dev.proctap.TapOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code proctap record}. */
@Command(name = "record", description = "Record what one program plays into a file.")
final class RecordCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Mixin
    CommonMixin common = new CommonMixin();

    @Mixin
    CaptureMixin capture = new CaptureMixin();

    @Mixin
    FormatMixin written = new FormatMixin();

    @Option(names = "--seconds", paramLabel = "S", description = "End after S seconds of recording.")
    @Nullable
    Double seconds;

    @Option(names = "--format", paramLabel = "FORMAT", description = FormatMixin.SAMPLE_FORMATS + " (default: f32).")
    String format = "f32";

    @Parameters(index = "0", paramLabel = "FILE", description = AudioOutput.NAMES)
    @SuppressWarnings("NullAway.Init") // set by picocli
    String file;

    @Override
    public Integer call() throws IOException {
        CommandLine command = spec.commandLine();
        Capturing capturing = Capturing.of(command, capture, written,
                FormatMixin.sampleFormat(command, "--format", format), common.verbose);
        TapOptions options = capturing.options();
        AudioTarget.OfProcess target = capture.target(command);
        if (seconds != null && !(seconds > 0 && seconds < 1e9)) {
            throw new ParameterException(command, "--seconds is a positive number, not " + seconds);
        }
        if (file.equals("-")) {
            Terminal.requirePipe(command);
        }
        long frames = seconds == null ? Long.MAX_VALUE : Math.round(seconds * options.format().sampleRateHz());
        PrintWriter err = command.getErr();
        LiveLine live = Terminal.isStderr() ? new LiveLine(err) : null;
        try {
            return new Recorder(err, common.verbose, live).record(target, options, frames,
                    () -> capturing.open(file, target.pid(), err));
        } catch (FileSystemException e) {
            throw e; // the file could not be made at all
        } catch (IOException e) {
            throw (IOException) new FileSystemException(file, null,
                    e.getMessage() + "; what was recorded until then is there and can be played").initCause(e);
        }
    }
}
