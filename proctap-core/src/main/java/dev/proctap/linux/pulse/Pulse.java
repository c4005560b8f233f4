package dev.proctap.linux.pulse;

import dev.proctap.ProcTapException;
import dev.proctap.internal.ffm.Memory;
import dev.proctap.internal.ffm.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * The functions of libpulse that are used, under their own names, with the constants and offsets of its headers
 * ({@code pulse/def.h}, {@code pulse/introspect.h}, {@code pulse/sample.h}, {@code pulse/channelmap.h}). A test compares
 * them with those that a C compiler sees.
 */
final class Pulse {

    static final int PA_CONTEXT_NOAUTOSPAWN = 1;
    static final int PA_CONTEXT_READY = 4;
    static final int PA_CONTEXT_FAILED = 5;
    static final int PA_CONTEXT_TERMINATED = 6;
    static final int PA_STREAM_READY = 2;
    static final int PA_STREAM_FAILED = 3;
    static final int PA_STREAM_TERMINATED = 4;
    static final int PA_STREAM_DONT_MOVE = 0x200;
    static final int PA_STREAM_ADJUST_LATENCY = 0x2000;
    static final int PA_STREAM_DONT_INHIBIT_AUTO_SUSPEND = 0x8000;
    static final int PA_STREAM_START_UNMUTED = 0x10000;
    static final int PA_SUBSCRIPTION_MASK_SINK = 1;
    static final int PA_SUBSCRIPTION_MASK_SOURCE = 2;
    static final int PA_SUBSCRIPTION_MASK_SINK_INPUT = 4;
    static final int PA_SUBSCRIPTION_MASK_SERVER = 0x80;
    static final int PA_SUBSCRIPTION_MASK_CLIENT = 0x20;
    static final int PA_SUBSCRIPTION_EVENT_SINK = 0;
    static final int PA_SUBSCRIPTION_EVENT_SOURCE = 1;
    static final int PA_SUBSCRIPTION_EVENT_SERVER = 7;
    static final int PA_SUBSCRIPTION_EVENT_SINK_INPUT = 2;
    static final int PA_SUBSCRIPTION_EVENT_CLIENT = 5;
    static final int PA_SUBSCRIPTION_EVENT_FACILITY_MASK = 0xf;
    static final int PA_SUBSCRIPTION_EVENT_REMOVE = 0x20;
    static final int PA_SUBSCRIPTION_EVENT_TYPE_MASK = 0x30;
    static final int PA_SAMPLE_FLOAT32LE = 5;
    static final int PA_SAMPLE_FLOAT32BE = 6;
    static final int PA_VOLUME_NORM = 0x10000;
    static final int PA_CHANNELS_MAX = 32;
    static final int PA_CHANNEL_POSITION_MONO = 0;
    static final int PA_CHANNEL_POSITION_FRONT_LEFT = 1;
    static final int PA_CHANNEL_POSITION_FRONT_RIGHT = 2;
    static final int PA_CHANNEL_POSITION_FRONT_CENTER = 3;
    static final int PA_CHANNEL_POSITION_REAR_CENTER = 4;
    static final int PA_CHANNEL_POSITION_REAR_LEFT = 5;
    static final int PA_CHANNEL_POSITION_REAR_RIGHT = 6;
    static final int PA_CHANNEL_POSITION_LFE = 7;
    static final int PA_CHANNEL_POSITION_SIDE_LEFT = 10;
    static final int PA_CHANNEL_POSITION_SIDE_RIGHT = 11;
    static final int PA_ERR_ACCESS = 1;
    static final int PA_ERR_AUTHKEY = 9;

    /** Byte offsets of the parts of structs, and sizes of those that are ours to make. */
    static final class Offsets {
        static final int SAMPLE_SPEC_BYTES = 12;
        static final int SAMPLE_SPEC_FORMAT = 0;
        static final int SAMPLE_SPEC_RATE = 4;
        static final int SAMPLE_SPEC_CHANNELS = 8;
        static final int CHANNEL_MAP_BYTES = 132;
        static final int CHANNEL_MAP_CHANNELS = 0;
        static final int CHANNEL_MAP_MAP = 4;
        static final int CVOLUME_CHANNELS = 0;
        static final int CVOLUME_VALUES = 4;
        static final int BUFFER_ATTR_BYTES = 20;
        static final int BUFFER_ATTR_MAXLENGTH = 0;
        static final int BUFFER_ATTR_FRAGSIZE = 16;
        static final int TIMING_INFO_TIMESTAMP = 0;
        static final int TIMING_INFO_SINK_USEC = 24;
        static final int TIMING_INFO_SOURCE_USEC = 32;
        static final int TIMING_INFO_WRITE_INDEX = 56;
        static final int TIMING_INFO_CONFIGURED_SOURCE_USEC = 88;
        static final int SERVER_INFO_SERVER_VERSION = 16;
        static final int SERVER_INFO_SERVER_NAME = 24;
        static final int SERVER_INFO_SAMPLE_SPEC = 32;
        static final int SERVER_INFO_DEFAULT_SOURCE_NAME = 56;
        static final int CLIENT_INFO_INDEX = 0;
        static final int CLIENT_INFO_NAME = 8;
        static final int CLIENT_INFO_PROPLIST = 32;
        static final int SINK_INFO_INDEX = 8;
        static final int SINK_INFO_SAMPLE_SPEC = 24;
        static final int SINK_INFO_CHANNEL_MAP = 36;
        static final int SINK_INFO_MONITOR_SOURCE = 308;
        static final int SOURCE_INFO_NAME = 0;
        static final int SOURCE_INFO_INDEX = 8;
        static final int SOURCE_INFO_DESCRIPTION = 16;
        static final int SOURCE_INFO_SAMPLE_SPEC = 24;
        static final int SOURCE_INFO_CHANNEL_MAP = 36;
        static final int SOURCE_INFO_MONITOR_OF_SINK = 308;
        static final int SINK_INPUT_INFO_INDEX = 0;
        static final int SINK_INPUT_INFO_NAME = 8;
        static final int SINK_INPUT_INFO_CLIENT = 20;
        static final int SINK_INPUT_INFO_SINK = 24;
        static final int SINK_INPUT_INFO_SAMPLE_SPEC = 28;
        static final int SINK_INPUT_INFO_VOLUME = 172;
        static final int SINK_INPUT_INFO_MUTE = 336;
        static final int SINK_INPUT_INFO_PROPLIST = 344;
        static final int SINK_INPUT_INFO_CORKED = 352;
        static final int SINK_INPUT_INFO_HAS_VOLUME = 356;

        private Offsets() {}
    }

    private static final NativeLibrary LIBRARY = Library.load();

    private static final MethodHandle PA_MAINLOOP_NEW = LIBRARY.function("pa_mainloop_new");
    private static final MethodHandle PA_MAINLOOP_FREE = LIBRARY.function("pa_mainloop_free");
    private static final MethodHandle PA_MAINLOOP_GET_API = LIBRARY.function("pa_mainloop_get_api");
    private static final MethodHandle PA_MAINLOOP_PREPARE = LIBRARY.function("pa_mainloop_prepare");
    private static final MethodHandle PA_MAINLOOP_POLL = LIBRARY.function("pa_mainloop_poll");
    private static final MethodHandle PA_MAINLOOP_DISPATCH = LIBRARY.function("pa_mainloop_dispatch");
    private static final MethodHandle PA_MAINLOOP_WAKEUP = LIBRARY.function("pa_mainloop_wakeup");
    private static final MethodHandle PA_CONTEXT_NEW = LIBRARY.function("pa_context_new");
    private static final MethodHandle PA_CONTEXT_UNREF = LIBRARY.function("pa_context_unref");
    private static final MethodHandle PA_CONTEXT_CONNECT = LIBRARY.function("pa_context_connect");
    private static final MethodHandle PA_CONTEXT_DISCONNECT = LIBRARY.function("pa_context_disconnect");
    private static final MethodHandle PA_CONTEXT_GET_STATE = LIBRARY.function("pa_context_get_state");
    private static final MethodHandle PA_CONTEXT_ERRNO = LIBRARY.function("pa_context_errno");
    private static final MethodHandle PA_CONTEXT_GET_INDEX = LIBRARY.function("pa_context_get_index");
    private static final MethodHandle PA_CONTEXT_SET_SUBSCRIBE_CALLBACK = LIBRARY
            .function("pa_context_set_subscribe_callback");
    private static final MethodHandle PA_CONTEXT_SUBSCRIBE = LIBRARY.function("pa_context_subscribe");
    private static final MethodHandle PA_CONTEXT_GET_SERVER_INFO = LIBRARY.function("pa_context_get_server_info");
    private static final MethodHandle PA_CONTEXT_GET_CLIENT_INFO = LIBRARY.function("pa_context_get_client_info");
    private static final MethodHandle PA_CONTEXT_GET_CLIENT_INFO_LIST = LIBRARY
            .function("pa_context_get_client_info_list");
    private static final MethodHandle PA_CONTEXT_GET_SINK_INFO_BY_INDEX = LIBRARY
            .function("pa_context_get_sink_info_by_index");
    private static final MethodHandle PA_CONTEXT_GET_SINK_INFO_LIST = LIBRARY.function("pa_context_get_sink_info_list");
    private static final MethodHandle PA_CONTEXT_GET_SOURCE_INFO_LIST = LIBRARY
            .function("pa_context_get_source_info_list");
    private static final MethodHandle PA_CONTEXT_GET_SINK_INPUT_INFO = LIBRARY
            .function("pa_context_get_sink_input_info");
    private static final MethodHandle PA_CONTEXT_GET_SINK_INPUT_INFO_LIST = LIBRARY
            .function("pa_context_get_sink_input_info_list");
    private static final MethodHandle PA_OPERATION_UNREF = LIBRARY.function("pa_operation_unref");
    private static final MethodHandle PA_GET_LIBRARY_VERSION = LIBRARY.function("pa_get_library_version");
    private static final MethodHandle PA_STRERROR = LIBRARY.function("pa_strerror");
    private static final MethodHandle PA_PROPLIST_GETS = LIBRARY.function("pa_proplist_gets");
    private static final MethodHandle PA_STREAM_NEW = LIBRARY.function("pa_stream_new");
    private static final MethodHandle PA_STREAM_UNREF = LIBRARY.function("pa_stream_unref");
    private static final MethodHandle PA_STREAM_SET_MONITOR_STREAM = LIBRARY.function("pa_stream_set_monitor_stream");
    private static final MethodHandle PA_STREAM_CONNECT_RECORD = LIBRARY.function("pa_stream_connect_record");
    private static final MethodHandle PA_STREAM_DISCONNECT = LIBRARY.function("pa_stream_disconnect");
    private static final MethodHandle PA_STREAM_GET_STATE = LIBRARY.function("pa_stream_get_state");
    private static final MethodHandle PA_STREAM_GET_DEVICE_INDEX = LIBRARY.function("pa_stream_get_device_index");
    private static final MethodHandle PA_STREAM_IS_SUSPENDED = LIBRARY.function("pa_stream_is_suspended");
    private static final MethodHandle PA_STREAM_READABLE_SIZE = LIBRARY.function("pa_stream_readable_size");
    private static final MethodHandle PA_STREAM_PEEK = LIBRARY.function("pa_stream_peek");
    private static final MethodHandle PA_STREAM_DROP = LIBRARY.function("pa_stream_drop");
    private static final MethodHandle PA_STREAM_UPDATE_TIMING_INFO = LIBRARY.function("pa_stream_update_timing_info");
    private static final MethodHandle PA_STREAM_GET_TIMING_INFO = LIBRARY.function("pa_stream_get_timing_info");

    private Pulse() {}

    /** The library itself; a class of its own, so that a missing one is an error that a user can read, each time. */
    static final class Library {

        private static @Nullable NativeLibrary loaded;

        private Library() {}

        /**
         * Loads the library, once.
         *
         * @throws ProcTapException
         *             if it is missing
         */
        static synchronized NativeLibrary load() {
            NativeLibrary library = loaded;
            if (library == null) {
                try {
                    library = NativeLibrary.load("libpulse.so.0");
                } catch (IllegalArgumentException e) {
                    throw new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER,
                            "PulseAudio's client library libpulse.so.0 is not installed; install the package libpulse0"
                                    + " (Debian, Ubuntu), pulseaudio-libs (Fedora) or libpulse (Arch)",
                            e);
                }
                loaded = library;
            }
            return library;
        }
    }

    private static long call(MethodHandle function, long a) {
        return call(function, a, 0, 0, 0, 0);
    }

    private static long call(MethodHandle function, long a, long b) {
        return call(function, a, b, 0, 0, 0);
    }

    private static long call(MethodHandle function, long a, long b, long c) {
        return call(function, a, b, c, 0, 0);
    }

    private static long call(MethodHandle function, long a, long b, long c, long d, long e) {
        try {
            return (long) function.invokeExact(a, b, c, d, e, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    static long pa_mainloop_new() {
        return call(PA_MAINLOOP_NEW, 0);
    }

    static void pa_mainloop_free(long mainloop) {
        call(PA_MAINLOOP_FREE, mainloop);
    }

    static long pa_mainloop_get_api(long mainloop) {
        return call(PA_MAINLOOP_GET_API, mainloop);
    }

    static int pa_mainloop_prepare(long mainloop, int timeoutMicros) {
        return (int) call(PA_MAINLOOP_PREPARE, mainloop, timeoutMicros);
    }

    static int pa_mainloop_poll(long mainloop) {
        return (int) call(PA_MAINLOOP_POLL, mainloop);
    }

    static int pa_mainloop_dispatch(long mainloop) {
        return (int) call(PA_MAINLOOP_DISPATCH, mainloop);
    }

    static void pa_mainloop_wakeup(long mainloop) {
        call(PA_MAINLOOP_WAKEUP, mainloop);
    }

    static long pa_context_new(long api, String name) {
        try (Arena arena = Arena.ofConfined()) {
            return call(PA_CONTEXT_NEW, api, arena.allocateFrom(name).address());
        }
    }

    static void pa_context_unref(long context) {
        call(PA_CONTEXT_UNREF, context);
    }

    static int pa_context_connect(long context, @Nullable String server, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) call(PA_CONTEXT_CONNECT, context, server == null ? 0 : arena.allocateFrom(server).address(),
                    flags);
        }
    }

    static void pa_context_disconnect(long context) {
        call(PA_CONTEXT_DISCONNECT, context);
    }

    static int pa_context_get_state(long context) {
        return (int) call(PA_CONTEXT_GET_STATE, context);
    }

    static int pa_context_errno(long context) {
        return (int) call(PA_CONTEXT_ERRNO, context);
    }

    static int pa_context_get_index(long context) {
        return (int) call(PA_CONTEXT_GET_INDEX, context);
    }

    static void pa_context_set_subscribe_callback(long context, long callback) {
        call(PA_CONTEXT_SET_SUBSCRIBE_CALLBACK, context, callback);
    }

    static void pa_context_subscribe(long context, int mask) {
        unref(call(PA_CONTEXT_SUBSCRIBE, context, mask));
    }

    static boolean pa_context_get_server_info(long context, long callback) {
        return unref(call(PA_CONTEXT_GET_SERVER_INFO, context, callback));
    }

    static boolean pa_context_get_client_info(long context, int index, long callback) {
        return unref(call(PA_CONTEXT_GET_CLIENT_INFO, context, index, callback));
    }

    static boolean pa_context_get_client_info_list(long context, long callback) {
        return unref(call(PA_CONTEXT_GET_CLIENT_INFO_LIST, context, callback));
    }

    static boolean pa_context_get_sink_info_by_index(long context, int index, long callback) {
        return unref(call(PA_CONTEXT_GET_SINK_INFO_BY_INDEX, context, index, callback));
    }

    static boolean pa_context_get_sink_info_list(long context, long callback) {
        return unref(call(PA_CONTEXT_GET_SINK_INFO_LIST, context, callback));
    }

    static boolean pa_context_get_source_info_list(long context, long callback) {
        return unref(call(PA_CONTEXT_GET_SOURCE_INFO_LIST, context, callback));
    }

    static boolean pa_context_get_sink_input_info(long context, int index, long callback) {
        return unref(call(PA_CONTEXT_GET_SINK_INPUT_INFO, context, index, callback));
    }

    static boolean pa_context_get_sink_input_info_list(long context, long callback) {
        return unref(call(PA_CONTEXT_GET_SINK_INPUT_INFO_LIST, context, callback));
    }

    /** Gives up our hold on an operation, which goes on; false where there is none, since the connection is gone. */
    private static boolean unref(long operation) {
        if (operation == 0) {
            return false;
        }
        call(PA_OPERATION_UNREF, operation);
        return true;
    }

    static String pa_get_library_version() {
        return Memory.getString(call(PA_GET_LIBRARY_VERSION, 0, 0));
    }

    static String pa_strerror(int error) {
        return Memory.getString(call(PA_STRERROR, error));
    }

    /** The value of a property whose key is the C string at {@code key}; empty where there is none. */
    static String pa_proplist_gets(long proplist, long key) {
        return Memory.getString(call(PA_PROPLIST_GETS, proplist, key));
    }

    static long pa_stream_new(long context, String name, long sampleSpec, long channelMap) {
        try (Arena arena = Arena.ofConfined()) {
            return call(PA_STREAM_NEW, context, arena.allocateFrom(name).address(), sampleSpec, channelMap, 0);
        }
    }

    static void pa_stream_unref(long stream) {
        call(PA_STREAM_UNREF, stream);
    }

    static int pa_stream_set_monitor_stream(long stream, int sinkInput) {
        return (int) call(PA_STREAM_SET_MONITOR_STREAM, stream, sinkInput);
    }

    static int pa_stream_connect_record(long stream, long device, long bufferAttr, int flags) {
        return (int) call(PA_STREAM_CONNECT_RECORD, stream, device, bufferAttr, flags, 0);
    }

    static void pa_stream_disconnect(long stream) {
        call(PA_STREAM_DISCONNECT, stream);
    }

    static int pa_stream_get_state(long stream) {
        return (int) call(PA_STREAM_GET_STATE, stream);
    }

    static int pa_stream_get_device_index(long stream) {
        return (int) call(PA_STREAM_GET_DEVICE_INDEX, stream);
    }

    static boolean pa_stream_is_suspended(long stream) {
        return (int) call(PA_STREAM_IS_SUSPENDED, stream) == 1;
    }

    static long pa_stream_readable_size(long stream) {
        return call(PA_STREAM_READABLE_SIZE, stream);
    }

    static int pa_stream_peek(long stream, long data, long bytes) {
        return (int) call(PA_STREAM_PEEK, stream, data, bytes);
    }

    static void pa_stream_drop(long stream) {
        call(PA_STREAM_DROP, stream);
    }

    static boolean pa_stream_update_timing_info(long stream, long callback, long userData) {
        return unref(call(PA_STREAM_UPDATE_TIMING_INFO, stream, callback, userData));
    }

    static long pa_stream_get_timing_info(long stream) {
        return call(PA_STREAM_GET_TIMING_INFO, stream);
    }
}
