package dev.proctap.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SplitOutputTest {

    private static final PcmFormat FORMAT = new PcmFormat(48_000, 2, SampleFormat.S16);

    @Property(tries = 300)
    void thePartsTogetherAreWhatWasWritten(@ForAll @IntRange(min = 1, max = 50) int framesPerPart,
            @ForAll @Size(max = 30) List<@IntRange(min = -20, max = 100) Integer> writes) throws IOException {
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        List<ByteArrayOutputStream> parts = new ArrayList<>();
        List<Long> starts = new ArrayList<>();
        byte next = 1;
        try (SplitOutput output = new SplitOutput(FORMAT, framesPerPart, Long.MAX_VALUE, firstFrame -> {
            starts.add(firstFrame);
            ByteArrayOutputStream part = new ByteArrayOutputStream();
            parts.add(part);
            return new AudioOutput.Raw(part, FORMAT);
        })) {
            for (int frames : writes) {
                byte[] bytes = new byte[Math.abs(frames) * FORMAT.frameBytes()];
                if (frames < 0) {
                    output.writeSilence(-frames);
                } else {
                    for (int i = 0; i < bytes.length; i++) {
                        bytes[i] = next++;
                    }
                    output.write(ByteBuffer.wrap(bytes));
                }
                expected.write(bytes);
                assertThat(output.bytes()).isEqualTo(expected.size());
            }
        }
        ByteArrayOutputStream together = new ByteArrayOutputStream();
        for (int i = 0; i < parts.size(); i++) {
            assertThat(starts.get(i)).isEqualTo(together.size() / FORMAT.frameBytes());
            assertThat(parts.get(i).size()).isLessThanOrEqualTo(framesPerPart * FORMAT.frameBytes());
            if (i < parts.size() - 1) {
                assertThat(parts.get(i).size()).isEqualTo(framesPerPart * FORMAT.frameBytes());
            }
            together.write(parts.get(i).toByteArray());
        }
        assertThat(together.toByteArray()).isEqualTo(expected.toByteArray());
    }

    @Test
    void aPartIsNoLargerThanAsked() throws IOException {
        List<ByteArrayOutputStream> parts = new ArrayList<>();
        try (SplitOutput output = new SplitOutput(FORMAT, Long.MAX_VALUE, 1_001, firstFrame -> {
            ByteArrayOutputStream part = new ByteArrayOutputStream();
            parts.add(part);
            return new AudioOutput.Raw(part, FORMAT);
        })) {
            output.write(ByteBuffer.allocate(2_400));
        }
        assertThat(parts).extracting(ByteArrayOutputStream::size).containsExactly(1_000, 1_000, 400);
    }

    @Test
    void aPartThatCannotBeFinishedIsTold() throws IOException {
        SplitOutput output = new SplitOutput(FORMAT, 10, Long.MAX_VALUE,
                firstFrame -> new AudioOutput.Raw(new ByteArrayOutputStream() {
                    @Override
                    public void close() throws IOException {
                        if (firstFrame == 10) {
                            throw new IOException("no space");
                        }
                    }
                }, FORMAT));
        output.write(ByteBuffer.allocate(35 * FORMAT.frameBytes()));
        assertThatThrownBy(output::close).isInstanceOf(IOException.class).hasMessage("no space");
    }
}
