package dev.proctap.cli;

import dev.proctap.AudioTarget;
import dev.proctap.TapOptions;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.file.RecordingInfo;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pipes.Effects;
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
    private final TrackMixin tracks = new TrackMixin(arguments);
    private final Value<String> effects = arguments.option("--effects", "LIST", String.class,
            "What to do with the sound: " + Effects.SYNTAX + ".");
    private final Value<String> file = arguments.parameter("FILE",
            AudioOutput.NAMES
                    + " %%Y %%m %%d %%H %%M %%S in a name stand for the time, %%n for the number of the file.");

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException {
        CommandLine command = arguments.command();
        AudioTarget target = capture.target(command);
        String name = file.or("-");
        Capturing capturing = tracks.into(Capturing.of(arguments, capture, written, SampleFormat.F32,
                EffectsCommand.parse(command, effects.orNull())), arguments, name);
        TapOptions options = capturing.options();
        if (name.equals("-")) {
            Terminal.requirePipe(command);
            if (split.isAsked()) {
                throw new ParameterException(command, "standard output cannot be split; give a FILE");
            }
        }
        SplitMixin.Limits limits = split.limits(command, name, capturing.written(), tracks.areFiles());
        long frames = capture.frames(command, options.format());
        PrintWriter err = command.getErr();
        LiveLine live = Terminal.isStderr() ? new LiveLine(err) : null;
        Recorder recorder = new Recorder(err, arguments.verbose(), live)
                .withRules(begin.rules(command, options.format()), capture.gapsAreSilence());
        try (Controls _ = new Controls(live != null, recorder::next, recorder::end)) {
            return recorder.record(target, options, frames,
                    start -> {
                        AudioOutput all = open(capturing, limits, name, program(target), pid(target), start);
                        return tracks.areFiles()
                                ? tracks.split(options.format(), all,
                                        track -> open(capturing, limits, tracks.pattern(name, track),
                                                tracks.program(track), tracks.pid(track), start))
                                : all;
                    });
        } catch (FileSystemException e) {
            throw e; // the file could not be made at all
        } catch (IOException e) {
            throw (IOException) new FileSystemException(name, null,
                    e.getMessage() + "; what was recorded until then is there and can be played").initCause(e);
        } finally {
            tracks.tellSilent(arguments);
        }
    }

    /** Opens where sound that begins at {@code start} goes: a file, or one after the other, or standard output. */
    private AudioOutput open(Capturing capturing, SplitMixin.Limits limits, String pattern, String program, long pid,
            Instant start) throws IOException {
        PrintWriter err = arguments.command().getErr();
        PcmFormat format = capturing.written();
        if (pattern.equals("-")) {
            return capturing.into(AudioOutput.open(pattern, format, null, err));
        }
        FileNames names = new FileNames(pattern, split.isAsked(), ZoneId.systemDefault());
        SplitOutput.Parts parts = firstFrame -> {
            Instant time = start.plusNanos(format.framesToNanos(firstFrame));
            return AudioOutput.open(names.next(time), format, new RecordingInfo(program, pid, time), err);
        };
        return capturing
                .into(split.isAsked()
                        ? new SplitOutput(format, limits.frames(), limits.bytes(), parts)
                        : parts.open(0));
    }

    private static long pid(AudioTarget target) {
        return target instanceof AudioTarget.OfProcess process ? process.pid() : 0;
    }

    /** What the file says it is a recording of. */
    static String program(AudioTarget target) {
        return switch (target) {
            case AudioTarget.OfProcess process -> ProcessHandle.of(process.pid())
                    .flatMap(handle -> handle.info().command())
                    .map(path -> String.valueOf(Path.of(path).getFileName())).orElse("a program");
            case AudioTarget.OfName name -> name.name();
            case AudioTarget.OfApplication application -> application.id();
            case AudioTarget.OfInputDevice device -> device.name().isEmpty() ? "input" : device.name();
            case AudioTarget.AnyOf any ->
                String.join(", ", any.targets().stream().map(RecordCommand::program).toList());
            case AudioTarget.Everything everything -> everything.exceptions().isEmpty()
                    ? "every program"
                    : "every program but " + program(new AudioTarget.AnyOf(everything.exceptions()));
        };
    }
}
