package dev.proctap.cli;

import dev.proctap.pcm.PcmFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * One output after another, each a part of the same recording. A part is finished on another thread, since an encoder may
 * take its time over it while the sound goes on.
 */
final class SplitOutput implements AudioOutput {

    private final PcmFormat format;
    private final long framesPerPart;
    private final long bytesPerPart;
    private final Parts parts;
    private final ExecutorService finisher = Executors
            .newSingleThreadExecutor(Thread.ofPlatform().daemon().name("proctap-finisher").factory());
    private final List<Future<?>> finished = new ArrayList<>();
    private AudioOutput part;
    private long framesBefore;
    private long framesInPart;
    private long bytesBefore;

    /** Opens a part, which begins with a frame of the recording. */
    @FunctionalInterface
    interface Parts {
        AudioOutput open(long firstFrame) throws IOException;
    }

    /**
     * @param format
     *            of what is written
     * @param framesPerPart
     *            the most frames in a part
     * @param bytesPerPart
     *            the largest that a part may become
     */
    SplitOutput(PcmFormat format, long framesPerPart, long bytesPerPart, Parts parts) throws IOException {
        this.format = format;
        this.framesPerPart = framesPerPart;
        this.bytesPerPart = bytesPerPart;
        this.parts = parts;
        this.part = parts.open(0);
    }

    /** How many of some frames go into the current part: one begins where the last has no room left. */
    private long room(long frames) throws IOException {
        if (left() == 0) {
            // first, so that where it fails the full part is still the one to be closed
            AudioOutput next = parts.open(framesBefore + framesInPart);
            finish(part);
            bytesBefore += part.bytes();
            framesBefore += framesInPart;
            framesInPart = 0;
            part = next;
        }
        return Math.min(frames, left());
    }

    private long left() {
        return Math.min(framesPerPart - framesInPart, (bytesPerPart - part.bytes()) / format.frameBytes());
    }

    private void finish(AudioOutput full) {
        finished.add(finisher.submit(() -> {
            full.close();
            return null;
        }));
    }

    @Override
    public void write(ByteBuffer samples) throws IOException {
        int end = samples.limit();
        while (samples.position() < end) {
            int frames = (int) room((end - samples.position()) / format.frameBytes());
            part.write(samples.limit(samples.position() + frames * format.frameBytes()));
            framesInPart += frames;
            samples.limit(end);
        }
    }

    @Override
    public void writeSilence(long frames) throws IOException {
        for (long left = frames; left > 0;) {
            long n = room(left);
            part.writeSilence(n);
            framesInPart += n;
            left -= n;
        }
    }

    @Override
    public void flush() throws IOException {
        part.flush();
    }

    @Override
    public long bytes() {
        return bytesBefore + part.bytes();
    }

    /** Waits for every part; the first that could not be finished is told. */
    @Override
    public void close() throws IOException {
        finish(part);
        finisher.shutdown();
        IOException failure = null;
        for (Future<?> one : finished) {
            try {
                one.get();
            } catch (ExecutionException e) {
                IOException cause = e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
                if (failure == null) {
                    failure = cause;
                } else {
                    failure.addSuppressed(cause);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted before every file was finished", e);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
