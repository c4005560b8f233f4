package dev.proctap.spi;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class CleanTextTest {

    @Test
    void ordinaryTextStaysAsItIs() {
        for (String text : new String[]{"", "Firefox", "Für Elise – Ludwig van Beethoven", "夜に駆ける", "🎵 mix 👩‍🎤"}) {
            assertThat(CleanText.clean(text)).isEqualTo(text);
        }
    }

    @Test
    void whatCouldDoSomethingToATerminalIsReplaced() {
        assertThat(CleanText.clean("a\u001b[31mred\u009b2J\r\n\u007f"))
                .isEqualTo("a\ufffd[31mred\ufffd2J\ufffd\ufffd\ufffd");
        assertThat(CleanText.clean("abc\u202egpj.exe\u2028")).isEqualTo("abc\ufffdgpj.exe\ufffd");
        assertThat(CleanText.clean("broken \ud83c")).isEqualTo("broken \ufffd");
    }

    @Test
    void aMegabyteBecomesALine() {
        assertThat(CleanText.clean("x".repeat(1 << 20))).hasSize(256).endsWith("\u2026");
    }

    @Property
    void whateverIsSaid(@ForAll String text) {
        String clean = CleanText.clean(text);
        assertThat(clean.length()).isLessThanOrEqualTo(257);
        assertThat(clean.codePoints().noneMatch(Character::isISOControl)).isTrue();
        assertThat(CleanText.clean(clean)).isEqualTo(clean);
    }
}
