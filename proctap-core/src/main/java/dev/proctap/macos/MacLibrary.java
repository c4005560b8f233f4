package dev.proctap.macos;

import dev.proctap.ProcTapException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Optional;

/** A library of macOS. Pointers are {@code long}: a segment for each would be an object for each. */
final class MacLibrary {

    /** Where the libraries are looked for instead, for tests on another system. */
    private static final String ROOT = "dev.proctap.macos.root";
    private static final Linker LINKER = Linker.nativeLinker();

    private final String path;
    private final SymbolLookup symbols;

    private MacLibrary(String path, SymbolLookup symbols) {
        this.path = path;
        this.symbols = symbols;
    }

    static MacLibrary framework(String name) {
        return load("/System/Library/Frameworks/" + name + ".framework/" + name);
    }

    static MacLibrary load(String path) {
        String whole = System.getProperty(ROOT, "") + path;
        try {
            return new MacLibrary(path, SymbolLookup.libraryLookup(whole, Arena.global()));
        } catch (IllegalArgumentException e) {
            throw new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER,
                    "this is no macOS, or a damaged one: it has no " + whole, e);
        }
    }

    Optional<MemorySegment> find(String symbol) {
        return symbols.find(symbol);
    }

    /**
     * @throws ProcTapException
     *             if this version of macOS does not have it
     */
    MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        return LINKER.downcallHandle(address(name), type, options);
    }

    /** The address of a function or a variable. */
    MemorySegment address(String name) {
        return symbols.find(name).orElseThrow(() -> new ProcTapException(ProcTapException.Kind.VERSION_TOO_OLD,
                "this macOS has no " + name + " in " + path
                        + "; it takes macOS 14.4 or later to record one program alone"));
    }

    /** A C function, for the life of the process, that calls a static method of {@code lookup}'s class. */
    static long callback(MethodHandles.Lookup lookup, String method, FunctionDescriptor type) {
        try {
            MethodHandle target = lookup.findStatic(lookup.lookupClass(), method, type.toMethodType());
            return LINKER.upcallStub(target, type, Arena.global()).address();
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("no method " + method, e);
        }
    }

    /** What a handle's {@code invokeExact} threw, which cannot happen for handles made here. */
    static LinkageError unexpected(Throwable thrown) {
        return new LinkageError("a native call failed", thrown);
    }
}
