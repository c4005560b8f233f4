package dev.proctap.cli;

import dev.proctap.AudioInputDevice;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.FilterPipe;
import dev.proctap.pipes.mix.Microphone;
import dev.proctap.pipes.mix.MicrophoneMix;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code proctap mic-mix}: a microphone beside what passes. */
final class MicMixCommand {

    private final Arguments arguments = new Arguments("mic-mix",
            "Mix a microphone into sound that passes from standard input to standard output.", this::call);
    private final Value<Boolean> listDevices = arguments.option("--list-devices", "Show the input devices, and end.");
    private final Value<String> device = arguments.option(List.of("-d", "--device"), "NAME|INDEX", String.class,
            "The input device: its number, its name or a part of that (default: the one that is chosen in the system).");
    private final Value<Double> gain = arguments.option(List.of("-g", "--gain"), "0..2", Double.class,
            "How loud the microphone is (default: 1).");
    private final Value<Integer> micRate = arguments.option(List.of("--mic-rate", "--mic-sample-rate"), "HZ",
            Integer.class, "Sample rate to capture it with (default: 48000).");
    private final Value<Integer> micChannels = arguments.option("--mic-channels", "N", Integer.class,
            "Channels to capture it with (default: 2).");
    private final Value<Boolean> noMic = arguments.option("--no-mic", "Pass the sound alone.");
    private final Value<Boolean> sum = arguments.option("--sum",
            "Add both at their own level, and limit the sum, instead of taking half of each.");
    private final Value<Double> duck = arguments.option("--duck", "DB", Double.class,
            "Make the sound softer by so much while somebody speaks (default: 0).");
    private final PipeMixin pipe = new PipeMixin(arguments);

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException, InterruptedException {
        CommandLine command = arguments.command();
        if (listDevices.isGiven()) {
            list(command.getOut());
            return ExitCode.OK;
        }
        MicrophoneMix.Settings settings;
        try {
            settings = new MicrophoneMix.Settings(gain.or(1.0), sum.isGiven(), duck.or(0.0));
            new PcmFormat(micRate.or(48_000), micChannels.or(2), SampleFormat.F32);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
        Terminal.requirePipe(command);
        return pipe.run(command, true, format -> noMic.isGiven() ? passing() : mixing(command, format, settings));
    }

    private static void list(PrintWriter out) {
        List<AudioInputDevice> devices = Microphone.devices();
        if (devices.isEmpty()) {
            out.println("there is no input device");
        }
        for (int i = 0; i < devices.size(); i++) {
            AudioInputDevice each = devices.get(i);
            out.println(String.format(Locale.ROOT, "[%d] %s%s%n    %s%s", i, each.description(),
                    each.isDefault() ? " (default)" : "", each.name(),
                    each.sampleRateHz() > 0
                            ? ", " + each.channels() + " channels, " + each.sampleRateHz() + " Hz"
                            : each.channels() > 0 ? ", " + each.channels() + " channels" : ""));
        }
        out.flush();
    }

    private static PipeMixin.Stage passing() {
        return new PipeMixin.Stage() {
            @Override
            public void frames(ByteBuffer frames, @Nullable AudioOutput output) throws IOException {
                if (output != null) {
                    output.write(frames);
                }
            }

            @Override
            public void end(@Nullable AudioOutput output) {
                // nothing is held
            }
        };
    }

    /** The stream with the microphone in it. */
    private PipeMixin.Stage mixing(CommandLine command, PcmFormat format, MicrophoneMix.Settings settings) {
        PrintWriter err = command.getErr();
        Microphone microphone = Microphone.open(device.or(""), micRate.or(48_000), micChannels.or(2), text -> {
            err.println("proctap: " + text);
            err.flush();
        });
        MicrophoneMix mix = new MicrophoneMix(format, microphone.format(), settings);
        boolean started = false;
        try {
            microphone.start(mix::microphone);
            started = true;
        } finally {
            if (!started) {
                microphone.close();
            }
        }
        return new FilterStage(new FilterPipe(format, mix)) {
            @Override
            public void close() {
                microphone.close();
            }
        };
    }
}
