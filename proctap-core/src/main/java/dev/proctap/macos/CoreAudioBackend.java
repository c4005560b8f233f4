package dev.proctap.macos;

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
import dev.proctap.selection.ProcessTree;
import dev.proctap.spi.CaptureBackend;
import dev.proctap.spi.CaptureSink;
import dev.proctap.spi.CaptureStream;
import java.util.List;

/** macOS' audio system (Core Audio). */
public final class CoreAudioBackend implements CaptureBackend {

    @Override
    public String name() {
        return "Core Audio";
    }

    @Override
    public void prepare() {
        LibSystem.nanosPerUnit();
    }

    @Override
    public AudioSystem examine() {
        ObjectiveC.type("CATapDescription");
        Processes.sessions();
        return new AudioSystem(name(), null, "", System.getProperty("os.version", ""), "", 0, 0,
                Permission.explanation());
    }

    @Override
    public List<AudioProcess> listProcesses() {
        ProcessList processes = new ProcessList();
        for (Session session : Processes.sessions()) {
            // macOS tells that a process plays, not what
            processes.add(session.pid(), ProcessTree.name(session.pid()), new PlaybackStream(session.number(),
                    session.applicationId(), 0, 0, session.active(), session.volume(), session.muted()));
        }
        return processes.toList();
    }

    @Override
    public CaptureStream open(AudioTarget target, TapOptions options, CaptureSink sink) {
        if (options.trackRule() == TrackRule.STREAM) {
            throw new ProcTapException(ProcTapException.Kind.NOT_SUPPORTED,
                    "macOS mixes the streams of a program before"
                            + " they can be recorded; record one track for each program");
        }
        ProgramCapture.requireTrees(target, "macOS");
        return CoreAudioCapture.open(target, options, sink);
    }
}
