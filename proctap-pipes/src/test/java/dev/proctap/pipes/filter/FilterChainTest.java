package dev.proctap.pipes.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Filters work in their order, and come and go while a stream runs. */
class FilterChainTest {

    private static float through(FilterChain chain, float sample) {
        float[] one = {sample};
        chain.process(one, 1);
        return one[0];
    }

    @Test
    void filtersAreAddedInsertedAndRemoved() {
        Gain twice = new Gain(1, 2);
        Limiter limiter = new Limiter(48_000, 1, -6.0206, 0, 50, false);
        FilterChain chain = new FilterChain(twice);
        assertThat(through(chain, 0.4f)).isEqualTo(0.8f);
        chain.add(limiter);
        assertThat(through(chain, 0.4f)).isCloseTo(0.5f, org.assertj.core.api.Assertions.within(1e-5f));
        chain.insert(0, new Gain(1, 0.25));
        assertThat(chain.filters()).hasSize(3).containsSubsequence(twice, limiter);
        assertThat(chain.remove(0)).isInstanceOf(Gain.class);
        assertThat(chain.remove(1)).isSameAs(limiter);
        assertThat(through(chain, 0.4f)).isEqualTo(0.8f);
        assertThatThrownBy(() -> chain.remove(7)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void itsDelayIsTheSumOfTheirs() {
        Limiter limiter = new Limiter(48_000, 2);
        SimpleDenoiser denoiser = new SimpleDenoiser(48_000, 2, NoiseSource.FIRST_MOMENTS, 0.1);
        assertThat(new FilterChain(limiter, new Gain(2, 1), denoiser).latencyFrames()).isEqualTo(240 + 240);
    }
}
