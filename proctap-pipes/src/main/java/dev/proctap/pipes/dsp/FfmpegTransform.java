package dev.proctap.pipes.dsp;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A Fourier transform of FFmpeg's libavutil ({@code libavutil/tx.h}), where that is installed and this module may call native
 * functions: it takes a quarter of the time. One for each direction and length; not thread-safe.
 */
final class FfmpegTransform {

    /** Those whose {@code av_tx_init} is the same. */
    private static final int OLDEST_MAJOR = 57;
    private static final int NEWEST_MAJOR = 60;
    private static final int AV_TX_FLOAT_FFT = 0;
    /** What its fastest functions ask for, and copies into memory of that alignment cost less than doing without. */
    private static final int ALIGNMENT_BYTES = 64;

    private static final @Nullable Library LIBRARY = Library.load();

    private final MemorySegment function;
    private final MemorySegment context;
    private final int length;
    private final MemorySegment work;
    private final MemorySegment result;

    /** In a class of its own: who may not call native functions must not ask for one. */
    private static final class Call {

        /** Of whichever function the library chooses ({@code av_tx_fn}); a constant, so that calls are compiled. */
        static final MethodHandle TRANSFORM = Linker.nativeLinker().downcallHandle(
                FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS,
                        ValueLayout.JAVA_LONG),
                Linker.Option.critical(false));
    }

    /** The functions of the library. */
    private record Library(MethodHandle init, MethodHandle uninit) {

        static @Nullable Library load() {
            if (System.getProperty("dev.proctap.pipes.fft", "").equals("java")
                    || !FfmpegTransform.class.getModule().isNativeAccessEnabled()) {
                return null;
            }
            for (String name : names()) {
                try {
                    SymbolLookup symbols = SymbolLookup.libraryLookup(name, Arena.global());
                    Linker linker = Linker.nativeLinker();
                    return new Library(
                            linker.downcallHandle(symbols.findOrThrow("av_tx_init"),
                                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
                                            ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
                                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG)),
                            linker.downcallHandle(symbols.findOrThrow("av_tx_uninit"),
                                    FunctionDescriptor.ofVoid(ValueLayout.ADDRESS)));
                } catch (IllegalArgumentException | NoSuchElementException e) {
                    // another version, or none
                }
            }
            return null;
        }

        private static List<String> names() {
            String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
            List<String> names = new ArrayList<>();
            for (int major = NEWEST_MAJOR; major >= OLDEST_MAJOR; major--) {
                names.add(os.contains("windows")
                        ? "avutil-" + major + ".dll"
                        : os.contains("mac") ? "libavutil." + major + ".dylib" : "libavutil.so." + major);
            }
            return names;
        }
    }

    private FfmpegTransform(MemorySegment function, MemorySegment context, int length) {
        this.function = function;
        this.context = context;
        this.length = length;
        work = memory();
        result = memory();
    }

    /** One of so many complex numbers, null where the library is not there or does not do it. */
    static @Nullable FfmpegTransform of(int length, boolean inverse) {
        Library library = LIBRARY;
        if (library == null) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment contextPointer = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment functionPointer = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment scale = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1f);
            int code = (int) library.init.invokeExact(contextPointer, functionPointer, AV_TX_FLOAT_FFT, inverse ? 1 : 0,
                    length, scale, 0L);
            if (code < 0) {
                return null;
            }
            // freed with the last object that knows it
            MemorySegment context = contextPointer.get(ValueLayout.ADDRESS, 0).reinterpret(Arena.ofAuto(),
                    freed -> uninit(library, freed));
            return new FfmpegTransform(functionPointer.get(ValueLayout.ADDRESS, 0), context, length);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static void uninit(Library library, MemorySegment context) {
        try (Arena arena = Arena.ofConfined()) {
            library.uninit.invokeExact(arena.allocateFrom(ValueLayout.ADDRESS, context));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private MemorySegment memory() {
        return Arena.ofAuto().allocate(2L * length * Float.BYTES, ALIGNMENT_BYTES);
    }

    /** So many complex numbers, all 0, in memory that needs no copy. */
    FloatBuffer allocate() {
        return memory().asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    /** In place. */
    void transform(float[] complex) {
        transform(complex, result);
        read(complex);
    }

    /**
     * @param in
     *            of {@link #allocate}; overwritten
     */
    void transform(MemorySegment in, float[] out) {
        call(in, result);
        read(out);
    }

    /**
     * @param out
     *            of {@link #allocate}
     */
    void transform(float[] in, MemorySegment out) {
        MemorySegment.copy(in, 0, work, ValueLayout.JAVA_FLOAT, 0, in.length);
        call(work, out);
    }

    private void read(float[] out) {
        MemorySegment.copy(result, ValueLayout.JAVA_FLOAT, 0, out, 0, out.length);
    }

    private void call(MemorySegment in, MemorySegment out) {
        try {
            Call.TRANSFORM.invokeExact(function, context, out, in, 2L * Float.BYTES);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static RuntimeException unexpected(Throwable t) {
        if (t instanceof Error error) {
            throw error;
        }
        return t instanceof RuntimeException runtime ? runtime : new IllegalStateException(t);
    }
}
