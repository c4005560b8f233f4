package dev.proctap.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Recorded stereo samples, and the comparison with a {@link Signal} that was played. One thread adds; any may ask for the
 * number of frames meanwhile.
 */
@SuppressWarnings("NonAtomicVolatileUpdate") // one thread adds
public final class Recording {

    /** So many equal frames in a row are the same place of a signal, and no coincidence. */
    private static final int SURE_FRAMES = 64;

    private float[] samples = new float[1 << 16];
    private volatile int frames;

    /** Nothing recorded yet. */
    public Recording() {}

    /** What a file of raw float32 frames holds now, in native byte order; nothing while there is no such file. */
    public static Recording ofFloats(Path file) {
        Recording recording = new Recording();
        if (Files.exists(file)) {
            try {
                ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
                int frameBytes = Signal.CHANNELS * Float.BYTES;
                recording.addFloats(bytes.limit(bytes.capacity() / frameBytes * frameBytes));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return recording;
    }

    /**
     * Where a signal was found.
     *
     * @param firstFrame
     *            first frame of the recording that was compared
     * @param signalFrame
     *            the frame of the signal that stands there, -1 if none does
     * @param frames
     *            how many were compared
     * @param wrongFrames
     *            how many of them differ, by however little
     * @param firstWrong
     *            the first frame of the recording that differs, -1 if none does
     */
    public record Match(int firstFrame, long signalFrame, int frames, int wrongFrames, int firstWrong) {

        /** Whether the signal was found and every frame is the one that was played. */
        public boolean isExact() {
            return signalFrame >= 0 && wrongFrames == 0;
        }
    }

    /** Takes all float32 frames that are left in {@code buffer}, in the buffer's byte order. */
    public void addFloats(ByteBuffer buffer) {
        FloatBuffer floats = buffer.asFloatBuffer();
        int n = floats.remaining();
        float[] target = room(n);
        floats.get(target, frames * Signal.CHANNELS, n);
        frames += n / Signal.CHANNELS;
    }

    /** Takes all 16-bit frames that are left in {@code buffer}, in the buffer's byte order. */
    public void addShorts(ByteBuffer buffer) {
        int n = buffer.remaining() / Short.BYTES;
        float[] target = room(n);
        for (int i = 0; i < n; i++) {
            target[frames * Signal.CHANNELS + i] = buffer.getShort() / 32768f;
        }
        frames += n / Signal.CHANNELS;
    }

    /** Takes so many silent frames, for what was lost. */
    public void addSilence(int silentFrames) {
        room(silentFrames * Signal.CHANNELS);
        frames += silentFrames;
    }

    private float[] room(int more) {
        int needed = frames * Signal.CHANNELS + more;
        if (needed > samples.length) {
            samples = Arrays.copyOf(samples, Math.max(needed, samples.length * 2));
        }
        return samples;
    }

    public int frames() {
        return frames;
    }

    public float sample(int frame, int channel) {
        return samples[frame * Signal.CHANNELS + channel];
    }

    /** One channel, all of it. */
    public float[] channel(int channel) {
        float[] result = new float[frames];
        for (int i = 0; i < result.length; i++) {
            result[i] = sample(i, channel);
        }
        return result;
    }

    /** The first frame at or after {@code from} that is not silent, or {@link #frames}. */
    public int firstSound(int from) {
        int frame = from;
        while (frame < frames && isSilent(frame)) {
            frame++;
        }
        return frame;
    }

    /** The first silent frame at or after {@code from} that begins at least {@code length} silent ones, or the end. */
    public int firstSilence(int from, int length) {
        int silent = 0;
        for (int frame = from; frame < frames; frame++) {
            silent = isSilent(frame) ? silent + 1 : 0;
            if (silent == length) {
                return frame - length + 1;
            }
        }
        return frames;
    }

    /** Whether a frame is silent, to the bit. */
    public boolean isSilent(int frame) {
        return sample(frame, 0) == 0 && sample(frame, 1) == 0;
    }

    /** The largest magnitude from one frame to another. */
    public double peak(int from, int to) {
        double peak = 0;
        for (int frame = from; frame < to; frame++) {
            peak = Math.max(peak, Math.max(Math.abs(sample(frame, 0)), Math.abs(sample(frame, 1))));
        }
        return peak;
    }

    /** The amplitude of a tone on the left channel, in dB relative to full scale. */
    public double toneDbfs(double frequencyHz) {
        return toneDbfs(frequencyHz, 0, frames);
    }

    /** As {@link #toneDbfs(double)}, of the frames from one to another. */
    public double toneDbfs(double frequencyHz, int from, int to) {
        double real = 0;
        double imaginary = 0;
        double sum = 0;
        int length = to - from;
        for (int i = 0; i < length; i++) {
            double w = blackmanHarris(i, length);
            double angle = 2 * Math.PI * frequencyHz * i / Signal.SAMPLE_RATE_HZ;
            real += w * sample(from + i, 0) * Math.cos(angle);
            imaginary -= w * sample(from + i, 0) * Math.sin(angle);
            sum += w;
        }
        return 20 * Math.log10(2 * Math.hypot(real, imaginary) / sum);
    }

    /**
     * The 4-term Blackman-Harris window, whose side lobes are below -92 dB (F. J. Harris, "On the use of windows for
     * harmonic analysis with the discrete Fourier transform", Proc. IEEE 66, 1978).
     */
    public static double blackmanHarris(int i, int length) {
        double phase = 2 * Math.PI * i / (length - 1);
        return 0.35875 - 0.48829 * Math.cos(phase) + 0.14128 * Math.cos(2 * phase) - 0.01168 * Math.cos(3 * phase);
    }

    /** Compares everything after the silence at the beginning. */
    public Match match(Signal signal, long signalFrames) {
        return match(signal, signalFrames, firstSound(0), frames);
    }

    /** Finds which of the signal's first {@code signalFrames} stands at {@code from}, and compares up to {@code to}. */
    public Match match(Signal signal, long signalFrames, int from, int to) {
        long start = find(signal, signalFrames, from, to - from);
        int wrong = 0;
        int firstWrong = -1;
        for (int frame = from; start >= 0 && frame < to; frame++) {
            if (!is(signal, start + frame - from, frame)) {
                wrong++;
                firstWrong = firstWrong < 0 ? frame : firstWrong;
            }
        }
        return new Match(from, start, to - from, wrong, firstWrong);
    }

    /**
     * What stands from a frame on, cut where there is silence or the signal goes on at a later place: pieces that are exact.
     *
     * @throws AssertionError
     *             if anything is not of the signal, or comes again
     */
    public List<Match> pieces(Signal signal, long signalFrames, int from) {
        List<Match> pieces = new ArrayList<>();
        long next = 0;
        for (int frame = firstSound(from); frame < frames;) {
            Match match = match(signal, signalFrames, frame, frames);
            if (match.signalFrame() < next) {
                throw new AssertionError(
                        "not of the signal after its frame " + next + ": " + match + " after " + pieces);
            }
            int end = match.firstWrong() < 0 ? frames : match.firstWrong();
            pieces.add(new Match(frame, match.signalFrame(), end - frame, 0, -1));
            next = match.signalFrame() + end - frame;
            frame = firstSound(end);
        }
        return pieces;
    }

    /**
     * How many frames from one on are of the signal, wherever it goes on. In short cycles a shared machine stands still for
     * longer than one now and then: then a cycle is missing, comes again, or is torn where one program wrote it while another
     * read, and the sink hears that too.
     */
    public int framesOf(Signal signal, long signalFrames, int from) {
        int count = 0;
        for (int frame = firstSound(from); frame < frames;) {
            Match match = match(signal, signalFrames, frame, frames);
            int end = match.firstWrong() < 0 ? frames : match.firstWrong();
            if (match.signalFrame() < 0) {
                end = Math.min(frames, frame + SURE_FRAMES);
            } else {
                count += end - frame;
            }
            frame = firstSound(end);
        }
        return count;
    }

    /**
     * The first frame of this recording that is not the one at the same place of {@code whole}, of which it is a part; -1 if
     * all are the same. The place is found by what is in the middle; 0 where that is not found.
     */
    public int firstDifference(Recording whole) {
        int middle = firstSound(frames / 2);
        for (int offset = 0; offset + frames <= whole.frames; offset++) {
            int same = 0;
            while (same < SURE_FRAMES && equal(whole, offset, middle + same)) {
                same++;
            }
            if (same == SURE_FRAMES) {
                int frame = 0;
                while (frame < frames && equal(whole, offset, frame)) {
                    frame++;
                }
                return frame == frames ? -1 : frame;
            }
        }
        return 0;
    }

    private boolean equal(Recording whole, int offset, int frame) {
        return sample(frame, 0) == whole.sample(offset + frame, 0)
                && sample(frame, 1) == whole.sample(offset + frame, 1);
    }

    private long find(Signal signal, long signalFrames, int from, int length) {
        if (length < SURE_FRAMES) {
            return -1;
        }
        for (long candidate = 0; candidate < signalFrames; candidate++) {
            if (goesOn(signal, candidate, from)) {
                return candidate;
            }
        }
        return -1;
    }

    /** The frame of a signal, of its first so many, from which it goes on most like what stands here, other sound or not. */
    public long mostAlike(Signal signal, long signalFrames, int frame) {
        double best = 0;
        long found = -1;
        for (long candidate = 0; candidate < signalFrames; candidate++) {
            double alike = 0;
            for (int i = 0; i < 4 * SURE_FRAMES; i++) {
                alike += sample(frame + i, 0) * signal.sample(candidate + i, 0);
            }
            if (alike > best) {
                best = alike;
                found = candidate;
            }
        }
        return found;
    }

    /** Whether the signal stands from {@code frame} on, beginning with its own frame {@code signalFrame}: surely. */
    public boolean goesOn(Signal signal, long signalFrame, int frame) {
        int same = 0;
        while (same < SURE_FRAMES && frame + same < frames && is(signal, signalFrame + same, frame + same)) {
            same++;
        }
        return same == SURE_FRAMES;
    }

    /** Whether {@code frame} is the signal's {@code signalFrame}, to the bit. */
    public boolean is(Signal signal, long signalFrame, int frame) {
        return sample(frame, 0) * 32768 == signal.sample(signalFrame, 0)
                && sample(frame, 1) * 32768 == signal.sample(signalFrame, 1);
    }
}
