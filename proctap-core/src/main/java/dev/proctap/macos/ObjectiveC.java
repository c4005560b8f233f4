package dev.proctap.macos;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.proctap.ProcTapException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/**
 * The Objective-C runtime. {@code objc_msgSend} has no type of its own: it is called with that of the method which it
 * calls, one handle for each.
 */
final class ObjectiveC {

    private static final MacLibrary LIBRARY = MacLibrary.load("/usr/lib/libobjc.A.dylib");
    private static final MethodHandle OBJC_GET_CLASS = LIBRARY.function("objc_getClass",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    private static final MethodHandle SEL_REGISTER_NAME = LIBRARY.function("sel_registerName",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    /** {@code id (*)(id, SEL)}. */
    private static final MethodHandle SEND = LIBRARY.function("objc_msgSend",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    /** {@code id (*)(id, SEL, id)}. */
    private static final MethodHandle SEND_OBJECT = LIBRARY.function("objc_msgSend",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    /** {@code void (*)(id, SEL, id)}, and {@code void (*)(id, SEL, NSInteger)}. */
    private static final MethodHandle SET_WORD = LIBRARY.function("objc_msgSend",
            FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    /** {@code void (*)(id, SEL, BOOL)}. */
    private static final MethodHandle SET_BOOL = LIBRARY.function("objc_msgSend",
            FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_BYTE));
    private static final MethodHandle RELEASE = LIBRARY.function("objc_release", FunctionDescriptor.ofVoid(JAVA_LONG));

    private ObjectiveC() {}

    private static long selector(String name) {
        try (Arena call = Arena.ofConfined()) {
            return (long) SEL_REGISTER_NAME.invokeExact(call.allocateFrom(name).address());
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    /**
     * A class.
     *
     * @throws ProcTapException
     *             if this macOS does not have it
     */
    static long type(String className) {
        try (Arena call = Arena.ofConfined()) {
            long type = (long) OBJC_GET_CLASS.invokeExact(call.allocateFrom(className).address());
            if (type == 0) {
                throw new ProcTapException(ProcTapException.Kind.VERSION_TOO_OLD, "this macOS has no class "
                        + className + "; it takes macOS 14.4 or later to record one program alone");
            }
            return type;
        } catch (ProcTapException e) {
            throw e;
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    /**
     * A new object, to be released.
     *
     * @param init
     *            its initializer, which takes an object
     * @throws ProcTapException
     *             if there is no such class
     */
    static long create(String className, String init, long argument) {
        long type = type(className);
        try {
            long object = (long) SEND.invokeExact(type, selector("alloc"));
            object = (long) SEND_OBJECT.invokeExact(object, selector(init), argument);
            if (object == 0) {
                throw new ProcTapException(ProcTapException.Kind.FAILED, "macOS made no " + className);
            }
            return object;
        } catch (ProcTapException e) {
            throw e;
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    /** Sets a property that is an object or an integer. */
    static void set(long object, String setter, long value) {
        try {
            SET_WORD.invokeExact(object, selector(setter), value);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static void set(long object, String setter, boolean value) {
        try {
            SET_BOOL.invokeExact(object, selector(setter), (byte) (value ? 1 : 0));
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static void release(long object) {
        try {
            RELEASE.invokeExact(object);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }
}
