package dev.proctap.windows;

import dev.proctap.AudioProcess;
import dev.proctap.AudioSystem;
import dev.proctap.AudioTarget;
import dev.proctap.PlaybackStream;
import dev.proctap.ProcTapException;
import dev.proctap.TapOptions;
import dev.proctap.TapOptions.TrackRule;
import dev.proctap.capture.ProgramCapture;
import dev.proctap.capture.Session;
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
    public AudioSystem examine() {
        WindowsVersion.requireProcessLoopback();
        try (Com.Apartment _ = Com.enter();
                Sessions sessions = new Sessions(() -> {})) {
            sessions.list();
            return new AudioSystem(name(), null, "", "build " + WindowsVersion.build(), "", 0, 0, "");
        }
    }

    @Override
    public List<AudioProcess> listProcesses() {
        try (Com.Apartment _ = Com.enter();
                Sessions sessions = new Sessions(() -> {})) {
            ProcessList processes = new ProcessList();
            for (Session session : sessions.list()) {
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
        ProgramCapture.requireTrees(target, "Windows");
        return WasapiCapture.open(target, options, sink);
    }

    private static ProcTapException notSupported(String message) {
        return new ProcTapException(ProcTapException.Kind.NOT_SUPPORTED, message);
    }
}
