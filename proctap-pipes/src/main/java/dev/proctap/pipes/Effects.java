package dev.proctap.pipes;

import dev.proctap.pcm.PcmFormat;
import dev.proctap.pipes.filter.AudioFilter;
import dev.proctap.pipes.filter.Biquad;
import dev.proctap.pipes.filter.Compressor;
import dev.proctap.pipes.filter.Decibels;
import dev.proctap.pipes.filter.Equalizer;
import dev.proctap.pipes.filter.FilterChain;
import dev.proctap.pipes.filter.Gain;
import dev.proctap.pipes.filter.GainNormalizer;
import dev.proctap.pipes.filter.Limiter;
import dev.proctap.pipes.filter.LoudnessNormalizer;
import dev.proctap.pipes.filter.NoiseGate;
import dev.proctap.pipes.filter.NoiseSource;
import dev.proctap.pipes.filter.SimpleDenoiser;
import dev.proctap.pipes.filter.SpectralDenoiser;
import dev.proctap.pipes.filter.StereoWidth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Filters as text: a list of names with values, {@code highpass=80,denoise=wiener,normalize}, in the order in which they work.
 * Values after a name are separated by colons; those that are left out are the usual ones.
 *
 * @param steps
 *            one or more
 */
public record Effects(List<Step> steps) {

    /** What is understood, for users. */
    public static final String SYNTAX = "highpass=HZ[:ORDER], lowpass=HZ[:ORDER], lowshelf=HZ:DB[:SLOPE],"
            + " highshelf=HZ:DB[:SLOPE], peak=HZ:DB[:Q], dc[=HZ], gain=DB, gate[=DB[:ATTACK_MS[:RELEASE_MS]]],"
            + " compress[=DB[:RATIO[:ATTACK_MS[:RELEASE_MS]]]], limit[=DB], denoise[=simple|spectral_gate|wiener[:FLOOR]],"
            + " normalize[=RMS[:MOST_DB]], loudness[=LUFS], width=FACTOR, mono";

    private static final int USUAL_ORDER = 4;
    private static final double USUAL_SLOPE = 1;
    private static final double USUAL_Q = 1;
    private static final double DC_HZ = 10;
    private static final double USUAL_FLOOR = 0.02;
    private static final int CHECK_RATE_HZ = 384_000;

    /** Makes a filter for frames of a format. */
    @FunctionalInterface
    public interface Step {

        /**
         * A filter, of its own state.
         *
         * @throws IllegalArgumentException
         *             if it cannot work on that format
         */
        AudioFilter filter(PcmFormat format);
    }

    public Effects {
        steps = List.copyOf(steps);
    }

    /** All of them for frames of a format. */
    public FilterChain chain(PcmFormat format) {
        return new FilterChain(steps.stream().map(step -> step.filter(format)).toList());
    }

    /**
     * Reads text.
     *
     * @throws IllegalArgumentException
     *             if it is not understood, or a value is out of range whatever the format
     */
    public static Effects parse(String text) {
        List<Step> steps = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            int equals = part.indexOf('=');
            String name = (equals < 0 ? part : part.substring(0, equals)).strip().toLowerCase(Locale.ROOT);
            List<String> values = equals < 0 ? List.of() : Arrays.asList(part.substring(equals + 1).split(":", -1));
            steps.add(step(name, new Values(part.strip(), values)));
        }
        Effects effects = new Effects(steps);
        // what is wrong in itself is told at once, and not when there is sound
        effects.chain(PcmFormat.STANDARD.withSampleRateHz(CHECK_RATE_HZ));
        return effects;
    }

    private record Values(String part, List<String> texts) {

        void most(int count) {
            if (texts.size() > count) {
                throw new IllegalArgumentException(
                        "'" + part + "' has " + texts.size() + " values, at most " + count + " are understood");
            }
        }

        double required(int index, String what) {
            if (index >= texts.size() || texts.get(index).isBlank()) {
                throw new IllegalArgumentException("'" + part + "' needs " + what);
            }
            return number(texts.get(index));
        }

        double or(int index, double usual) {
            return index < texts.size() && !texts.get(index).isBlank() ? number(texts.get(index)) : usual;
        }

        int whole(int index, int usual) {
            double value = or(index, usual);
            if (value != Math.rint(value)) {
                throw new IllegalArgumentException("'" + value + "' in '" + part + "' is not a whole number");
            }
            return (int) value;
        }

        String text(int index, String usual) {
            return index < texts.size() && !texts.get(index).isBlank() ? texts.get(index).strip() : usual;
        }

        private double number(String text) {
            try {
                double value = Double.parseDouble(text.strip());
                if (Double.isFinite(value)) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // told below
            }
            throw new IllegalArgumentException("'" + text + "' in '" + part + "' is not a number");
        }
    }

    private static Step step(String name, Values values) {
        String hz = "a frequency in Hz";
        String db = "a gain in dB";
        return switch (name) {
            case "highpass", "lowpass" -> {
                values.most(2);
                double cutoff = values.required(0, hz);
                int order = values.whole(1, USUAL_ORDER);
                yield format -> new Equalizer(format.channels(), name.equals("highpass")
                        ? Biquad.highPass(order, cutoff, format.sampleRateHz())
                        : Biquad.lowPass(order, cutoff, format.sampleRateHz()));
            }
            case "lowshelf", "highshelf" -> {
                values.most(3);
                double at = values.required(0, hz);
                double gain = values.required(1, db);
                double slope = values.or(2, USUAL_SLOPE);
                yield format -> new Equalizer(format.channels(), name.equals("lowshelf")
                        ? Biquad.lowShelf(at, gain, slope, format.sampleRateHz())
                        : Biquad.highShelf(at, gain, slope, format.sampleRateHz()));
            }
            case "peak" -> {
                values.most(3);
                double at = values.required(0, hz);
                double gain = values.required(1, db);
                double q = values.or(2, USUAL_Q);
                yield format -> new Equalizer(format.channels(), Biquad.peaking(at, gain, q, format.sampleRateHz()));
            }
            case "dc" -> {
                values.most(1);
                double at = values.or(0, DC_HZ);
                yield format -> new Equalizer(format.channels(), Biquad.dcBlocker(at, format.sampleRateHz()));
            }
            case "gain" -> {
                values.most(1);
                double factor = Decibels.toFactor(values.required(0, db));
                yield format -> new Gain(format.channels(), factor);
            }
            case "gate" -> {
                values.most(3);
                double threshold = values.or(0, NoiseGate.THRESHOLD_DB);
                double attack = values.or(1, NoiseGate.ATTACK_MILLIS);
                double release = values.or(2, NoiseGate.RELEASE_MILLIS);
                yield format -> new NoiseGate(format.sampleRateHz(), format.channels(), threshold, attack, release,
                        NoiseGate.HOLD_MILLIS);
            }
            case "compress" -> {
                values.most(4);
                double threshold = values.or(0, Compressor.THRESHOLD_DB);
                double ratio = values.or(1, Compressor.RATIO);
                double attack = values.or(2, Compressor.ATTACK_MILLIS);
                double release = values.or(3, Compressor.RELEASE_MILLIS);
                yield format -> new Compressor(format.sampleRateHz(), format.channels(), threshold, ratio,
                        Compressor.KNEE_DB, attack, release, 0);
            }
            case "limit" -> {
                values.most(1);
                double ceiling = values.or(0, Limiter.CEILING_DB);
                yield format -> limiter(format, ceiling);
            }
            case "denoise" -> {
                values.most(2);
                yield denoise(values.text(0, "wiener"), values.or(1, USUAL_FLOOR), NoiseSource.FIRST_MOMENTS);
            }
            case "normalize" -> {
                values.most(2);
                yield normalize(values.or(0, GainNormalizer.TARGET_RMS), values.or(1, GainNormalizer.MOST_GAIN_DB),
                        Limiter.CEILING_DB);
            }
            case "loudness" -> {
                values.most(1);
                double target = values.or(0, LoudnessNormalizer.TARGET_LUFS);
                yield format -> new LoudnessNormalizer(format.sampleRateHz(), format.layout(), target,
                        LoudnessNormalizer.CEILING_DB);
            }
            case "width" -> {
                values.most(1);
                double width = values.required(0, "a factor");
                yield format -> new StereoWidth(format.channels(), width);
            }
            case "mono" -> {
                values.most(0);
                yield format -> new StereoWidth(format.channels(), 0);
            }
            default -> throw new IllegalArgumentException(
                    (name.isEmpty() ? "an effect without a name" : "no effect is called '" + name + "'")
                            + "; there are "
                            + SYNTAX);
        };
    }

    private static Limiter limiter(PcmFormat format, double ceilingDb) {
        return new Limiter(format.sampleRateHz(), format.channels(), ceilingDb, Limiter.LOOK_AHEAD_MILLIS,
                Limiter.RELEASE_MILLIS, false);
    }

    /**
     * Noise reduction by the name of its method.
     *
     * @throws IllegalArgumentException
     *             if there is none of that name
     */
    public static Step denoise(String method, double floor, NoiseSource source) {
        return switch (method.toLowerCase(Locale.ROOT)) {
            case "simple" -> format -> new SimpleDenoiser(format.sampleRateHz(), format.channels(), source, floor);
            case "spectral_gate", "gate" -> format -> new SpectralDenoiser(format.sampleRateHz(), format.channels(),
                    SpectralDenoiser.Method.GATE, source, floor);
            case "wiener" -> format -> new SpectralDenoiser(format.sampleRateHz(), format.channels(),
                    SpectralDenoiser.Method.WIENER, source, floor);
            default -> throw new IllegalArgumentException(
                    "noise reduction is simple, spectral_gate or wiener, not '" + method + "'");
        };
    }

    /** A level, and a limiter for what is above a ceiling then. */
    public static Step normalize(double targetRms, double mostGainDb, double ceilingDb) {
        return format -> new FilterChain(
                new GainNormalizer(format.sampleRateHz(), format.channels(), targetRms, mostGainDb,
                        GainNormalizer.ADAPTATION),
                limiter(format, ceilingDb));
    }
}
