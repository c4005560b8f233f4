package dev.proctap.pipes.mix;

import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.filter.AudioFilter;
import dev.proctap.pipes.filter.Decibels;
import dev.proctap.pipes.filter.Limiter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Adds a microphone to a stream that is live. The stream leads: for each of its frames there is one of the microphone, which was
 * captured the same time before. Two clocks never agree; so how far the microphone is ahead is measured with each block, by the
 * times at which its frames were captured, and its rate is changed by some millionths until that stays the same.
 *
 * <p>A microphone that ends, or has nothing for a while, is faded out, and in again when it comes back; the stream goes on.
 *
 * <p>{@link #process} belongs to one thread, {@link #microphone} to another.
 */
public final class MicrophoneMix implements AudioFilter {

    /** So much later than it was captured a frame is mixed: the cycles of a server and a late thread fit into it. */
    private static final double DELAY_SECONDS = 0.08;
    /** Further off it is not brought back slowly. */
    private static final double MOST_ERROR_SECONDS = 0.05;
    private static final double RING_SECONDS = 2;
    /** How much a stream's arrival may vary: over that time the measurements are averaged. */
    private static final double SMOOTHING_SECONDS = 0.5;
    /** A second off is brought back at this rate, and what stays is integrated, without overshooting. */
    private static final double PROPORTIONAL = 0.2;
    private static final double INTEGRAL = PROPORTIONAL * PROPORTIONAL / 4;
    private static final double MOST_DEVIATION = 0.005;
    private static final double STEER_SECONDS = 0.1;
    private static final double FADE_SECONDS = 0.01;
    private static final int CONVERTED_FRAMES = 64;
    private static final double DUCK_THRESHOLD_DB = -40;
    private static final double DUCK_HOLD_MILLIS = 300;
    private static final double DUCK_ATTACK_MILLIS = 30;
    private static final double DUCK_RELEASE_MILLIS = 500;
    private static final double HALF = 0.5;

    /**
     * How to mix.
     *
     * @param gain
     *            of the microphone, 0 to 2
     * @param sum
     *            whether both are added at their own level, and limited, instead of at half of it each (-6 dB)
     * @param duckDb
     *            so much softer the stream is while somebody speaks, 0 for not at all
     */
    public record Settings(double gain, boolean sum, double duckDb) {

        public static final Settings DEFAULTS = new Settings(1, false, 0);

        /**
         * @throws IllegalArgumentException
         *             if a figure is out of range
         */
        public Settings {
            if (!(gain >= 0 && gain <= 2)) {
                throw new IllegalArgumentException("the gain of a microphone is 0 to 2, not " + gain);
            }
            if (!(duckDb >= 0 && duckDb <= 60)) {
                throw new IllegalArgumentException("a stream is ducked by 0 to 60 dB, not " + duckDb);
            }
        }
    }

    private final int channels;
    private final int streamRateHz;
    private final LongSupplier nanoClock;
    private final double streamGain;
    private final double microphoneGain;
    private final @Nullable Limiter limiter;

    private final Object lock = new Object();
    /** Guarded by the lock: the microphone's last frames as they came, and when the next one will be captured. */
    private final byte[] ring;
    private final int frameBytes;
    private final int ringFrames;
    private final int microphoneRateHz;
    private long written;
    private long writtenNanos;

    private final PcmConverter converter;
    private final byte[] block;
    private float[] converted;
    private int convertedFrames;
    private long consumed;
    /** Frames of the stream up to the end of the block. */
    private long streamPosition;
    /** Before it is heard: how far the microphone should be ahead of the stream, the mean of so many blocks. */
    private double measuredOffset = Double.NEGATIVE_INFINITY;
    private int measured;
    private double measuredSeconds;
    private double deviation;
    private double smoothedError;
    private double integral;
    private double sinceSteered;
    private boolean running;
    private boolean fadingOut;
    private double fade;
    private final int fadeFrames;
    private final double fadeStep;

    private final double duckedGain;
    private final double duckThreshold;
    private final double duckHold;
    private final double duckAttack;
    private final double duckRelease;
    private double voice;
    private double duckGain = 1;

    /** A mix that goes by the clock of {@link System#nanoTime}, as chunks of a tap do. */
    public MicrophoneMix(PcmFormat stream, PcmFormat microphone, Settings settings) {
        this(stream, microphone, settings, System::nanoTime);
    }

    MicrophoneMix(PcmFormat stream, PcmFormat microphone, Settings settings, LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        channels = stream.channels();
        streamRateHz = stream.sampleRateHz();
        PcmFormat floats = stream.withSampleFormat(SampleFormat.F32).withByteOrder(ByteOrder.nativeOrder());
        converter = new PcmConverter(microphone, floats, ConversionOptions.DEFAULTS.withAdjustable(true));
        streamGain = settings.sum() ? 1 : HALF;
        microphoneGain = settings.gain() * (settings.sum() ? 1 : HALF);
        limiter = settings.sum() ? new Limiter(streamRateHz, channels) : null;
        frameBytes = microphone.frameBytes();
        microphoneRateHz = microphone.sampleRateHz();
        ringFrames = (int) (RING_SECONDS * microphoneRateHz);
        ring = new byte[ringFrames * frameBytes];
        block = new byte[CONVERTED_FRAMES * frameBytes];
        converted = new float[streamRateHz * channels];
        fadeFrames = (int) (FADE_SECONDS * streamRateHz);
        fadeStep = 1.0 / fadeFrames;
        duckedGain = Decibels.toFactor(-settings.duckDb());
        duckThreshold = Decibels.toFactor(DUCK_THRESHOLD_DB);
        duckHold = kept(DUCK_HOLD_MILLIS);
        duckAttack = kept(DUCK_ATTACK_MILLIS);
        duckRelease = kept(DUCK_RELEASE_MILLIS);
    }

    private double kept(double millis) {
        return Math.exp(-1000 / (millis * streamRateHz));
    }

    /**
     * Takes the next frames of the microphone.
     *
     * @param samples
     *            in its format
     * @param captureNanos
     *            when the first of them was captured
     */
    public void microphone(MemorySegment samples, int frames, long captureNanos) {
        synchronized (lock) {
            int skipped = Math.max(0, frames - ringFrames);
            for (int done = skipped; done < frames;) {
                int at = (int) ((written + done) % ringFrames);
                int n = Math.min(frames - done, ringFrames - at);
                MemorySegment.copy(samples, (long) done * frameBytes, MemorySegment.ofArray(ring),
                        (long) at * frameBytes, (long) n * frameBytes);
                done += n;
            }
            written += frames;
            writtenNanos = captureNanos + Math.round(frames * 1e9 / microphoneRateHz);
        }
    }

    /** Adds the microphone to frames that have just come. */
    @Override
    public void process(float[] samples, int frames) {
        long now = nanoClock.getAsLong();
        for (int done = 0; done < frames;) {
            int n = Math.min(frames - done, converted.length / channels / 2);
            streamPosition += n;
            int there = prepare(n, now - Math.round((frames - done - n) * 1e9 / streamRateHz));
            mix(samples, done * channels, n, there);
            done += n;
        }
        if (limiter != null) {
            limiter.process(samples, frames);
        }
    }

    /**
     * Has so many frames of the microphone in {@link #converted}, or as many as there are.
     *
     * @param now
     *            when the last of them is heard
     */
    private int prepare(int frames, long now) {
        double wanted;
        long available;
        synchronized (lock) {
            available = written;
            wanted = written + (now - writtenNanos) * 1e-9 * microphoneRateHz - DELAY_SECONDS * microphoneRateHz;
        }
        double ratio = (double) microphoneRateHz / streamRateHz;
        if (!running) {
            long begin = (long) Math.ceil(averaged(wanted, frames) - frames * ratio);
            if (measuredSeconds < SMOOTHING_SECONDS || available == 0 || begin < Math.max(0, available - ringFrames)
                    || begin + (frames + fadeFrames) * ratio > available) {
                return 0;
            }
            begin(begin);
        }
        while (convertedFrames < frames + fadeFrames && take(available)) {
            // until there are enough, and as many more as fading out would need
        }
        int there = Math.min(frames, convertedFrames);
        double error = (wanted - (position() + frames * ratio)) / microphoneRateHz;
        if (Math.abs(error) > MOST_ERROR_SECONDS && fade <= 0) {
            running = false;
            return 0;
        }
        boolean off = Math.abs(error) > MOST_ERROR_SECONDS;
        if (!off) {
            steer(error, (double) frames / streamRateHz);
        }
        fadingOut |= convertedFrames < frames + fadeFrames || off;
        return there;
    }

    /** Where the microphone should be, by the mean of what the last blocks showed: a single one may have been late. */
    private double averaged(double wanted, int frames) {
        double ratio = (double) microphoneRateHz / streamRateHz;
        boolean lost = Math.abs(wanted - measuredOffset - streamPosition * ratio) > MOST_ERROR_SECONDS
                * microphoneRateHz;
        measured = lost ? 1 : measured + 1;
        measuredSeconds = lost ? 0 : measuredSeconds + (double) frames / streamRateHz;
        measuredOffset = lost
                ? wanted - streamPosition * ratio
                : measuredOffset + (wanted - streamPosition * ratio - measuredOffset) / measured;
        return measuredOffset + streamPosition * ratio;
    }

    private void begin(long position) {
        measured = 0;
        measuredSeconds = 0;
        measuredOffset = Double.NEGATIVE_INFINITY;
        consumed = position;
        convertedFrames = 0;
        converter.flush(MemorySegment.ofArray(new float[(converter.flushFrames() + 1) * channels]), 0);
        converter.adjustRate(1 + deviation);
        smoothedError = 0;
        sinceSteered = 0;
        running = true;
        fadingOut = false;
        fade = 0;
    }

    /** The microphone's frame that is mixed next, once the converter has given something. */
    private double position() {
        return consumed - converter.delayFrames() - convertedFrames * (double) microphoneRateHz / streamRateHz;
    }

    /** A controller with a proportional and an integral part: what is off in the long run is the difference of the clocks. */
    private void steer(double error, double seconds) {
        smoothedError += (error - smoothedError) * Math.min(1, seconds / SMOOTHING_SECONDS);
        sinceSteered += seconds;
        if (sinceSteered >= STEER_SECONDS) {
            integral = Math.clamp(integral + INTEGRAL * smoothedError * sinceSteered, -MOST_DEVIATION, MOST_DEVIATION);
            deviation = Math.clamp(integral + PROPORTIONAL * smoothedError, -MOST_DEVIATION, MOST_DEVIATION);
            converter.adjustRate(1 + deviation);
            sinceSteered = 0;
        }
    }

    /** Converts the next frames of the ring; false where there are none yet. */
    private boolean take(long available) {
        if (consumed + CONVERTED_FRAMES > available) {
            return false;
        }
        synchronized (lock) {
            for (int done = 0; done < CONVERTED_FRAMES;) {
                int at = (int) ((consumed + done) % ringFrames);
                int n = Math.min(CONVERTED_FRAMES - done, ringFrames - at);
                System.arraycopy(ring, at * frameBytes, block, done * frameBytes, n * frameBytes);
                done += n;
            }
        }
        consumed += CONVERTED_FRAMES;
        int out = converter.outputFrames(CONVERTED_FRAMES);
        int needed = (convertedFrames + out) * channels;
        if (converted.length < needed) {
            converted = Arrays.copyOf(converted, 2 * needed);
        }
        converter.convert(MemorySegment.ofArray(block), 0, CONVERTED_FRAMES, MemorySegment.ofArray(converted),
                4L * convertedFrames * channels);
        convertedFrames += out;
        return true;
    }

    private void mix(float[] samples, int at, int frames, int there) {
        for (int i = 0; i < frames; i++) {
            boolean heard = i < there;
            // the last frames that there are fade, so that none ends in a step
            boolean out = fadingOut && i >= there - fadeFrames - 1;
            fade = heard ? Math.clamp(fade + (out ? -fadeStep : fadeStep), 0, 1) : 0;
            double loudest = 0;
            for (int channel = 0; channel < channels; channel++) {
                double microphone = heard ? converted[i * channels + channel] * fade * microphoneGain : 0;
                loudest = Math.max(loudest, Math.abs(microphone));
                int sample = at + i * channels + channel;
                samples[sample] = (float) (samples[sample] * streamGain * duckGain + microphone);
            }
            duck(loudest);
        }
        if (there > 0) {
            System.arraycopy(converted, there * channels, converted, 0, (convertedFrames - there) * channels);
            convertedFrames -= there;
        }
        if (fadingOut && (fade <= 0 || there < frames)) {
            running = false;
            fadingOut = false;
        }
    }

    private void duck(double loudest) {
        voice = Math.max(loudest, voice * duckHold);
        double wanted = voice > duckThreshold ? duckedGain : 1;
        duckGain = wanted + (duckGain - wanted) * (wanted < duckGain ? duckAttack : duckRelease);
    }

    /** How far apart the clocks are, as the last frames showed: the microphone's true rate to its nominal one, less 1. */
    public double deviation() {
        return deviation;
    }

    /** Whether the microphone is heard. */
    public boolean isHeard() {
        return running;
    }

    @Override
    public int latencyFrames() {
        return limiter == null ? 0 : limiter.latencyFrames();
    }

    @Override
    public void reset() {
        running = false;
        fade = 0;
        if (limiter != null) {
            limiter.reset();
        }
    }
}
