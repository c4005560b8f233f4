package dev.proctap.linux.pipewire;

import static dev.proctap.linux.pipewire.Channel.FC;
import static dev.proctap.linux.pipewire.Channel.FL;
import static dev.proctap.linux.pipewire.Channel.FR;
import static dev.proctap.linux.pipewire.Channel.RL;
import static dev.proctap.linux.pipewire.Channel.SL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.pcm.ChannelLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every channel of a program is heard where a listener would expect it. */
class ChannelTest {

    private static final List<Channel> STEREO = Channel.of(ChannelLayout.of(2));
    private static final List<Channel> SURROUND = Channel.of(ChannelLayout.of(6));

    @Test
    void aChannelThatTheCaptureHasGoesThere() {
        assertThat(Channel.route("FR", 1, 2, STEREO)).containsExactly(FR);
        assertThat(Channel.route("SL", 4, 6, SURROUND)).containsExactly(SL);
    }

    @Test
    void monoAndTheCentreGoToBothSides() {
        assertThat(Channel.route("MONO", 0, 1, STEREO)).containsExactly(FL, FR);
        assertThat(Channel.route("FC", 2, 6, STEREO)).containsExactly(FL, FR);
        assertThat(Channel.route("FC", 2, 6, SURROUND)).containsExactly(FC);
    }

    @Test
    void surroundGoesToItsSideAndTheLfeIsLeftOutOfStereo() {
        assertThat(Channel.route("RL", 4, 6, STEREO)).containsExactly(FL);
        assertThat(Channel.route("SR", 5, 6, STEREO)).containsExactly(FR);
        assertThat(Channel.route("LFE", 3, 6, STEREO)).isEmpty();
        assertThat(Channel.route("RL", 4, 6, SURROUND)).containsExactly(SL);
        assertThat(Channel.route("SL", 4, 6, Channel.of(ChannelLayout.of(8)))).containsExactly(SL);
        assertThat(Channel.route("RL", 4, 8, Channel.of(ChannelLayout.of(8)))).containsExactly(RL);
    }

    @Test
    void portsWithoutAPositionGoByTheirOrder() {
        assertThat(Channel.route("", 0, 1, STEREO)).containsExactly(FL, FR);
        assertThat(Channel.route("", 0, 2, STEREO)).containsExactly(FL);
        assertThat(Channel.route("AUX1", 1, 2, STEREO)).containsExactly(FR);
        assertThat(Channel.route("", 3, 4, STEREO)).containsExactly(FR);
    }
}
