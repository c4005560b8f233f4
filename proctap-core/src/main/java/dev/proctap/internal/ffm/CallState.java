package dev.proctap.internal.ffm;

import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;

/**
 * Where the error of a call of the system is kept before the JVM can overwrite it: {@code GetLastError} on Windows, {@code
 * errno} elsewhere.
 */
public final class CallState {

    private static final StructLayout LAYOUT = Linker.Option.captureStateLayout();
    private static final String NAME = LAYOUT.memberLayouts().stream().flatMap(member -> member.name().stream())
            .filter("GetLastError"::equals).findFirst().orElse("errno");

    /** For the linker: the call takes one more segment, which comes first. */
    public static final Linker.Option OPTION = Linker.Option.captureCallState(NAME);

    private static final VarHandle ERROR = LAYOUT.varHandle(PathElement.groupElement(NAME));

    private CallState() {}

    /** A segment for the error of a call. */
    public static MemorySegment allocate(SegmentAllocator allocator) {
        return allocator.allocate(LAYOUT);
    }

    /** The error of the last call with this segment. */
    public static int error(MemorySegment state) {
        return (int) ERROR.get(state, 0L);
    }
}
