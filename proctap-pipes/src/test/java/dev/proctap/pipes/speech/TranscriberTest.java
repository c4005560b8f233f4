package dev.proctap.pipes.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.file.AudioReader;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.Speech;
import dev.proctap.pipes.http.BadServer;
import dev.proctap.pipes.http.RetryPolicy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** What is heard is recognized in order, by a real server that answers as OpenAI's does, and written with its times. */
class TranscriberTest {

    private static final int RATE_HZ = SpeechRecognizer.SAMPLE_RATE_HZ;
    private static final PcmFormat FORMAT = new PcmFormat(RATE_HZ, 1, SampleFormat.F32);
    private static final RetryPolicy FAST = RetryPolicy.DEFAULTS.withFirstPause(Duration.ofMillis(1))
            .withLongestPause(Duration.ofMillis(5)).withTimeout(Duration.ofSeconds(5)).withAttempts(2);

    private final BadServer server = BadServer.start();
    private final List<Utterance> said = Collections.synchronizedList(new ArrayList<>());
    private final List<String> news = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void stop() {
        server.close();
    }

    private static String answer(String text, double start, double end) {
        return "{\"text\":\"" + text + "\",\"segments\":[{\"start\":" + start + ",\"end\":" + end + ",\"text\":\" "
                + text
                + "\"}]}";
    }

    private ApiRecognizer api() {
        return new ApiRecognizer(server.uri("/v1/"), "sk-key", "whisper-1", "en", FAST);
    }

    /** Sentences with a second of almost silence between. */
    private static float[] sentences(String... texts) {
        float[] all = Speech.noise(RATE_HZ, 2e-4, 1);
        for (String text : texts) {
            float[] sentence = Speech.say(text, RATE_HZ);
            int at = all.length;
            all = Arrays.copyOf(all, at + sentence.length + RATE_HZ);
            System.arraycopy(sentence, 0, all, at, sentence.length);
        }
        return all;
    }

    private void transcribe(SpeechRecognizer recognizer, Transcriber.Settings settings, float[] sound)
            throws InterruptedException {
        try (Transcriber transcriber = new Transcriber(recognizer, settings, said::add, news::add)) {
            Transcriber.Input input = transcriber.input("firefox", FORMAT);
            input.process(MemorySegment.ofArray(sound), sound.length);
            input.end();
            transcriber.drain();
        }
    }

    @Test
    void stretchesOfSpeechGoToTheServerAsWavAndComeBackWithTheirTimes() throws InterruptedException, IOException {
        server.then(BadServer.with(200, answer("Hello there.", 0.2, 1.0))).then(BadServer.with(500, ""))
                .then(BadServer.with(200, "{\"text\":\"Good bye now.\"}"));
        float[] sound = sentences("Hello there, how are you today?", "Good bye now, see you tomorrow.");
        transcribe(api(), Transcriber.Settings.DEFAULTS, sound);
        assertThat(said).extracting(Utterance::text).containsExactly("Hello there.", "Good bye now.");
        assertThat(said.getFirst().startSeconds()).isCloseTo(1.2, within(0.45));
        assertThat(said.getFirst().endSeconds() - said.getFirst().startSeconds()).isCloseTo(0.8, within(1e-6));
        assertThat(said.getLast().endSeconds()).isBetween(3.0, sound.length / (double) RATE_HZ);
        BadServer.Got got = server.requests().getFirst();
        assertThat(got.path()).isEqualTo("/v1/audio/transcriptions");
        assertThat(got.header("Authorization")).isEqualTo("Bearer sk-key");
        String body = new String(got.body(), StandardCharsets.ISO_8859_1);
        assertThat(body).contains("name=\"model\"\r\n\r\nwhisper-1").contains("name=\"language\"\r\n\r\nen");
        int riff = body.indexOf("RIFF");
        try (AudioReader wav = AudioReader.open(new ByteArrayInputStream(got.body(), riff, got.body().length - riff),
                "the part")) {
            assertThat(wav.format().sampleRateHz()).isEqualTo(16_000);
            assertThat(wav.format().channels()).isEqualTo(1);
            assertThat(wav.frames() / 16_000.0).isBetween(1.0, 4.0);
        }
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void hallucinationsAndRepetitionsAreLeftOutUnlessTheyAreWanted() throws InterruptedException {
        for (boolean skip : new boolean[]{true, false}) {
            said.clear();
            for (String text : List.of("Thank you for watching!", "Real words.", "Real words.")) {
                server.then(BadServer.with(200, "{\"text\":\"" + text + "\"}"));
            }
            Transcriber.Settings settings = new Transcriber.Settings(true, 0.6, 15, 0.01, skip, skip);
            transcribe(api(), settings, sentences("This is the first sentence.", "And here is the second sentence.",
                    "Finally there is the third one."));
            assertThat(said).extracting(Utterance::text).containsExactlyElementsOf(skip
                    ? List.of("Real words.")
                    : List.of("Thank you for watching!", "Real words.", "Real words."));
        }
    }

    @Test
    void whatTheFilterTakesForMadeUp() {
        for (String text : List.of("Thanks for watching.", "THANK YOU", "...", " . ", "ご視聴ありがとうございました。",
                "Thank you. Thank you. Thank you.", "[BLANK_AUDIO]")) {
            assertThat(new TranscriptFilter(true, true).accepts(text)).as(text).isFalse();
        }
        for (String text : List.of("Thank you for the book that you gave me.", "I was watching.", "No.")) {
            assertThat(new TranscriptFilter(true, true).accepts(text)).as(text).isTrue();
        }
        TranscriptFilter filter = new TranscriptFilter(true, true);
        assertThat(List.of("a one", "b two", "c three", "d four")).allMatch(filter::accepts);
        assertThat(filter.accepts("B two.")).as("one of the last three").isFalse();
        assertThat(filter.accepts("a one")).as("longer ago").isTrue();
    }

    @Test
    void aStretchThatFailsIsToldAndTheNextIsTranscribed() throws InterruptedException {
        server.then(BadServer.with(422, "bad audio")).then(BadServer.with(200, "{\"text\":\"second\"}"));
        transcribe(api(), Transcriber.Settings.DEFAULTS,
                sentences("This is the first sentence.", "And here is the second sentence."));
        assertThat(said).extracting(Utterance::text).containsExactly("second");
        assertThat(news).hasSize(1);
        assertThat(news.getFirst()).contains("are not transcribed").contains("status 422").contains("bad audio");
    }

    @Test
    void wrongJsonIsTold() throws InterruptedException {
        server.then(BadServer.with(200, "<html>")).usually(BadServer.with(200, "{\"other\":1}"));
        transcribe(api(), Transcriber.Settings.DEFAULTS,
                sentences("This is the first sentence.", "And here is the second sentence."));
        assertThat(said).isEmpty();
        assertThat(news).hasSize(2).allSatisfy(text -> assertThat(text).contains("no transcription"));
    }

    @Test
    void itSaysWhenItDoesNotKeepUp() throws InterruptedException {
        CountDownLatch free = new CountDownLatch(1);
        SpeechRecognizer slow = new SpeechRecognizer() {
            @Override
            public List<Phrase> recognize(float[] mono) throws InterruptedException {
                free.await();
                return List.of(new Phrase(0, 1, "word " + mono.length));
            }

            @Override
            public void close() {
                // nothing is held
            }
        };
        try (Transcriber transcriber = new Transcriber(slow, Transcriber.Settings.DEFAULTS, said::add, news::add)) {
            Transcriber.Input input = transcriber.input("", FORMAT);
            float[] noise = Speech.noise(60 * RATE_HZ, 0.1, 1);
            float[] chirps = noise.clone();
            for (int i = 0; i < chirps.length; i++) {
                chirps[i] = (i / RATE_HZ) % 3 == 2
                        ? 0
                        : (float) (0.3 * Math.sin(i * (0.1 + 0.05 * Math.sin(i * 0.001))));
            }
            input.process(MemorySegment.ofArray(chirps), chirps.length);
            input.end();
            assertThat(news).as("once, and at each doubling").hasSizeBetween(1, 2)
                    .allSatisfy(text -> assertThat(text).contains("does not keep up").contains("s of speech wait"));
            free.countDown();
            transcriber.drain();
            assertThat(transcriber.behindSeconds()).isCloseTo(0, within(1e-9));
        }
        assertThat(said).isNotEmpty();
    }

    @Test
    void severalProgramsHaveTheirNames() throws InterruptedException {
        server.usually(BadServer.with(200, "{\"text\":\"words\"}"));
        try (Transcriber transcriber = new Transcriber(api(), Transcriber.Settings.DEFAULTS, said::add, news::add)) {
            for (String name : List.of("firefox", "zoom")) {
                Transcriber.Input input = transcriber.input(name, FORMAT);
                float[] sound = sentences("This is the first sentence.");
                input.process(MemorySegment.ofArray(sound), sound.length);
                input.end();
            }
            transcriber.drain();
        }
        assertThat(said).extracting(Utterance::speaker).containsExactly("firefox", "zoom");
    }

    @Test
    void theForms() {
        Utterance utterance = new Utterance("zoom", 3661.5, 3662.25, "a < b & \"c\"");
        assertThat(TranscriptFormat.TEXT.format(utterance, 1)).isEqualTo("zoom: a < b & \"c\"\n");
        assertThat(TranscriptFormat.SRT.format(utterance, 7))
                .isEqualTo("7\n01:01:01,500 --> 01:01:02,250\nzoom: a < b & \"c\"\n\n");
        assertThat(TranscriptFormat.VTT.head() + TranscriptFormat.VTT.format(utterance, 7)).isEqualTo(
                "WEBVTT\n\n01:01:01.500 --> 01:01:02.250\n<v zoom>a &lt; b &amp; \"c\"\n\n");
        var json = JsonMapper.shared().readTree(TranscriptFormat.JSON.format(utterance, 1));
        assertThat(json.path("speaker").stringValue("")).isEqualTo("zoom");
        assertThat(json.path("start").doubleValue()).isEqualTo(3661.5);
        assertThat(json.path("text").stringValue("")).isEqualTo("a < b & \"c\"");
        assertThat(TranscriptFormat.TEXT.format(new Utterance("", 0, 1, "alone"), 1)).isEqualTo("alone\n");
    }
}
