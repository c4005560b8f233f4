package dev.proctap.pipes.speech;

import io.github.givimad.whisperjni.WhisperContext;
import io.github.givimad.whisperjni.WhisperFullParams;
import io.github.givimad.whisperjni.WhisperJNI;
import io.github.givimad.whisperjni.WhisperSamplingStrategy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Speech to text on this machine, by whisper.cpp. Used by one thread at a time. */
public final class WhisperRecognizer implements SpeechRecognizer {

    /** What users are told who have no model. */
    public static final String MODELS = "models of whisper.cpp (ggml-base.bin and others) are at"
            + " https://huggingface.co/ggerganov/whisper.cpp; nothing is downloaded by itself";

    /** whisper.cpp refuses less than a second. */
    private static final int LEAST_FRAMES = SAMPLE_RATE_HZ + SAMPLE_RATE_HZ / 10;
    private static final double TIMESTAMP_SECONDS = 0.01;

    private final WhisperJNI whisper;
    private final WhisperContext context;
    private final @Nullable String language;
    private final boolean translate;
    private final int beamSize;
    private boolean closed;

    /**
     * Loads a model.
     *
     * @param language
     *            for example {@code en}; null to find out
     * @param translate
     *            whether to translate into English
     * @param beamSize
     *            how many continuations are followed; 1 for the likeliest alone
     * @throws NoSuchFileException
     *             if there is no such file; its reason tells where models come from
     * @throws IOException
     *             if it is no model, or whisper.cpp's library cannot be loaded
     */
    public WhisperRecognizer(Path model, @Nullable String language, boolean translate, int beamSize)
            throws IOException {
        if (!Files.isRegularFile(model)) {
            throw new NoSuchFileException(model.toString(), null, "there is no such model file; " + MODELS);
        }
        if (beamSize < 1) {
            throw new IllegalArgumentException("a beam size is 1 or more, not " + beamSize);
        }
        try {
            // its chatter is for its developers
            WhisperJNI.loadLibrary(text -> {});
            WhisperJNI.setLibraryLogger(null);
        } catch (LinkageError e) {
            throw new IOException("whisper.cpp's library cannot be loaded on this system: " + e.getMessage(), e);
        }
        whisper = new WhisperJNI();
        WhisperContext loaded = whisper.init(model);
        if (loaded == null) {
            throw new IOException(model + " is no model that whisper.cpp can read; " + MODELS);
        }
        context = loaded;
        this.language = language;
        this.translate = translate;
        this.beamSize = beamSize;
    }

    @Override
    public List<Phrase> recognize(float[] mono) throws IOException {
        if (closed) {
            throw new IOException("the recognizer is closed");
        }
        WhisperFullParams params = new WhisperFullParams(
                beamSize > 1 ? WhisperSamplingStrategy.BEAN_SEARCH : WhisperSamplingStrategy.GREEDY);
        params.beamSearchBeamSize = beamSize;
        params.nThreads = Runtime.getRuntime().availableProcessors();
        params.language = language == null ? "auto" : language;
        params.translate = translate;
        params.noContext = true;
        params.printProgress = false;
        params.printRealtime = false;
        params.printTimestamps = false;
        params.printSpecial = false;
        params.suppressBlank = true;
        params.suppressNonSpeechTokens = true;
        float[] padded = mono.length < LEAST_FRAMES ? Arrays.copyOf(mono, LEAST_FRAMES) : mono;
        int code = whisper.full(context, params, padded, padded.length);
        if (code != 0) {
            throw new IOException("whisper.cpp failed with code " + code);
        }
        double seconds = (double) mono.length / SAMPLE_RATE_HZ;
        List<Phrase> phrases = new ArrayList<>();
        for (int i = 0; i < whisper.fullNSegments(context); i++) {
            String text = whisper.fullGetSegmentText(context, i).strip();
            if (!text.isEmpty()) {
                double start = whisper.fullGetSegmentTimestamp0(context, i) * TIMESTAMP_SECONDS;
                double end = whisper.fullGetSegmentTimestamp1(context, i) * TIMESTAMP_SECONDS;
                phrases.add(new Phrase(Math.clamp(start, 0, seconds), Math.clamp(end, 0, seconds), text));
            }
        }
        return phrases;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            context.close();
        }
    }
}
