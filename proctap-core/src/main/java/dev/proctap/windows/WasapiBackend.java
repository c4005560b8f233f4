package dev.proctap.windows;

import dev.proctap.AudioProcess;
import dev.proctap.AudioTarget;
import dev.proctap.PlaybackStream;
import dev.proctap.ProcTapException;
import dev.proctap.TapOptions;
import dev.proctap.TapOptions.TrackRule;
import dev.proctap.selection.ProcessList;
import dev.proctap.spi.CaptureBackend;
import dev.proctap.spi.CaptureSink;
import dev.proctap.spi.CaptureStream;
import java.util.List;

/** Windows' audio engine (WASAPI). */
public final class WasapiBackend implements CaptureBackend {

    @Override
    public String name() {
        return "WASAPI";
    }

    @Override
    public void prepare() {
        try (Com.Apartment _ = Com.enter()) {
            WindowsVersion.build();
        }
    }

    @Override
    public List<AudioProcess> listProcesses() {
        try (Com.Apartment _ = Com.enter();
                Sessions sessions = new Sessions(() -> {})) {
            ProcessList processes = new ProcessList();
            for (Sessions.Session session : sessions.list()) {
                // Windows does not tell what rate and channels a session's streams have
                processes.add(session.pid(), session.player().program(), new PlaybackStream(session.number(),
                        session.name(), 0, 0, session.active(), session.volume(), session.muted(), session.peak()));
            }
            return processes.toList();
        }
    }

    @Override
    public CaptureStream open(AudioTarget target, TapOptions options, CaptureSink sink) {
        WindowsVersion.requireProcessLoopback();
        if (options.muteTarget()) {
            throw notSupported("Windows records a program as it is heard, so that one that is muted is recorded as"
                    + " silence; record without muting");
        }
        if (options.trackRule() == TrackRule.STREAM) {
            throw notSupported(
                    "Windows mixes the streams of a program before they can be recorded; record one track for"
                            + " each program");
        }
        requireTrees(target);
        return WasapiCapture.open(target, options, sink);
    }

    private static ProcTapException notSupported(String message) {
        return new ProcTapException(ProcTapException.Kind.NOT_SUPPORTED, message);
    }

    /** Windows captures a process with its descendants, or all others. */
    private static void requireTrees(AudioTarget target) {
        switch (target) {
            case AudioTarget.OfProcess process when !process.descendants() -> throw notSupported(
                    "Windows records a process together with its descendants; ask for process " + process.pid()
                            + " with them");
            case AudioTarget.AnyOf any -> {
                if (any.targets().stream().anyMatch(AudioTarget.Everything.class::isInstance)) {
                    throw notSupported("everything together with something else is everything; ask for that alone");
                }
                any.targets().forEach(WasapiBackend::requireTrees);
            }
            case AudioTarget.Everything all -> all.exceptions().forEach(WasapiBackend::requireTrees);
            default -> {
                // all of these have descendants
            }
        }
    }
}
