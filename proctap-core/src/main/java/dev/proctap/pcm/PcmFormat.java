package dev.proctap.pcm;

import java.time.Duration;

/**
 * The format of interleaved PCM: frames of {@code channels} samples, in native byte order. Channel order is that of WAV:
 * mono; front left, front right; 5.1 as FL FR FC LFE SL SR; 7.1 as FL FR FC LFE RL RR SL SR.
 *
 * @param sampleRateHz
 *            frames in a second, 8,000 to 384,000
 * @param channels
 *            samples in a frame: 1, 2, 6 or 8
 * @param sampleFormat
 *            how a sample is written
 */
public record PcmFormat(int sampleRateHz, int channels, SampleFormat sampleFormat) {

    /** 48 kHz, stereo, float32: the format used unless another one is asked for. */
    public static final PcmFormat STANDARD = new PcmFormat(48_000, 2, SampleFormat.F32);

    /**
     * @throws IllegalArgumentException
     *             if the rate or the number of channels is not supported
     */
    public PcmFormat {
        if (sampleRateHz < 8_000 || sampleRateHz > 384_000) {
            throw new IllegalArgumentException(
                    "sample rate " + sampleRateHz + " Hz is outside 8000 to 384000 Hz");
        }
        if (channels != 1 && channels != 2 && channels != 6 && channels != 8) {
            throw new IllegalArgumentException(channels + " channels: supported are 1, 2, 6 and 8");
        }
    }

    /** This format with another way of writing samples. */
    public PcmFormat withSampleFormat(SampleFormat other) {
        return new PcmFormat(sampleRateHz, channels, other);
    }

    /** Bytes that one frame takes. */
    public int frameBytes() {
        return channels * sampleFormat.bytes();
    }

    /** The number of frames in {@code duration}, rounded to nearest. */
    public long frames(Duration duration) {
        return nanosToFrames(duration.toNanos());
    }

    /** The number of frames in {@code nanos}, rounded to nearest; exact for times up to 290 years. */
    public long nanosToFrames(long nanos) {
        long seconds = Math.floorDiv(nanos, 1_000_000_000L);
        long rest = Math.floorMod(nanos, 1_000_000_000L);
        return seconds * sampleRateHz + (rest * sampleRateHz + 500_000_000L) / 1_000_000_000L;
    }

    /** The duration of {@code frames} in nanoseconds, rounded down. */
    public long framesToNanos(long frames) {
        long seconds = Math.floorDiv(frames, (long) sampleRateHz);
        long rest = Math.floorMod(frames, (long) sampleRateHz);
        return seconds * 1_000_000_000L + rest * 1_000_000_000L / sampleRateHz;
    }
}
