package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class FileNamesTest {

    private static final Instant TIME = Instant.parse("2026-03-04T05:06:07Z");
    private static final ZoneId ZONE = ZoneId.of("+02:00");

    private static FileNames names(String pattern, boolean numbered) {
        return new FileNames(pattern, numbered, ZONE);
    }

    @Test
    void aNameTellsTheTimeWhereItBegins() {
        FileNames names = names("a b/call-%Y%m%d-%H%M%S.wav", true);
        assertThat(names.next(TIME)).isEqualTo("a b/call-20260304-070607.wav");
        assertThat(names.next(TIME.plusSeconds(3600))).isEqualTo("a b/call-20260304-080607.wav");
    }

    @Test
    void partsWithoutAPatternAreNumbered() {
        FileNames names = names("dir.d/out.wav", true);
        assertThat(names.next(TIME)).isEqualTo("dir.d/out-001.wav");
        assertThat(names.next(TIME)).isEqualTo("dir.d/out-002.wav");
        assertThat(names("dir.d/out", true).next(TIME)).isEqualTo("dir.d/out-001");
        assertThat(names("%n-%%.flac", true).next(TIME)).isEqualTo("001-%.flac");
    }

    @Test
    void whatIsNoPlaceStaysAsItIs() {
        assertThat(names("100%.wav", false).next(TIME)).isEqualTo("100%.wav");
        assertThat(names("%x$1\\.wav", false).next(TIME)).isEqualTo("%x$1\\.wav");
    }

    @Test
    void noNameIsGivenTwice() {
        FileNames names = names("at-%H.wav", true);
        assertThat(names.next(TIME)).isEqualTo("at-07.wav");
        assertThat(names.next(TIME.plusSeconds(60))).isEqualTo("at-07-002.wav");
        assertThat(names.next(TIME.plusSeconds(120))).isEqualTo("at-07-003.wav");
    }
}
