package dev.proctap.benchmarks;

import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Compares 16-bit stereo samples with the signal that is played while they arrive, so that hours need no memory. */
final class StreamedComparison {

    private static final int FRAME_BYTES = 4;
    /** A recording begins with silence where the recorder was there before the sound. */
    private static final int FIND_FRAMES = 4096;

    private final Signal signal;
    private final long signalFrames;
    private long next = -1;
    private long compared;
    private long wrong;

    StreamedComparison(Signal signal, long signalFrames) {
        this.signal = signal;
        this.signalFrames = signalFrames;
    }

    /** Reads and compares so many frames, fewer at the end of the stream. */
    void compare(InputStream in, long frames) throws IOException {
        byte[] block = new byte[FIND_FRAMES * FRAME_BYTES];
        while (compared < frames) {
            int bytes = in.readNBytes(block, 0, block.length);
            ByteBuffer buffer = ByteBuffer.wrap(block, 0, bytes / FRAME_BYTES * FRAME_BYTES)
                    .order(ByteOrder.nativeOrder());
            if (next < 0) {
                find(buffer);
            }
            while (buffer.hasRemaining() && next >= 0) {
                boolean same = buffer.getShort() == signal.sample(next, 0);
                same &= buffer.getShort() == signal.sample(next, 1);
                wrong += same ? 0 : 1;
                compared++;
                next++;
            }
            if (bytes < block.length) {
                return;
            }
        }
    }

    private void find(ByteBuffer buffer) {
        Recording recording = new Recording();
        recording.addShorts(buffer.duplicate().order(buffer.order()));
        int from = recording.firstSound(0);
        Recording.Match match = recording.match(signal, signalFrames, from, recording.frames());
        if (match.signalFrame() >= 0) {
            next = match.signalFrame();
            buffer.position(from * FRAME_BYTES);
        }
    }

    long compared() {
        return compared;
    }

    /** Frames that were not the ones played; every frame after a lost or doubled one counts. */
    long wrong() {
        return wrong;
    }
}
