package dev.proctap.pcm;

import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The format of PCM: frames of one sample to each channel.
 *
 * @param sampleRateHz
 *            frames in a second, 8,000 to 384,000
 * @param layout
 *            which channels a frame has, in order
 * @param sampleFormat
 *            how a sample is written
 * @param byteOrder
 *            which byte of a sample comes first
 * @param planar
 *            whether a block holds all samples of the first channel, then all of the second and so on, instead of frame after
 *            frame (interleaved)
 */
public record PcmFormat(int sampleRateHz, ChannelLayout layout, SampleFormat sampleFormat, ByteOrder byteOrder,
        boolean planar) {

    /** 48 kHz, stereo, float32: the format used unless another one is asked for. */
    public static final PcmFormat STANDARD = new PcmFormat(48_000, 2, SampleFormat.F32);

    /**
     * @throws IllegalArgumentException
     *             if the rate is not supported
     */
    public PcmFormat {
        if (sampleRateHz < 8_000 || sampleRateHz > 384_000) {
            throw new IllegalArgumentException(
                    "sample rate " + sampleRateHz + " Hz is outside 8000 to 384000 Hz");
        }
    }

    /**
     * Interleaved, in native byte order, with the usual layout of so many channels ({@link ChannelLayout#of(int)}).
     *
     * @throws IllegalArgumentException
     *             if the rate or the number of channels is not supported
     */
    public PcmFormat(int sampleRateHz, int channels, SampleFormat sampleFormat) {
        this(sampleRateHz, ChannelLayout.of(channels), sampleFormat, ByteOrder.nativeOrder(), false);
    }

    /** This format with another rate. */
    public PcmFormat withSampleRateHz(int other) {
        return new PcmFormat(other, layout, sampleFormat, byteOrder, planar);
    }

    /** This format with other channels. */
    public PcmFormat withLayout(ChannelLayout other) {
        return new PcmFormat(sampleRateHz, other, sampleFormat, byteOrder, planar);
    }

    /** This format with another way of writing samples. */
    public PcmFormat withSampleFormat(SampleFormat other) {
        return new PcmFormat(sampleRateHz, layout, other, byteOrder, planar);
    }

    /** This format with another byte order. */
    public PcmFormat withByteOrder(ByteOrder other) {
        return new PcmFormat(sampleRateHz, layout, sampleFormat, other, planar);
    }

    /** This format, planar or interleaved. */
    public PcmFormat withPlanar(boolean other) {
        return new PcmFormat(sampleRateHz, layout, sampleFormat, byteOrder, other);
    }

    // as a record has it; why it is written out: see ChannelLayout
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PcmFormat format && sampleRateHz == format.sampleRateHz && layout.equals(format.layout)
                && sampleFormat == format.sampleFormat && byteOrder.equals(format.byteOrder) && planar == format.planar;
    }

    @Override
    public int hashCode() {
        return Objects.hash(sampleRateHz, layout, sampleFormat, byteOrder, planar);
    }

    /** Samples in a frame. */
    public int channels() {
        return layout.channels();
    }

    /** Bytes that one frame takes. */
    public int frameBytes() {
        return channels() * sampleFormat.bytes();
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
