package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.ProcTapException;
import dev.proctap.ProcTapException.Kind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scripts depend on these numbers. */
class ExitCodeTest {

    @ParameterizedTest
    @CsvSource({"FAILED, 1", "SERVER_LOST, 1", "NO_SUCH_PROCESS, 3", "NOT_PLAYING, 4", "NO_AUDIO_SERVER, 5",
            "VERSION_TOO_OLD, 5", "NOT_PERMITTED, 6"})
    void everyKindOfFailureHasItsCode(Kind kind, int code) {
        assertThat(ExitCode.of(new ProcTapException(kind, "x"))).isEqualTo(code);
    }
}
