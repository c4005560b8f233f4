package dev.proctap.windows;

import static java.lang.foreign.ValueLayout.ADDRESS;

import dev.proctap.generated.windows.win32.foundation.Constants;
import dev.proctap.generated.windows.win32.system.com.Apis;
import dev.proctap.generated.windows.win32.system.com.COINIT;
import dev.proctap.generated.windows.win32.system.com.IUnknown;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.charset.StandardCharsets;

/** What every use of COM needs. */
final class Com {

    private Com() {}

    /** A thread's stay in the multithreaded apartment. */
    record Apartment(boolean entered) implements AutoCloseable {

        @Override
        public void close() {
            if (entered) {
                Apis.CoUninitialize();
            }
        }
    }

    /**
     * An object of ours that Windows calls. It lives as long as the process, since Windows may call when nobody wants to know
     * any more; so nobody counts references.
     */
    interface Eternal extends IUnknown {

        /** What Windows knows it by. */
        MemorySegment object();

        /** Whether it has the interface of this id, besides {@code IUnknown}. */
        boolean has(MemorySegment interfaceId);

        @Override
        default int QueryInterface(MemorySegment riid, MemorySegment ppvObject) {
            boolean known = isSame(riid, IUnknown.iid()) || has(riid);
            ppvObject.set(ADDRESS, 0, known ? object() : MemorySegment.NULL);
            return known ? Constants.S_OK : Constants.E_NOINTERFACE;
        }

        @Override
        default int AddRef() {
            return 2;
        }

        @Override
        default int Release() {
            return 1;
        }
    }

    /** Lets this thread use COM until it is closed. */
    static Apartment enter() {
        int result = Apis.CoInitializeEx(MemorySegment.NULL, COINIT.MULTITHREADED);
        if (result == Constants.RPC_E_CHANGED_MODE) {
            // somebody's user interface thread: it may be used as it is
            return new Apartment(false);
        }
        HResult.check(result, "start COM");
        return new Apartment(true);
    }

    /** Memory for a call's answer. */
    static MemorySegment answer(SegmentAllocator allocator) {
        return allocator.allocate(ADDRESS);
    }

    /** The pointer that a call answered. */
    static MemorySegment pointer(MemorySegment answer) {
        return answer.get(ADDRESS, 0);
    }

    /** Gives up a reference. */
    static void release(MemorySegment object) {
        if (object.address() != 0) {
            IUnknown.wrap(object).Release();
        }
    }

    static MemorySegment wide(SegmentAllocator allocator, String text) {
        return allocator.allocateFrom(text, StandardCharsets.UTF_16LE);
    }

    /** A string that Windows allocated for us; frees it. Empty for none. */
    static String take(MemorySegment answer) {
        MemorySegment text = pointer(answer);
        if (text.address() == 0) {
            return "";
        }
        try {
            return text.reinterpret(Long.MAX_VALUE).getString(0, StandardCharsets.UTF_16LE);
        } finally {
            Apis.CoTaskMemFree(text);
        }
    }

    /** Whether two interface ids are the same. */
    static boolean isSame(MemorySegment id, MemorySegment other) {
        return id.reinterpret(16).mismatch(other.reinterpret(16)) < 0;
    }
}
