package dev.proctap.cli;

import dev.proctap.AudioTarget;
import dev.proctap.TapEvent;
import dev.proctap.TapOptions;
import dev.proctap.TapStatistics;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.ResampleQuality;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Options of every command that captures. */
final class CaptureMixin {

    private final Value<List<Long>> pids;
    private final Value<List<String>> names;
    private final Value<List<String>> applications;
    private final Value<Boolean> all;
    private final Value<Boolean> system;
    private final Value<List<String>> exclude;
    private final Value<Boolean> noTree;
    private final Value<Boolean> waitForTarget;
    private final Value<Boolean> follow;
    private final Value<String> gaps;
    private final Value<Boolean> untilExit;
    private final Value<Boolean> mute;
    private final Value<Boolean> reconnect;
    private final Backend backend;
    private final Value<Integer> chunkMillis;
    private final Value<Integer> latencyMillis;
    private final Value<Double> seconds;
    private final Losses losses = new Losses();

    CaptureMixin(Arguments arguments) {
        pids = arguments.options("--pid", "N", Long.class, new Pid(), "Capture process N and its descendants.");
        names = arguments.options("--name", "NAME", String.class, "Capture the program of this name: of its executable,"
                + " or what it calls itself; else the beginning of one.");
        applications = arguments.options("--app", "ID", String.class, "Capture an application by its Flatpak or snap id"
                + " or its desktop file. These three can be given several times and mixed.");
        all = arguments.option("--all", "Capture every program of the name, where there are several.");
        system = arguments.option("--system", "Capture every program.");
        exclude = arguments.options("--exclude", "NAME|N", String.class,
                "Capture every program but this one; can be given several times.");
        noTree = arguments.option("--no-tree", "Capture the process alone, without its descendants.");
        waitForTarget = arguments.option("--wait", "Wait for the program to start or to play, instead of failing.");
        follow = arguments.option("--follow", "When the program exits, wait for it to come back and go on.");
        gaps = arguments.option("--gaps", "fill|cut", String.class,
                "With --follow: whether the time until it comes back"
                        + " is silence or left out (default: fill).");
        untilExit = arguments.option("--until-exit", "End when the program exits; where it is one, that is so anyway.");
        mute = arguments.option("--mute",
                "Let nobody hear the program while it is recorded, where the audio server can do"
                        + " that (PipeWire).");
        reconnect = arguments.option("--reconnect", "When the audio server goes away, wait for it and go on.");
        backend = new Backend(arguments);
        chunkMillis = arguments.option("--chunk", "MS", Integer.class,
                "Length of a chunk in ms, 1 to 1000 (default: 10).");
        latencyMillis = arguments.option("--latency", "MS", Integer.class,
                "Ask the audio server for cycles of about this length in ms;"
                        + " by default it is left alone. A short one costs CPU in every program that plays.");
        seconds = arguments.option("--seconds", "S", Double.class, "End after S seconds of recording.");
    }

    /** Reads a process id. */
    static final class Pid implements CommandLine.ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            try {
                return Long.valueOf(text);
            } catch (NumberFormatException e) {
                throw new CommandLine.TypeConversionException("'" + text + "' is not a process id");
            }
        }
    }

    /** Whether a program was named. */
    boolean isTargetGiven() {
        return pids.isGiven() || names.isGiven() || applications.isGiven() || system.isGiven() || exclude.isGiven();
    }

    AudioTarget target(CommandLine command) {
        try {
            List<AudioTarget> targets = new ArrayList<>();
            pids.or(List.of()).forEach(pid -> targets.add(new AudioTarget.OfProcess(pid, !noTree.isGiven())));
            names.or(List.of()).forEach(name -> targets.add(new AudioTarget.OfName(name, all.isGiven())));
            applications.or(List.of()).forEach(id -> targets.add(AudioTarget.application(id)));
            if (system.isGiven() || exclude.isGiven()) {
                if (!targets.isEmpty()) {
                    throw new ParameterException(command,
                            "--system and --exclude mean every program; --pid, --name and --app choose some");
                }
                return new AudioTarget.Everything(
                        exclude.or(List.of()).stream().map(CaptureMixin::pidOrName).toList());
            }
            if (targets.isEmpty()) {
                throw new ParameterException(command, "which program? Give --pid N, --name NAME or --app ID;"
                        + " 'proctap list' shows who is playing");
            }
            return targets.size() == 1 ? targets.getFirst() : new AudioTarget.AnyOf(targets);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    private static AudioTarget pidOrName(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9') && text.length() < 10
                ? AudioTarget.pid(Long.parseLong(text))
                : AudioTarget.allNamed(text);
    }

    /** Whether the time in which nothing is to be recorded becomes silence. */
    boolean gapsAreSilence() {
        return !gaps.or("fill").equals("cut");
    }

    private TapOptions.@Nullable TargetExit targetExit(CommandLine command) {
        String gap = gaps.or("fill");
        if (!gap.equals("cut") && !gap.equals("fill")) {
            throw new ParameterException(command, "--gaps is fill or cut, not " + gap);
        }
        if (follow.isGiven() && untilExit.isGiven()) {
            throw new ParameterException(command, "--follow goes on when the program exits, --until-exit ends: which?");
        }
        if (follow.isGiven()) {
            return gapsAreSilence() ? TapOptions.TargetExit.FOLLOW : TapOptions.TargetExit.FOLLOW_WITHOUT_GAP;
        }
        return untilExit.isGiven() ? TapOptions.TargetExit.END : null;
    }

    /** How many frames of {@code format} to capture. */
    long frames(CommandLine command, PcmFormat format) {
        Double length = seconds.orNull();
        if (length == null) {
            return Long.MAX_VALUE;
        }
        if (!(length > 0 && length < 1e9)) {
            throw new ParameterException(command, "--seconds is a positive number, not " + length);
        }
        return Math.round(length * format.sampleRateHz());
    }

    TapOptions options(CommandLine command, PcmFormat format, ResampleQuality quality, boolean verbose) {
        backend.choose(command);
        TapOptions.TargetExit exit = targetExit(command);
        try {
            TapOptions options = TapOptions.DEFAULTS.withFormat(format)
                    .withChunk(Duration.ofMillis(chunkMillis.or(10))).withWaitForTarget(waitForTarget.isGiven())
                    .withReconnect(reconnect.isGiven()).withMuteTarget(mute.isGiven()).withTargetExit(exit)
                    .withResampleQuality(quality)
                    .withListener(event -> report(command.getErr(), event, verbose));
            Integer latency = latencyMillis.orNull();
            return latency == null ? options : options.withLatency(Duration.ofMillis(latency));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    private void report(PrintWriter err, TapEvent event, boolean verbose) {
        // asked one by one, and not by a switch, which the JVM needs some milliseconds to link while the capture starts
        String text = "";
        if (event instanceof TapEvent.ServerLost lost) {
            text = "the audio server went away" + (lost.reason().isEmpty() ? "" : ": " + lost.reason());
        } else if (event instanceof TapEvent.ServerReconnected) {
            text = "the audio server is back";
        } else if (event instanceof TapEvent.FramesLost lost) {
            text = losses.text(lost.loss());
        } else if (event instanceof TapEvent.StreamVolume stream) {
            text = volume(stream);
        } else if (event instanceof TapEvent.StreamHeard stream) {
            text = stream.program() + ": " + stream.streamName()
                    + " is heard nevertheless: it does not let itself be moved";
        } else if (event instanceof TapEvent.SoundWithheld withheld) {
            text = withheld.advice();
        } else if (event instanceof TapEvent.CallbackFailed failed) {
            text = "internal error: " + failed.cause();
        } else if (verbose) {
            text = news(event);
        }
        if (!text.isEmpty()) {
            err.println("proctap: " + text);
            err.flush();
        }
    }

    /**
     * Tells of losses of one cause at most once a second, since an output that is always too slow loses a hundred times a
     * second. All of them are told at the end.
     */
    private static final class Losses {

        private static final long PAUSE_NANOS = 1_000_000_000;

        private TapStatistics.@Nullable LossCause toldCause;
        private long toldNanos;
        private long frames;
        private int places;

        /** A line, empty where it is too soon for one. */
        synchronized String text(TapStatistics.Loss loss) {
            long now = System.nanoTime();
            boolean sameCause = loss.cause() == toldCause;
            frames = (sameCause ? frames : 0) + loss.frames();
            places = (sameCause ? places : 0) + 1;
            if (sameCause && now - toldNanos < PAUSE_NANOS) {
                return "";
            }
            String text = "lost " + frames + " frames "
                    + (places == 1 ? "at " : "in " + places + " places, the last at ") + loss.framePosition() + " ("
                    + because(loss.cause()) + ")";
            toldCause = loss.cause();
            toldNanos = now;
            frames = 0;
            places = 0;
            return text;
        }
    }

    private static String volume(TapEvent.StreamVolume stream) {
        String who = stream.program() + ": " + stream.streamName();
        if (stream.muted() || stream.volume() == 0) {
            return who + " is muted: silence is recorded of it";
        }
        return stream.volume() == 1
                ? who + " is at its full volume"
                : String.format(Locale.ROOT, "%s is at %.1f dB by its own volume, and is recorded so", who,
                        Level.dbfs(stream.volume()));
    }

    private static String because(TapStatistics.LossCause cause) {
        return switch (cause) {
            case CAPTURE -> "this process did not run in time";
            case CONSUMER -> "the output was too slow";
            case SERVER -> "the audio server or the machine did not run in time";
            case RECONNECT -> "the audio server was away";
        };
    }

    /** What only who asks for it wants to know. */
    private static String news(TapEvent event) {
        return switch (event) {
            case TapEvent.TargetStarted started -> "process " + started.pid() + " plays";
            case TapEvent.TargetExited exited -> "process " + exited.pid() + " has ended";
            case TapEvent.StreamLinked linked -> "capturing " + linked.program() + ": " + linked.streamName();
            case TapEvent.StreamUnlinked gone -> "ended: " + gone.program() + ": " + gone.streamName();
            case TapEvent.LatencyGranted granted ->
                "the audio server works in cycles of " + granted.latency().toNanos() / 1e6 + " ms";
            default -> "";
        };
    }
}
