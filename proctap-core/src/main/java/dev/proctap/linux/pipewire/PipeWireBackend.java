package dev.proctap.linux.pipewire;

import dev.proctap.AudioProcess;
import dev.proctap.AudioTarget;
import dev.proctap.PlaybackStream;
import dev.proctap.TapOptions;
import dev.proctap.internal.ffm.Memory;
import dev.proctap.internal.ffm.NativeLibrary;
import dev.proctap.linux.Libc;
import dev.proctap.linux.NativeSemaphore;
import dev.proctap.linux.ProcessList;
import dev.proctap.spi.CaptureBackend;
import dev.proctap.spi.CaptureSink;
import dev.proctap.spi.CaptureStream;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** PipeWire, 0.3.48 and later. */
public final class PipeWireBackend implements CaptureBackend {

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
    public List<AudioProcess> listProcesses() {
        try (PipeWireConnection connection = new PipeWireConnection(new ReentrantLock(), true)) {
            connection.roundTrip(); // every object is announced
            connection.roundTrip(); // and every node described
            ProcessList processes = new ProcessList();
            PipeWireGraph graph = connection.graph();
            for (PipeWireGraph.Node node : graph.playbackNodes()) {
                int channels = node.channels > 0 ? node.channels : graph.ports(node.id, true).size();
                processes.add(graph.pid(node), node.program(),
                        new PlaybackStream(node.id, node.name(), node.sampleRateHz, channels, node.running()));
            }
            return processes.toList();
        }
    }

    @Override
    public CaptureStream open(AudioTarget target, TapOptions options, CaptureSink sink) {
        // no switch: the JVM needs some ten milliseconds to link the first one over types
        return PipeWireCapture.open((AudioTarget.OfProcess) target, options, sink);
    }
}
