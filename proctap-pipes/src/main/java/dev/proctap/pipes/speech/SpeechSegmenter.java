package dev.proctap.pipes.speech;

import dev.proctap.pipes.dsp.Frames;
import dev.proctap.pipes.filter.VoiceDetector;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts mono sound into stretches of speech: each begins a little before somebody speaks and ends at a pause, or, where there is
 * none for long, at the quietest place of its last part. What is softer than a level is left out; what is no number counts as
 * silence. Not thread-safe.
 */
public final class SpeechSegmenter {

    /** What is kept before the first block that counts as speech: its beginning is often soft. */
    private static final double LEAD_SECONDS = 0.3;
    /** At the end of a stretch that is too long, so much of it is looked through for a quiet place. */
    private static final double SEARCHED_PART = 0.3;
    private static final double SHORTEST_SECONDS = 0.1;

    private final int sampleRateHz;
    private final VoiceDetector detector;
    private final int blockFrames;
    private final int pauseBlocks;
    private final int mostFrames;
    private final double silenceRms;
    private final Consumer<Segment> segments;
    private final float[] block;
    private final float[] lead;
    private int inBlock;
    private int leadFrames;
    private float[] speech;
    private int speechFrames;
    private int quietBlocks;
    private boolean speaking;
    private long position;
    private long skippedSegments;

    /**
     * A stretch of speech.
     *
     * @param startFrame
     *            its first frame in the stream
     * @param samples
     *            mono
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    public record Segment(long startFrame, float[] samples, int sampleRateHz) {

        /** When it begins in the stream. */
        public double startSeconds() {
            return (double) startFrame / sampleRateHz;
        }

        /** How long it is. */
        public double seconds() {
            return (double) samples.length / sampleRateHz;
        }
    }

    /**
     * @param detector
     *            tells what is speech; null to take everything for it
     * @param pauseSeconds
     *            so long a pause ends a segment
     * @param mostSeconds
     *            no segment is longer
     * @param silenceRms
     *            segments whose root mean square is below are left out
     */
    public SpeechSegmenter(int sampleRateHz, @Nullable VoiceDetector detector, double pauseSeconds, double mostSeconds,
            double silenceRms, Consumer<Segment> segments) {
        if (!(pauseSeconds > 0) || !(mostSeconds >= 1 && mostSeconds <= 600)) {
            throw new IllegalArgumentException("a segment ends at a pause of " + pauseSeconds + " s, or after "
                    + mostSeconds + " s, which is to be 1 to 600");
        }
        this.sampleRateHz = sampleRateHz;
        this.detector = detector == null ? new Everything(sampleRateHz) : detector;
        this.silenceRms = silenceRms;
        this.segments = segments;
        blockFrames = this.detector.blockFrames();
        pauseBlocks = Math.max(1, (int) Math.round(pauseSeconds * sampleRateHz / blockFrames));
        mostFrames = (int) (mostSeconds * sampleRateHz) / blockFrames * blockFrames;
        block = new float[blockFrames];
        lead = new float[Math.max(1, (int) (LEAD_SECONDS * sampleRateHz) / blockFrames) * blockFrames];
        speech = new float[lead.length + sampleRateHz];
    }

    private record Everything(int sampleRateHz) implements VoiceDetector {

        @Override
        public int blockFrames() {
            return sampleRateHz * BLOCK_MILLIS / 1000;
        }

        @Override
        public boolean isSpeech(float[] mono, int from) {
            return true;
        }

        @Override
        public void reset() {
            // nothing is kept
        }
    }

    /** Takes the next frames. */
    public void process(float[] mono, int frames) {
        for (int done = 0; done < frames;) {
            int n = Math.min(blockFrames - inBlock, frames - done);
            System.arraycopy(mono, done, block, inBlock, n);
            inBlock += n;
            done += n;
            if (inBlock == blockFrames) {
                inBlock = 0;
                endBlock();
            }
        }
    }

    private void endBlock() {
        Frames.makeFinite(block, blockFrames);
        boolean speaks = detector.isSpeech(block, 0);
        if (speaks && !speaking) {
            speaking = true;
            append(lead, leadFrames);
            leadFrames = 0;
        }
        position += blockFrames;
        if (!speaking) {
            keepLead();
            return;
        }
        append(block, blockFrames);
        quietBlocks = speaks ? 0 : quietBlocks + 1;
        if (quietBlocks >= pauseBlocks) {
            emit(speechFrames);
            speaking = false;
            quietBlocks = 0;
        } else if (speechFrames >= mostFrames) {
            cutAtQuietestPlace();
        }
    }

    private void keepLead() {
        if (leadFrames == lead.length) {
            System.arraycopy(lead, blockFrames, lead, 0, lead.length - blockFrames);
            leadFrames -= blockFrames;
        }
        System.arraycopy(block, 0, lead, leadFrames, blockFrames);
        leadFrames += blockFrames;
    }

    private void append(float[] samples, int frames) {
        if (speech.length < speechFrames + frames) {
            speech = Arrays.copyOf(speech, Math.min(mostFrames + lead.length, 2 * speech.length) + frames);
        }
        System.arraycopy(samples, 0, speech, speechFrames, frames);
        speechFrames += frames;
    }

    private void cutAtQuietestPlace() {
        int first = (int) (speechFrames * (1 - SEARCHED_PART)) / blockFrames * blockFrames;
        int best = speechFrames;
        double least = Double.MAX_VALUE;
        for (int at = first; at + blockFrames <= speechFrames; at += blockFrames) {
            double power = meanSquare(at, at + blockFrames);
            if (power < least) {
                least = power;
                best = at + blockFrames;
            }
        }
        emit(best);
    }

    private double meanSquare(int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += (double) speech[i] * speech[i];
        }
        return sum / Math.max(1, to - from);
    }

    /** Hands over the first frames of what was collected, and keeps the rest. */
    private void emit(int frames) {
        long start = position - speechFrames;
        boolean loud = Math.sqrt(meanSquare(0, frames)) >= silenceRms;
        boolean lasts = frames >= SHORTEST_SECONDS * sampleRateHz;
        if (loud && lasts) {
            segments.accept(new Segment(start, Arrays.copyOf(speech, frames), sampleRateHz));
        } else {
            skippedSegments++;
        }
        System.arraycopy(speech, frames, speech, 0, speechFrames - frames);
        speechFrames -= frames;
    }

    /** The stream has ended: hands over what is left. */
    public void end() {
        if (speaking || inBlock > 0) {
            append(block, speaking ? inBlock : 0);
            position += speaking ? inBlock : 0;
            if (speechFrames > 0) {
                emit(speechFrames);
            }
        }
        speaking = false;
        inBlock = 0;
    }

    /** How many segments were left out since they were too soft or too short. */
    public long skippedSegments() {
        return skippedSegments;
    }
}
