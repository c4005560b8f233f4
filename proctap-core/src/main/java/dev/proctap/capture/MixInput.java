package dev.proctap.capture;

import dev.proctap.internal.ffm.Memory;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.PcmMixer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A stream on its way into the mix: its frames as the server gives them, in the format of the mix, from the frame of the mix
 * on where they belong. Belongs to the capture's control thread.
 */
public final class MixInput {

    private static final int BLOCK_FRAMES = 2048;

    private final PcmConverter converter;
    private final int track;
    private final MemorySegment converted;
    private final MemorySegment silence;
    private PcmMixer.@Nullable Input mixed;
    /** Frames taken out of the stream. */
    private long received;
    /** Frames that are skipped because their time is over. */
    private long skip;

    /**
     * @param captured
     *            what the server gives
     * @param format
     *            of one track of the mix
     * @param track
     *            of the mix, from 0
     * @param arena
     *            lives as long as the stream
     */
    public MixInput(PcmFormat captured, PcmFormat format, int track, ConversionOptions conversion, Arena arena) {
        converter = new PcmConverter(captured, format, conversion);
        this.track = track;
        // a block, and what a resampler may give at once
        int outFrames = Math.max(converter.outputFrames(BLOCK_FRAMES) + 64,
                2 * BLOCK_FRAMES * Math.ceilDiv(format.sampleRateHz(), captured.sampleRateHz()));
        converted = arena.allocate((long) outFrames * format.frameBytes(), 64);
        silence = arena.allocate((long) BLOCK_FRAMES * captured.frameBytes(), 64);
    }

    /** What the server gives. */
    public PcmFormat captured() {
        return converter.from();
    }

    /** Whether its frames go into the mix. */
    public boolean isMixed() {
        return mixed != null;
    }

    /** Frames taken so far, in the server's rate. */
    public long received() {
        return received;
    }

    /** Frames that come out for so many of the server's. */
    public long toOutput(long frames) {
        return scale(frames, converter.from().sampleRateHz(), converter.to().sampleRateHz());
    }

    private static long scale(long frames, int from, int to) {
        return from == to ? frames : Math.round((double) frames * to / from);
    }

    /**
     * Lets its frames go into a mix.
     *
     * @param start
     *            frame of the mix at which its next frame belongs
     * @param passed
     *            frames of the mix that were read already: it is too late for what belongs there
     */
    public void mixInto(PcmMixer mixer, long start, long passed) {
        skip = start < passed
                ? scale(passed - start, converter.to().sampleRateHz(), converter.from().sampleRateHz())
                : 0;
        mixed = mixer.add(Math.max(start, passed), track);
    }

    /** Its frames go into the mix no more. */
    public void leaveMix() {
        if (mixed != null) {
            int frames = converter.flush(converted, 0);
            mixed.write(converted, 0, frames);
            mixed.end();
            mixed = null;
        }
    }

    /**
     * Moves frames into the mix.
     *
     * @param address
     *            where they are; 0 for silence
     */
    public void write(long address, int frames) {
        PcmMixer.Input into = mixed;
        if (into == null) {
            throw new IllegalStateException("the stream is in no mix");
        }
        for (int done = 0; done < frames;) {
            int n = Math.min(BLOCK_FRAMES, frames - done);
            if (skip > 0) {
                n = (int) Math.min(n, skip);
                skip -= n;
            } else {
                int out = address == 0
                        ? converter.convert(silence, 0, n, converted, 0)
                        : converter.convert(Memory.ALL, address + (long) done * converter.from().frameBytes(), n,
                                converted, 0);
                into.write(converted, 0, out);
            }
            done += n;
        }
        received += frames;
    }
}
