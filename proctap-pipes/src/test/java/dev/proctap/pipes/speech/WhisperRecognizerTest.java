package dev.proctap.pipes.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.pipes.speech.SpeechRecognizer.Phrase;
import dev.proctap.testbed.ParrotModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real whisper.cpp, with a model that says the same words from 0 to 1 s whatever it hears. */
class WhisperRecognizerTest {

    @TempDir
    static Path folder;

    private static Path model = Path.of("");

    @BeforeAll
    static void write() throws IOException {
        model = ParrotModel.write(folder.resolve("ggml-parrot.bin"), " hello", " world");
    }

    @ParameterizedTest
    @CsvSource({"en, 1", "en, 5", ", 1"})
    void wordsComeWithTheirTimes(String language, int beamSize) throws IOException {
        try (WhisperRecognizer recognizer = new WhisperRecognizer(model, language, false, beamSize)) {
            for (int repetition = 0; repetition < 2; repetition++) {
                List<Phrase> phrases = recognizer.recognize(new float[5 * SpeechRecognizer.SAMPLE_RATE_HZ / 2]);
                assertThat(phrases).hasSizeGreaterThanOrEqualTo(2);
                for (int i = 0; i < 2; i++) {
                    assertThat(phrases.get(i).text()).isEqualTo("hello world");
                    assertThat(phrases.get(i).startSeconds()).isCloseTo(i, within(0.02));
                    assertThat(phrases.get(i).endSeconds()).isCloseTo(i + 1, within(0.02));
                }
            }
        }
    }

    @Test
    void whatIsShorterThanWhisperTakesEndsWhereItEnds() throws IOException {
        try (WhisperRecognizer recognizer = new WhisperRecognizer(model, "en", false, 1)) {
            List<Phrase> phrases = recognizer.recognize(new float[SpeechRecognizer.SAMPLE_RATE_HZ / 2]);
            assertThat(phrases).hasSize(1);
            assertThat(phrases.getFirst().endSeconds()).isEqualTo(0.5);
        }
    }

    @Test
    void aClosedOneSaysSo() throws IOException {
        WhisperRecognizer recognizer = new WhisperRecognizer(model, "en", false, 1);
        recognizer.close();
        recognizer.close();
        assertThatThrownBy(() -> recognizer.recognize(new float[20_000])).hasMessageContaining("closed");
    }

    @Test
    void aModelThatIsMissingSaysWhereModelsComeFrom() throws IOException {
        assertThatThrownBy(() -> new WhisperRecognizer(folder.resolve("ggml-base.bin"), null, false, 5))
                .isInstanceOf(NoSuchFileException.class).hasMessageContaining("ggml-base.bin")
                .hasMessageContaining("huggingface.co/ggerganov/whisper.cpp")
                .hasMessageContaining("nothing is downloaded");
        Path wrong = Files.writeString(folder.resolve("wrong.bin"), "this is no model");
        assertThatThrownBy(() -> new WhisperRecognizer(wrong, null, false, 5)).isInstanceOf(IOException.class)
                .hasMessageContaining("no model that whisper.cpp can read");
    }
}
