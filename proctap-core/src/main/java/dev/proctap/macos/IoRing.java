package dev.proctap.macos;

import dev.proctap.internal.ffm.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What a device's IOProc hands to the control thread. Core Audio calls it on its real-time thread: there it copies what came
 * into a slot and signals a semaphore, and that is all: no lock, no allocation, no loop longer than the packet. The one
 * thing that can hold it up is the JVM itself, where it stops all threads (a collection of garbage): then cycles are missed,
 * which the numbers of the frames show.
 *
 * <p>One thread writes, one reads. Every number of a slot is written before the slot is published ({@code written}, with
 * release), and read after it was seen (with acquire); the same for giving it back.
 */
final class IoRing {

    /** Each is at least a cycle of the device: half a second of those of 10 ms. */
    private static final int SLOTS = 64;
    private static final int SLOT_FRAMES = 2048;
    /** As many captures can be open at a time. */
    private static final int MOST = 256;
    private static final long CLOSE_NANOS = 100_000_000;

    /** By the client data of their IOProc. */
    private static final @Nullable IoRing[] RINGS = new @Nullable IoRing[MOST];
    private static final VarHandle RING = MethodHandles.arrayElementVarHandle(IoRing[].class);
    private static final VarHandle WRITTEN;
    private static final VarHandle TAKEN;
    private static final VarHandle WRITERS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            WRITTEN = lookup.findVarHandle(IoRing.class, "written", long.class);
            TAKEN = lookup.findVarHandle(IoRing.class, "taken", long.class);
            WRITERS = lookup.findVarHandle(IoRing.class, "writers", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The address of the IOProc. */
    static final long IO_PROC = MacLibrary.callback(MethodHandles.lookup(), "onCycle", CoreAudio.IO_PROC);

    private final int index;
    private final int channels;
    private final int sampleBytes;
    private final long semaphore;
    private final long data;
    private final int[] frames = new int[SLOTS];
    private final long[] hostTimes = new long[SLOTS];
    private final double[] sampleTimes = new double[SLOTS];
    private long written;
    private long taken;
    /** Calls of the IOProc that are in here: one, or none. */
    private int writers;

    /**
     * @param semaphore
     *            is signaled when there is a packet
     * @param arena
     *            open until after {@link #close}
     */
    IoRing(int channels, int sampleBytes, long semaphore, Arena arena) {
        this.channels = channels;
        this.sampleBytes = sampleBytes;
        this.semaphore = semaphore;
        MemorySegment slots = arena.allocate((long) SLOTS * SLOT_FRAMES * channels * sampleBytes, 64);
        // each page is there before the real-time thread comes to it
        slots.fill((byte) 0);
        data = slots.address();
        int free = 0;
        while (free < MOST && !RING.compareAndSet(RINGS, free, null, this)) {
            free++;
        }
        if (free == MOST) {
            throw new IllegalStateException("more than " + MOST + " captures at a time");
        }
        index = free;
    }

    /** The client data for the IOProc. */
    long clientData() {
        return index;
    }

    /** Called by Core Audio on the device's real-time thread. */
    static int onCycle(int device, long now, long input, long inputTime, long output, long outputTime,
            long clientData) {
        IoRing ring = (IoRing) RING.getAcquire(RINGS, (int) clientData);
        if (ring != null) {
            WRITERS.setVolatile(ring, 1);
            if (RING.getVolatile(RINGS, (int) clientData) == ring) {
                ring.write(input, inputTime);
            }
            WRITERS.setRelease(ring, 0);
        }
        return 0;
    }

    private void write(long list, long time) {
        int buffers = list == 0 ? 0 : Memory.getInt(list + CoreAudio.LIST_COUNT);
        if (buffers == 0) {
            return;
        }
        boolean interleaved = buffers == 1;
        int bytes = Memory.getInt(list + CoreAudio.LIST_BUFFERS + CoreAudio.BUFFER_DATA_BYTES);
        int all = bytes / (sampleBytes * (interleaved ? channels : 1));
        if (!interleaved && buffers < channels) {
            return;
        }
        long hostTime = (Memory.getInt(time + CoreAudio.TIME_FLAGS) & CoreAudio.kAudioTimeStampHostTimeValid) != 0
                ? Memory.getLong(time + CoreAudio.TIME_HOST_TIME)
                : 0;
        double sampleTime = CoreAudio.sampleTime(time);
        for (int done = 0; done < all; done += SLOT_FRAMES) {
            long at = written;
            if (at - (long) TAKEN.getAcquire(this) >= SLOTS) {
                return; // the numbers of the frames show what is missing
            }
            int slot = (int) (at % SLOTS);
            int count = Math.min(SLOT_FRAMES, all - done);
            copy(list, interleaved, done, count, slot);
            frames[slot] = count;
            // only the first is known
            hostTimes[slot] = done == 0 ? hostTime : 0;
            sampleTimes[slot] = sampleTime + done;
            WRITTEN.setRelease(this, at + 1);
        }
        LibSystem.signal(semaphore);
    }

    private void copy(long list, boolean interleaved, int from, int count, int slot) {
        long target = address(slot);
        if (interleaved) {
            long source = Memory.getLong(list + CoreAudio.LIST_BUFFERS + CoreAudio.BUFFER_DATA);
            long frameBytes = (long) channels * sampleBytes;
            MemorySegment.copy(Memory.ALL, source + from * frameBytes, Memory.ALL, target, count * frameBytes);
            return;
        }
        for (int channel = 0; channel < channels; channel++) {
            long source = Memory.getLong(list + CoreAudio.LIST_BUFFERS + (long) channel * CoreAudio.BUFFER_BYTES
                    + CoreAudio.BUFFER_DATA) + (long) from * sampleBytes;
            for (int i = 0; i < count; i++) {
                long to = target + ((long) i * channels + channel) * sampleBytes;
                if (sampleBytes == Float.BYTES) {
                    Memory.putInt(to, Memory.getInt(source + (long) i * Float.BYTES));
                } else {
                    for (int k = 0; k < sampleBytes; k++) {
                        Memory.ALL.set(ValueLayout.JAVA_BYTE, to + k,
                                Memory.ALL.get(ValueLayout.JAVA_BYTE, source + (long) i * sampleBytes + k));
                    }
                }
            }
        }
    }

    // ---- the control thread

    /** The slot of the oldest packet that was not taken; negative where there is none. */
    int oldest() {
        return (long) WRITTEN.getAcquire(this) == taken ? -1 : (int) (taken % SLOTS);
    }

    void take() {
        TAKEN.setRelease(this, taken + 1);
    }

    int frames(int slot) {
        return frames[slot];
    }

    /** 0 where it is not known. */
    long hostTime(int slot) {
        return hostTimes[slot];
    }

    double sampleTime(int slot) {
        return sampleTimes[slot];
    }

    long address(int slot) {
        return data + (long) slot * SLOT_FRAMES * channels * sampleBytes;
    }

    /** Lets no cycle in any more, and waits for one that is in. */
    void close() {
        RING.setVolatile(RINGS, index, null);
        long start = System.nanoTime();
        while ((int) WRITERS.getVolatile(this) != 0 && System.nanoTime() - start < CLOSE_NANOS) {
            LockSupport.parkNanos(100_000);
        }
    }
}
