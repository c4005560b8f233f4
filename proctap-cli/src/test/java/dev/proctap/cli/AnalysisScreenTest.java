package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.pcm.PcmFormat;
import dev.proctap.pipes.analysis.Analysis;
import dev.proctap.pipes.analysis.AudioAnalyzer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A live analysis fits into a terminal of any size. */
class AnalysisScreenTest {

    private static Analysis ofATone() {
        AudioAnalyzer analyzer = new AudioAnalyzer(PcmFormat.STANDARD);
        float[] tone = new float[2 * 48_000];
        for (int i = 0; i < tone.length; i++) {
            int frame = i / 2;
            tone[i] = (float) (0.5 * Math.sin(2 * Math.PI * 1000 * frame / 48_000));
        }
        analyzer.process(tone, 48_000);
        return analyzer.snapshot();
    }

    @ParameterizedTest
    @CsvSource({"80, 24", "200, 60", "40, 10", "20, 5", "3, 2"})
    void noLineIsTooLongAndNotTooManyAreThere(int columns, int rows) {
        List<String> lines = LiveScreen.fitting(AnalysisScreen.lines(ofATone(), columns), columns, rows);
        assertThat(lines).hasSizeLessThan(rows).isNotEmpty();
        assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThan(columns));
    }

    @Test
    void barsAreAsLongAsTheLevel() {
        List<String> lines = AnalysisScreen.lines(ofATone(), 124);
        String rms = lines.stream().filter(line -> line.startsWith("RMS")).findFirst().orElseThrow();
        assertThat(rms).endsWith("-9.0 dB");
        long full = rms.chars().filter(c -> c == '█').count();
        assertThat(full).isEqualTo(Math.round(100 * (1 - 9.03 / 60)));
        assertThat(lines).anySatisfy(line -> assertThat(line).startsWith("Mid").contains("█").doesNotContain("-199"));
        assertThat(lines.getLast()).startsWith("pitch 1000.0 Hz");
    }
}
