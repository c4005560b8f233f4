package dev.proctap.cli;

import dev.proctap.TapEvent;
import dev.proctap.TapListener;
import dev.proctap.TapOptions;
import dev.proctap.TapOptions.TrackRule;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.pcm.PcmFormat;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Options for a recording in which each program, or each stream, has a track of its own; and whose each track is. */
final class TrackMixin {

    private static final int USUAL_MOST_TRACKS = 16;
    /** A file's name may have 255 bytes, the number of a part and its extension among them. */
    private static final int MAX_NAME_BYTES = 220;
    private static final int MAX_OWNER_BYTES = 80;

    private final Value<String> tracks;
    private final Value<Integer> mostTracks;
    private final Value<Boolean> multichannel;
    private final Map<Integer, TapEvent.TrackAssigned> owners = new ConcurrentSkipListMap<>();
    private @Nullable TracksOutput output;

    TrackMixin(Arguments arguments) {
        tracks = arguments.option("--tracks", "program|stream", String.class,
                "Besides the mix in FILE, record each program, or each stream, into a file of its own of the same length,"
                        + " named after FILE and the program.");
        mostTracks = arguments.option("--max-tracks", "N", Integer.class,
                "With --tracks: how many there may be; the last is the mix of the rest (default: " + USUAL_MOST_TRACKS
                        + ").");
        multichannel = arguments.option("--multichannel",
                "With --tracks: one file, in which each track has channels of its own.");
    }

    /** Whether each track is to become a file of its own. */
    boolean areFiles() {
        return tracks.isGiven() && !multichannel.isGiven();
    }

    /** The same recording, into tracks where they are asked for. */
    Capturing into(Capturing one, Arguments arguments, String file) {
        CommandLine command = arguments.command();
        TrackRule rule = rule(command);
        if (rule == null) {
            return one;
        }
        int count = mostTracks.or(USUAL_MOST_TRACKS);
        if (count < 1) {
            throw new ParameterException(command, "--max-tracks is 1 or more, not " + count);
        }
        if (areFiles() && !AudioOutput.isWav(file)) {
            throw new ParameterException(command, "--tracks makes .wav files, or one file with --multichannel; not "
                    + (file.equals("-") ? "standard output" : file));
        }
        try {
            PcmFormat written = one.written();
            TapOptions options = areFiles()
                    ? one.options().withFormat(PcmFormat.STANDARD.withLayout(written.layout()))
                    : one.options();
            TapListener listener = options.listener();
            return new Capturing(options.withTracks(rule, count).withListener(event -> {
                listener.onEvent(event);
                if (event instanceof TapEvent.TrackAssigned assigned) {
                    assigned(assigned, written.layout().channels(), arguments);
                }
            }), areFiles() ? written : written.withLayout(written.layout().withTracks(count)), one.conversion(),
                    one.effects());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, e.getMessage() + " (--max-tracks)", e);
        }
    }

    private @Nullable TrackRule rule(CommandLine command) {
        String text = tracks.orNull();
        if (text == null) {
            if (multichannel.isGiven() || mostTracks.isGiven()) {
                throw new ParameterException(command,
                        "--multichannel and --max-tracks need --tracks program or --tracks stream");
            }
            return null;
        }
        return switch (text) {
            case "program" -> TrackRule.PROGRAM;
            case "stream" -> TrackRule.STREAM;
            default -> throw new ParameterException(command, "--tracks is program or stream, not " + text);
        };
    }

    private void assigned(TapEvent.TrackAssigned to, int channels, Arguments arguments) {
        owners.putIfAbsent(to.track(), to);
        String place = areFiles()
                ? "track " + (to.track() + 1)
                : channels == 1
                        ? "channel " + (to.track() + 1)
                        : "channels " + (to.track() * channels + 1) + " to " + (to.track() + 1) * channels;
        if (to.shared()) {
            tell(arguments, owner(to) + " shares " + place + " with others; --max-tracks allows more");
        } else if (!areFiles() || arguments.verbose()) {
            tell(arguments, place + ": " + owner(to));
        }
    }

    private static void tell(Arguments arguments, String text) {
        PrintWriter err = arguments.command().getErr();
        err.println("proctap: " + text);
        err.flush();
    }

    private static String owner(TapEvent.TrackAssigned track) {
        return track.program() + (track.pid() == 0 ? "" : " (pid " + track.pid() + ")")
                + (track.streamName().isEmpty() ? "" : ": " + track.streamName());
    }

    /** Who was first on a track, as a recording of it says. */
    String program(int track) {
        TapEvent.TrackAssigned owner = owners.get(track);
        return owner == null
                ? ""
                : owner.program() + (owner.streamName().isEmpty() ? "" : ": " + owner.streamName());
    }

    /** The process of whoever was first on a track, 0 where it is not known. */
    long pid(int track) {
        TapEvent.TrackAssigned owner = owners.get(track);
        return owner == null ? 0 : owner.pid();
    }

    /** The pattern of a track's files, where {@code pattern} is that of the mix: {@code call-1-firefox.wav}. */
    String pattern(String pattern, int track) {
        TapEvent.TrackAssigned owner = owners.get(track);
        String who = owner == null
                ? ""
                : owner.streamName().isEmpty() || owner.streamName().equals(owner.program())
                        ? owner.program()
                        : owner.program() + "-" + owner.streamName();
        int nameBytes = pattern.substring(pattern.lastIndexOf('/') + 1).getBytes(StandardCharsets.UTF_8).length;
        String name = inFileName(who, Math.clamp(MAX_NAME_BYTES - nameBytes, 0, MAX_OWNER_BYTES));
        return FileNames.tagged(pattern, "-" + (track + 1) + (name.isEmpty() ? "" : "-" + name.replace("%", "%%")));
    }

    /** Text that any file system takes for a part of a file's name, and that is safe in a shell. */
    static String inFileName(String text, int maxBytes) {
        StringBuilder result = new StringBuilder();
        int bytes = 0;
        for (int codePoint : text.codePoints().toArray()) {
            String kept = Character.isLetterOrDigit(codePoint) || codePoint == '-' || codePoint == '.'
                    ? Character.toString(codePoint)
                    : "_";
            bytes += kept.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > maxBytes) {
                break;
            }
            if (!kept.equals("_") || (!result.isEmpty() && result.charAt(result.length() - 1) != '_')) {
                result.append(kept);
            }
        }
        return result.toString().replaceFirst("[_.]+$", "");
    }

    /** An output that takes all tracks and gives each to its own, as {@link TracksOutput} does. */
    AudioOutput split(PcmFormat format, AudioOutput mix, TracksOutput.Opener opener) {
        TracksOutput result = new TracksOutput(format, mix, opener);
        output = result;
        return result;
    }

    /** Tells of the tracks that have no file, because nothing was heard on them. */
    void tellSilent(Arguments arguments) {
        TracksOutput split = output;
        if (split == null) {
            return;
        }
        owners.forEach((track, owner) -> {
            if (!split.isHeard(track)) {
                tell(arguments, owner(owner) + " was silent all the time, and has no file of its own");
            }
        });
    }
}
