package dev.proctap.macos;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.proctap.ProcTapException;
import dev.proctap.internal.ffm.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * The functions of Core Audio that are used, with the constants of its headers ({@code AudioHardwareBase.h}, {@code
 * AudioHardware.h}, {@code AudioHardwareTapping.h}, {@code CoreAudioBaseTypes.h}). Properties are those of the main element
 * in the global scope.
 */
final class CoreAudio {

    static final int kAudioObjectSystemObject = 1;
    static final int kAudioObjectUnknown = 0;
    static final int kAudioHardwarePropertyDefaultOutputDevice = code("dOut");
    static final int kAudioHardwarePropertyProcessObjectList = code("prs#");
    static final int kAudioDevicePropertyDeviceUID = code("uid ");
    static final int kAudioProcessPropertyPID = code("ppid");
    static final int kAudioProcessPropertyBundleID = code("pbid");
    static final int kAudioProcessPropertyIsRunningOutput = code("piro");
    static final int kAudioTapPropertyUID = code("tuid");
    static final int kAudioTapPropertyFormat = code("tfmt");
    static final int kAudioTapPropertyDescription = code("tdsc");
    private static final int kAudioObjectPropertyScopeGlobal = code("glob");
    private static final int kAudioObjectPropertyElementMain = 0;

    static final String kAudioAggregateDeviceUIDKey = "uid";
    static final String kAudioAggregateDeviceNameKey = "name";
    static final String kAudioAggregateDeviceSubDeviceListKey = "subdevices";
    static final String kAudioAggregateDeviceMainSubDeviceKey = "master";
    static final String kAudioAggregateDeviceIsPrivateKey = "private";
    static final String kAudioAggregateDeviceIsStackedKey = "stacked";
    static final String kAudioAggregateDeviceTapListKey = "taps";
    static final String kAudioAggregateDeviceTapAutoStartKey = "tapautostart";
    static final String kAudioSubDeviceUIDKey = "uid";
    static final String kAudioSubTapUIDKey = "uid";
    static final String kAudioSubTapDriftCompensationKey = "drift";

    static final int kAudioFormatLinearPCM = code("lpcm");
    static final int kAudioFormatFlagIsFloat = 1;
    static final int kAudioFormatFlagIsBigEndian = 1 << 1;
    static final int kAudioTimeStampHostTimeValid = 1 << 1;
    static final long CATapMutedWhenTapped = 2;

    /** {@code AudioStreamBasicDescription}. */
    static final int FORMAT_BYTES = 40;
    static final int FORMAT_SAMPLE_RATE = 0;
    static final int FORMAT_ID = 8;
    static final int FORMAT_FLAGS = 12;
    static final int FORMAT_CHANNELS_PER_FRAME = 28;
    static final int FORMAT_BITS_PER_CHANNEL = 32;
    /** {@code AudioTimeStamp}. */
    static final int TIME_SAMPLE_TIME = 0;
    static final int TIME_HOST_TIME = 8;
    static final int TIME_FLAGS = 56;
    /** {@code AudioBufferList}, with an {@code AudioBuffer} every so many bytes. */
    static final int LIST_COUNT = 0;
    static final int LIST_BUFFERS = 8;
    static final int BUFFER_BYTES = 16;
    static final int BUFFER_DATA_BYTES = 4;
    static final int BUFFER_DATA = 8;

    /** {@code OSStatus (*)(AudioObjectID, UInt32, const AudioObjectPropertyAddress *, void *)}. */
    static final FunctionDescriptor PROPERTY_LISTENER = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG,
            JAVA_LONG);
    /** {@code AudioDeviceIOProc}: device, now, input and its time, output and its time, client data. */
    static final FunctionDescriptor IO_PROC = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG,
            JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private static final MacLibrary LIBRARY = MacLibrary.framework("CoreAudio");
    private static final MethodHandle GET_SIZE = LIBRARY.function("AudioObjectGetPropertyDataSize",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle GET = LIBRARY.function("AudioObjectGetPropertyData",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle SET = LIBRARY.function("AudioObjectSetPropertyData",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG));
    private static final FunctionDescriptor LISTEN = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG,
            JAVA_LONG);
    private static final MethodHandle ADD_LISTENER = LIBRARY.function("AudioObjectAddPropertyListener", LISTEN);
    private static final MethodHandle REMOVE_LISTENER = LIBRARY.function("AudioObjectRemovePropertyListener", LISTEN);
    private static final FunctionDescriptor CREATE = FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final FunctionDescriptor DESTROY = FunctionDescriptor.of(JAVA_INT, JAVA_INT);
    private static final MethodHandle CREATE_TAP = LIBRARY.function("AudioHardwareCreateProcessTap", CREATE);
    private static final MethodHandle DESTROY_TAP = LIBRARY.function("AudioHardwareDestroyProcessTap", DESTROY);
    private static final MethodHandle CREATE_AGGREGATE = LIBRARY.function("AudioHardwareCreateAggregateDevice",
            CREATE);
    private static final MethodHandle DESTROY_AGGREGATE = LIBRARY.function("AudioHardwareDestroyAggregateDevice",
            DESTROY);
    private static final MethodHandle CREATE_IO_PROC = LIBRARY.function("AudioDeviceCreateIOProcID",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final FunctionDescriptor IO = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle DESTROY_IO_PROC = LIBRARY.function("AudioDeviceDestroyIOProcID", IO);
    private static final MethodHandle START = LIBRARY.function("AudioDeviceStart", IO);
    private static final MethodHandle STOP = LIBRARY.function("AudioDeviceStop", IO);

    private CoreAudio() {}

    /** A four-character code. */
    static int code(String characters) {
        byte[] bytes = characters.getBytes(StandardCharsets.US_ASCII);
        return bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
    }

    /** {@code AudioObjectPropertyAddress}. */
    private static long address(int selector, Arena arena) {
        return arena.allocateFrom(JAVA_INT, selector, kAudioObjectPropertyScopeGlobal, kAudioObjectPropertyElementMain)
                .address();
    }

    /** Reads a property of a known size; the status is the caller's to look at. */
    static int get(int object, int selector, MemorySegment data) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment size = call.allocateFrom(JAVA_INT, (int) data.byteSize());
            return (int) GET.invokeExact(object, address(selector, call), 0, 0L, size.address(), data.address());
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static int getInt(int object, int selector, String what) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment data = call.allocate(JAVA_INT);
            OsStatus.check(get(object, selector, data), what);
            return data.get(JAVA_INT, 0);
        }
    }

    /** A {@code CFStringRef} as text; empty where the object has none. */
    static String getText(int object, int selector, String what) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment data = call.allocate(JAVA_LONG);
            OsStatus.check(get(object, selector, data), what);
            long string = data.get(JAVA_LONG, 0);
            try {
                return CoreFoundation.text(string);
            } finally {
                CoreFoundation.release(string);
            }
        }
    }

    /** A list of objects. */
    static int[] getObjects(int object, int selector, String what) {
        try (Arena call = Arena.ofConfined()) {
            long address = address(selector, call);
            MemorySegment size = call.allocate(JAVA_INT);
            OsStatus.check((int) GET_SIZE.invokeExact(object, address, 0, 0L, size.address()), what);
            // some may come while it is read
            MemorySegment data = call.allocate(size.get(JAVA_INT, 0) + 64L, 4);
            size.set(JAVA_INT, 0, (int) data.byteSize());
            OsStatus.check((int) GET.invokeExact(object, address, 0, 0L, size.address(), data.address()), what);
            return data.asSlice(0, size.get(JAVA_INT, 0)).toArray(JAVA_INT);
        } catch (ProcTapException e) {
            throw e;
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    /** Sets a property that is a pointer; the status is the caller's to look at. */
    static int setPointer(int object, int selector, long value) {
        try (Arena call = Arena.ofConfined()) {
            return (int) SET.invokeExact(object, address(selector, call), 0, 0L, (int) JAVA_LONG.byteSize(),
                    call.allocateFrom(JAVA_LONG, value).address());
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static int addListener(int object, int selector, long listener, long clientData) {
        try (Arena call = Arena.ofConfined()) {
            return (int) ADD_LISTENER.invokeExact(object, address(selector, call), listener, clientData);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static void removeListener(int object, int selector, long listener, long clientData) {
        try (Arena call = Arena.ofConfined()) {
            int _ = (int) REMOVE_LISTENER.invokeExact(object, address(selector, call), listener, clientData);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static int createTap(long description, String what) {
        return create(CREATE_TAP, description, what);
    }

    static int createAggregate(long dictionary, String what) {
        return create(CREATE_AGGREGATE, dictionary, what);
    }

    private static int create(MethodHandle function, long description, String what) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment object = call.allocate(JAVA_INT);
            OsStatus.check((int) function.invokeExact(description, object.address()), what);
            return object.get(JAVA_INT, 0);
        } catch (ProcTapException e) {
            throw e;
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static void destroyTap(int tap) {
        try {
            int _ = (int) DESTROY_TAP.invokeExact(tap);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static void destroyAggregate(int device) {
        try {
            int _ = (int) DESTROY_AGGREGATE.invokeExact(device);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static long createIoProc(int device, long function, long clientData, String what) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment id = call.allocate(JAVA_LONG);
            OsStatus.check((int) CREATE_IO_PROC.invokeExact(device, function, clientData, id.address()), what);
            return id.get(JAVA_LONG, 0);
        } catch (ProcTapException e) {
            throw e;
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static void destroyIoProc(int device, long id) {
        try {
            int _ = (int) DESTROY_IO_PROC.invokeExact(device, id);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static int start(int device, long ioProc) {
        try {
            return (int) START.invokeExact(device, ioProc);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    static void stop(int device, long ioProc) {
        try {
            int _ = (int) STOP.invokeExact(device, ioProc);
        } catch (Throwable t) {
            throw MacLibrary.unexpected(t);
        }
    }

    /** The frame number of an {@code AudioTimeStamp}. */
    static double sampleTime(long timeStamp) {
        return Memory.ALL.get(JAVA_DOUBLE.withByteAlignment(1), timeStamp + TIME_SAMPLE_TIME);
    }
}
