package dev.proctap.linux.pipewire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A stream is played when it is linked to something that is no tap. */
class PipeWireGraphTest {

    private static final int TAP = 40;
    private static final int SINK = 41;

    private final PipeWireGraph graph = new PipeWireGraph(() -> -1);
    private final PipeWireGraph.Node stream;

    PipeWireGraphTest() {
        graph.add(TAP, PipeWire.TYPE_NODE, Map.of("media.class", PipeWireGraph.TAP_CLASS));
        graph.add(SINK, PipeWire.TYPE_NODE, Map.of("media.class", "Audio/Sink"));
        stream = Objects.requireNonNull(
                graph.add(50, PipeWire.TYPE_NODE, Map.of("media.class", "Stream/Output/Audio")));
    }

    private void link(int id, int output, int input) {
        graph.add(id, PipeWire.TYPE_LINK, Map.of("link.output.node", Integer.toString(output), "link.input.node",
                Integer.toString(input)));
    }

    @Test
    void aStreamWithoutLinksIsNotPlayed() {
        link(60, 51, SINK);
        assertThat(graph.isPlayed(stream)).isFalse();
    }

    @Test
    void tapsPlayNothing() {
        link(60, 50, TAP);
        assertThat(graph.isPlayed(stream)).isFalse();
    }

    @Test
    void aSinkPlaysUntilItsLinkGoes() {
        link(60, 50, TAP);
        link(61, 50, SINK);
        assertThat(graph.isPlayed(stream)).isTrue();
        graph.remove(61);
        assertThat(graph.isPlayed(stream)).isFalse();
    }

    @Test
    void clientsOfJackRunByThemselves() {
        PipeWireGraph.Node jack = graph.add(52, PipeWire.TYPE_NODE, Map.of("client.id", "30"));
        assertThat(graph.isPlayed(Objects.requireNonNull(jack))).isTrue();
    }
}
