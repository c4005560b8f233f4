package dev.proctap.cli;

import dev.proctap.AudioChunk;
import dev.proctap.ProcTapException;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapOptions;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.file.AudioReader;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.ResampleQuality;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.analysis.Analysis;
import dev.proctap.pipes.analysis.AudioAnalyzer;
import dev.proctap.pipes.analysis.Band;
import dev.proctap.pipes.analysis.Spectrogram;
import dev.proctap.pipes.analysis.Waveform;
import dev.proctap.pipes.analysis.Window;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.core.JsonGenerator;

/** {@code proctap analyze}: what a program plays, or what is in a file, measured. */
final class AnalyzeCommand {

    private static final Duration READ_TIMEOUT = Duration.ofMillis(30);
    private static final int SCREENS_PER_SECOND = 30;
    private static final int BLOCK_FRAMES = 8192;
    private static final long INTERRUPT_PATIENCE_SECONDS = 5;

    private final Arguments arguments = new Arguments("analyze",
            "Measure level, loudness, spectrum and pitch: live of a program, or of a file.", this::call);
    private final CaptureMixin capture = new CaptureMixin(arguments);
    private final Value<Integer> fftSize = arguments.option("--fft-size", "N", Integer.class,
            "Frames of a spectrum: 512 to 16384, a power of two (default: 2048).");
    private final Value<String> window = arguments.option("--window", "NAME", String.class,
            "hann, hamming, blackman-harris, flat-top or rectangular (default: hann).");
    private final Value<Double> overlap = arguments.option("--overlap", "PART", Double.class,
            "How much spectra overlap, 0 to 0.95 (default: 0.5).");
    private final Value<Double> smoothing = arguments.option("--smoothing", "PART", Double.class,
            "How much of the last spectrum stays in the next, 0 to below 1 (default: 0.5).");
    private final Value<Double> interval = arguments.option("--interval", "S", Double.class,
            "Seconds of sound from line to line, where lines are written (default: 1).");
    private final Value<Boolean> json = arguments.option("--json", "A line of JSON each interval, and one at the end.");
    private final Value<String> spectrogramFile = arguments.option("--spectrogram", "PNG", String.class,
            "Draw which frequencies were heard when.");
    private final Value<String> waveformFile = arguments.option("--waveform", "PNG", String.class,
            "Draw how loud it was when.");
    private final Value<String> file = arguments.optionalParameter("FILE",
            "A WAV, RF64, Wave64 or AIFF file, - for standard input; instead of a program.");

    CommandSpec spec() {
        return arguments.spec;
    }

    private AudioAnalyzer.Settings settings(CommandLine command) {
        String name = window.or("hann");
        Window chosen = Arrays.stream(Window.values())
                .filter(each -> each.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(name)).findFirst()
                .orElseThrow(() -> new ParameterException(command,
                        "--window is hann, hamming, blackman-harris, flat-top or rectangular, not " + name));
        AudioAnalyzer.Settings settings = AudioAnalyzer.Settings.DEFAULTS.withFftLength(fftSize.or(2048))
                .withWindow(chosen).withOverlap(overlap.or(0.5)).withSmoothing(smoothing.or(0.5));
        if (!(interval.or(1.0) >= 0.01)) {
            throw new ParameterException(command, "--interval is 0.01 s or more, not " + interval.or(1.0));
        }
        return settings;
    }

    private Integer call() throws IOException {
        CommandLine command = arguments.command();
        String name = file.orNull();
        if ((name != null) == capture.isTargetGiven()) {
            throw new ParameterException(command, name == null
                    ? "of what? Give a FILE, or --pid N or --name NAME"
                    : "either a FILE or a program, not both");
        }
        AudioAnalyzer.Settings settings = settings(command);
        try {
            return name == null ? live(command, settings) : ofFile(command, settings, name);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    /** What listens, and what is drawn at the end. */
    private final class Listeners {

        private final PcmFormat format;
        private final AudioAnalyzer analyzer;
        private final @Nullable Spectrogram spectrogram;
        private final @Nullable Waveform waveform;

        Listeners(PcmFormat format, AudioAnalyzer.Settings settings) {
            this.format = format;
            analyzer = new AudioAnalyzer(format, settings);
            spectrogram = spectrogramFile.isGiven()
                    ? new Spectrogram(format.sampleRateHz(), analyzer.spectrum())
                    : null;
            waveform = waveformFile.isGiven() ? new Waveform(format.sampleRateHz(), format.channels()) : null;
        }

        void process(float[] samples, int frames) {
            if (spectrogram != null) {
                analyzer.process(samples, frames, spectrogram);
            } else {
                analyzer.process(samples, frames);
            }
            if (waveform != null) {
                waveform.process(samples, frames);
            }
        }

        void draw(String title) throws IOException {
            if (spectrogram != null) {
                spectrogram.write(Path.of(spectrogramFile.or("")), title);
            }
            if (waveform != null) {
                waveform.write(Path.of(waveformFile.or("")), title);
            }
        }

        long intervalFrames() {
            return Math.max(1, Math.round(interval.or(1.0) * format.sampleRateHz()));
        }
    }

    private static PcmFormat floats(PcmFormat format) {
        return format.withSampleFormat(SampleFormat.F32).withByteOrder(ByteOrder.nativeOrder()).withPlanar(false);
    }

    private Integer ofFile(CommandLine command, AudioAnalyzer.Settings settings, String name) throws IOException {
        if (!name.equals("-") && !Files.exists(Path.of(name))) {
            throw new NoSuchFileException(name, null, "there is no such file");
        }
        try (AudioReader reader = name.equals("-")
                ? AudioReader.open(System.in, "standard input")
                : AudioReader.open(Path.of(name))) {
            PcmFormat format = floats(reader.format());
            PcmConverter decoder = new PcmConverter(reader.format(), format);
            Listeners listeners = new Listeners(format, settings);
            float[] samples = new float[BLOCK_FRAMES * format.channels()];
            ByteBuffer block = ByteBuffer.allocate(BLOCK_FRAMES * reader.format().frameBytes());
            Progress progress = new Progress(command.getErr());
            long next = listeners.intervalFrames();
            long done = 0;
            for (int n; (n = reader.read(block.clear())) >= 0;) {
                decoder.convert(MemorySegment.ofBuffer(block.flip()), 0, n, MemorySegment.ofArray(samples), 0);
                listeners.process(samples, n);
                done += n;
                progress.show(done, reader);
                while (json.isGiven() && done >= next) {
                    line(command.getOut(), listeners.analyzer.snapshot(), false);
                    next = Math.max(next + listeners.intervalFrames(), done);
                }
            }
            progress.end(done, reader);
            Analysis analysis = listeners.analyzer.snapshot();
            if (json.isGiven()) {
                line(command.getOut(), analysis, true);
            } else {
                summary(command.getOut(), analysis, reader.format());
            }
            listeners.draw(name);
        }
        return ExitCode.OK;
    }

    private Integer live(CommandLine command, AudioAnalyzer.Settings settings) throws IOException {
        TapOptions options = capture.options(command, PcmFormat.STANDARD, ResampleQuality.MEDIUM,
                arguments.verbose());
        long frames = capture.frames(command, options.format());
        Listeners listeners = new Listeners(options.format(), settings);
        ProcessAudioTap tap = ProcessAudioTap.of(capture.target(command), options);
        boolean terminal = Terminal.isStdout() && !json.isGiven();
        try (EndInOrder _ = new EndInOrder(tap::stop, INTERRUPT_PATIENCE_SECONDS);
                tap;
                Controls controls = new Controls(terminal, () -> {}, tap::stop)) {
            tap.start();
            try (LiveScreen screen = terminal ? new LiveScreen(command.getOut(), controls) : null) {
                listen(command, tap, listeners, frames, screen);
            }
            tap.stop();
            Analysis analysis = listeners.analyzer.snapshot();
            if (json.isGiven()) {
                line(command.getOut(), analysis, true);
            } else {
                summary(command.getOut(), analysis, options.format());
            }
            listeners.draw("captured");
            ProcTapException failure = tap.failure();
            if (failure != null) {
                throw failure;
            }
            return ExitCode.OK;
        }
    }

    private void listen(CommandLine command, ProcessAudioTap tap, Listeners listeners, long most,
            @Nullable LiveScreen screen) {
        float[] samples = {};
        long done = 0;
        long step = screen != null
                ? listeners.format.sampleRateHz() / SCREENS_PER_SECOND
                : listeners.intervalFrames();
        long next = step;
        try {
            while (done < most && !tap.isDrained()) {
                AudioChunk chunk = tap.read(READ_TIMEOUT);
                if (chunk != null) {
                    int n = (int) Math.min(chunk.frames(), most - done);
                    samples = samples.length < n * 2 ? new float[n * 2] : samples;
                    MemorySegment.copy(chunk.samples(), 0, MemorySegment.ofArray(samples), 0, n * 8L);
                    listeners.process(samples, n);
                    done += n;
                }
                // a screen is only drawn when nothing waits to be heard
                if (done >= next && (screen == null || tap.chunksReady() == 0)) {
                    Analysis analysis = listeners.analyzer.snapshot();
                    if (screen != null) {
                        screen.show(AnalysisScreen.lines(analysis, screen.columns()));
                    } else {
                        line(command.getOut(), analysis, false);
                    }
                    next = done + step - (done - next) % step;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ProcTapException e) {
            if (e != tap.failure()) {
                throw e;
            }
        }
    }

    /** One line, for people or as JSON. */
    private void line(PrintWriter out, Analysis analysis, boolean last) {
        out.println(json.isGiven() ? jsonLine(analysis, last) : plainLine(analysis));
        out.flush();
    }

    private static String plainLine(Analysis analysis) {
        return String.format(Locale.ROOT, "%9.2f s  RMS %6.1f dB  peak %6.1f dB  %6.1f LUFS  %s%s", analysis.seconds(),
                shown(analysis.rmsDb()), shown(analysis.heldPeakDb()), shown(analysis.momentaryLufs()),
                Double.isNaN(analysis.pitchHz())
                        ? "no pitch"
                        : String.format(Locale.ROOT, "%.1f Hz", analysis.pitchHz()),
                analysis.silent() ? "  silent" : "");
    }

    /** Silence has no level that could be printed in a column. */
    static double shown(double db) {
        return Math.max(db, -199.9);
    }

    private String jsonLine(Analysis analysis, boolean last) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = Json.into(text, false)) {
            out.writeStartObject();
            out.writeBooleanProperty("final", last);
            number(out, "seconds", analysis.seconds());
            number(out, "rms_db", analysis.rmsDb());
            number(out, "overall_rms_db", analysis.overallRmsDb());
            number(out, "peak_db", analysis.peakDb());
            number(out, "held_peak_db", analysis.heldPeakDb());
            number(out, "highest_peak_db", analysis.highestPeakDb());
            number(out, "true_peak_db", analysis.truePeakDb());
            number(out, "momentary_lufs", analysis.momentaryLufs());
            number(out, "short_term_lufs", analysis.shortTermLufs());
            number(out, "integrated_lufs", analysis.integratedLufs());
            number(out, "loudness_range_lu", analysis.loudnessRangeLu());
            number(out, "pitch_hz", analysis.pitchHz());
            out.writeBooleanProperty("silent", analysis.silent());
            number(out, "silent_seconds", analysis.silentSeconds());
            out.writeNumberProperty("clipped_samples", analysis.clippedSamples());
            out.writeObjectPropertyStart("bands_db");
            for (Band band : Band.values()) {
                number(out, band.title(), analysis.bandsDb().getOrDefault(band, Double.NEGATIVE_INFINITY));
            }
            out.writeEndObject();
            out.writeEndObject();
        }
        return text.toString();
    }

    /** JSON has no infinity: what cannot be told is null. */
    private static void number(JsonGenerator out, String name, double value) {
        if (Double.isFinite(value)) {
            out.writeNumberProperty(name, Math.round(value * 1000) / 1000.0);
        } else {
            out.writeNullProperty(name);
        }
    }

    private static void summary(PrintWriter out, Analysis analysis, PcmFormat format) {
        List<String> lines = List.of(
                String.format(Locale.ROOT, "%.2f s, %d Hz, %d channels, %s", analysis.seconds(), format.sampleRateHz(),
                        format.channels(), format.sampleFormat()),
                row("RMS", analysis.overallRmsDb(), "dB"), row("highest peak", analysis.highestPeakDb(), "dB"),
                row("true peak", analysis.truePeakDb(), "dBTP"), row("loudness", analysis.integratedLufs(), "LUFS"),
                row("loudness range", analysis.loudnessRangeLu(), "LU"), row("silent", analysis.silentSeconds(), "s"),
                String.format(Locale.ROOT, "%-16s %8d samples", "clipped", analysis.clippedSamples()));
        lines.forEach(out::println);
        out.flush();
    }

    private static String row(String name, double value, String unit) {
        return Double.isFinite(value)
                ? String.format(Locale.ROOT, "%-16s %8.1f %s", name, value, unit)
                : String.format(Locale.ROOT, "%-16s %8s", name, "-");
    }
}
