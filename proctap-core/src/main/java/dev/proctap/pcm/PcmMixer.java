package dev.proctap.pcm;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Adds any number of streams of one format, each of which begins at a frame of its own, with a gain of its own. Sums are
 * float64: nothing clips on the way, and integers of 24 bits and fewer are added exactly. Inputs may be written in any order
 * and in blocks of any length; what is read is complete. Allocates only where an input runs further ahead of the others than
 * ever before. Not thread-safe.
 */
public final class PcmMixer {

    private final PcmFormat format;
    private final int channels;
    private final SampleCodec codec;
    private final double[] samples = new double[SampleCodec.BLOCK_SAMPLES];
    private final List<Input> open = new ArrayList<>();
    /** Interleaved sums of the frames from {@link #position} on. */
    private double[] sums = new double[SampleCodec.BLOCK_SAMPLES];
    private long position;
    private long furthest;

    /**
     * A mixer without inputs.
     *
     * @throws IllegalArgumentException
     *             if the format is planar: convert with {@link PcmConverter}
     */
    public PcmMixer(PcmFormat format) {
        if (format.planar()) {
            throw new IllegalArgumentException("a mixer takes interleaved samples");
        }
        this.format = format;
        channels = format.channels();
        codec = new SampleCodec(format.sampleFormat(), format.byteOrder());
    }

    /** One of the streams. */
    public final class Input {

        private final int firstChannel;
        private final int inputChannels;
        private long end;
        private double gain = 1;
        private double rampFrom = 1;
        private long rampFrames;
        private long rampDone;

        private Input(long start, int firstChannel, int inputChannels) {
            end = start;
            this.firstChannel = firstChannel;
            this.inputChannels = inputChannels;
        }

        /**
         * Changes how loud the input is, from its next frame on.
         *
         * @param factor
         *            what each sample is multiplied with, 1 at first
         * @param rampFrames
         *            how long the change takes; 0 is at once, and may click
         * @throws IllegalArgumentException
         *             if the factor is no finite number or the ramp negative
         */
        public void setGain(double factor, long rampFrames) {
            if (!Double.isFinite(factor) || rampFrames < 0) {
                throw new IllegalArgumentException("a gain of " + factor + " over " + rampFrames + " frames");
            }
            rampFrom = gainAt(rampDone);
            gain = factor;
            this.rampFrames = rampFrames;
            rampDone = 0;
        }

        /** Half a period of a cosine, so that neither the gain nor its slope jumps. */
        private double gainAt(long frame) {
            return frame >= rampFrames
                    ? gain
                    : rampFrom + (gain - rampFrom) * (1 - Math.cos(Math.PI * frame / rampFrames)) / 2;
        }

        /**
         * Adds the next frames.
         *
         * @param in
         *            holds them
         * @param offset
         *            where they begin, in bytes
         * @param frames
         *            how many
         * @throws IllegalStateException
         *             if the input has ended
         */
        public void write(MemorySegment in, long offset, int frames) {
            if (!open.contains(this)) {
                throw new IllegalStateException("the input has ended");
            }
            reserve(end + frames);
            int most = SampleCodec.BLOCK_SAMPLES / inputChannels;
            int inputFrameBytes = inputChannels * format.sampleFormat().bytes();
            for (int done = 0; done < frames;) {
                int n = Math.min(most, frames - done);
                codec.decode(in, offset + (long) done * inputFrameBytes, samples, n * inputChannels);
                add(n);
                done += n;
            }
            furthest = Math.max(furthest, end);
        }

        private void add(int frames) {
            int at = (int) (end - position) * channels + firstChannel;
            int steady = 0;
            for (; steady < frames && rampDone < rampFrames; steady++) {
                double factor = gainAt(rampDone++);
                for (int channel = 0; channel < inputChannels; channel++) {
                    sums[at + steady * channels + channel] += samples[steady * inputChannels + channel] * factor;
                }
            }
            if (inputChannels == channels) {
                addSteady(samples, steady * channels, frames * channels, gain, sums, at);
            } else {
                for (int frame = steady; frame < frames; frame++) {
                    for (int channel = 0; channel < inputChannels; channel++) {
                        sums[at + frame * channels + channel] += samples[frame * inputChannels + channel] * gain;
                    }
                }
            }
            end += frames;
        }

        /** The input has nothing more: it counts as silent from here on. */
        public void end() {
            open.remove(this);
        }
    }

    private static void addSteady(double[] in, int from, int to, double gain, double[] sums, int at) {
        for (int i = from; i < to; i++) {
            sums[at + i] += in[i] * gain;
        }
    }

    /**
     * Adds an input.
     *
     * @param startFrame
     *            the frame of the mix at which it begins
     * @throws IllegalArgumentException
     *             if that one was read already
     */
    public Input add(long startFrame) {
        return add(startFrame, 0, channels);
    }

    /**
     * Adds an input to one track of the mix; what is written to it has the channels of one track.
     *
     * @param startFrame
     *            the frame of the mix at which it begins
     * @param track
     *            from 0
     * @throws IllegalArgumentException
     *             if that frame was read already, or there is no such track
     */
    public Input add(long startFrame, int track) {
        if (track < 0 || track >= format.layout().tracks()) {
            throw new IllegalArgumentException("no track " + track + " among " + format.layout().tracks());
        }
        int trackChannels = channels / format.layout().tracks();
        return add(startFrame, track * trackChannels, trackChannels);
    }

    private Input add(long startFrame, int firstChannel, int inputChannels) {
        if (startFrame < position) {
            throw new IllegalArgumentException("frame " + startFrame + " was read already; the next is " + position);
        }
        Input input = new Input(startFrame, firstChannel, inputChannels);
        open.add(input);
        return input;
    }

    private void reserve(long end) {
        long needed = (end - position) * channels;
        if (needed > sums.length) {
            sums = Arrays.copyOf(sums, Math.toIntExact(Math.max(needed, Math.min(2L * sums.length, 1 << 30))));
        }
    }

    /** How many frames are complete: every input has given them, or begins later, or has ended. */
    public long readable() {
        long complete = open.isEmpty() ? furthest : Long.MAX_VALUE;
        for (Input input : open) {
            complete = Math.min(complete, input.end);
        }
        return Math.max(0, complete - position);
    }

    /**
     * Reads the next frames of the mix.
     *
     * @param out
     *            receives them
     * @param offset
     *            where, in bytes
     * @param frames
     *            the most that are wanted
     * @return how many there were
     */
    public int read(MemorySegment out, long offset, int frames) {
        int count = (int) Math.min(frames, readable());
        reserve(position + count);
        int most = SampleCodec.BLOCK_SAMPLES / channels;
        for (int done = 0; done < count;) {
            int n = Math.min(most, count - done);
            System.arraycopy(sums, done * channels, samples, 0, n * channels);
            codec.encode(samples, out, offset + (long) done * format.frameBytes(), n * channels);
            done += n;
        }
        System.arraycopy(sums, count * channels, sums, 0, sums.length - count * channels);
        Arrays.fill(sums, sums.length - count * channels, sums.length, 0);
        position += count;
        return count;
    }
}
