package dev.proctap.pipes.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.pipes.Speech;
import dev.proctap.pipes.filter.EnergyVoiceDetector;
import dev.proctap.pipes.filter.SpectralVoiceDetector;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sound is cut at pauses, never loses speech, and is never longer than allowed. */
class SpeechSegmenterTest {

    private static final int RATE_HZ = SpeechRecognizer.SAMPLE_RATE_HZ;

    private static float[] join(float[]... parts) {
        int length = 0;
        for (float[] part : parts) {
            length += part.length;
        }
        float[] all = new float[length];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    private static float[] pause(double seconds) {
        return Speech.noise((int) (seconds * RATE_HZ), 2e-4, 3);
    }

    @Test
    void sentencesWithPausesBetweenAreSegments() {
        float[] one = Speech.say("The quick brown fox jumps over the lazy dog.", RATE_HZ);
        float[] two = Speech.say("She sells sea shells.", RATE_HZ);
        float[] sound = join(pause(1), one, pause(1.5), two, pause(1));
        List<SpeechSegmenter.Segment> segments = new ArrayList<>();
        SpeechSegmenter segmenter = new SpeechSegmenter(RATE_HZ, new SpectralVoiceDetector(RATE_HZ), 0.6, 15, 0.01,
                segments::add);
        segmenter.process(sound, sound.length);
        segmenter.end();
        assertThat(segments).hasSize(2);
        assertThat(segments.get(0).startSeconds()).isCloseTo(1.0, within(0.4));
        assertThat(segments.get(1).startSeconds()).isCloseTo(2.5 + one.length / (double) RATE_HZ, within(0.5));
        for (SpeechSegmenter.Segment segment : segments) {
            // bit for bit what was at its place
            for (int i = 0; i < segment.samples().length; i++) {
                assertThat(segment.samples()[i]).isEqualTo(sound[(int) segment.startFrame() + i]);
            }
        }
    }

    @Test
    void whatIsNoNumberCountsAsSilenceAndWhatIsSaidAfterItIsHeard() {
        float[] sound = join(pause(1), Speech.say("She sells sea shells.", RATE_HZ), pause(1));
        sound[100] = 0;
        sound[RATE_HZ / 2] = 0;
        List<float[]> expected = new ArrayList<>();
        List<float[]> segments = new ArrayList<>();
        for (List<float[]> heard : List.of(expected, segments)) {
            SpeechSegmenter segmenter = new SpeechSegmenter(RATE_HZ, new SpectralVoiceDetector(RATE_HZ), 0.6, 15, 0.01,
                    segment -> heard.add(segment.samples()));
            segmenter.process(sound, sound.length);
            segmenter.end();
            sound[100] = Float.NaN;
            sound[RATE_HZ / 2] = Float.NEGATIVE_INFINITY;
        }
        assertThat(segments).hasSize(1);
        assertThat(segments.getFirst()).isEqualTo(expected.getFirst());
    }

    @Test
    void segmentsDoNotDependOnHowTheStreamIsCut() {
        float[] sound = join(pause(0.5), Speech.say(Speech.TEXT, RATE_HZ), pause(1));
        List<SpeechSegmenter.Segment> whole = new ArrayList<>();
        SpeechSegmenter one = new SpeechSegmenter(RATE_HZ, new SpectralVoiceDetector(RATE_HZ), 0.3, 5, 0.01,
                whole::add);
        one.process(sound, sound.length);
        one.end();
        List<SpeechSegmenter.Segment> pieces = new ArrayList<>();
        SpeechSegmenter other = new SpeechSegmenter(RATE_HZ, new SpectralVoiceDetector(RATE_HZ), 0.3, 5, 0.01,
                pieces::add);
        Random random = new Random(2);
        for (int done = 0; done < sound.length;) {
            int n = Math.min(sound.length - done, 1 + random.nextInt(700));
            float[] piece = java.util.Arrays.copyOfRange(sound, done, done + n);
            other.process(piece, n);
            done += n;
        }
        other.end();
        assertThat(pieces).hasSameSizeAs(whole);
        for (int i = 0; i < whole.size(); i++) {
            assertThat(pieces.get(i).startFrame()).isEqualTo(whole.get(i).startFrame());
            assertThat(pieces.get(i).samples()).isEqualTo(whole.get(i).samples());
        }
    }

    @Test
    void withoutAPauseItIsCutAtTheQuietestPlaceAndNothingIsLost() {
        float[] tone = new float[20 * RATE_HZ];
        for (int i = 0; i < tone.length; i++) {
            // softer for a moment at 4.2, 8.2 ... seconds
            double soft = (i % (4 * RATE_HZ)) / (double) RATE_HZ;
            tone[i] = (float) ((soft > 0.2 && soft < 0.25 ? 0.05 : 0.5) * Math.sin(i * 0.3));
        }
        List<SpeechSegmenter.Segment> segments = new ArrayList<>();
        SpeechSegmenter segmenter = new SpeechSegmenter(RATE_HZ, new EnergyVoiceDetector(RATE_HZ), 0.5, 5, 0.01,
                segments::add);
        segmenter.process(tone, tone.length);
        segmenter.end();
        long next = 0;
        for (SpeechSegmenter.Segment segment : segments) {
            assertThat(segment.seconds()).isLessThanOrEqualTo(5.01);
            assertThat(segment.startFrame()).isEqualTo(next);
            next += segment.samples().length;
        }
        assertThat(next).isEqualTo(tone.length);
        assertThat(segments.get(1).startSeconds()).isCloseTo(4.22, within(0.04));
    }

    @Test
    void silenceIsSkippedEvenWithoutADetector() {
        List<SpeechSegmenter.Segment> segments = new ArrayList<>();
        SpeechSegmenter segmenter = new SpeechSegmenter(RATE_HZ, null, 0.5, 5, 0.01, segments::add);
        float[] quiet = Speech.noise(20 * RATE_HZ, 0.005, 1);
        segmenter.process(quiet, quiet.length);
        segmenter.end();
        assertThat(segments).isEmpty();
        assertThat(segmenter.skippedSegments()).isGreaterThan(0);
    }
}
