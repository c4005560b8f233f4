package dev.proctap.cli;

import dev.proctap.pipes.FilterPipe;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A stage whose output is what comes out of a filter. */
class FilterStage implements PipeMixin.Stage {

    private final FilterPipe pipe;

    FilterStage(FilterPipe pipe) {
        this.pipe = pipe;
    }

    @Override
    public final void frames(ByteBuffer frames, @Nullable AudioOutput output) throws IOException {
        if (output != null) {
            output.write(pipe.process(MemorySegment.ofBuffer(frames),
                    frames.remaining() / pipe.format().frameBytes()));
        }
    }

    @Override
    public final void end(@Nullable AudioOutput output) throws IOException {
        if (output != null) {
            output.write(pipe.flush());
        }
    }
}
