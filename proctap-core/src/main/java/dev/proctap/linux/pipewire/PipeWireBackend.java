package dev.proctap.linux.pipewire;

import dev.proctap.AudioInputDevice;
import dev.proctap.AudioProcess;
import dev.proctap.AudioSystem;
import dev.proctap.AudioTarget;
import dev.proctap.PlaybackStream;
import dev.proctap.TapOptions;
import dev.proctap.internal.ffm.Memory;
import dev.proctap.internal.ffm.NativeLibrary;
import dev.proctap.linux.Libc;
import dev.proctap.linux.NativeSemaphore;
import dev.proctap.selection.ProcessList;
import dev.proctap.spi.CaptureBackend;
import dev.proctap.spi.CaptureSink;
import dev.proctap.spi.CaptureStream;
import dev.proctap.spi.CleanText;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** PipeWire, 0.3.48 and later. */
public final class PipeWireBackend implements CaptureBackend {

    private final boolean mustPlay;

    /**
     * @param mustPlay
     *            whether a server that has no sink, and so plays nothing, is none: on Ubuntu 22.04 PipeWire runs beside
     *            PulseAudio for video alone
     */
    public PipeWireBackend(boolean mustPlay) {
        this.mustPlay = mustPlay;
    }

    @Override
    public String name() {
        return "PipeWire";
    }

    @Override
    public void prepare() {
        PipeWire.Library.load();
        Libc.close(Libc.eventfd());
        new NativeSemaphore(Arena.ofAuto()).post();
        try (Arena arena = Arena.ofConfined()) {
            NativeLibrary.callback((a, b, c, d, e, f) -> {}, arena);
            Memory.getLong(arena.allocate(Long.BYTES).address());
        }
    }

    @Override
    public AudioSystem examine() {
        try (PipeWireConnection connection = new PipeWireConnection(new ReentrantLock(), false)) {
            connection.roundTrip();
            PipeWireGraph graph = connection.graph();
            if (mustPlay) {
                graph.requirePlayback();
            }
            return new AudioSystem(name(), null, PipeWire.pw_get_library_version(), connection.serverVersion(),
                    graph.sessionManager(), connection.serverNumber("default.clock.rate"),
                    connection.serverNumber("default.clock.quantum"), "");
        }
    }

    @Override
    public List<AudioProcess> listProcesses() {
        try (PipeWireConnection connection = new PipeWireConnection(new ReentrantLock(), true)) {
            connection.roundTrip(); // every object is announced
            connection.roundTrip(); // and every node described
            ProcessList processes = new ProcessList();
            PipeWireGraph graph = connection.graph();
            if (mustPlay) {
                graph.requirePlayback();
            }
            for (PipeWireGraph.Node node : graph.playbackNodes()) {
                int channels = node.channels > 0 ? node.channels : graph.ports(node.id, true).size();
                processes.add(graph.player(node).pid(), node.program(),
                        new PlaybackStream(node.id, node.name(), node.sampleRateHz, channels, node.running(),
                                node.volume, node.muted));
            }
            return processes.toList();
        }
    }

    @Override
    public List<AudioInputDevice> listInputDevices() {
        ReentrantLock lock = new ReentrantLock();
        try (PipeWireConnection connection = new PipeWireConnection(lock, true);
                DefaultInput usual = new DefaultInput(connection)) {
            connection.roundTrip(); // every object is announced
            lock.lock();
            try {
                usual.follow();
            } finally {
                lock.unlock();
            }
            connection.roundTrip(); // and every node described
            List<PipeWireGraph.Node> devices = connection.graph().inputDevices();
            PipeWireGraph.Node chosen = usual.of(devices);
            return devices.stream().map(node -> new AudioInputDevice(node.nodeName(),
                    CleanText.clean(node.properties.getOrDefault("node.description", node.nodeName())),
                    node.sampleRateHz,
                    node.channels > 0 ? node.channels : connection.graph().ports(node.id, true).size(),
                    chosen != null && node.id == chosen.id)).toList();
        }
    }

    @Override
    public CaptureStream open(AudioTarget target, TapOptions options, CaptureSink sink) {
        return PipeWireCapture.open(target, options, sink, mustPlay);
    }
}
