package dev.proctap.linux.pulse;

import dev.proctap.capture.MixInput;
import dev.proctap.internal.ffm.Memory;
import dev.proctap.linux.pulse.Pulse.Offsets;
import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The capture of one playing stream: a record stream on the monitor of its sink that hears that stream alone, in the
 * sink's own rate and channels, which the server hands out unchanged. The change to what was asked for is made here.
 *
 * <p>It is made for the stream's sink, and never moved: when the stream goes to another sink the server ends it, and
 * another is made.
 */
final class RecordStream implements AutoCloseable {

    /**
     * What is asked of the server where the user asked nothing. A sink buffers up to two seconds for players that do not
     * care, and all of that would be waited for; shorter buffers are not heard (unlike on PipeWire), they cost wakes.
     */
    private static final Duration USUAL_LATENCY = Duration.ofMillis(40);
    final PulseConnection.SinkInput input;
    final PulseConnection.Sink sink;
    private final Arena arena = Arena.ofConfined();
    private final long stream;
    private final long data;
    private final long bytes;
    private final int frameBytes;
    private final MixInput mix;

    /**
     * Asks the server for the stream.
     *
     * @param format
     *            what is to come out: the frames of one track
     * @param track
     *            of the mix, from 0
     * @throws IllegalStateException
     *             if the connection does not let us
     */
    RecordStream(PulseConnection connection, PulseConnection.SinkInput input, PulseConnection.Sink sink,
            PcmFormat format, int track, ConversionOptions conversion, @Nullable Duration latency) {
        this.input = input;
        this.sink = sink;
        ChannelLayout layout = sink.layout() == null ? format.layout() : sink.layout();
        PcmFormat captured = new PcmFormat(sink.sampleRateHz(), layout, SampleFormat.F32, ByteOrder.nativeOrder(),
                false);
        frameBytes = captured.frameBytes();
        mix = new MixInput(captured, format, track, conversion, arena);
        data = arena.allocate(16, 8).address();
        bytes = data + 8;
        long spec = arena.allocate(Offsets.SAMPLE_SPEC_BYTES, 8).address();
        Memory.putInt(spec + Offsets.SAMPLE_SPEC_FORMAT, ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
                ? Pulse.PA_SAMPLE_FLOAT32LE
                : Pulse.PA_SAMPLE_FLOAT32BE);
        Memory.putInt(spec + Offsets.SAMPLE_SPEC_RATE, sink.sampleRateHz());
        Memory.putInt(spec + Offsets.SAMPLE_SPEC_CHANNELS, layout.channels());
        long map = arena.allocate(Offsets.CHANNEL_MAP_BYTES, 8).address();
        PulseConnection.putChannelMap(map, layout);
        MemorySegment attributes = arena.allocate(Offsets.BUFFER_ATTR_BYTES, 8).fill((byte) 0xff);
        Duration fragment = latency == null ? USUAL_LATENCY : latency;
        Memory.putInt(attributes.address() + Offsets.BUFFER_ATTR_FRAGSIZE,
                Math.toIntExact(Math.max(1, captured.frames(fragment)) * frameBytes));
        stream = Pulse.pa_stream_new(connection.context(), "capture of " + input.name(), spec, map);
        if (stream == 0) {
            arena.close();
            throw new IllegalStateException("PulseAudio made no stream");
        }
        int flags = Pulse.PA_STREAM_DONT_MOVE | Pulse.PA_STREAM_ADJUST_LATENCY | Pulse.PA_STREAM_START_UNMUTED;
        if (input.index() >= 0) {
            Pulse.pa_stream_set_monitor_stream(stream, input.index());
            Pulse.pa_stream_connect_record(stream, 0, attributes.address(),
                    flags | Pulse.PA_STREAM_DONT_INHIBIT_AUTO_SUSPEND);
        } else {
            // an input device, which sleeps while nobody listens
            Pulse.pa_stream_connect_record(stream, arena.allocateFrom(input.program()).address(),
                    attributes.address(), flags);
        }
    }

    /** The {@code pa_stream}. */
    long pointer() {
        return stream;
    }

    boolean isReady() {
        return Pulse.pa_stream_get_state(stream) == Pulse.PA_STREAM_READY;
    }

    /** Whether the server ended it, or never made it. */
    boolean isOver() {
        int state = Pulse.pa_stream_get_state(stream);
        return state == Pulse.PA_STREAM_FAILED || state == Pulse.PA_STREAM_TERMINATED;
    }

    /** Whether it records the monitor of the sink it is made for. */
    boolean isOnItsSink() {
        return Pulse.pa_stream_get_device_index(stream) == sink.monitorSource();
    }

    /** Whether the sink sleeps, so that nothing comes. */
    boolean isSuspended() {
        return Pulse.pa_stream_is_suspended(stream);
    }

    /** Whether there are frames to take. */
    boolean hasData() {
        long readable = Pulse.pa_stream_readable_size(stream);
        return readable > 0;
    }

    /** Frames of the sink in a time, whatever its length. */
    long framesIn(long nanos) {
        return mix.captured().nanosToFrames(nanos);
    }

    /** The time that so many frames of the sink take. */
    long nanosOf(long frames) {
        return mix.captured().framesToNanos(frames);
    }

    int frameBytes() {
        return frameBytes;
    }

    /** Its way into the mix. */
    MixInput mix() {
        return mix;
    }

    /**
     * Moves frames from the server's buffers into the mix.
     *
     * @param until
     *            number of frames received in all to stop at
     * @return how many
     */
    int drain(long until) {
        int total = 0;
        while (mix.isMixed() && mix.received() < until && Pulse.pa_stream_peek(stream, data, bytes) >= 0) {
            long size = Memory.getLong(bytes);
            if (size == 0) {
                break;
            }
            int frames = (int) (size / frameBytes);
            // no address: a hole in the server's buffer
            mix.write(Memory.getLong(data), frames);
            Pulse.pa_stream_drop(stream);
            total += frames;
        }
        return total;
    }

    @Override
    public void close() {
        Pulse.pa_stream_disconnect(stream);
        Pulse.pa_stream_unref(stream);
        arena.close();
    }
}
