package dev.proctap.internal;

import dev.proctap.AudioInputDevice;
import dev.proctap.AudioProcess;
import dev.proctap.AudioSystem;
import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.TapOptions;
import dev.proctap.linux.pipewire.PipeWireBackend;
import dev.proctap.linux.pulse.PulseBackend;
import dev.proctap.macos.CoreAudioBackend;
import dev.proctap.spi.CaptureBackend;
import dev.proctap.spi.CaptureSink;
import dev.proctap.spi.CaptureStream;
import dev.proctap.windows.WasapiBackend;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The audio servers of this machine, of which the first that answers is used. */
public final class Backends {

    /** Names the only backend to be tried. */
    private static final String PROPERTY = "dev.proctap.backend";

    private Backends() {}

    /** Loads what the first backend needs. */
    public static void prepare() {
        candidates().getFirst().prepare();
    }

    /** What each backend is like here, in the order in which they are tried. */
    public static List<AudioSystem> examine() {
        Map<String, AudioSystem> found = new LinkedHashMap<>();
        for (CaptureBackend backend : candidates()) {
            // PipeWire is tried twice: as the one that plays, and as the one that may yet begin to
            if (!found.containsKey(backend.name())) {
                found.put(backend.name(), examine(backend));
            }
        }
        return List.copyOf(found.values());
    }

    private static AudioSystem examine(CaptureBackend backend) {
        try {
            return backend.examine();
        } catch (ProcTapException e) {
            return AudioSystem.unusable(backend.name(), e);
        }
    }

    /**
     * Processes with streams for playing, by pid.
     *
     * @throws ProcTapException
     *             if no server answers
     */
    public static List<AudioProcess> listProcesses() {
        return first(CaptureBackend::listProcesses);
    }

    /**
     * Microphones and the like.
     *
     * @throws ProcTapException
     *             if no server answers, or it does not list them
     */
    public static List<AudioInputDevice> listInputDevices() {
        return first(CaptureBackend::listInputDevices);
    }

    /**
     * Opens a capture on the first server that answers.
     *
     * @throws ProcTapException
     *             if none does, or it cannot be had there
     */
    static CaptureStream open(AudioTarget target, TapOptions options, CaptureSink sink) {
        return first(backend -> backend.open(target, options, sink));
    }

    private static List<CaptureBackend> candidates() {
        String forced = System.getProperty(PROPERTY, "");
        return switch (forced) {
            case "" -> ofThisSystem();
            case "pipewire" -> List.of(new PipeWireBackend(false));
            case "pulse" -> List.of(new PulseBackend());
            case "wasapi" -> List.of(new WasapiBackend());
            case "coreaudio" -> List.of(new CoreAudioBackend());
            default -> throw new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER, "there is no backend '"
                    + forced + "'; there are pipewire and pulse (Linux), wasapi (Windows) and coreaudio (macOS) ("
                    + PROPERTY + ")");
        };
    }

    private static List<CaptureBackend> ofThisSystem() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        if (os.contains("windows")) {
            return List.of(new WasapiBackend());
        }
        if (os.contains("mac")) {
            return List.of(new CoreAudioBackend());
        }
        if (os.contains("linux")) {
            // PipeWire may run beside PulseAudio without playing anything; where there is nothing else it may yet begin to
            return List.of(new PipeWireBackend(true), new PulseBackend(), new PipeWireBackend(false));
        }
        throw new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER, "capture on "
                + System.getProperty("os.name")
                + " is not supported; Linux with PipeWire or PulseAudio, Windows and macOS are");
    }

    private static <T> T first(Function<CaptureBackend, T> use) {
        List<ProcTapException> failures = new ArrayList<>();
        List<CaptureBackend> candidates = candidates();
        StringBuilder told = new StringBuilder("no audio server can be used");
        for (CaptureBackend backend : candidates) {
            try {
                return use.apply(backend);
            } catch (ProcTapException e) {
                if (candidates.size() == 1 || !isOfTheServer(e)) {
                    throw e;
                }
                String text = backend.name() + ": " + e.getMessage();
                if (told.indexOf(text) < 0) {
                    failures.add(e);
                    told.append(failures.size() == 1 ? ". " : "; ").append(text);
                }
            }
        }
        ProcTapException failure = new ProcTapException(failures.getFirst().kind(), told.toString(),
                failures.getFirst());
        failures.stream().skip(1).forEach(failure::addSuppressed);
        throw failure;
    }

    /** Whether a failure is one of the server, so that another one may do better. */
    private static boolean isOfTheServer(ProcTapException failure) {
        return failure.kind() == ProcTapException.Kind.NO_AUDIO_SERVER
                || failure.kind() == ProcTapException.Kind.VERSION_TOO_OLD;
    }
}
