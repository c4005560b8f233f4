package dev.proctap.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.AudioChunk;
import dev.proctap.TapEvent;
import dev.proctap.TapStatistics.LossCause;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Whatever is written and read in whatever order: every frame is delivered once, in its place, or counted as lost. */
class ChunkQueueTest {

    private static final int CHUNK_FRAMES = 5;
    private static final int CHUNKS = 3;
    private static final PcmFormat FORMAT = PcmFormat.STANDARD;

    /** The value of a frame tells its position. */
    private static void write(ChunkQueue queue, long position, int frames) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment samples = arena.allocate(Math.max(1, frames) * 8L, 8);
            for (int i = 0; i < frames; i++) {
                samples.setAtIndex(ValueLayout.JAVA_FLOAT, 2L * i, (float) (position + i + 1));
                samples.setAtIndex(ValueLayout.JAVA_FLOAT, 2L * i + 1, (float) -(position + i + 1));
            }
            queue.write(samples, 0, frames, 1_000_000 + FORMAT.framesToNanos(position));
        }
    }

    /** One step: so many frames written, silent or lost, or so many chunks read. */
    record Step(Kind kind, int count) {
        enum Kind {
            WRITE, SILENCE, LOSE, READ
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(Arbitraries.of(Step.Kind.class), Arbitraries.integers().between(0, 30)).as(Step::new)
                .list().ofMaxSize(60);
    }

    @Property
    void everyFrameIsDeliveredInItsPlaceOrCounted(@ForAll("steps") List<Step> steps) {
        List<TapEvent> events = new ArrayList<>();
        ChunkQueue queue = new ChunkQueue(FORMAT, CHUNK_FRAMES, CHUNKS, events::add);
        try {
            List<Step.Kind> written = new ArrayList<>();
            Reader reader = new Reader(queue, written);
            for (Step step : steps) {
                long position = written.size();
                switch (step.kind) {
                    case WRITE -> write(queue, position, step.count);
                    case SILENCE -> queue.silence(step.count, 1_000_000 + FORMAT.framesToNanos(position));
                    case LOSE -> queue.lost(step.count, LossCause.CAPTURE);
                    case READ -> reader.read(step.count);
                }
                for (int i = 0; step.kind != Step.Kind.READ && i < step.count; i++) {
                    written.add(step.kind);
                }
            }
            queue.end(null);
            reader.read(Integer.MAX_VALUE);
            assertThat(queue.isDrained()).isTrue();
            long trailing = written.size() - reader.position;
            assertThat(written.subList((int) reader.position, written.size()))
                    .as("what no chunk told was lost at the very end").allMatch(kind -> kind == Step.Kind.LOSE);
            assertThat(reader.lost + trailing).isEqualTo(queue.framesLost());
            assertThat(reader.delivered + reader.lost + trailing).isEqualTo(written.size());
            assertThat(queue.losses().stream().mapToLong(loss -> loss.frames()).sum()).isEqualTo(queue.framesLost());
        } finally {
            queue.free();
        }
    }

    private static final class Reader {
        private final ChunkQueue queue;
        private final List<Step.Kind> written;
        private long position;
        private long delivered;
        private long lost;

        Reader(ChunkQueue queue, List<Step.Kind> written) {
            this.queue = queue;
            this.written = written;
        }

        void read(int count) {
            for (int i = 0; i < count; i++) {
                AudioChunk chunk = queue.poll();
                if (chunk == null) {
                    return;
                }
                lost += chunk.lostFramesBefore();
                assertThat(chunk.framePosition()).isEqualTo(position + chunk.lostFramesBefore());
                assertThat(chunk.frames()).isBetween(1, CHUNK_FRAMES);
                assertThat(chunk.samples().byteSize()).isEqualTo(chunk.frames() * 8L);
                // each of the steps may round down by a nanosecond
                assertThat(chunk.captureTimeNanos())
                        .isBetween(1_000_000 + FORMAT.framesToNanos(chunk.framePosition()) - 3,
                                1_000_000 + FORMAT.framesToNanos(chunk.framePosition()));
                for (int frame = 0; frame < chunk.frames(); frame++) {
                    long at = chunk.framePosition() + frame;
                    Step.Kind kind = written.get((int) at);
                    assertThat(kind).isNotEqualTo(Step.Kind.LOSE);
                    float expected = kind == Step.Kind.WRITE ? (float) (at + 1) : 0;
                    assertThat(chunk.samples().getAtIndex(ValueLayout.JAVA_FLOAT, 2L * frame)).isEqualTo(expected);
                }
                delivered += chunk.frames();
                position = chunk.framePosition() + chunk.frames();
            }
        }
    }

    @Test
    void theChunkInTheConsumersHandsIsNeverOverwritten() {
        ChunkQueue queue = new ChunkQueue(FORMAT, CHUNK_FRAMES, CHUNKS, event -> {});
        write(queue, 0, CHUNK_FRAMES);
        AudioChunk held = queue.poll();
        assertThat(held).isNotNull();
        write(queue, CHUNK_FRAMES, 100 * CHUNK_FRAMES);
        assertThat(held.samples().getAtIndex(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(1f);
        AudioChunk next = queue.poll();
        assertThat(next).isNotNull();
        assertThat(next.framePosition()).isEqualTo(CHUNK_FRAMES + next.lostFramesBefore());
        queue.free();
    }

    @Test
    void aLongLossIsOneLossAndToldOnce() {
        List<TapEvent> events = new ArrayList<>();
        ChunkQueue queue = new ChunkQueue(FORMAT, CHUNK_FRAMES, CHUNKS, events::add);
        write(queue, 0, 1000 * CHUNK_FRAMES);
        queue.tellLosses();
        queue.tellLosses();
        assertThat(queue.losses()).hasSize(1);
        assertThat(events).singleElement().isInstanceOf(TapEvent.FramesLost.class);
        queue.free();
    }

    @Test
    void writerAndReaderMayBeTwoThreads() throws InterruptedException {
        ChunkQueue queue = new ChunkQueue(FORMAT, 16, 8, event -> {});
        int total = 2_000_000;
        Thread writer = Thread.ofPlatform().start(() -> {
            int position = 0;
            while (position < total) {
                int frames = Math.min(total - position, ThreadLocalRandom.current().nextInt(1, 64));
                write(queue, position, frames);
                position += frames;
            }
            queue.end(null);
        });
        long position = 0;
        while (!queue.isDrained()) {
            AudioChunk chunk = queue.poll();
            if (chunk != null) {
                assertThat(chunk.framePosition()).isEqualTo(position + chunk.lostFramesBefore());
                for (int i = 0; i < chunk.frames(); i++) {
                    // one object for each assertion would take longer than the queue
                    if (chunk.samples().getAtIndex(ValueLayout.JAVA_FLOAT, 2L * i) != chunk.framePosition() + i + 1) {
                        throw new AssertionError("frame " + i + " of " + chunk.framePosition());
                    }
                }
                position = chunk.framePosition() + chunk.frames();
            }
        }
        writer.join();
        assertThat(position).isEqualTo(total);
        queue.free();
    }

    @Test
    void stereoBecomesMonoWithoutClipping() {
        ChunkQueue queue = new ChunkQueue(new PcmFormat(48_000, 1, SampleFormat.F32), 4, CHUNKS, event -> {});
        try (Arena arena = Arena.ofConfined()) {
            queue.write(arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 1, -1, -1, 0.5f, 0, 0, -0.5f), 0, 4, 0);
        }
        AudioChunk chunk = queue.poll();
        assertThat(chunk).isNotNull();
        assertThat(chunk.samples().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, -1, 0.25f, -0.25f);
        queue.free();
    }
}
