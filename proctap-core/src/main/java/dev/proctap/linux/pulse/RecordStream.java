package dev.proctap.linux.pulse;

import dev.proctap.internal.ffm.Memory;
import dev.proctap.linux.pulse.Pulse.Offsets;
import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.PcmMixer;
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
    private static final int BLOCK_FRAMES = 2048;

    final PulseConnection.SinkInput input;
    final PulseConnection.Sink sink;
    private final int track;
    private final Arena arena = Arena.ofConfined();
    private final long stream;
    private final long data;
    private final long bytes;
    private final PcmConverter converter;
    private final MemorySegment converted;
    private final int frameBytes;
    private final MemorySegment silence;
    private PcmMixer.@Nullable Input mixed;
    /** Frames taken out of the stream, in the sink's rate. */
    private long received;
    /** Frames that are skipped because their time is over. */
    private long skip;

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
        this.track = track;
        ChannelLayout layout = sink.layout() == null ? format.layout() : sink.layout();
        PcmFormat captured = new PcmFormat(sink.sampleRateHz(), layout, SampleFormat.F32, ByteOrder.nativeOrder(),
                false);
        converter = new PcmConverter(captured, format, conversion);
        frameBytes = captured.frameBytes();
        // a block, and what a resampler may give at once
        int outFrames = Math.max(converter.outputFrames(BLOCK_FRAMES) + 64,
                2 * BLOCK_FRAMES * Math.ceilDiv(format.sampleRateHz(), sink.sampleRateHz()));
        converted = arena.allocate((long) outFrames * format.frameBytes(), 64);
        silence = arena.allocate((long) BLOCK_FRAMES * frameBytes, 64);
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
        Pulse.pa_stream_set_monitor_stream(stream, input.index());
        Pulse.pa_stream_connect_record(stream, 0, attributes.address(),
                Pulse.PA_STREAM_DONT_MOVE | Pulse.PA_STREAM_ADJUST_LATENCY | Pulse.PA_STREAM_START_UNMUTED
                        | Pulse.PA_STREAM_DONT_INHIBIT_AUTO_SUSPEND);
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
        return converter.from().nanosToFrames(nanos);
    }

    /** The time that so many frames of the sink take. */
    long nanosOf(long frames) {
        return converter.from().framesToNanos(frames);
    }

    int frameBytes() {
        return frameBytes;
    }

    /** Whether its frames go into the mix. */
    boolean isMixed() {
        return mixed != null;
    }

    /** Frames taken out so far, in the sink's rate. */
    long received() {
        return received;
    }

    /** Frames that come out for so many of the sink's. */
    long toOutput(long frames) {
        return sink.sampleRateHz() == converter.to().sampleRateHz()
                ? frames
                : Math.round((double) frames * converter.to().sampleRateHz() / sink.sampleRateHz());
    }

    /** Frames of the sink that so many of the output are made of. */
    private long toInput(long frames) {
        return sink.sampleRateHz() == converter.to().sampleRateHz()
                ? frames
                : Math.round((double) frames * sink.sampleRateHz() / converter.to().sampleRateHz());
    }

    /**
     * Lets its frames go into a mix.
     *
     * @param start
     *            frame of the mix at which its next frame belongs
     * @param passed
     *            frames of the mix that were read already: it is too late for what belongs there
     */
    void mixInto(PcmMixer mixer, long start, long passed) {
        skip = start < passed ? toInput(passed - start) : 0;
        mixed = mixer.add(Math.max(start, passed), track);
    }

    /** Its frames go into the mix no more. */
    void leaveMix() {
        if (mixed != null) {
            int frames = converter.flush(converted, 0);
            mixed.write(converted, 0, frames);
            mixed.end();
            mixed = null;
        }
    }

    /**
     * Moves frames from the server's buffers into the mix.
     *
     * @param until
     *            number of {@link #received} frames to stop at
     * @return how many
     */
    int drain(long until) {
        PcmMixer.Input into = mixed;
        int total = 0;
        while (into != null && received < until && Pulse.pa_stream_peek(stream, data, bytes) >= 0) {
            long size = Memory.getLong(bytes);
            if (size == 0) {
                break;
            }
            long address = Memory.getLong(data);
            int frames = (int) (size / frameBytes);
            for (int done = 0; done < frames;) {
                int n = Math.min(BLOCK_FRAMES, frames - done);
                if (skip > 0) {
                    n = (int) Math.min(n, skip);
                    skip -= n;
                } else if (address == 0) {
                    write(into, silence, 0, n); // a hole in the server's buffer
                } else {
                    write(into, Memory.ALL, address + (long) done * frameBytes, n);
                }
                done += n;
            }
            Pulse.pa_stream_drop(stream);
            received += frames;
            total += frames;
        }
        return total;
    }

    private void write(PcmMixer.Input into, MemorySegment from, long offset, int frames) {
        int out = converter.convert(from, offset, frames, converted, 0);
        into.write(converted, 0, out);
    }

    @Override
    public void close() {
        Pulse.pa_stream_disconnect(stream);
        Pulse.pa_stream_unref(stream);
        arena.close();
    }
}
