package dev.proctap.cli;

import dev.proctap.AudioChunk;
import dev.proctap.AudioProcess;
import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapStatistics;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.file.WavWriter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.awt.Color;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/**
 * {@code proctap demo}: two programs play two tones, one of them is recorded, and what was recorded is compared with what
 * that one played. The tones carry dither, so that every stretch of one can be told from every other.
 */
final class DemoCommand {

    private static final double WANTED_HZ = 440;
    private static final double UNWANTED_HZ = 1000;
    private static final double AMPLITUDE = 0.25;
    private static final int SECONDS = 5;
    private static final int FILE_SECONDS = 60;
    private static final double ISOLATION_DBFS = -120;
    private static final double LEVEL_TOLERANCE_DB = 0.01;
    private static final int SPECTRUM_LENGTH = 1 << 15;
    private static final int FRAMES = SECONDS * Signal.SAMPLE_RATE_HZ;

    private final Arguments arguments = new Arguments("demo",
            "Prove on this machine that one program is recorded and no other.", this::call);
    private final Value<Boolean> install = arguments.option("--install",
            "Install PipeWire first where it is missing and that is permitted.");
    private final Value<Path> out = arguments.option("--out", "DIR", Path.class, Path::of,
            "Where to write demo.wav and demo.png (default: here).");

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException, InterruptedException {
        PrintWriter print = arguments.command().getOut();
        Path folder = Files.createTempDirectory("proctap-demo");
        try (PipeWireServer server = serverToStart(print)) {
            if (server != null) {
                System.setProperty("dev.proctap.pipewire.remote", server.remote());
            }
            return run(print, folder, server == null ? Map.of() : server.environment());
        } catch (IllegalStateException e) {
            throw new ProcTapException(ProcTapException.Kind.FAILED, String.valueOf(e.getMessage()), e);
        } finally {
            for (String name : List.of("wanted.wav", "unwanted.wav")) {
                Files.deleteIfExists(folder.resolve(name));
            }
            Files.delete(folder);
        }
    }

    /** A private server, or null where one runs already. */
    private @Nullable PipeWireServer serverToStart(PrintWriter print) throws IOException, InterruptedException {
        boolean running = false;
        try {
            AudioProcess.list();
            running = true;
        } catch (ProcTapException e) {
            // a server that was named is the one that is meant
            if (e.kind() == ProcTapException.Kind.NOT_PERMITTED || System.getenv("PIPEWIRE_REMOTE") != null) {
                throw e;
            }
        }
        List<String> missing = running
                ? List.of("pw-play").stream().filter(name -> !Prerequisites.isOnPath(name)).toList()
                : Prerequisites.missing();
        if (!missing.isEmpty() && !(install.isGiven() && Prerequisites.install())) {
            throw new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER,
                    "the demo needs " + String.join(", ", missing) + "; "
                            + (install.isGiven()
                                    ? "they could not be installed from here. Run: "
                                    : "--install installs them, or run: ")
                            + Prerequisites.command());
        }
        say(print, running
                ? "Using the audio server that runs; two quiet tones will be heard."
                : "No audio server runs: using a private one, without a sound card.");
        return running ? null : PipeWireServer.start();
    }

    private int run(PrintWriter print, Path folder, Map<String, String> environment)
            throws IOException, InterruptedException {
        Signal wanted = Signal.sine(WANTED_HZ, AMPLITUDE, 1);
        Signal unwanted = Signal.sine(UNWANTED_HZ, AMPLITUDE, 2);
        long fileFrames = (long) FILE_SECONDS * Signal.SAMPLE_RATE_HZ;
        String wantedFile = wanted.write(folder.resolve("wanted.wav"), fileFrames).toString();
        String unwantedFile = unwanted.write(folder.resolve("unwanted.wav"), fileFrames).toString();
        try (Program first = Program.start(environment, "pw-play", wantedFile);
                Program second = Program.start(environment, "pw-play", unwantedFile)) {
            ReferencePlayer.awaitPlaying(first);
            ReferencePlayer.awaitPlaying(second);
            say(print, "Playing 440 Hz from process " + first.pid() + " and 1000 Hz from process " + second.pid()
                    + "; recording process " + first.pid() + " for " + SECONDS + " s.");
            Recording recording = new Recording();
            Recording other = new Recording();
            long started = System.nanoTime();
            long startUpNanos;
            TapStatistics statistics;
            try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(first.pid())).start();
                    ProcessAudioTap otherTap = ProcessAudioTap.of(AudioTarget.pid(second.pid())).start()) {
                startUpNanos = record(tap, recording, 1) - started;
                record(tap, recording, FRAMES);
                statistics = tap.statistics();
                record(otherTap, other, SPECTRUM_LENGTH);
            }
            Path wav = writeWav(recording);
            Path picture = out.or(Path.of("")).resolve("demo.png");
            SpectrumPicture.write(picture, "What was recorded of two programs playing at the same time",
                    List.of(curve("recording of process " + first.pid() + " (plays 440 Hz)", 0x1f6fd6, recording),
                            curve("recording of process " + second.pid() + " (plays 1000 Hz)", 0xd6561f, other)),
                    Signal.SAMPLE_RATE_HZ);
            return prove(print, recording, wanted, fileFrames, statistics, startUpNanos, wav, picture);
        }
    }

    private static SpectrumPicture.Curve curve(String label, int rgb, Recording recording) {
        return new SpectrumPicture.Curve(label, new Color(rgb),
                Spectrum.dbfs(recording.channel(0), SPECTRUM_LENGTH));
    }

    /** Records until there are {@code frames}; returns the time of the last chunk. */
    private static long record(ProcessAudioTap tap, Recording recording, int frames) throws InterruptedException {
        while (recording.frames() < frames) {
            AudioChunk chunk = tap.read(Duration.ofSeconds(5));
            if (chunk == null) {
                throw new ProcTapException(ProcTapException.Kind.FAILED, "no audio arrived for 5 s");
            }
            recording.addFloats(chunk.bytes());
        }
        return System.nanoTime();
    }

    private Path writeWav(Recording recording) throws IOException {
        Path file = out.or(Path.of("")).resolve("demo.wav");
        try (WavWriter writer = new WavWriter(file, PcmFormat.STANDARD)) {
            ByteBuffer samples = ByteBuffer.allocate(FRAMES * PcmFormat.STANDARD.frameBytes())
                    .order(ByteOrder.nativeOrder());
            for (int i = 0; i < FRAMES; i++) {
                samples.putFloat(recording.sample(i, 0)).putFloat(recording.sample(i, 1));
            }
            writer.write(samples.flip());
        }
        return file;
    }

    private static int prove(PrintWriter print, Recording recording, Signal wanted, long fileFrames,
            TapStatistics statistics, long startUpNanos, Path wav, Path picture) {
        double wantedDb = recording.toneDbfs(WANTED_HZ);
        double unwantedDb = recording.toneDbfs(UNWANTED_HZ);
        double playedDb = Level.dbfs(AMPLITUDE * 32767 / 32768);
        Recording.Match match = recording.match(wanted, fileFrames, 0, recording.frames());
        boolean isolated = unwantedDb < ISOLATION_DBFS;
        boolean level = Math.abs(wantedDb - playedDb) <= LEVEL_TOLERANCE_DB;
        boolean exact = match.isExact();
        boolean complete = statistics.framesLost() == 0;
        say(print, "");
        line(print, "wanted tone, 440 Hz", String.format(Locale.ROOT, "%.3f dBFS (played at %.3f)", wantedDb, playedDb),
                level);
        line(print, "unwanted tone, 1000 Hz", String.format(Locale.ROOT, "%.1f dBFS (must be below %.0f)", unwantedDb,
                ISOLATION_DBFS), isolated);
        line(print, "bit-exact and gap-free", exact
                ? "all " + match.frames() + " frames as played"
                : match.signalFrame() < 0
                        ? "nothing like what was played; is a volume not 100 %?"
                        : match.wrongFrames() + " of " + match.frames() + " frames differ",
                exact);
        line(print, "frames lost", Long.toString(statistics.framesLost()), complete);
        line(print, "start-up, to the first chunk", startUpNanos / 1_000_000 + " ms", true);
        line(print, "delivery latency", statistics.deliveryLatency().p50().toMillis() + " ms median, "
                + statistics.deliveryLatency().p99().toMillis() + " ms p99, at cycles of "
                + (statistics.latencyGranted() == null ? "?" : statistics.latencyGranted().toMillis()) + " ms", true);
        say(print, "");
        say(print, "Recording: " + wav.toAbsolutePath() + ", spectra: " + picture.toAbsolutePath());
        boolean proven = isolated && level && exact && complete;
        say(print, proven
                ? "Proven: one program was recorded, all of it, and nothing else."
                : "NOT proven: see the lines marked FAILED.");
        return proven ? ExitCode.OK : ExitCode.FAILURE;
    }

    private static void line(PrintWriter print, String name, String value, boolean passed) {
        say(print, String.format(Locale.ROOT, "  %-30s %-48s %s", name, value, passed ? "ok" : "FAILED"));
    }

    private static void say(PrintWriter print, String text) {
        print.println(text);
        print.flush();
    }
}
