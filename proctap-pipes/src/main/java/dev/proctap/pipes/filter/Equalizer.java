package dev.proctap.pipes.filter;

import dev.proctap.pipes.dsp.Frames;
import java.util.Arrays;
import java.util.List;

/** Sections of recursive filters, one after the other, on every channel; calculated in float64. */
public final class Equalizer implements AudioFilter {

    /** What is left in a section after the sound would otherwise shrink into numbers that processors are slow with. */
    private static final double SILENT = 1e-30;

    private final int channels;
    private final double[] coefficients;
    /** Two values for each section of each channel. */
    private final double[] state;
    private final double[] block = new double[Frames.BLOCK];
    private final double[] secondBlock;
    private int framesInBlock;

    /**
     * @throws IllegalArgumentException
     *             if there is no section or no channel
     */
    public Equalizer(int channels, List<Biquad> sections) {
        if (channels < 1 || sections.isEmpty()) {
            throw new IllegalArgumentException(sections.size() + " sections for " + channels + " channels");
        }
        this.channels = channels;
        coefficients = new double[sections.size() * 5];
        for (int i = 0; i < sections.size(); i++) {
            Biquad section = sections.get(i);
            double[] five = {section.b0(), section.b1(), section.b2(), section.a1(), section.a2()};
            System.arraycopy(five, 0, coefficients, i * 5, 5);
        }
        state = new double[sections.size() * channels * 2];
        secondBlock = new double[channels > 1 ? Frames.BLOCK : 0];
    }

    public Equalizer(int channels, Biquad section) {
        this(channels, List.of(section));
    }

    @Override
    public void process(float[] samples, int frames) {
        for (int done = 0; done < frames;) {
            int n = Math.min(Frames.BLOCK - framesInBlock, frames - done);
            int channel = 0;
            for (; channel + 1 < channels; channel += 2) {
                filterTwo(samples, done * channels + channel, n, channel);
            }
            if (channel < channels) {
                filterOne(samples, done * channels + channel, n, channel);
            }
            done += n;
            framesInBlock += n;
            if (framesInBlock == Frames.BLOCK) {
                framesInBlock = 0;
                settle();
            }
        }
    }

    /** At frames that do not depend on how the stream is cut. */
    private void settle() {
        for (int i = 0; i < state.length; i++) {
            if (Math.abs(state[i]) < SILENT) {
                state[i] = 0;
            }
        }
    }

    private void filterOne(float[] samples, int at, int frames, int channel) {
        for (int i = 0; i < frames; i++) {
            block[i] = samples[at + i * channels];
        }
        for (int c = 0, s = channel * 2; c < coefficients.length; c += 5, s += channels * 2) {
            double b0 = coefficients[c];
            double b1 = coefficients[c + 1];
            double b2 = coefficients[c + 2];
            double a1 = coefficients[c + 3];
            double a2 = coefficients[c + 4];
            double s1 = state[s];
            double s2 = state[s + 1];
            for (int i = 0; i < frames; i++) {
                double x = block[i];
                double y = b0 * x + s1;
                s1 = b1 * x - a1 * y + s2;
                s2 = b2 * x - a2 * y;
                block[i] = y;
            }
            state[s] = s1;
            state[s + 1] = s2;
        }
        for (int i = 0; i < frames; i++) {
            samples[at + i * channels] = (float) block[i];
        }
    }

    /** Two channels in one loop: each waits for its own last value, and the processor has something to do meanwhile. */
    private void filterTwo(float[] samples, int at, int frames, int channel) {
        for (int i = 0; i < frames; i++) {
            block[i] = samples[at + i * channels];
            secondBlock[i] = samples[at + i * channels + 1];
        }
        for (int c = 0, s = channel * 2; c < coefficients.length; c += 5, s += channels * 2) {
            double b0 = coefficients[c];
            double b1 = coefficients[c + 1];
            double b2 = coefficients[c + 2];
            double a1 = coefficients[c + 3];
            double a2 = coefficients[c + 4];
            double s1 = state[s];
            double s2 = state[s + 1];
            double t1 = state[s + 2];
            double t2 = state[s + 3];
            for (int i = 0; i < frames; i++) {
                double x = block[i];
                double y = b0 * x + s1;
                s1 = b1 * x - a1 * y + s2;
                s2 = b2 * x - a2 * y;
                block[i] = y;
                double u = secondBlock[i];
                double v = b0 * u + t1;
                t1 = b1 * u - a1 * v + t2;
                t2 = b2 * u - a2 * v;
                secondBlock[i] = v;
            }
            state[s] = s1;
            state[s + 1] = s2;
            state[s + 2] = t1;
            state[s + 3] = t2;
        }
        for (int i = 0; i < frames; i++) {
            samples[at + i * channels] = (float) block[i];
            samples[at + i * channels + 1] = (float) secondBlock[i];
        }
    }

    @Override
    public void reset() {
        Arrays.fill(state, 0);
        framesInBlock = 0;
    }
}
