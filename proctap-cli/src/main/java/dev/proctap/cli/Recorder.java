package dev.proctap.cli;

import dev.proctap.AudioChunk;
import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapOptions;
import dev.proctap.TapStatistics;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Records a tap into an output until the capture ends, the asked length is reached, the reader of a pipe goes, or the user
 * presses Ctrl-C, which all end it in order. Lost frames become silence, so that the recording is as long as the time it
 * took, and are told at the end.
 */
final class Recorder {

    private static final Duration READ_TIMEOUT = Duration.ofMillis(200);
    private static final long INTERRUPT_PATIENCE_SECONDS = 5;

    private final PrintWriter err;
    private final boolean verbose;
    private final @Nullable LiveLine live;
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile boolean interrupted;

    Recorder(PrintWriter err, boolean verbose, @Nullable LiveLine live) {
        this.err = err;
        this.verbose = verbose;
        this.live = live;
    }

    /** Opens the place to record to; only once the tap stands, so that a failure leaves no empty file. */
    @FunctionalInterface
    interface OutputOpener {
        AudioOutput open() throws IOException;
    }

    /**
     * Records.
     *
     * @param maxFrames
     *            length after which to end, {@link Long#MAX_VALUE} for none
     */
    int record(AudioTarget target, TapOptions options, long maxFrames, OutputOpener opener) throws IOException {
        ProcessAudioTap tap = ProcessAudioTap.of(target, options);
        Thread hook = new Thread(() -> endByInterrupt(tap), "proctap-interrupt");
        try (tap) {
            Runtime.getRuntime().addShutdownHook(hook);
            tap.start();
            try (AudioOutput output = opener.open()) {
                copy(tap, output, maxFrames);
                tap.stop();
                finish(tap.statistics(), output);
            } catch (IOException e) {
                if (isClosedPipe(e)) {
                    return ExitCode.OK;
                }
                throw e;
            }
            ProcTapException failure = tap.failure();
            if (failure != null) {
                throw failure;
            }
            return ExitCode.OK;
        } finally {
            if (live != null) {
                live.end();
            }
            finished.countDown();
            removeHook(hook);
        }
    }

    /** Ctrl-C, and SIGTERM: the JVM is going down already, and would end with a code that means failure. */
    private void endByInterrupt(ProcessAudioTap tap) {
        interrupted = true;
        tap.stop();
        try {
            if (finished.await(INTERRUPT_PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                Runtime.getRuntime().halt(ExitCode.OK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the JVM is going down: the hook runs
        }
    }

    private void copy(ProcessAudioTap tap, AudioOutput output, long maxFrames) throws IOException {
        try {
            boolean more;
            do {
                more = copyChunk(tap, output, maxFrames);
            } while (more);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ProcTapException e) {
            // told after the file is finished
            if (e != tap.failure()) {
                throw e;
            }
        }
    }

    /** A method of its own, because the JVM compiles methods, and a loop that sleeps only after minutes. */
    private boolean copyChunk(ProcessAudioTap tap, AudioOutput output, long maxFrames)
            throws IOException, InterruptedException {
        if (tap.chunksReady() == 0) {
            output.flush();
        }
        AudioChunk chunk = tap.read(READ_TIMEOUT);
        if (chunk == null) {
            return !tap.isDrained();
        }
        if (chunk.lostFramesBefore() > 0) {
            long lostFrom = chunk.framePosition() - chunk.lostFramesBefore();
            output.writeSilence(Math.min(chunk.lostFramesBefore(), maxFrames - lostFrom));
        }
        long left = maxFrames - chunk.framePosition();
        if (left > 0) {
            ByteBuffer bytes = chunk.bytes();
            output.write(left < chunk.frames() ? bytes.limit((int) left * chunk.format().frameBytes()) : bytes);
        }
        if (live != null) {
            live.update(chunk, tap, output.bytes());
        }
        return left > chunk.frames();
    }

    private void finish(TapStatistics statistics, AudioOutput output) {
        if (live != null) {
            live.end();
        }
        if (statistics.framesLost() > 0) {
            err.println("proctap: lost " + statistics.framesLost() + " frames in all, recorded as silence");
        }
        if (verbose) {
            err.println("proctap: " + output.bytes() + " bytes, " + statistics.framesCaptured() + " frames captured, "
                    + statistics.framesLost() + " lost, delivery latency p50 "
                    + statistics.deliveryLatency().p50().toNanos() / 1000 + " us, p99 "
                    + statistics.deliveryLatency().p99().toNanos() / 1000 + " us"
                    + (interrupted ? ", ended by the user" : ""));
        }
        err.flush();
    }

    static boolean isClosedPipe(IOException e) {
        return String.valueOf(e.getMessage()).contains("Broken pipe");
    }
}
