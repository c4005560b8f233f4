package dev.proctap.linux.pipewire;

import dev.proctap.ProcTapException;
import dev.proctap.internal.ffm.Memory;
import dev.proctap.internal.ffm.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * libpipewire-0.3: the functions that are used, under their own names, and where the parts of its structs stand. Only what
 * is the same in 0.3.48 and every later version is used; a test compares the numbers with the headers.
 *
 * <p>Pointers are {@code long}s. Functions that the headers define as macros go through a table of function pointers
 * ({@code struct spa_interface}): those are {@link #method}.
 */
final class PipeWire {

    static final String TYPE_NODE = "PipeWire:Interface:Node";
    static final String TYPE_PORT = "PipeWire:Interface:Port";
    static final String TYPE_LINK = "PipeWire:Interface:Link";
    static final String TYPE_CLIENT = "PipeWire:Interface:Client";
    static final String TYPE_METADATA = "PipeWire:Interface:Metadata";
    /** PW_VERSION_NODE, PW_VERSION_LINK, PW_VERSION_METADATA, PW_VERSION_REGISTRY are all 3. */
    static final int INTERFACE_VERSION = 3;
    static final int PW_ID_CORE = 0;
    static final long PW_ID_ANY = 0xffffffffL;
    static final int EPIPE = 32;

    static final int PW_DIRECTION_INPUT = 0;
    static final int PW_STREAM_FLAG_MAP_BUFFERS = 1 << 2;
    static final int PW_STREAM_FLAG_RT_PROCESS = 1 << 4;
    static final int PW_STREAM_STATE_ERROR = -1;
    static final int PW_STREAM_STATE_STREAMING = 3;
    static final int PW_NODE_STATE_RUNNING = 3;
    /** The buffer holds silence because nothing came in; since 0.3.53, never set before. */
    static final int SPA_CHUNK_FLAG_EMPTY = 1 << 1;
    static final int PW_LINK_STATE_ERROR = -2;
    static final int PW_LINK_STATE_PAUSED = 3;

    /** {@code sizeof(struct spa_hook)} is 48; it is ours to allocate. */
    static final long HOOK_BYTES = 64;

    /** Byte offsets of function pointers in the tables of methods and events; a version stands before them. */
    static final class Slots {
        static final int CORE_ADD_LISTENER = 8;
        static final int CORE_SYNC = 24;
        static final int CORE_GET_REGISTRY = 48;
        static final int CORE_CREATE_OBJECT = 56;
        static final int REGISTRY_ADD_LISTENER = 8;
        static final int REGISTRY_BIND = 16;
        static final int REGISTRY_DESTROY = 24;
        static final int OBJECT_ADD_LISTENER = 8;
        static final int NODE_SUBSCRIBE_PARAMS = 16;
        static final int NODE_ENUM_PARAMS = 24;
        static final int METADATA_SET_PROPERTY = 16;
        static final int LOOP_GET_FD = 8;
        static final int LOOP_ENTER = 24;
        static final int LOOP_LEAVE = 32;
        static final int LOOP_ITERATE = 40;

        static final int CORE_EVENTS = 80;
        static final int CORE_EVENT_INFO = 8;
        static final int CORE_EVENT_DONE = 16;
        static final int CORE_EVENT_ERROR = 32;
        static final int REGISTRY_EVENTS = 24;
        static final int REGISTRY_EVENT_GLOBAL = 8;
        static final int REGISTRY_EVENT_GLOBAL_REMOVE = 16;
        static final int NODE_EVENTS = 24;
        static final int NODE_EVENT_INFO = 8;
        static final int NODE_EVENT_PARAM = 16;
        static final int LINK_EVENTS = 16;
        static final int LINK_EVENT_INFO = 8;
        static final int METADATA_EVENTS = 16;
        static final int METADATA_EVENT_PROPERTY = 8;
        static final int STREAM_EVENTS = 96;
        static final int STREAM_EVENT_STATE_CHANGED = 16;
        static final int STREAM_EVENT_PARAM_CHANGED = 40;
        static final int STREAM_EVENT_ADD_BUFFER = 48;
        static final int STREAM_EVENT_REMOVE_BUFFER = 56;
        static final int STREAM_EVENT_PROCESS = 64;

        private Slots() {}
    }

    /** Byte offsets of the parts of structs. */
    static final class Offsets {
        static final int PW_LOOP_CONTROL = 16;
        static final int INTERFACE_FUNCS = 16;
        static final int INTERFACE_DATA = 24;
        static final int DICT_COUNT = 4;
        static final int DICT_ITEMS = 8;
        static final int DICT_ITEM_BYTES = 16;
        static final int CORE_INFO_VERSION = 24;
        static final int CORE_INFO_PROPS = 48;
        static final int NODE_INFO_STATE = 32;
        static final int NODE_INFO_PROPS = 48;
        static final int LINK_INFO_ID = 0;
        static final int LINK_INFO_OUTPUT_NODE = 4;
        static final int LINK_INFO_OUTPUT_PORT = 8;
        static final int LINK_INFO_INPUT_NODE = 12;
        static final int LINK_INFO_INPUT_PORT = 16;
        static final int LINK_INFO_STATE = 32;
        static final int LINK_INFO_ERROR = 40;
        static final int TIME_BYTES = 64;
        static final int TIME_NOW = 0;
        static final int TIME_RATE_NUM = 8;
        static final int TIME_RATE_DENOM = 12;
        static final int TIME_TICKS = 16;
        static final int TIME_QUEUED = 32;
        static final int BUFFER_SPA_BUFFER = 0;
        static final int BUFFER_SIZE = 16;
        static final int SPA_BUFFER_DATAS = 16;
        static final int DATA_POINTER = 24;
        static final int DATA_CHUNK = 32;
        static final int CHUNK_OFFSET = 0;
        static final int CHUNK_SIZE = 4;
        static final int CHUNK_FLAGS = 12;

        private Offsets() {}
    }

    private static final NativeLibrary LIBRARY = Library.load();

    private static final MethodHandle PW_GET_LIBRARY_VERSION = LIBRARY.function("pw_get_library_version");
    private static final MethodHandle PW_LOOP_NEW = LIBRARY.function("pw_loop_new");
    private static final MethodHandle PW_LOOP_DESTROY = LIBRARY.function("pw_loop_destroy");
    private static final MethodHandle PW_CONTEXT_NEW = LIBRARY.function("pw_context_new");
    private static final MethodHandle PW_CONTEXT_DESTROY = LIBRARY.function("pw_context_destroy");
    private static final MethodHandle PW_CONTEXT_CONNECT = LIBRARY.function("pw_context_connect");
    private static final MethodHandle PW_CORE_DISCONNECT = LIBRARY.function("pw_core_disconnect");
    private static final MethodHandle PW_CORE_GET_CLIENT = LIBRARY.function("pw_core_get_client");
    private static final MethodHandle PW_PROXY_GET_BOUND_ID = LIBRARY.function("pw_proxy_get_bound_id");
    private static final MethodHandle PW_PROXY_DESTROY = LIBRARY.function("pw_proxy_destroy");
    private static final MethodHandle PW_PROPERTIES_NEW_STRING = LIBRARY.function("pw_properties_new_string");
    private static final MethodHandle PW_PROPERTIES_SET = LIBRARY.function("pw_properties_set");
    private static final MethodHandle PW_STREAM_NEW = LIBRARY.function("pw_stream_new");
    private static final MethodHandle PW_STREAM_DESTROY = LIBRARY.function("pw_stream_destroy");
    private static final MethodHandle PW_STREAM_ADD_LISTENER = LIBRARY.function("pw_stream_add_listener");
    private static final MethodHandle PW_STREAM_CONNECT = LIBRARY.function("pw_stream_connect");
    private static final MethodHandle PW_STREAM_UPDATE_PARAMS = LIBRARY.function("pw_stream_update_params");
    private static final MethodHandle PW_STREAM_GET_NODE_ID = LIBRARY.function("pw_stream_get_node_id");
    private static final MethodHandle PW_STREAM_GET_TIME = LIBRARY.function("pw_stream_get_time");
    private static final MethodHandle PW_STREAM_DEQUEUE_BUFFER = LIBRARY.function("pw_stream_dequeue_buffer");
    private static final MethodHandle PW_STREAM_QUEUE_BUFFER = LIBRARY.function("pw_stream_queue_buffer");

    private static final MethodHandle FUNCTION_POINTER = NativeLibrary.functionPointer();

    private PipeWire() {}

    /**
     * The library itself. A class of its own, so that a library that is missing or too old is an error that a user can
     * read, each time, and that installing it mends: a failed initialiser of {@link PipeWire} would be neither.
     */
    static final class Library {

        private static final List<String> FUNCTIONS = List.of("pw_init", "pw_log_set_level", "pw_get_library_version",
                "pw_loop_new", "pw_loop_destroy", "pw_context_new", "pw_context_destroy", "pw_context_connect",
                "pw_core_disconnect", "pw_core_get_client", "pw_proxy_get_bound_id", "pw_proxy_destroy",
                "pw_properties_new_string", "pw_properties_set",
                "pw_stream_new", "pw_stream_destroy", "pw_stream_add_listener", "pw_stream_connect",
                "pw_stream_update_params", "pw_stream_get_node_id", "pw_stream_get_time", "pw_stream_dequeue_buffer",
                "pw_stream_queue_buffer");

        private static final int[] MINIMUM_VERSION = {0, 3, 48};

        private static @Nullable NativeLibrary loaded;

        private Library() {}

        /**
         * Loads the library, once.
         *
         * @throws ProcTapException
         *             if it is missing, too old, or lacks a function
         */
        static synchronized NativeLibrary load() {
            NativeLibrary library = loaded;
            if (library == null) {
                library = find();
                requireFunctions(library);
                requireVersion(init(library));
                loaded = library;
            }
            return library;
        }

        private static NativeLibrary find() {
            try {
                return NativeLibrary.load("libpipewire-0.3.so.0");
            } catch (IllegalArgumentException e) {
                throw new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER,
                        "PipeWire's client library libpipewire-0.3.so.0 is not installed; install the package"
                                + " libpipewire-0.3-0 (Debian, Ubuntu), pipewire-libs (Fedora) or libpipewire (Arch)",
                        e);
            }
        }

        private static String init(NativeLibrary library) {
            try {
                long ignored = (long) library.function("pw_init").invokeExact(0L, 0L, 0L, 0L, 0L, 0L);
                if (System.getenv("PIPEWIRE_DEBUG") == null) {
                    // its complaints on standard error are ours to phrase
                    ignored = (long) library.function("pw_log_set_level").invokeExact(0L, 0L, 0L, 0L, 0L, 0L);
                }
                return Memory.getString(
                        (long) library.function("pw_get_library_version").invokeExact(0L, 0L, 0L, 0L, 0L, 0L));
            } catch (Throwable t) {
                throw NativeLibrary.unexpected(t);
            }
        }

        private static void requireFunctions(NativeLibrary library) {
            List<String> missing = FUNCTIONS.stream().filter(name -> library.find(name) == 0).toList();
            if (!missing.isEmpty()) {
                throw new ProcTapException(ProcTapException.Kind.VERSION_TOO_OLD,
                        "this libpipewire-0.3.so.0 has no " + String.join(", ", missing)
                                + ": ProcTap needs PipeWire 0.3.48 (Ubuntu 22.04, Debian 12) or later");
            }
        }

        /** Throws unless {@code version} is one that this backend is made for. */
        static void requireVersion(String version) {
            if (Arrays.compare(parseVersion(version), MINIMUM_VERSION) < 0) {
                throw new ProcTapException(ProcTapException.Kind.VERSION_TOO_OLD,
                        "PipeWire " + version + " is too old: ProcTap needs 0.3.48 (Ubuntu 22.04, Debian 12) or later");
            }
        }

        private static int[] parseVersion(String version) {
            int[] numbers = new int[3];
            String[] parts = version.split("[.-]", -1);
            for (int i = 0; i < 3 && i < parts.length; i++) {
                if (!parts[i].isEmpty() && parts[i].chars().allMatch(c -> c >= '0' && c <= '9')) {
                    numbers[i] = Integer.parseInt(parts[i]);
                }
            }
            return numbers;
        }
    }

    /** The library's version. */
    static String pw_get_library_version() {
        try {
            return Memory.getString((long) PW_GET_LIBRARY_VERSION.invokeExact(0L, 0L, 0L, 0L, 0L, 0L));
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    /** Whether a version of the library or of a server is older than the given one. */
    static boolean isOlder(String version, int major, int minor, int micro) {
        return Arrays.compare(Library.parseVersion(version), new int[]{major, minor, micro}) < 0;
    }

    /** The call of a method of a {@code struct spa_interface}, as the headers' macros make it. */
    static long method(long object, int slot, long... arguments) {
        long functions = Memory.getLong(object + Offsets.INTERFACE_FUNCS);
        long data = Memory.getLong(object + Offsets.INTERFACE_DATA);
        MemorySegment function = MemorySegment.ofAddress(Memory.getLong(functions + slot));
        long[] a = Arrays.copyOf(arguments, 5);
        try {
            return (long) FUNCTION_POINTER.invokeExact(function, data, a[0], a[1], a[2], a[3], a[4]);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    private static long call(MethodHandle function, long a) {
        try {
            return (long) function.invokeExact(a, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    private static long call(MethodHandle function, long a, long b, long c) {
        try {
            return (long) function.invokeExact(a, b, c, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    static long pw_loop_new() {
        return call(PW_LOOP_NEW, 0);
    }

    static void pw_loop_destroy(long loop) {
        call(PW_LOOP_DESTROY, loop);
    }

    static long pw_context_new(long loop, long properties) {
        return call(PW_CONTEXT_NEW, loop, properties, 0);
    }

    static void pw_context_destroy(long context) {
        call(PW_CONTEXT_DESTROY, context);
    }

    static long pw_context_connect(long context, long properties) {
        return call(PW_CONTEXT_CONNECT, context, properties, 0);
    }

    static void pw_core_disconnect(long core) {
        call(PW_CORE_DISCONNECT, core);
    }

    static long pw_core_get_client(long core) {
        return call(PW_CORE_GET_CLIENT, core);
    }

    static int pw_proxy_get_bound_id(long proxy) {
        return (int) call(PW_PROXY_GET_BOUND_ID, proxy);
    }

    static void pw_proxy_destroy(long proxy) {
        call(PW_PROXY_DESTROY, proxy);
    }

    /** New {@code pw_properties}, to be given to a function that takes them over. */
    static long properties(Map<String, String> entries) {
        try (Arena arena = Arena.ofConfined()) {
            long properties = call(PW_PROPERTIES_NEW_STRING, arena.allocateFrom("").address());
            entries.forEach((key, value) -> call(PW_PROPERTIES_SET, properties, arena.allocateFrom(key).address(),
                    arena.allocateFrom(value).address()));
            return properties;
        }
    }

    static long pw_stream_new(long core, String name, long properties) {
        try (Arena arena = Arena.ofConfined()) {
            return call(PW_STREAM_NEW, core, arena.allocateFrom(name).address(), properties);
        }
    }

    static void pw_stream_destroy(long stream) {
        call(PW_STREAM_DESTROY, stream);
    }

    static void pw_stream_add_listener(long stream, long hook, long events, long data) {
        try {
            long ignored = (long) PW_STREAM_ADD_LISTENER.invokeExact(stream, hook, events, data, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    static int pw_stream_connect(long stream, int flags, long params, int paramCount) {
        try {
            return (int) (long) PW_STREAM_CONNECT.invokeExact(stream, (long) PW_DIRECTION_INPUT, PW_ID_ANY,
                    (long) flags, params, (long) paramCount);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    static int pw_stream_update_params(long stream, long params, int paramCount) {
        return (int) call(PW_STREAM_UPDATE_PARAMS, stream, params, paramCount);
    }

    static int pw_stream_get_node_id(long stream) {
        return (int) call(PW_STREAM_GET_NODE_ID, stream);
    }

    static int pw_stream_get_time(long stream, long time) {
        try {
            return (int) (long) PW_STREAM_GET_TIME.invokeExact(stream, time, 0L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    static long pw_stream_dequeue_buffer(long stream) {
        try {
            return (long) PW_STREAM_DEQUEUE_BUFFER.invokeExact(stream, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }

    static void pw_stream_queue_buffer(long stream, long buffer) {
        try {
            long ignored = (long) PW_STREAM_QUEUE_BUFFER.invokeExact(stream, buffer, 0L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw NativeLibrary.unexpected(t);
        }
    }
}
