package dev.proctap.cli;

import dev.proctap.AudioChunk;
import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.ProcessAudioTap;
import dev.proctap.TapOptions;
import dev.proctap.TapStatistics;
import dev.proctap.pcm.PcmFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Records a tap into an output until the capture ends, the asked length is reached, the reader of a pipe goes, or the user
 * presses Ctrl-C, which all end it in order. Lost frames become silence, so that the recording is as long as the time it
 * took, and are told at the end.
 */
final class Recorder {

    private static final Duration READ_TIMEOUT = Duration.ofMillis(200);
    private static final long INTERRUPT_PATIENCE_SECONDS = 5;

    /** Opens the place to record to, for sound from a time on; only once there is any, so that a failure leaves no file. */
    @FunctionalInterface
    interface OutputOpener {
        AudioOutput open(Instant start) throws IOException;
    }

    private enum State {
        WAITING, RECORDING, PAUSED
    }

    private final PrintWriter err;
    private final boolean verbose;
    private final @Nullable LiveLine live;
    private final AtomicReference<State> state = new AtomicReference<>(State.RECORDING);
    private volatile boolean interrupted;
    private volatile boolean ended;
    private volatile @Nullable ProcessAudioTap running;

    // of one recording
    private StartMixin.Rules rules = StartMixin.Rules.NONE;
    private boolean pausesAreSilence = true;
    private @Nullable Level level;
    private @Nullable Preroll preroll;
    private @Nullable AudioOutput output;
    private long frames;
    /** Silence in the recording for what was lost; the tap also loses what is not recorded, after the end for one. */
    private long lostFrames;
    private long silentFrames;

    Recorder(PrintWriter err, boolean verbose, @Nullable LiveLine live) {
        this.err = err;
        this.verbose = verbose;
        this.live = live;
    }

    /**
     * Lets the recording begin and end by rules, and be paused by {@link #next}.
     *
     * @param silence
     *            whether the time of a pause becomes silence, or is left out
     */
    Recorder withRules(StartMixin.Rules asked, boolean silence) {
        rules = asked;
        pausesAreSilence = silence;
        state.set(asked.waits() ? State.WAITING : State.RECORDING);
        return this;
    }

    /** Begins a recording that waits, pauses one that runs, goes on with one that is paused. For any thread. */
    void next() {
        state.updateAndGet(now -> now == State.RECORDING ? State.PAUSED : State.RECORDING);
    }

    /** Ends the recording in order. For any thread. */
    void end() {
        ended = true;
        ProcessAudioTap tap = running;
        if (tap != null) {
            tap.stop();
        }
    }

    /**
     * Records.
     *
     * @param maxFrames
     *            length after which to end, {@link Long#MAX_VALUE} for none
     */
    int record(AudioTarget target, TapOptions options, long maxFrames, OutputOpener opener) throws IOException {
        ProcessAudioTap tap = ProcessAudioTap.of(target, options);
        try (EndInOrder _ = new EndInOrder(() -> interrupt(tap), INTERRUPT_PATIENCE_SECONDS)) {
            return record(tap, options, maxFrames, opener);
        }
    }

    private int record(ProcessAudioTap tap, TapOptions options, long maxFrames, OutputOpener opener)
            throws IOException {
        try (tap) {
            tap.start();
            running = tap;
            if (ended) {
                // while it started, when there was nothing to stop yet
                tap.stop();
            }
            boolean pipeClosed = false;
            try {
                if (rules.waits()) {
                    preroll = new Preroll(options.format(), rules.prerollFrames());
                } else {
                    output = opener.open(Instant.now());
                }
                copy(tap, opener, maxFrames);
                tap.stop();
                finish(tap.statistics());
            } catch (IOException e) {
                pipeClosed = isClosedPipe(e);
                if (!pipeClosed) {
                    throw e;
                }
            } finally {
                closeOutput(pipeClosed);
            }
            ProcTapException failure = tap.failure();
            if (failure != null && !pipeClosed) {
                throw failure;
            }
            return ExitCode.OK;
        } finally {
            if (live != null) {
                live.end();
            }
        }
    }

    private void closeOutput(boolean pipeClosed) throws IOException {
        Preroll kept = preroll;
        if (kept != null) {
            kept.close();
            preroll = null;
        }
        AudioOutput opened = output;
        if (opened != null) {
            try {
                opened.close();
            } catch (IOException e) {
                if (!pipeClosed && !isClosedPipe(e)) {
                    throw e;
                }
            }
        }
    }

    private void interrupt(ProcessAudioTap tap) {
        interrupted = true;
        ended = true;
        tap.stop();
    }

    private void copy(ProcessAudioTap tap, OutputOpener opener, long maxFrames) throws IOException {
        try {
            boolean more;
            do {
                more = copyChunk(tap, opener, maxFrames);
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
    private boolean copyChunk(ProcessAudioTap tap, OutputOpener opener, long maxFrames)
            throws IOException, InterruptedException {
        AudioOutput opened = output;
        if (opened != null && tap.chunksReady() == 0) {
            opened.flush();
        }
        AudioChunk chunk = tap.read(READ_TIMEOUT);
        if (chunk == null) {
            return !tap.isDrained();
        }
        long lost = chunk.lostFramesBefore();
        State now = state.get();
        if (now == State.WAITING && peakDbfs(chunk) >= rules.beginDbfs()) {
            now = state.updateAndGet(seen -> seen == State.WAITING ? State.RECORDING : seen);
        }
        if (now == State.WAITING) {
            Preroll kept = Objects.requireNonNull(preroll);
            kept.addSilence(lost);
            kept.add(chunk.bytes());
        } else {
            opened = opened == null ? begin(chunk, opener, maxFrames) : opened;
            if (now == State.RECORDING) {
                lostFrames += writeSilence(opened, lost, maxFrames);
                write(opened, chunk, maxFrames);
            } else if (pausesAreSilence) {
                writeSilence(opened, lost + chunk.frames(), maxFrames);
            }
        }
        tellLive(chunk, tap, now);
        return frames < maxFrames && !isSilentForLong(chunk, now);
    }

    /** Opens the output and writes what was kept before {@code chunk}. */
    private AudioOutput begin(AudioChunk chunk, OutputOpener opener, long maxFrames) throws IOException {
        Preroll kept = Objects.requireNonNull(preroll);
        PcmFormat format = chunk.format();
        long sinceFirst = System.nanoTime() - chunk.captureTimeNanos() + format.framesToNanos(kept.frames());
        AudioOutput opened = opener.open(Instant.now().minusNanos(sinceFirst));
        output = opened;
        frames = Math.min(kept.frames(), maxFrames);
        kept.writeTo(opened, frames);
        kept.close();
        preroll = null;
        return opened;
    }

    private void write(AudioOutput opened, AudioChunk chunk, long maxFrames) throws IOException {
        ByteBuffer bytes = chunk.bytes();
        long left = maxFrames - frames;
        int n = (int) Math.min(left, chunk.frames());
        if (n > 0) {
            opened.write(n < chunk.frames() ? bytes.limit(n * chunk.format().frameBytes()) : bytes);
            frames += n;
        }
    }

    private long writeSilence(AudioOutput opened, long wanted, long maxFrames) throws IOException {
        long n = Math.min(wanted, maxFrames - frames);
        if (n > 0) {
            opened.writeSilence(n);
            frames += n;
        }
        return n;
    }

    private double peakDbfs(AudioChunk chunk) {
        Level meter = level == null ? new Level(chunk.format()) : level;
        level = meter;
        return Level.dbfs(meter.peak(chunk));
    }

    private boolean isSilentForLong(AudioChunk chunk, State now) {
        if (rules.silentFrames() == Long.MAX_VALUE || now != State.RECORDING) {
            return false;
        }
        silentFrames = peakDbfs(chunk) < rules.silenceDbfs() ? silentFrames + chunk.frames() : 0;
        return silentFrames >= rules.silentFrames();
    }

    private void tellLive(AudioChunk chunk, ProcessAudioTap tap, State now) {
        if (live != null) {
            AudioOutput opened = output;
            switch (now) {
                case WAITING -> live.update(chunk, tap, "waiting  ", Objects.requireNonNull(preroll).frames(), 0);
                case PAUSED -> live.update(chunk, tap, "paused   ", frames, opened == null ? 0 : opened.bytes());
                case RECORDING -> live.update(chunk, tap, "", frames, opened == null ? 0 : opened.bytes());
            }
        }
    }

    private void finish(TapStatistics statistics) {
        if (live != null) {
            live.end();
        }
        AudioOutput opened = output;
        if (opened == null) {
            err.println("proctap: the recording never began, so that there is no file");
            err.flush();
            return;
        }
        if (lostFrames > 0) {
            err.println("proctap: lost " + lostFrames + " frames in all, recorded as silence");
        }
        if (verbose) {
            err.println("proctap: " + opened.bytes() + " bytes, " + statistics.framesCaptured() + " frames captured, "
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
