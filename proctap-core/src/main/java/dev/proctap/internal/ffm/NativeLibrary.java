package dev.proctap.internal.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Collections;

/**
 * A C library whose functions take and return machine words.
 *
 * <p>Every function is bound with six arguments and a result of 64 bits, whatever its C type, and every callback takes
 * six. On the 64-bit ABIs of Linux an int travels in the register of a long, of which either side looks at its half, and
 * arguments that nobody asked for stay unread in their registers. So there is one shape of call in each direction: each
 * further one would cost the linker some ten milliseconds when it is first used, which is start-up time. The price: ints
 * that come from C must be cast, the result of a void function has no meaning, and floating-point arguments do not fit.
 */
public final class NativeLibrary {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout[] WORDS = Collections.nCopies(6, ValueLayout.JAVA_LONG)
            .toArray(MemoryLayout[]::new);
    private static final FunctionDescriptor CALL = FunctionDescriptor.of(ValueLayout.JAVA_LONG, WORDS);
    private static final MethodHandle CALLBACK = findCallback();

    private final String name;
    private final SymbolLookup symbols;

    private NativeLibrary(String name, SymbolLookup symbols) {
        this.name = name;
        this.symbols = symbols;
    }

    private static MethodHandle findCallback() {
        try {
            return MethodHandles.lookup().findVirtual(Callback.class, "call", CALL.toMethodType()
                    .changeReturnType(void.class));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("Callback has no method call", e);
        }
    }

    /** The C library of the process. */
    public static NativeLibrary libc() {
        return new NativeLibrary("libc", LINKER.defaultLookup());
    }

    /**
     * Loads a shared library for the life of the process.
     *
     * @throws IllegalArgumentException
     *             if the system's loader does not find it
     */
    public static NativeLibrary load(String fileName) {
        return new NativeLibrary(fileName, SymbolLookup.libraryLookup(fileName, Arena.global()));
    }

    /** The function's address, or 0 where this version of the library does not have it. */
    public long find(String function) {
        return symbols.find(function).map(MemorySegment::address).orElse(0L);
    }

    /**
     * A handle for {@code function}, of type {@code long (long, long, long, long, long, long)}.
     *
     * @throws IllegalStateException
     *             if the library does not have it
     */
    public MethodHandle function(String function) {
        MemorySegment symbol = symbols.find(function)
                .orElseThrow(() -> new IllegalStateException(name + " has no function " + function));
        return LINKER.downcallHandle(symbol, CALL);
    }

    /** A handle as of {@link #function} whose first argument is the address of the function to call, as a segment. */
    public static MethodHandle functionPointer() {
        return LINKER.downcallHandle(CALL);
    }

    /** What C calls; arguments beyond those of the C function have no meaning. It must not throw: the JVM would end. */
    @FunctionalInterface
    public interface Callback {
        void call(long a, long b, long c, long d, long e, long f);
    }

    /** The address of a C function that calls {@code callback}, until {@code arena} is closed. */
    public static long callback(Callback callback, Arena arena) {
        return LINKER.upcallStub(CALLBACK.bindTo(callback), FunctionDescriptor.ofVoid(WORDS), arena).address();
    }

    /** What a handle's {@code invokeExact} threw, which cannot happen for handles made here. */
    public static LinkageError unexpected(Throwable thrown) {
        return new LinkageError("a native call failed", thrown);
    }
}
