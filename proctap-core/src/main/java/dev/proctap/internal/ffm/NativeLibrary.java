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
import java.util.Arrays;

/**
 * A C library whose functions take and return machine words.
 *
 * <p>Every argument and result is bound as a 64-bit {@code long}, whatever its C type: on the 64-bit ABIs of Linux an
 * int travels in the register of a long, and the callee looks at its half only. It keeps the number of different call
 * shapes, each of which costs milliseconds at start-up, at a handful. The result of a function that returns an int must
 * be cast to int; that of a void function has no meaning. Floating-point arguments do not fit this scheme.
 */
public final class NativeLibrary {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;

    private final String name;
    private final SymbolLookup symbols;

    private NativeLibrary(String name, SymbolLookup symbols) {
        this.name = name;
        this.symbols = symbols;
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
     * A handle for {@code function} with so many words as arguments.
     *
     * @throws IllegalStateException
     *             if the library does not have it
     */
    public MethodHandle function(String function, int words) {
        MemorySegment symbol = symbols.find(function)
                .orElseThrow(() -> new IllegalStateException(name + " has no function " + function));
        return LINKER.downcallHandle(symbol, descriptor(words));
    }

    /** A handle whose first argument is the address of the function to call, as a segment. */
    public static MethodHandle functionPointer(int words) {
        return LINKER.downcallHandle(descriptor(words));
    }

    private static FunctionDescriptor descriptor(int words) {
        MemoryLayout[] arguments = new MemoryLayout[words];
        Arrays.fill(arguments, WORD);
        return FunctionDescriptor.of(WORD, arguments);
    }

    /**
     * The address of a C callback that calls {@code method} of {@code receiver}: a public or package-visible method whose
     * parameters are ints and longs (pointers), returning nothing. It must not throw: that would end the JVM.
     */
    public static long callback(MethodHandles.Lookup lookup, Object receiver, String method, Arena arena,
            Class<?>... parameters) {
        MemoryLayout[] layouts = new MemoryLayout[parameters.length];
        for (int i = 0; i < parameters.length; i++) {
            layouts[i] = parameters[i] == long.class ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT;
        }
        try {
            MethodHandle target = lookup.bind(receiver, method,
                    java.lang.invoke.MethodType.methodType(void.class, parameters));
            return LINKER.upcallStub(target, FunctionDescriptor.ofVoid(layouts), arena).address();
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("no method " + method, e);
        }
    }

    /** What a handle's {@code invokeExact} threw, which cannot happen for handles made here. */
    public static LinkageError unexpected(Throwable thrown) {
        return new LinkageError("a native call failed", thrown);
    }
}
