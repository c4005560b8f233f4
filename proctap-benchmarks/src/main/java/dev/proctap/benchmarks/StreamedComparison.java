package dev.proctap.benchmarks;

import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Compares 16-bit stereo samples with the signal that is played while they arrive, so that hours need no memory. Where
 * frames were lost or doubled it finds the place at which the signal goes on, so that each fault counts once.
 */
final class StreamedComparison {

    private static final int FRAME_BYTES = 4;
    /** A recording begins with silence where the recorder was there before the sound. */
    private static final int BLOCK_FRAMES = 4096;
    /** How far from its place the signal is looked for. */
    private static final int SEARCH_FRAMES = 5 * Signal.SAMPLE_RATE_HZ;

    private final Signal signal;
    private final long signalFrames;
    private final List<String> faults = new ArrayList<>();
    private long next = -1;
    private long compared;
    private long wrong;
    private long moved;
    /** Where the signal was not found, it is looked for again from this frame on. */
    private long searchAgain;

    StreamedComparison(Signal signal, long signalFrames) {
        this.signal = signal;
        this.signalFrames = signalFrames;
    }

    /** Reads and compares so many frames, fewer at the end of the stream. */
    void compare(InputStream in, long frames) throws IOException {
        byte[] block = new byte[BLOCK_FRAMES * FRAME_BYTES];
        while (compared < frames) {
            int bytes = in.readNBytes(block, 0, block.length);
            Recording recording = new Recording();
            recording.addShorts(ByteBuffer.wrap(block, 0, bytes / FRAME_BYTES * FRAME_BYTES)
                    .order(ByteOrder.nativeOrder()));
            compare(recording, next < 0 ? find(recording) : 0);
            if (bytes < block.length) {
                return;
            }
        }
    }

    private int find(Recording recording) {
        int from = recording.firstSound(0);
        next = recording.match(signal, signalFrames, from, recording.frames()).signalFrame();
        return next < 0 ? recording.frames() : from;
    }

    private void compare(Recording recording, int from) {
        for (int frame = from; frame < recording.frames(); frame++) {
            if (!recording.is(signal, next, frame) && !goesOnElsewhere(recording, frame)) {
                wrong++;
            }
            compared++;
            next++;
        }
    }

    /** Looks where the signal goes on; if it does, that is the place from now on. */
    private boolean goesOnElsewhere(Recording recording, int frame) {
        if (recording.isSilent(frame)) {
            searchAgain = 0;
            return false;
        }
        // looking takes long: a stream that is wrong everywhere must not become a slow reader, who loses even more
        if (compared < searchAgain) {
            return false;
        }
        long found = search(recording, frame);
        if (found < 0) {
            searchAgain = compared + BLOCK_FRAMES;
            return false;
        }
        moved += Math.abs(found - next);
        faults.add(String.format(Locale.ROOT, "%.3f s: the signal goes on %d frames %s, %d wrong so far",
                (double) compared / Signal.SAMPLE_RATE_HZ, Math.abs(found - next),
                found > next ? "later" : "earlier", wrong));
        next = found;
        return true;
    }

    /** The place of the signal that begins at a frame of the recording, the nearest one; -1 for none. */
    private long search(Recording recording, int frame) {
        for (int distance = 1; distance <= SEARCH_FRAMES; distance++) {
            if (next >= distance && recording.goesOn(signal, next - distance, frame)) {
                return next - distance;
            }
            if (recording.goesOn(signal, next + distance, frame)) {
                return next + distance;
            }
        }
        return -1;
    }

    long compared() {
        return compared;
    }

    /** Frames that are none of the signal's, and those that are missing or there twice. */
    long faultyFrames() {
        return wrong + moved;
    }

    /** Where the signal went on at another place, one line each. */
    List<String> faults() {
        return faults;
    }
}
