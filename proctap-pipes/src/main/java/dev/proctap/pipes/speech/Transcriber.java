package dev.proctap.pipes.speech;

import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.filter.SpectralVoiceDetector;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes text of sound of any format, from one program or several:
 *
 * {@snippet :
 * Transcriber.Input input = transcriber.input("zoom", options.format());
 * for (AudioChunk chunk : tap.chunks()) {
 *     input.process(chunk.samples(), chunk.frames());
 * }
 * input.end();
 * }
 *
 * <p>Recognition runs on a thread of its own, stretch after stretch in the order in which they ended; whoever gives the sound waits only when
 * ten minutes of speech wait already. When it falls behind, that is told.
 */
public final class Transcriber implements AutoCloseable {

    private static final PcmFormat HEARD = new PcmFormat(SpeechRecognizer.SAMPLE_RATE_HZ, 1, SampleFormat.F32)
            .withByteOrder(ByteOrder.nativeOrder());
    private static final double MOST_WAITING_SECONDS = 600;
    /** From so much on it is told how far behind recognition is, and again at each doubling. */
    private static final double TOLD_BEHIND_SECONDS = 20;

    private final SpeechRecognizer recognizer;
    private final Settings settings;
    private final Consumer<Utterance> utterances;
    private final Consumer<String> news;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final Thread thread;
    private double waitingSeconds;
    private double toldBehind;
    private boolean busy;
    private boolean ended;
    private long failures;

    /**
     * How to cut and filter.
     *
     * @param detectVoice
     *            whether to cut where nobody speaks, or only by length
     * @param pauseSeconds
     *            so long a pause ends a stretch
     * @param mostSeconds
     *            no stretch is longer
     * @param silenceRms
     *            what is softer is skipped; full scale is 1
     * @param skipHallucinations
     *            see {@link TranscriptFilter}
     * @param skipRepetitions
     *            likewise
     */
    public record Settings(boolean detectVoice, double pauseSeconds, double mostSeconds, double silenceRms,
            boolean skipHallucinations, boolean skipRepetitions) {

        public static final Settings DEFAULTS = new Settings(true, 0.6, 15, 0.01, true, true);
    }

    private record Waiting(Input input, SpeechSegmenter.Segment segment) {}

    /** The sound of one program. Used by one thread at a time. */
    public final class Input {

        private final String speaker;
        private final TranscriptFilter filter;
        private final SpeechSegmenter segmenter;
        private final PcmConverter converter;
        private float[] mono = new float[SpeechRecognizer.SAMPLE_RATE_HZ / 10];

        private Input(String speaker, PcmFormat format) {
            this.speaker = speaker;
            converter = new PcmConverter(format, HEARD);
            filter = new TranscriptFilter(settings.skipHallucinations(), settings.skipRepetitions());
            segmenter = new SpeechSegmenter(SpeechRecognizer.SAMPLE_RATE_HZ,
                    settings.detectVoice() ? new SpectralVoiceDetector(SpeechRecognizer.SAMPLE_RATE_HZ) : null,
                    settings.pauseSeconds(), settings.mostSeconds(), settings.silenceRms(),
                    segment -> add(new Waiting(this, segment)));
        }

        /**
         * Takes the next frames.
         *
         * @param samples
         *            holds them at its beginning, in the input's format
         */
        public void process(MemorySegment samples, int frames) {
            int count = converter.outputFrames(frames);
            reserve(count);
            converter.convert(samples, 0, frames, MemorySegment.ofArray(mono), 0);
            segmenter.process(mono, count);
        }

        /** Takes silence instead of frames that were lost, so that times stay those of the sound. */
        public void silence(long frames) {
            int block = converter.from().sampleRateHz() / 10;
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment silence = arena.allocate((long) block * converter.from().frameBytes(), 8);
                if (converter.from().sampleFormat() == SampleFormat.U8) {
                    silence.fill((byte) 0x80);
                }
                for (long left = frames; left > 0; left -= block) {
                    process(silence, (int) Math.min(left, block));
                }
            }
        }

        private void reserve(int frames) {
            mono = mono.length < frames ? new float[frames] : mono;
        }

        /** Its sound has ended. */
        public void end() {
            int count = converter.flushFrames();
            reserve(count);
            converter.flush(MemorySegment.ofArray(mono), 0);
            segmenter.process(mono, count);
            segmenter.end();
        }
    }

    /**
     * @param recognizer
     *            is closed by its owner
     * @param utterances
     *            is given what was said, on the recognizing thread
     * @param news
     *            is told what goes wrong, likewise
     */
    public Transcriber(SpeechRecognizer recognizer, Settings settings, Consumer<Utterance> utterances,
            Consumer<String> news) {
        this.recognizer = recognizer;
        this.settings = settings;
        this.utterances = utterances;
        this.news = news;
        toldBehind = TOLD_BEHIND_SECONDS;
        thread = Thread.ofPlatform().daemon().name("proctap-transcriber").start(this::recognizeAll);
    }

    /**
     * Another program.
     *
     * @param speaker
     *            the name that its utterances have, empty for none
     * @param format
     *            of its sound
     */
    public Input input(String speaker, PcmFormat format) {
        return new Input(speaker, format);
    }

    private void add(Waiting next) {
        String behind = null;
        lock.lock();
        try {
            while (waitingSeconds > MOST_WAITING_SECONDS && !ended) {
                changed.awaitUninterruptibly();
            }
            waiting.addLast(next);
            waitingSeconds += next.segment.seconds();
            if (waitingSeconds > toldBehind) {
                toldBehind = 2 * waitingSeconds;
                behind = String.format(Locale.ROOT,
                        "recognition does not keep up: %.0f s of speech wait; a smaller model,"
                                + " or a server (--api), would be faster",
                        waitingSeconds);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (behind != null) {
            news.accept(behind);
        }
    }

    private void recognizeAll() {
        try {
            for (Waiting next; (next = take()) != null;) {
                recognize(next);
            }
        } catch (InterruptedException e) {
            // closed
        } finally {
            lock.lock();
            try {
                ended = true;
                busy = false;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private @Nullable Waiting take() throws InterruptedException {
        lock.lock();
        try {
            busy = false;
            changed.signalAll();
            while (waiting.isEmpty() && !ended) {
                changed.await();
            }
            Waiting next = waiting.pollFirst();
            if (next != null) {
                busy = true;
                waitingSeconds -= next.segment.seconds();
                if (waitingSeconds < TOLD_BEHIND_SECONDS / 2) {
                    toldBehind = TOLD_BEHIND_SECONDS;
                }
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    private void recognize(Waiting next) throws InterruptedException {
        List<SpeechRecognizer.Phrase> phrases;
        try {
            phrases = recognizer.recognize(next.segment.samples());
        } catch (IOException e) {
            lock.lock();
            try {
                failures++;
            } finally {
                lock.unlock();
            }
            news.accept(String.format(Locale.ROOT, "%.1f s of speech at %.1f s are not transcribed: %s",
                    next.segment.seconds(), next.segment.startSeconds(), e.getMessage()));
            return;
        }
        double start = next.segment.startSeconds();
        for (SpeechRecognizer.Phrase phrase : phrases) {
            if (next.input.filter.accepts(phrase.text())) {
                utterances.accept(new Utterance(next.input.speaker, start + phrase.startSeconds(),
                        start + phrase.endSeconds(), phrase.text()));
            }
        }
    }

    /** How much speech waits, in seconds. */
    public double behindSeconds() {
        lock.lock();
        try {
            return waitingSeconds;
        } finally {
            lock.unlock();
        }
    }

    /** How many stretches could not be transcribed. */
    public long failures() {
        lock.lock();
        try {
            return failures;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until everything that was given is transcribed. */
    public void drain() throws InterruptedException {
        lock.lock();
        try {
            while ((!waiting.isEmpty() || busy) && !ended) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends at once; what waits is not transcribed: {@link #drain} before. */
    @Override
    public void close() {
        lock.lock();
        try {
            ended = true;
            waiting.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
        try {
            // whisper.cpp does not hear of interrupts, and its memory must not be freed while it runs
            thread.join(Duration.ofMinutes(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
