package dev.proctap.windows;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.proctap.capture.ProgramCapture;
import dev.proctap.generated.windows.win32.media.audio.AUDCLNT_SHAREMODE;
import dev.proctap.generated.windows.win32.media.audio.Constants;
import dev.proctap.generated.windows.win32.media.audio.IAudioCaptureClient;
import dev.proctap.generated.windows.win32.media.audio.IAudioClient;
import dev.proctap.generated.windows.win32.media.audio.WAVEFORMATEX;
import dev.proctap.generated.windows.win32.media.audio._AUDCLNT_BUFFERFLAGS;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * The capture of what one process and its descendants play, or of what all others do. Nothing of the device is asked for: the
 * virtual device implements neither {@code GetMixFormat} nor {@code IsFormatSupported} nor {@code GetDevicePeriod}, and what
 * {@code GetBufferSize} says is wrong; the format is ours to choose.
 */
final class LoopbackClient implements ProgramCapture.Source {

    /** What a collection of garbage, or a busy machine, may take. */
    private static final Duration BUFFER = Duration.ofMillis(500);
    /** In which Windows tells durations and times: 100 nanoseconds. */
    private static final long UNIT_NANOS = 100;

    private final MemorySegment clientObject;
    private final MemorySegment captureObject;
    private final IAudioClient client;
    private final IAudioCaptureClient capture;
    private final PcmFormat format;
    private final long counterOffsetNanos;

    // where GetBuffer puts its answers
    private final MemorySegment data;
    private final MemorySegment frames;
    private final MemorySegment flags;
    private final MemorySegment devicePosition;
    private final MemorySegment time;

    /**
     * Starts to capture.
     *
     * @param includes
     *            whether what the process and its descendants play is captured, or what all others do
     * @param event
     *            is set when there is something
     * @param counterOffsetNanos
     *            from the performance counter to {@link System#nanoTime}
     * @param arena
     *            of the thread that uses this, open until after {@link #close}
     */
    LoopbackClient(long pid, boolean includes, MemorySegment event, long counterOffsetNanos, Arena arena) {
        this.counterOffsetNanos = counterOffsetNanos;
        data = arena.allocate(ADDRESS);
        frames = arena.allocate(JAVA_INT);
        flags = arena.allocate(JAVA_INT);
        devicePosition = arena.allocate(JAVA_LONG);
        time = arena.allocate(JAVA_LONG);
        String what = "capture the sound of process " + pid;
        MemorySegment object = Activation.activate(pid, includes);
        MemorySegment service = MemorySegment.NULL;
        boolean started = false;
        try {
            PcmFormat asked = PcmFormat.STANDARD;
            int result = initialize(object, asked);
            if (result == Constants.AUDCLNT_E_UNSUPPORTED_FORMAT) {
                // a client whose Initialize failed may refuse another one, says its documentation
                Com.release(object);
                object = MemorySegment.NULL;
                object = Activation.activate(pid, includes);
                asked = PcmFormat.STANDARD.withSampleFormat(SampleFormat.S16);
                result = initialize(object, asked);
            }
            HResult.check(result, what);
            format = asked;
            client = IAudioClient.wrap(object);
            HResult.check(client.SetEventHandle(event), what);
            HResult.check(client.GetService(IAudioCaptureClient.iid(), data), what);
            service = Com.pointer(data);
            capture = IAudioCaptureClient.wrap(service);
            HResult.check(client.Start(), what);
            started = true;
        } finally {
            if (!started) {
                Com.release(service);
                Com.release(object);
            }
        }
        clientObject = object;
        captureObject = service;
    }

    private static int initialize(MemorySegment object, PcmFormat format) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment wave = WAVEFORMATEX.allocate(call);
            boolean isFloat = format.sampleFormat() == SampleFormat.F32;
            WAVEFORMATEX.wFormatTag(wave, (short) (isFloat
                    ? dev.proctap.generated.windows.win32.media.multimedia.Constants.WAVE_FORMAT_IEEE_FLOAT
                    : Constants.WAVE_FORMAT_PCM));
            WAVEFORMATEX.nChannels(wave, (short) format.channels());
            WAVEFORMATEX.nSamplesPerSec(wave, format.sampleRateHz());
            WAVEFORMATEX.wBitsPerSample(wave, (short) (format.sampleFormat().bytes() * 8));
            WAVEFORMATEX.nBlockAlign(wave, (short) format.frameBytes());
            WAVEFORMATEX.nAvgBytesPerSec(wave, format.sampleRateHz() * format.frameBytes());
            WAVEFORMATEX.cbSize(wave, (short) 0);
            return IAudioClient.wrap(object).Initialize(AUDCLNT_SHAREMODE.SHARED,
                    Constants.AUDCLNT_STREAMFLAGS_LOOPBACK | Constants.AUDCLNT_STREAMFLAGS_EVENTCALLBACK,
                    BUFFER.toNanos() / UNIT_NANOS, 0, wave, MemorySegment.NULL);
        }
    }

    @Override
    public PcmFormat format() {
        return format;
    }

    @Override
    public int next() {
        HResult.check(capture.GetNextPacketSize(frames), "read what was captured");
        if (frames.get(JAVA_INT, 0) == 0) {
            return 0;
        }
        int result = capture.GetBuffer(data, frames, flags, devicePosition, time);
        HResult.check(result, "read what was captured");
        // a success with another code: nothing is there after all, and nothing is to be released
        return result == 0 ? frames.get(JAVA_INT, 0) : 0;
    }

    @Override
    public void release(int taken) {
        HResult.check(capture.ReleaseBuffer(taken), "read what was captured");
    }

    /** Silence is so whatever stands there. */
    @Override
    public long address() {
        return has(_AUDCLNT_BUFFERFLAGS.AUDCLNT_BUFFERFLAGS_SILENT) ? 0 : data.get(ADDRESS, 0).address();
    }

    @Override
    public boolean isDiscontinuous() {
        return has(_AUDCLNT_BUFFERFLAGS.AUDCLNT_BUFFERFLAGS_DATA_DISCONTINUITY);
    }

    @Override
    public long timeNanos() {
        return has(_AUDCLNT_BUFFERFLAGS.AUDCLNT_BUFFERFLAGS_TIMESTAMP_ERROR)
                ? ProgramCapture.NO_TIME
                : time.get(JAVA_LONG, 0) * UNIT_NANOS + counterOffsetNanos;
    }

    @Override
    public Duration buffer() {
        return BUFFER;
    }

    private boolean has(int flag) {
        return (flags.get(JAVA_INT, 0) & flag) != 0;
    }

    @Override
    public void close() {
        client.Stop(); // where the device is gone there is nothing to stop
        Com.release(captureObject);
        Com.release(clientObject);
    }
}
