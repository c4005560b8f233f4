package dev.proctap.macos;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;

/** The functions of CoreFoundation that are used. What is made is to be {@linkplain #release released}. */
final class CoreFoundation {

    private static final int kCFStringEncodingUTF8 = 0x08000100;
    private static final long kCFNumberSInt32Type = 3;
    private static final int MOST_BYTES = 4096;

    private static final MacLibrary LIBRARY = MacLibrary.framework("CoreFoundation");
    private static final MethodHandle CF_STRING_CREATE = LIBRARY.function("CFStringCreateWithCString",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle CF_STRING_GET = LIBRARY.function("CFStringGetCString",
            FunctionDescriptor.of(JAVA_BYTE, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle CF_NUMBER_CREATE = LIBRARY.function("CFNumberCreate",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle CF_ARRAY_CREATE = LIBRARY.function("CFArrayCreate",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle CF_DICTIONARY_CREATE = LIBRARY.function("CFDictionaryCreate", FunctionDescriptor
            .of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle CF_RELEASE = LIBRARY.function("CFRelease", FunctionDescriptor.ofVoid(JAVA_LONG));
    // structs: what is passed is where they are
    private static final long kCFTypeArrayCallBacks = LIBRARY.address("kCFTypeArrayCallBacks").address();
    private static final long kCFTypeDictionaryKeyCallBacks = LIBRARY.address("kCFTypeDictionaryKeyCallBacks")
            .address();
    private static final long kCFTypeDictionaryValueCallBacks = LIBRARY.address("kCFTypeDictionaryValueCallBacks")
            .address();

    private CoreFoundation() {}

    static long string(String text) {
        try (Arena call = Arena.ofConfined()) {
            return (long) CF_STRING_CREATE.invokeExact(0L, call.allocateFrom(text).address(), kCFStringEncodingUTF8);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    /** The text of a {@code CFStringRef}; empty for none, or one that is too long. */
    static String text(long string) {
        if (string == 0) {
            return "";
        }
        try (Arena call = Arena.ofConfined()) {
            MemorySegment bytes = call.allocate(MOST_BYTES);
            byte fits = (byte) CF_STRING_GET.invokeExact(string, bytes.address(), (long) MOST_BYTES,
                    kCFStringEncodingUTF8);
            return fits != 0 ? bytes.getString(0) : "";
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    private static long number(int value) {
        try (Arena call = Arena.ofConfined()) {
            return (long) CF_NUMBER_CREATE.invokeExact(0L, kCFNumberSInt32Type,
                    call.allocateFrom(JAVA_INT, value).address());
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    /**
     * What property lists are made of: a {@link String}, an {@link Integer}, a {@link List} or a {@link Map} of these by
     * strings.
     */
    static long of(Object value) {
        return switch (value) {
            case String text -> string(text);
            case Integer number -> number(number);
            case List<?> list -> array(list);
            case Map<?, ?> map -> dictionary(map);
            default -> throw new IllegalArgumentException(value.getClass().getName());
        };
    }

    private static long array(List<?> list) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment values = all(list, call);
            long array = (long) CF_ARRAY_CREATE.invokeExact(0L, values.address(), (long) list.size(),
                    kCFTypeArrayCallBacks);
            releaseAll(values);
            return array;
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    private static long dictionary(Map<?, ?> map) {
        try (Arena call = Arena.ofConfined()) {
            List<Map.Entry<?, ?>> entries = List.copyOf(map.entrySet());
            MemorySegment keys = all(entries.stream().map(Map.Entry::getKey).toList(), call);
            MemorySegment values = all(entries.stream().map(Map.Entry::getValue).toList(), call);
            long dictionary = (long) CF_DICTIONARY_CREATE.invokeExact(0L, keys.address(), values.address(),
                    (long) entries.size(), kCFTypeDictionaryKeyCallBacks, kCFTypeDictionaryValueCallBacks);
            releaseAll(keys);
            releaseAll(values);
            return dictionary;
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    private static MemorySegment all(List<?> list, Arena arena) {
        return arena.allocateFrom(JAVA_LONG, list.stream().mapToLong(CoreFoundation::of).toArray());
    }

    /** The array or dictionary holds them now. */
    private static void releaseAll(MemorySegment objects) {
        for (long object : objects.toArray(JAVA_LONG)) {
            release(object);
        }
    }

    static void release(long object) {
        if (object != 0) {
            try {
                CF_RELEASE.invokeExact(object);
            } catch (Throwable t) {
                throw MacLibrary.unexpected(t);
            }
        }
    }
}
