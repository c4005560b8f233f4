package dev.proctap.pipes.speech;

import java.io.IOException;
import java.util.List;

/** Makes text of speech. */
public interface SpeechRecognizer extends AutoCloseable {

    /** The rate of what it takes, in Hz. */
    int SAMPLE_RATE_HZ = 16_000;

    /**
     * Some words.
     *
     * @param startSeconds
     *            when they begin in the samples that were given
     * @param endSeconds
     *            when they end there
     */
    record Phrase(double startSeconds, double endSeconds, String text) {}

    /**
     * Recognizes a stretch of mono samples of {@link #SAMPLE_RATE_HZ}.
     *
     * @throws IOException
     *             if that cannot be done; the next stretch may
     */
    List<Phrase> recognize(float[] mono) throws IOException, InterruptedException;

    @Override
    void close() throws IOException;
}
