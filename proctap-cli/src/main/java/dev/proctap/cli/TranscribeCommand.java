package dev.proctap.cli;

import dev.proctap.AudioChunk;
import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapOptions;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.ResampleQuality;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.llm.ChatClient;
import dev.proctap.pipes.speech.ApiRecognizer;
import dev.proctap.pipes.speech.SpeechRecognizer;
import dev.proctap.pipes.speech.Transcriber;
import dev.proctap.pipes.speech.TranscriptFormat;
import dev.proctap.pipes.speech.WhisperRecognizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code proctap transcribe}: speech to text, of standard input or of programs. */
final class TranscribeCommand {

    private static final PcmFormat HEARD = new PcmFormat(SpeechRecognizer.SAMPLE_RATE_HZ, 1, SampleFormat.F32)
            .withByteOrder(ByteOrder.nativeOrder());
    private static final Duration READ_TIMEOUT = Duration.ofMillis(200);
    private static final long INTERRUPT_PATIENCE_SECONDS = 60;
    private static final String USUAL_API_MODEL = "whisper-1";

    private final Arguments arguments = new Arguments("transcribe",
            "Write what is said: in sound from standard input, or in what programs play.", this::call);
    private final CaptureMixin capture = new CaptureMixin(arguments);
    private final Value<String> model = arguments.option(List.of("-m", "--model"), "FILE", String.class,
            "A model file of whisper.cpp; with --api the name of a model (default: " + USUAL_API_MODEL + ").");
    private final Value<String> language = arguments.option(List.of("-l", "--language"), "CODE", String.class,
            "The language, for example en (default: it is found out).");
    private final Value<Boolean> translate = arguments.option("--translate", "Translate into English.");
    private final Value<Boolean> api = arguments.option("--api", "Let an OpenAI-compatible server recognize it.");
    private final Secret apiKey = new Secret(arguments, List.of("--api-key"), "--api-key-file", "OPENAI_API_KEY",
            "The API's key");
    private final Value<String> baseUrl = arguments.option("--base-url", "URL", String.class,
            "Its address (default: " + ChatClient.Settings.OPENAI + ").");
    private final Value<Double> buffer = arguments.option(List.of("-b", "--buffer"), "S", Double.class,
            "The longest stretch that is recognized at once, in seconds (default: 15).");
    private final Value<Double> pause = arguments.option("--pause", "S", Double.class,
            "So long a pause ends a stretch (default: 0.6).");
    private final Value<Boolean> noVad = arguments.option("--no-vad", "Do not look for pauses: cut by length alone.");
    private final Value<Integer> beamSize = arguments.option("--beam-size", "N", Integer.class,
            "How many continuations are followed (default: 5); 1 is fastest.");
    private final Value<Double> silenceThreshold = arguments.option("--silence-threshold", "0..1", Double.class,
            "What has a smaller root mean square is skipped (default: 0.01).");
    private final Value<Boolean> noSkipRepetitions = arguments.option("--no-skip-repetitions",
            "Write also what is the same as one of the last three results.");
    private final Value<Boolean> noSkipHallucinations = arguments.option("--no-skip-hallucinations",
            "Write also phrases that are known to be made up of silence.");
    private final Value<String> output = arguments.option(List.of("-o", "--output"), "FORM", String.class,
            "text, json, srt or vtt (default: text).");
    private final PipeMixin pipe = new PipeMixin(arguments);

    TranscribeCommand() {
        // faster-whisper's, which the Python ProcTap's users have in their scripts
        arguments.option("--device", "NAME", String.class, "Accepted; whisper.cpp takes what there is.");
        arguments.option("--compute-type", "NAME", String.class, "Accepted; a model file has its own.");
    }

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException, InterruptedException {
        CommandLine command = arguments.command();
        TranscriptFormat format = format(command);
        Transcriber.Settings settings = new Transcriber.Settings(!noVad.isGiven(), pause.or(0.6), buffer.or(15.0),
                silenceThreshold.or(0.01), !noSkipHallucinations.isGiven(), !noSkipRepetitions.isGiven());
        PrintWriter out = command.getOut();
        PrintWriter err = command.getErr();
        try (SpeechRecognizer recognizer = recognizer(command)) {
            out.print(format.head());
            int[] number = {0};
            try (Transcriber transcriber = new Transcriber(recognizer, settings,
                    said -> write(out, format.format(said, ++number[0])), text -> {
                        err.println("proctap: " + text);
                        err.flush();
                    })) {
                int code = capture.isTargetGiven()
                        ? ofPrograms(command, transcriber)
                        : pipe.run(command, false,
                                from -> new Heard(transcriber, transcriber.input("", from), from.frameBytes()));
                transcriber.drain();
                out.flush();
                return code == ExitCode.OK && transcriber.failures() > 0 ? ExitCode.FAILURE : code;
            }
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    private static void write(PrintWriter out, String text) {
        out.print(text);
        out.flush();
    }

    private TranscriptFormat format(CommandLine command) {
        String name = output.or("text");
        for (TranscriptFormat format : TranscriptFormat.values()) {
            if (format.name().toLowerCase(Locale.ROOT).equals(name)) {
                return format;
            }
        }
        throw new ParameterException(command, "--output is text, json, srt or vtt, not " + name);
    }

    private SpeechRecognizer recognizer(CommandLine command) throws IOException {
        String named = model.orNull();
        if (api.isGiven()) {
            String key = apiKey.orNull(command);
            if (key == null && !baseUrl.isGiven()) {
                throw new ParameterException(command, "an API key is needed: set OPENAI_API_KEY or give --api-key-file"
                        + " FILE; a server of your own that needs none is given with --base-url");
            }
            return new ApiRecognizer(
                    LlmCommand.address(command, baseUrl.or(ChatClient.Settings.OPENAI.toString())), key,
                    named == null ? USUAL_API_MODEL : named, language.orNull(), LlmCommand.retry(command, 60, 5));
        }
        if (named == null) {
            throw new ParameterException(command,
                    "which model? Give --model FILE; " + WhisperRecognizer.MODELS + ". Or --api for a server");
        }
        return new WhisperRecognizer(Path.of(named), language.orNull(), translate.isGiven(), beamSize.or(5));
    }

    /** Sound of a pipe. */
    private record Heard(Transcriber transcriber, Transcriber.Input input, int frameBytes) implements PipeMixin.Stage {

        @Override
        public void frames(ByteBuffer frames, @Nullable AudioOutput output) {
            input.process(MemorySegment.ofBuffer(frames), frames.remaining() / frameBytes);
        }

        @Override
        public void end(@Nullable AudioOutput output) throws InterruptedException {
            input.end();
            transcriber.drain();
        }
    }

    /** Each program by a tap of its own, with its name as the speaker where there are several. */
    private int ofPrograms(CommandLine command, Transcriber transcriber) throws InterruptedException {
        AudioTarget target = capture.target(command);
        List<AudioTarget> targets = target instanceof AudioTarget.AnyOf any ? any.targets() : List.of(target);
        TapOptions options = capture.options(command, HEARD, ResampleQuality.MEDIUM, arguments.verbose());
        long most = capture.frames(command, HEARD);
        List<ProcessAudioTap> taps = new ArrayList<>();
        for (AudioTarget each : targets) {
            taps.add(ProcessAudioTap.of(each, options));
        }
        AtomicReference<@Nullable ProcTapException> failure = new AtomicReference<>();
        try (EndInOrder _ = new EndInOrder(() -> taps.forEach(ProcessAudioTap::stop), INTERRUPT_PATIENCE_SECONDS)) {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < taps.size(); i++) {
                ProcessAudioTap tap = taps.get(i);
                tap.start();
                String speaker = targets.size() == 1 ? "" : RecordCommand.program(targets.get(i));
                Transcriber.Input input = transcriber.input(speaker, HEARD);
                threads.add(Thread.ofPlatform().name("proctap-listen-" + i)
                        .start(() -> listen(tap, input, most, failure)));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            transcriber.drain();
            ProcTapException reason = failure.get();
            if (reason != null) {
                throw reason;
            }
            return ExitCode.OK;
        } finally {
            taps.forEach(ProcessAudioTap::close);
        }
    }

    private static void listen(ProcessAudioTap tap, Transcriber.Input input, long most,
            AtomicReference<@Nullable ProcTapException> failure) {
        long done = 0;
        try {
            while (!tap.isDrained() && done < most) {
                AudioChunk chunk = tap.read(READ_TIMEOUT);
                if (chunk != null) {
                    input.silence(chunk.lostFramesBefore());
                    input.process(chunk.samples(), chunk.frames());
                    done += chunk.frames();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ProcTapException e) {
            failure.compareAndSet(null, e);
        }
        input.end();
    }
}
