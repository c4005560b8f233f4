package dev.proctap.cli;

import dev.proctap.pcm.PcmFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes the float32 frames of several tracks, and writes each track into an output of its own, and the sum of all into
 * another. The output of a track is opened when the track is first heard, and gets the silence before that, so that all are
 * equally long.
 */
final class TracksOutput implements AudioOutput {

    private final PcmFormat format;
    private final int trackChannels;
    private final Opener opener;
    private final AudioOutput mix;
    private final @Nullable AudioOutput[] tracks;
    private ByteBuffer track = ByteBuffer.allocate(0);
    private double[] sums = {};
    private long frames;

    /** Opens the output of a track, from 0. */
    @FunctionalInterface
    interface Opener {
        AudioOutput open(int track) throws IOException;
    }

    /**
     * @param format
     *            of what is given, float32; the outputs take frames of one track of it
     * @param mix
     *            takes the sum
     */
    TracksOutput(PcmFormat format, AudioOutput mix, Opener opener) {
        this.format = format;
        this.trackChannels = format.layout().speakers().size();
        this.mix = mix;
        this.opener = opener;
        this.tracks = new AudioOutput[format.layout().tracks()];
    }

    /** Whether a track has an output. */
    boolean isHeard(int number) {
        return tracks[number] != null;
    }

    @Override
    public void write(ByteBuffer samples) throws IOException {
        FloatBuffer floats = samples.order(format.byteOrder()).asFloatBuffer();
        int count = floats.remaining() / format.channels();
        int trackBytes = count * trackChannels * Float.BYTES;
        if (track.capacity() < trackBytes) {
            track = ByteBuffer.allocate(trackBytes).order(format.byteOrder());
            sums = new double[count * trackChannels];
        }
        Arrays.fill(sums, 0);
        for (int number = 0; number < tracks.length; number++) {
            boolean heard = gather(floats, number, count);
            AudioOutput output = tracks[number];
            if (output == null && heard) {
                output = opener.open(number);
                tracks[number] = output;
                output.writeSilence(frames);
            }
            if (output != null) {
                output.write(track.clear().limit(trackBytes));
            }
        }
        FloatBuffer sum = track.clear().asFloatBuffer();
        for (int i = 0; i < count * trackChannels; i++) {
            sum.put(i, (float) sums[i]);
        }
        mix.write(track.limit(trackBytes));
        samples.position(samples.limit());
        frames += count;
    }

    /** Takes one track out of the others, adds it to the sum, and returns whether it is more than silence. */
    private boolean gather(FloatBuffer floats, int number, int count) {
        FloatBuffer one = track.clear().asFloatBuffer();
        boolean heard = false;
        for (int frame = 0, i = 0; frame < count; frame++) {
            int from = frame * format.channels() + number * trackChannels;
            for (int channel = 0; channel < trackChannels; channel++, i++) {
                float sample = floats.get(from + channel);
                heard |= sample != 0;
                one.put(i, sample);
                sums[i] += sample;
            }
        }
        return heard;
    }

    @Override
    public void writeSilence(long silentFrames) throws IOException {
        for (AudioOutput output : open()) {
            output.writeSilence(silentFrames);
        }
        frames += silentFrames;
    }

    @Override
    public void flush() throws IOException {
        for (AudioOutput output : open()) {
            output.flush();
        }
    }

    @Override
    public long bytes() {
        return open().stream().mapToLong(AudioOutput::bytes).sum();
    }

    /** Closes every output; the first that could not be finished is told. */
    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (AudioOutput output : open()) {
            try {
                output.close();
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private List<AudioOutput> open() {
        List<AudioOutput> result = new ArrayList<>(List.of(mix));
        for (AudioOutput output : tracks) {
            if (output != null) {
                result.add(output);
            }
        }
        return result;
    }
}
