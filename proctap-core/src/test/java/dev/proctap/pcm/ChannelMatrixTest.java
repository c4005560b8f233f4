package dev.proctap.pcm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ChannelMatrixTest {

    private static final double HALF_POWER = 0.7071067811865476;

    private static double[] row(ChannelMatrix matrix, int output) {
        double[] result = new double[matrix.inputs()];
        for (int input = 0; input < result.length; input++) {
            result[input] = matrix.factor(output, input);
        }
        return result;
    }

    @Test
    void surroundBecomesStereoAsItuRBs775Says() {
        ChannelMatrix matrix = ChannelMatrix.between(ChannelLayout.SURROUND_5_1, ChannelLayout.STEREO, false);
        assertThat(row(matrix, 0)).containsExactly(1, 0, HALF_POWER, 0, HALF_POWER, 0);
        assertThat(row(matrix, 1)).containsExactly(0, 1, HALF_POWER, 0, 0, HALF_POWER);
    }

    @Test
    void surroundBecomesMonoAsItuRBs775Says() {
        ChannelMatrix matrix = ChannelMatrix.between(ChannelLayout.SURROUND_5_0, ChannelLayout.MONO, false);
        assertThat(row(matrix, 0)).containsExactly(HALF_POWER, HALF_POWER, 1, 0.5, 0.5);
    }

    @Test
    void monoGoesToBothSidesAndStereoToMonoIsTheMean() {
        ChannelMatrix up = ChannelMatrix.between(ChannelLayout.MONO, ChannelLayout.STEREO, true);
        assertThat(row(up, 0)).containsExactly(1);
        assertThat(row(up, 1)).containsExactly(1);
        ChannelMatrix down = ChannelMatrix.between(ChannelLayout.STEREO, ChannelLayout.MONO, true);
        assertThat(row(down, 0)).containsExactly(new double[]{0.5, 0.5}, within(1e-15));
    }

    @Test
    void tracksStayApartOrAreAdded() {
        ChannelLayout two = ChannelLayout.STEREO.withTracks(2);
        ChannelMatrix mono = ChannelMatrix.between(two, ChannelLayout.MONO.withTracks(2), true);
        assertThat(row(mono, 0)).containsExactly(new double[]{0.5, 0.5, 0, 0}, within(1e-15));
        assertThat(row(mono, 1)).containsExactly(new double[]{0, 0, 0.5, 0.5}, within(1e-15));
        ChannelMatrix mix = ChannelMatrix.between(two, ChannelLayout.STEREO, false);
        assertThat(row(mix, 0)).containsExactly(1, 0, 1, 0);
        assertThat(row(mix, 1)).containsExactly(0, 1, 0, 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelMatrix.between(two, ChannelLayout.STEREO.withTracks(3), true))
                .withMessage("2 tracks do not become 3");
    }

    @Provide
    Arbitrary<ChannelLayout> layouts() {
        return Arbitraries.of(1, 2, 3, 4, 5, 6, 8).map(ChannelLayout::of);
    }

    @Property
    void normalisedNothingClipsAndNothingButLfeIsLost(@ForAll("layouts") ChannelLayout from,
            @ForAll("layouts") ChannelLayout to) {
        ChannelMatrix matrix = ChannelMatrix.between(from, to, true);
        for (int output = 0; output < matrix.outputs(); output++) {
            double sum = 0;
            for (double factor : row(matrix, output)) {
                sum += Math.abs(factor);
            }
            assertThat(sum).isLessThanOrEqualTo(1 + 1e-12);
        }
        for (int input = 0; input < from.channels(); input++) {
            double heard = 0;
            for (int output = 0; output < matrix.outputs(); output++) {
                heard += matrix.factor(output, input);
            }
            if (from.speakers().get(input) != Speaker.LFE) {
                assertThat(heard).as("%s of %s in %s", from.speakers().get(input), from, to).isPositive();
            }
        }
        assertThat(ChannelMatrix.between(from, from, true).isIdentity()).isTrue();
    }

    @Test
    void channelsArePickedInAnyOrder() {
        ChannelMatrix swapped = ChannelMatrix.pick(2, 1, 0, 1);
        assertThat(row(swapped, 0)).containsExactly(0, 1);
        assertThat(row(swapped, 1)).containsExactly(1, 0);
        assertThat(row(swapped, 2)).containsExactly(0, 1);
        assertThatIllegalArgumentException().isThrownBy(() -> ChannelMatrix.pick(2, 2))
                .withMessage("no channel 2 among 2");
        assertThatIllegalArgumentException().isThrownBy(() -> ChannelMatrix.of(new double[][]{{1}, {1, 2}}));
        assertThatIllegalArgumentException().isThrownBy(() -> ChannelMatrix.of(new double[][]{{Double.NaN}}));
    }

    @Test
    void layoutsAndTheirMasks() {
        assertThat(ChannelLayout.SURROUND_5_1.mask()).isEqualTo(0x60f);
        assertThat(ChannelLayout.SURROUND_7_1.mask()).isEqualTo(0x63f);
        for (int channels : List.of(1, 2, 3, 4, 5, 6, 8)) {
            assertThat(ChannelLayout.ofMask(ChannelLayout.of(channels).mask())).isEqualTo(ChannelLayout.of(channels));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> ChannelLayout.ofMask(1 << 20));
        assertThatIllegalArgumentException().isThrownBy(() -> ChannelLayout.of(Speaker.FL, Speaker.FL));
    }
}
