package dev.proctap.pipes.mix;

import dev.proctap.AudioInputDevice;
import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapEvent;
import dev.proctap.TapOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.DataLine;
import javax.sound.sampled.LineUnavailableException;
import javax.sound.sampled.Mixer;
import javax.sound.sampled.TargetDataLine;
import org.jspecify.annotations.Nullable;

/**
 * A microphone that is captured: on Linux by a tap of its own, which finds it again when it was unplugged or the audio server
 * went away; elsewhere by {@code javax.sound.sampled}.
 */
public final class Microphone implements AutoCloseable {

    private static final Duration CYCLE = Duration.ofMillis(10);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(1);

    private final PcmFormat format;
    private final @Nullable ProcessAudioTap tap;
    private final @Nullable TargetDataLine line;
    private final Consumer<String> news;
    private final AtomicBoolean closed;
    private @Nullable Thread reader;

    /** Takes frames as they are captured; see {@link MicrophoneMix#microphone}. */
    @FunctionalInterface
    public interface Frames {
        void frames(MemorySegment samples, int count, long captureNanos);
    }

    private Microphone(PcmFormat format, @Nullable ProcessAudioTap tap, @Nullable TargetDataLine line,
            Consumer<String> news, AtomicBoolean closed) {
        this.closed = closed;
        this.format = format;
        this.tap = tap;
        this.line = line;
        this.news = news;
    }

    private static boolean isLinux() {
        return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux");
    }

    /**
     * Those that there are.
     *
     * @throws ProcTapException
     *             if there is no audio server
     */
    public static List<AudioInputDevice> devices() {
        return isLinux() ? AudioInputDevice.list() : sampledDevices();
    }

    private static List<AudioInputDevice> sampledDevices() {
        List<AudioInputDevice> devices = new ArrayList<>();
        for (Mixer.Info info : AudioSystem.getMixerInfo()) {
            if (AudioSystem.getMixer(info)
                    .getTargetLineInfo(new DataLine.Info(TargetDataLine.class, null)).length > 0) {
                devices.add(new AudioInputDevice(info.getName(), info.getDescription(), 0, 0, devices.isEmpty()));
            }
        }
        return devices;
    }

    /**
     * Opens one.
     *
     * @param device
     *            its number among {@link #devices}, its name, or a part of its name or description; empty for the one that
     *            the user has chosen
     * @param news
     *            is told when it goes and comes back
     * @throws ProcTapException
     *             if there is none of that name, or it cannot be opened
     */
    public static Microphone open(String device, int sampleRateHz, int channels, Consumer<String> news) {
        PcmFormat format = new PcmFormat(sampleRateHz, channels, SampleFormat.F32)
                .withByteOrder(ByteOrder.nativeOrder());
        String name = device.isEmpty() ? "" : find(device).name();
        AtomicBoolean closed = new AtomicBoolean();
        if (!isLinux()) {
            PcmFormat integers = format.withSampleFormat(SampleFormat.S16).withByteOrder(ByteOrder.LITTLE_ENDIAN);
            return new Microphone(integers, null, line(name, integers), news, closed);
        }
        TapOptions options = TapOptions.DEFAULTS.withFormat(format).withChunk(CYCLE).withReconnect(true)
                .withListener(event -> {
                    if (!closed.get()) {
                        tell(event, news);
                    }
                });
        return new Microphone(format, ProcessAudioTap.of(AudioTarget.inputDevice(name), options), null, news, closed);
    }

    private static void tell(TapEvent event, Consumer<String> news) {
        if (event instanceof TapEvent.ServerLost) {
            news.accept("the audio server went away, and the microphone with it");
        } else if (event instanceof TapEvent.ServerReconnected) {
            news.accept("the audio server is back");
        } else if (event instanceof TapEvent.StreamUnlinked gone) {
            news.accept("the microphone " + gone.streamName() + " is gone");
        }
    }

    private static AudioInputDevice find(String device) {
        List<AudioInputDevice> devices = devices();
        if (device.chars().allMatch(c -> c >= '0' && c <= '9') && device.length() < 6
                && Integer.parseInt(device) < devices.size()) {
            return devices.get(Integer.parseInt(device));
        }
        String wanted = device.toLowerCase(Locale.ROOT);
        return devices.stream().filter(each -> each.name().equals(device)).findFirst()
                .or(() -> devices.stream().filter(each -> each.name().toLowerCase(Locale.ROOT).contains(wanted)
                        || each.description().toLowerCase(Locale.ROOT).contains(wanted)).findFirst())
                .orElseThrow(() -> new ProcTapException(ProcTapException.Kind.NO_SUCH_DEVICE,
                        "no input device is called '" + device + "'"));
    }

    private static TargetDataLine line(String name, PcmFormat format) {
        AudioFormat wanted = new AudioFormat(format.sampleRateHz(), 16, format.channels(), true, false);
        try {
            for (Mixer.Info info : AudioSystem.getMixerInfo()) {
                if (info.getName().equals(name)) {
                    return AudioSystem.getTargetDataLine(wanted, info);
                }
            }
            return AudioSystem.getTargetDataLine(wanted);
        } catch (LineUnavailableException | IllegalArgumentException e) {
            throw new ProcTapException(ProcTapException.Kind.NOT_SUPPORTED, "the microphone does not give "
                    + format.sampleRateHz() + " Hz with " + format.channels() + " channels: " + e.getMessage(), e);
        }
    }

    /** Of its frames. */
    public PcmFormat format() {
        return format;
    }

    /**
     * Starts to give frames, on a thread of its own.
     *
     * @throws ProcTapException
     *             if it cannot be opened
     */
    public void start(Frames frames) {
        if (tap != null) {
            tap.start(chunk -> frames.frames(chunk.samples(), chunk.frames(), chunk.captureTimeNanos()));
        }
        TargetDataLine opened = line;
        if (opened != null) {
            try {
                opened.open();
            } catch (LineUnavailableException | SecurityException e) {
                throw new ProcTapException(ProcTapException.Kind.NOT_PERMITTED,
                        "the microphone cannot be opened: " + e.getMessage(), e);
            }
            opened.start();
            reader = Thread.ofPlatform().daemon().name("proctap-microphone").start(() -> read(opened, frames));
        }
    }

    private void read(TargetDataLine from, Frames frames) {
        byte[] bytes = new byte[(int) format.frames(CYCLE) * format.frameBytes()];
        while (!closed.get()) {
            int length = from.read(bytes, 0, bytes.length);
            if (length <= 0) {
                break;
            }
            int count = length / format.frameBytes();
            frames.frames(MemorySegment.ofArray(bytes), count, System.nanoTime() - format.framesToNanos(count));
        }
        if (!closed.get()) {
            news.accept("the microphone has ended; the stream goes on without it");
        }
    }

    @Override
    public void close() {
        closed.set(true);
        if (tap != null) {
            tap.close();
        }
        if (line != null) {
            line.close();
        }
        Thread thread = reader;
        if (thread != null) {
            try {
                thread.join(CLOSE_PATIENCE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
