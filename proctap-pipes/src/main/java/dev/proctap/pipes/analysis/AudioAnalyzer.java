package dev.proctap.pipes.analysis;

import dev.proctap.pcm.PcmFormat;
import dev.proctap.pipes.dsp.Frames;
import dev.proctap.pipes.filter.AudioFilter;
import dev.proctap.pipes.filter.Decibels;
import dev.proctap.pipes.filter.LoudnessMeter;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/**
 * Measures a stream that passes unchanged: level, peaks, loudness, spectrum, bands, pitch, silence and clipping. {@link
 * #snapshot} tells all of it as of the last frame. Not thread-safe.
 */
public final class AudioAnalyzer implements AudioFilter {

    private static final int LEVEL_STEPS = 30;
    private static final int STEPS_PER_SECOND = 100;
    private static final int BLOCK_FRAMES = 1024;
    /** Full scale of 16 bits. */
    private static final float CLIPPED = 32767f / 32768;
    /** So many samples at full scale in a row have been cut. */
    private static final int CLIPPED_RUN = 3;

    /**
     * How to analyse.
     *
     * @param fftLength
     *            frames of a spectrum, a power of two from 512 to 16384
     * @param window
     *            of the spectrum
     * @param overlap
     *            of its blocks, 0 to 0.95
     * @param smoothing
     *            of its powers, 0 to below 1
     * @param peakHold
     *            how long a peak is held
     * @param silenceDb
     *            what is below that is silence
     */
    public record Settings(int fftLength, Window window, double overlap, double smoothing, Duration peakHold,
            double silenceDb) {

        /** 2048 frames, Hann, half overlapping, smoothed a little, peaks held for a second, silence below -60 dB. */
        public static final Settings DEFAULTS = new Settings(2048, Window.HANN, 0.5, 0.5, Duration.ofSeconds(1), -60);

        public Settings withFftLength(int value) {
            return new Settings(value, window, overlap, smoothing, peakHold, silenceDb);
        }

        public Settings withWindow(Window value) {
            return new Settings(fftLength, value, overlap, smoothing, peakHold, silenceDb);
        }

        public Settings withOverlap(double value) {
            return new Settings(fftLength, window, value, smoothing, peakHold, silenceDb);
        }

        public Settings withSmoothing(double value) {
            return new Settings(fftLength, window, overlap, value, peakHold, silenceDb);
        }

        public Settings withPeakHold(Duration value) {
            return new Settings(fftLength, window, overlap, smoothing, value, silenceDb);
        }
    }

    private final PcmFormat format;
    private final Settings settings;
    private final int channels;
    private final LoudnessMeter loudness;
    private final Spectrum spectrum;
    private final Pitch pitch;
    private final float[] latest;
    private final int stepFrames;
    private final double[] stepPowers = new double[LEVEL_STEPS];
    private final int[] fullScale;
    /** Whether any of those is not 0, or was not lately. */
    private boolean anyFullScale;
    private final float[] block;
    private double stepSum;
    private float stepPeak;
    private float peak;
    private float heldPeak;
    private long heldSince;
    private float highestPeak;
    private int framesInStep;
    private long steps;
    private double allPower;
    private long frames;
    private long clippedSamples;
    private long silentSteps;
    private int latestAt;

    public AudioAnalyzer(PcmFormat format, Settings settings) {
        this.format = format;
        this.settings = settings;
        channels = format.channels();
        loudness = new LoudnessMeter(format.sampleRateHz(), format.layout());
        spectrum = new Spectrum(format.sampleRateHz(), channels, settings.fftLength(), settings.window(),
                settings.overlap(), settings.smoothing());
        int pitchFrames = Integer.highestOneBit(format.sampleRateHz() / 12);
        pitch = new Pitch(format.sampleRateHz(), pitchFrames);
        latest = new float[pitchFrames];
        stepFrames = format.sampleRateHz() / STEPS_PER_SECOND;
        fullScale = new int[channels];
        block = new float[BLOCK_FRAMES * channels];
    }

    public AudioAnalyzer(PcmFormat format) {
        this(format, Settings.DEFAULTS);
    }

    @Override
    public void process(float[] samples, int count) {
        process(samples, count, powers -> {});
    }

    /** The same, and tells the spectrum of each block. */
    public void process(float[] samples, int count, Spectrum.BlockListener listener) {
        for (int done = 0; done < count;) {
            int n = Math.min(Math.min(count - done, BLOCK_FRAMES), stepFrames - framesInStep);
            System.arraycopy(samples, done * channels, block, 0, n * channels);
            Frames.makeFinite(block, n * channels);
            loudness.process(block, n);
            spectrum.process(block, n, listener);
            measure(n);
            done += n;
            framesInStep += n;
            frames += n;
            if (framesInStep == stepFrames) {
                endStep();
            }
        }
    }

    private void measure(int n) {
        double sum = 0;
        float highest = stepPeak;
        for (int i = 0, at = 0; i < n; i++) {
            float mono = 0;
            for (int channel = 0; channel < channels; channel++) {
                float sample = block[at++];
                float magnitude = Math.abs(sample);
                sum += (double) sample * sample;
                highest = magnitude > highest ? magnitude : highest;
                mono += sample;
                if (magnitude >= CLIPPED) {
                    anyFullScale = true;
                    fullScale[channel]++;
                    clippedSamples += fullScale[channel] == CLIPPED_RUN
                            ? CLIPPED_RUN
                            : fullScale[channel] > CLIPPED_RUN ? 1 : 0;
                } else if (anyFullScale) {
                    fullScale[channel] = 0;
                }
            }
            latest[latestAt] = mono / channels;
            latestAt = latestAt + 1 == latest.length ? 0 : latestAt + 1;
        }
        stepSum += sum;
        stepPeak = highest;
    }

    private void endStep() {
        double power = stepSum / ((double) stepFrames * channels);
        stepPowers[(int) (steps % LEVEL_STEPS)] = power;
        allPower += power;
        steps++;
        if (Decibels.ofPower(power) < settings.silenceDb()) {
            silentSteps++;
        }
        peak = stepPeak;
        highestPeak = Math.max(highestPeak, peak);
        long hold = settings.peakHold().toMillis() * STEPS_PER_SECOND / 1000;
        if (peak >= heldPeak || steps - heldSince > hold) {
            heldPeak = peak;
            heldSince = steps;
        }
        anyFullScale = isAnyFullScale();
        stepSum = 0;
        stepPeak = 0;
        framesInStep = 0;
    }

    private boolean isAnyFullScale() {
        for (int run : fullScale) {
            if (run > 0) {
                return true;
            }
        }
        return false;
    }

    /** All figures as of now. */
    public Analysis snapshot() {
        int count = (int) Math.min(steps, LEVEL_STEPS);
        double power = Arrays.stream(stepPowers).sum() / Math.max(1, count);
        Map<Band, Double> bands = new EnumMap<>(Band.class);
        for (Band band : Band.values()) {
            bands.put(band, Decibels.ofPower(spectrum.power(band.fromHz(), band.toHz())));
        }
        float[] powers = spectrum.powers();
        float[] spectrumDb = new float[powers.length];
        for (int bin = 0; bin < powers.length; bin++) {
            spectrumDb[bin] = (float) Decibels.ofPower(powers[bin]);
        }
        float[] inOrder = new float[latest.length];
        System.arraycopy(latest, latestAt, inOrder, 0, latest.length - latestAt);
        System.arraycopy(latest, 0, inOrder, latest.length - latestAt, latestAt);
        double rmsDb = Decibels.ofPower(power);
        return new Analysis(frames, (double) frames / format.sampleRateHz(), rmsDb,
                Decibels.ofPower(allPower / Math.max(1, steps)), Decibels.ofFactor(peak), Decibels.ofFactor(heldPeak),
                Decibels.ofFactor(highestPeak), loudness.truePeakDb(), loudness.momentaryLufs(),
                loudness.shortTermLufs(), loudness.integratedLufs(), loudness.rangeLu(), bands, spectrumDb,
                frames < latest.length ? Double.NaN : pitch.of(inOrder), rmsDb < settings.silenceDb(),
                (double) silentSteps / STEPS_PER_SECOND, clippedSamples);
    }

    /** The spectra. */
    public Spectrum spectrum() {
        return spectrum;
    }

    @Override
    public void reset() {
        loudness.reset();
        spectrum.reset();
        Arrays.fill(latest, 0);
        Arrays.fill(stepPowers, 0);
        Arrays.fill(fullScale, 0);
        anyFullScale = false;
        stepSum = 0;
        stepPeak = 0;
        peak = 0;
        heldPeak = 0;
        heldSince = 0;
        highestPeak = 0;
        framesInStep = 0;
        steps = 0;
        allPower = 0;
        frames = 0;
        clippedSamples = 0;
        silentSteps = 0;
        latestAt = 0;
    }
}
