package dev.proctap.linux.pipewire;

import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.Speaker;
import java.util.List;

/** Positions of channels, with PipeWire's numbers ({@code spa/param/audio/raw.h}) and the names its ports carry. */
enum Channel {
    MONO(2), FL(3), FR(4), FC(5), LFE(6), SL(7), SR(8), RC(11), RL(12), RR(13);

    private static final List<Channel> STEREO = List.of(FL, FR);

    private final int spaId;

    Channel(int spaId) {
        this.spaId = spaId;
    }

    int spaId() {
        return spaId;
    }

    /** The channels of a capture, in order. */
    static List<Channel> of(ChannelLayout layout) {
        return layout.speakers().stream().map(Channel::of).toList();
    }

    private static Channel of(Speaker speaker) {
        return switch (speaker) {
            case FL -> FL;
            case FR -> FR;
            case FC -> FC;
            case LFE -> LFE;
            case BL -> RL;
            case BR -> RR;
            case BC -> RC;
            case SL -> SL;
            case SR -> SR;
        };
    }

    /**
     * Into which channels of a capture one port of a program goes. The channel itself where the capture has it; else
     * what is on the left goes to the left, what is in the middle to both sides.
     *
     * @param name
     *            the port's channel as it names it, empty if it does not (JACK)
     * @param index
     *            its place among the program's ports
     * @param count
     *            how many ports the program has
     * @param layout
     *            the channels of the capture
     */
    static List<Channel> route(String name, int index, int count, List<Channel> layout) {
        for (Channel channel : layout) {
            if (channel.name().equals(name)) {
                return List.of(channel);
            }
        }
        return switch (name) {
            case "SL", "RL", "FLC", "TFL", "TRL" -> side(layout, List.of(SL, RL, FL));
            case "SR", "RR", "FRC", "TFR", "TRR" -> side(layout, List.of(SR, RR, FR));
            case "MONO", "FC", "RC" -> STEREO;
            case "LFE" -> List.of(); // a down-mix leaves it out (ITU-R BS.775)
            default -> count == 1
                    ? STEREO
                    : index < layout.size()
                            ? List.of(layout.get(index))
                            : List.of(index % 2 == 0 ? FL : FR);
        };
    }

    private static List<Channel> side(List<Channel> layout, List<Channel> candidates) {
        return candidates.stream().filter(layout::contains).limit(1).toList();
    }
}
