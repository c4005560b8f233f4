package dev.proctap.linux.pulse;

import dev.proctap.AudioInputDevice;
import dev.proctap.AudioProcess;
import dev.proctap.AudioSystem;
import dev.proctap.AudioTarget;
import dev.proctap.PlaybackStream;
import dev.proctap.ProcTapException;
import dev.proctap.TapOptions;
import dev.proctap.selection.ProcessList;
import dev.proctap.spi.CaptureBackend;
import dev.proctap.spi.CaptureSink;
import dev.proctap.spi.CaptureStream;
import java.util.List;

/** PulseAudio. */
public final class PulseBackend implements CaptureBackend {

    @Override
    public String name() {
        return "PulseAudio";
    }

    @Override
    public void prepare() {
        Pulse.Library.load();
    }

    @Override
    public AudioSystem examine() {
        try (PulseConnection connection = new PulseConnection()) {
            return new AudioSystem(name(), null, Pulse.pa_get_library_version(), connection.serverVersion(), "",
                    connection.sampleRateHz(), 0, "");
        }
    }

    @Override
    public List<AudioProcess> listProcesses() {
        try (PulseConnection connection = new PulseConnection()) {
            ProcessList processes = new ProcessList();
            for (PulseConnection.SinkInput input : connection.sinkInputs()) {
                processes.add(connection.pid(input), connection.program(input), new PlaybackStream(input.index(),
                        input.name(), input.sampleRateHz(), input.channels(), !input.corked(), input.volume(),
                        input.muted()));
            }
            return processes.toList();
        }
    }

    @Override
    public List<AudioInputDevice> listInputDevices() {
        try (PulseConnection connection = new PulseConnection(true)) {
            PulseConnection.Source usual = connection.source("");
            return connection.sources().stream().map(source -> new AudioInputDevice(source.name(),
                    source.description(), source.sampleRateHz(), source.channels(), source.equals(usual))).toList();
        }
    }

    @Override
    public CaptureStream open(AudioTarget target, TapOptions options, CaptureSink sink) {
        if (options.muteTarget()) {
            throw new ProcTapException(ProcTapException.Kind.NOT_SUPPORTED,
                    "PulseAudio records a program as it is heard, so that one that is muted is recorded as silence;"
                            + " record without muting, or use PipeWire");
        }
        return PulseCapture.open(target, options, sink);
    }
}
