package dev.proctap.pcm;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which channels a frame has, in order: those of one program, or of several side by side, as tracks that all have the same
 * channels.
 *
 * @param speakers
 *            one to each channel of a track, none twice
 * @param tracks
 *            how often these channels are there; 1 where all belong together
 */
public record ChannelLayout(List<Speaker> speakers, int tracks) {

    /** The most channels of a frame: no audio server has more. */
    public static final int MAX_CHANNELS = 64;

    /** One channel. */
    public static final ChannelLayout MONO = of(Speaker.FC);
    /** FL FR. */
    public static final ChannelLayout STEREO = of(Speaker.FL, Speaker.FR);
    /** FL FR LFE. */
    public static final ChannelLayout SURROUND_2_1 = of(Speaker.FL, Speaker.FR, Speaker.LFE);
    /** FL FR BL BR. */
    public static final ChannelLayout QUAD = of(Speaker.FL, Speaker.FR, Speaker.BL, Speaker.BR);
    /** FL FR FC SL SR. */
    public static final ChannelLayout SURROUND_5_0 = of(Speaker.FL, Speaker.FR, Speaker.FC, Speaker.SL, Speaker.SR);
    /** FL FR FC LFE SL SR. */
    public static final ChannelLayout SURROUND_5_1 = of(Speaker.FL, Speaker.FR, Speaker.FC, Speaker.LFE, Speaker.SL,
            Speaker.SR);
    /** FL FR FC LFE BL BR SL SR. */
    public static final ChannelLayout SURROUND_7_1 = of(Speaker.FL, Speaker.FR, Speaker.FC, Speaker.LFE, Speaker.BL,
            Speaker.BR, Speaker.SL, Speaker.SR);

    private static final List<ChannelLayout> STANDARD = List.of(MONO, STEREO, SURROUND_2_1, QUAD, SURROUND_5_0,
            SURROUND_5_1, SURROUND_7_1);

    /**
     * @throws IllegalArgumentException
     *             if there is no speaker, or one twice, or no track, or too many of them
     */
    public ChannelLayout {
        speakers = List.copyOf(speakers);
        if (tracks < 1 || (long) tracks * speakers.size() > MAX_CHANNELS) {
            throw new IllegalArgumentException(tracks + " tracks of " + speakers.size() + " channels: at most "
                    + MAX_CHANNELS + " channels in all, and one track at least");
        }
        if (speakers.isEmpty() || EnumSet.copyOf(speakers).size() < speakers.size()) {
            throw new IllegalArgumentException("a layout has one channel or more, none of them twice: " + speakers);
        }
    }

    /** One track of these speakers. */
    public ChannelLayout(List<Speaker> speakers) {
        this(speakers, 1);
    }

    /** A layout of these speakers, in this order. */
    public static ChannelLayout of(Speaker... speakers) {
        return new ChannelLayout(List.of(speakers));
    }

    /**
     * The usual layout of so many channels: mono, stereo, 2.1, quad, 5.0, 5.1, 7.1.
     *
     * @throws IllegalArgumentException
     *             if there is none
     */
    public static ChannelLayout of(int channels) {
        for (ChannelLayout layout : STANDARD) {
            if (layout.channels() == channels) {
                return layout;
            }
        }
        throw new IllegalArgumentException(
                channels + " channels: supported are 1, 2, 3 (2.1), 4 (quad), 5 (5.0), 6 (5.1) and 8 (7.1)");
    }

    /**
     * The layout that the channel mask of a WAV file tells.
     *
     * @throws IllegalArgumentException
     *             if the mask has other bits than those of {@link Speaker}, or none
     */
    public static ChannelLayout ofMask(int mask) {
        List<Speaker> result = new ArrayList<>();
        int left = mask;
        for (Speaker speaker : Speaker.values()) {
            if ((mask & speaker.mask()) != 0) {
                result.add(speaker);
                left &= ~speaker.mask();
            }
        }
        if (left != 0 || result.isEmpty()) {
            throw new IllegalArgumentException("channel mask 0x" + Integer.toHexString(mask) + " is not supported");
        }
        return new ChannelLayout(result);
    }

    /** How many channels there are, in all tracks. */
    public int channels() {
        return speakers.size() * tracks;
    }

    /** So many tracks of these channels. */
    public ChannelLayout withTracks(int count) {
        return count == tracks ? this : new ChannelLayout(speakers, count);
    }

    /** Whether a channel is for this speaker. */
    public boolean has(Speaker speaker) {
        return speakers.contains(speaker);
    }

    /** The channel mask of a WAV file with these channels; several tracks have no place in a room, and none. */
    public int mask() {
        return tracks > 1 ? 0 : speakers.stream().mapToInt(Speaker::mask).reduce(0, (a, b) -> a | b);
    }

    // as a record has it; written out here and where else a capture needs it, because the JVM links a record's own
    // methods when they are first called, which takes some ten milliseconds of the time to the first sample
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ChannelLayout layout && tracks == layout.tracks
                && speakers.equals(layout.speakers);
    }

    @Override
    public int hashCode() {
        return 31 * speakers.hashCode() + tracks;
    }
}
