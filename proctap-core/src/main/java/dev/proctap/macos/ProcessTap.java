package dev.proctap.macos;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.proctap.ProcTapException;
import dev.proctap.ProcTapException.Kind;
import dev.proctap.TapEvent;
import dev.proctap.capture.ProgramCapture;
import dev.proctap.internal.ffm.Memory;
import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The capture of what some processes play, or of what all others do.
 *
 * <ol>
 * <li>A {@code CATapDescription} with the processes' objects makes the tap, which mixes what they play down to stereo.
 * <li>A tap is heard through a device: a private aggregate one with the tap in it, and the default output as its clock. Where
 * that gives no cycles (some USB devices), one of the tap alone.
 * <li>Its IOProc puts every cycle into an {@link IoRing}.
 * <li>Processes that come and go are changed in the description of the tap, which lives on.
 * <li>Another default output, or another format of the tap, needs a new tap: that is an error here, and the capture
 * begins anew.
 * </ol>
 */
final class ProcessTap implements ProgramCapture.Source {

    private static final Duration BUFFER = Duration.ofMillis(500);
    private static final long FIRST_CYCLE_NANOS = 1_000_000_000;
    /** So long may a program play nothing but zeros before that is told: hardly one plays exactly nothing. */
    private static final long WITHHELD_NANOS = 3_000_000_000L;

    private final ProgramCapture.Program program;
    private final boolean muted;
    private final HostClock clock;
    private final Consumer<TapEvent> events;
    private final String what;
    private final PcmFormat format;
    private final String outputUid;
    private final IoRing ring;
    private final MemorySegment tapFormat;
    private int[] objects;

    private long description;
    private int tap;
    private int device;
    private long ioProc;
    private boolean alone;

    private long startedNanos;
    private boolean anyCycle;
    private int slot = -1;
    private boolean discontinuous;
    private boolean silent;
    private double expected = Double.NaN;
    /** Since when every sample was zero while the program played; told once. */
    private long zerosNanos;
    private boolean told;

    /**
     * Starts to capture.
     *
     * @param muted
     *            whether nobody shall hear the processes meanwhile
     * @param semaphore
     *            is signaled when there is a packet
     * @param arena
     *            open until after {@link #close}
     */
    ProcessTap(ProgramCapture.Program program, boolean muted, long semaphore, HostClock clock,
            Consumer<TapEvent> events, Arena arena) {
        this.program = program;
        this.muted = muted;
        this.clock = clock;
        this.events = events;
        what = "capture the sound of " + (program.includes() ? "process " + program.pids().getFirst() : "the system");
        tapFormat = arena.allocate(CoreAudio.FORMAT_BYTES, 8);
        objects = Processes.objects(program.pids());
        outputUid = defaultOutput();
        IoRing made = null;
        boolean started = false;
        try {
            description = describe();
            tap = CoreAudio.createTap(description, what);
            readFormat();
            format = readAs();
            made = new IoRing(format.channels(), format.sampleFormat().bytes(), semaphore, arena);
            ring = made;
            open(made);
            started = true;
        } finally {
            if (!started) {
                shut(made);
            }
        }
        zerosNanos = System.nanoTime();
    }

    private String defaultOutput() {
        int output = CoreAudio.getInt(CoreAudio.kAudioObjectSystemObject,
                CoreAudio.kAudioHardwarePropertyDefaultOutputDevice, what);
        if (output == CoreAudio.kAudioObjectUnknown) {
            throw new ProcTapException(Kind.NO_AUDIO_SERVER,
                    "this Mac has no output device; choose one in System Settings, Sound");
        }
        return CoreAudio.getText(output, CoreAudio.kAudioDevicePropertyDeviceUID, what);
    }

    private long describe() {
        long numbers = CoreFoundation.of(Arrays.stream(objects).boxed().toList());
        long name = CoreFoundation.string("ProcTap");
        try {
            long made = ObjectiveC.create("CATapDescription", program.includes()
                    ? "initStereoMixdownOfProcesses:"
                    : "initStereoGlobalTapButExcludeProcesses:", numbers);
            ObjectiveC.set(made, "setName:", name);
            ObjectiveC.set(made, "setPrivate:", true);
            if (muted) {
                // while it is captured, so that it is heard again after a crash
                ObjectiveC.set(made, "setMuteBehavior:", CoreAudio.CATapMutedWhenTapped);
            }
            return made;
        } finally {
            CoreFoundation.release(numbers);
            CoreFoundation.release(name);
        }
    }

    private void readFormat() {
        OsStatus.check(CoreAudio.get(tap, CoreAudio.kAudioTapPropertyFormat, tapFormat), what);
    }

    /** The format of the tap, frames interleaved: the ring sees to that. */
    private PcmFormat readAs() {
        int flags = tapFormat.get(JAVA_INT, CoreAudio.FORMAT_FLAGS);
        int bits = tapFormat.get(JAVA_INT, CoreAudio.FORMAT_BITS_PER_CHANNEL);
        SampleFormat samples = switch ((flags & CoreAudio.kAudioFormatFlagIsFloat) != 0 ? -bits : bits) {
            case -32 -> SampleFormat.F32;
            case -64 -> SampleFormat.F64;
            case 16 -> SampleFormat.S16;
            case 32 -> SampleFormat.S32;
            default -> null;
        };
        if (samples == null || tapFormat.get(JAVA_INT, CoreAudio.FORMAT_ID) != CoreAudio.kAudioFormatLinearPCM) {
            throw new ProcTapException(Kind.FAILED, "macOS gives the tap a format that is not known: " + bits
                    + " bits, flags " + flags);
        }
        return new PcmFormat((int) Math.round(tapFormat.get(JAVA_DOUBLE, CoreAudio.FORMAT_SAMPLE_RATE)),
                ChannelLayout.of(tapFormat.get(JAVA_INT, CoreAudio.FORMAT_CHANNELS_PER_FRAME)), samples,
                (flags & CoreAudio.kAudioFormatFlagIsBigEndian) != 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
                false);
    }

    /** Makes the device, and starts it. */
    private void open(IoRing into) {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put(CoreAudio.kAudioAggregateDeviceNameKey, "ProcTap");
        keys.put(CoreAudio.kAudioAggregateDeviceUIDKey, "dev.proctap." + UUID.randomUUID());
        keys.put(CoreAudio.kAudioAggregateDeviceIsPrivateKey, 1);
        keys.put(CoreAudio.kAudioAggregateDeviceIsStackedKey, 0);
        keys.put(CoreAudio.kAudioAggregateDeviceTapAutoStartKey, 1);
        keys.put(CoreAudio.kAudioAggregateDeviceTapListKey,
                List.of(Map.of(CoreAudio.kAudioSubTapUIDKey,
                        CoreAudio.getText(tap, CoreAudio.kAudioTapPropertyUID, what),
                        CoreAudio.kAudioSubTapDriftCompensationKey, 1)));
        List<Object> subDevices = new ArrayList<>();
        if (!alone) {
            keys.put(CoreAudio.kAudioAggregateDeviceMainSubDeviceKey, outputUid);
            subDevices.add(Map.of(CoreAudio.kAudioSubDeviceUIDKey, outputUid));
        }
        keys.put(CoreAudio.kAudioAggregateDeviceSubDeviceListKey, subDevices);
        long dictionary = CoreFoundation.of(keys);
        try {
            device = CoreAudio.createAggregate(dictionary, what);
        } finally {
            CoreFoundation.release(dictionary);
        }
        ioProc = CoreAudio.createIoProc(device, IoRing.IO_PROC, into.clientData(), what);
        startedNanos = System.nanoTime();
        OsStatus.check(CoreAudio.start(device, ioProc), what);
    }

    private void shutDevice() {
        if (ioProc != 0) {
            CoreAudio.stop(device, ioProc);
            CoreAudio.destroyIoProc(device, ioProc);
            ioProc = 0;
        }
        if (device != 0) {
            CoreAudio.destroyAggregate(device);
            device = 0;
        }
    }

    /** In the reverse of the order in which all was made. */
    private void shut(@Nullable IoRing used) {
        shutDevice();
        if (used != null) {
            used.close();
        }
        if (tap != 0) {
            CoreAudio.destroyTap(tap);
            tap = 0;
        }
        if (description != 0) {
            ObjectiveC.release(description);
            description = 0;
        }
    }

    @Override
    public PcmFormat format() {
        return format;
    }

    @Override
    public Duration buffer() {
        return BUFFER;
    }

    /** An output clocks its cycles also while the program is silent: one that is missing was missed. */
    @Override
    public boolean pauses() {
        return alone;
    }

    @Override
    public int next() {
        slot = ring.oldest();
        if (slot < 0) {
            return 0;
        }
        anyCycle = true;
        double at = ring.sampleTime(slot);
        discontinuous = at != expected;
        expected = at + ring.frames(slot);
        silent = isZero(ring.address(slot), ring.frames(slot) * format.frameBytes());
        watchZeros();
        return ring.frames(slot);
    }

    @Override
    public void release(int frames) {
        ring.take();
    }

    @Override
    public long address() {
        return silent ? 0 : ring.address(slot);
    }

    @Override
    public boolean isDiscontinuous() {
        return discontinuous;
    }

    @Override
    public long timeNanos() {
        long hostTime = ring.hostTime(slot);
        return hostTime == 0 ? ProgramCapture.NO_TIME : clock.nanosAt(hostTime);
    }

    private static boolean isZero(long address, int bytes) {
        for (int i = 0; i < bytes; i += Integer.BYTES) {
            if (Memory.getInt(address + i) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Where the permission is missing, all calls succeed, and every sample is zero. */
    private void watchZeros() {
        long now = System.nanoTime();
        if (!silent) {
            zerosNanos = now;
            told = true; // it may be heard: what comes is the program's own silence
        } else if (!told && now - zerosNanos > WITHHELD_NANOS) {
            zerosNanos = now;
            if (Processes.anyRuns(objects)) {
                told = true;
                events.accept(new TapEvent.SoundWithheld(Permission.advice()));
            }
        }
    }

    @Override
    public void follow() {
        if (!anyCycle && !alone && System.nanoTime() - startedNanos > FIRST_CYCLE_NANOS) {
            // the output device does not clock it
            shutDevice();
            alone = true;
            open(ring);
        }
        int[] now = Processes.objects(program.pids());
        if (!Arrays.equals(now, objects)) {
            objects = now;
            long numbers = CoreFoundation.of(Arrays.stream(objects).boxed().toList());
            try {
                ObjectiveC.set(description, "setProcesses:", numbers);
            } finally {
                CoreFoundation.release(numbers);
            }
            int status = CoreAudio.setPointer(tap, CoreAudio.kAudioTapPropertyDescription, description);
            if (status != 0) {
                throw new ProcTapException(Kind.NO_AUDIO_SERVER,
                        "macOS did not change the tap (OSStatus " + status + ")");
            }
        }
        PcmFormat before = format;
        readFormat();
        if (!readAs().equals(before)) {
            throw new ProcTapException(Kind.NO_AUDIO_SERVER, "the format of the output changed");
        }
        if (!alone && !defaultOutput().equals(outputUid)) {
            throw new ProcTapException(Kind.NO_AUDIO_SERVER, "the default output changed");
        }
    }

    @Override
    public void close() {
        shut(ring);
    }
}
