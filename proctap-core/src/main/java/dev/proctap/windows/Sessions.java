package dev.proctap.windows;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.proctap.capture.Session;
import dev.proctap.generated.windows.win32.foundation.Constants;
import dev.proctap.generated.windows.win32.media.audio.AudioSessionState;
import dev.proctap.generated.windows.win32.media.audio.DEVICE_STATE;
import dev.proctap.generated.windows.win32.media.audio.EDataFlow;
import dev.proctap.generated.windows.win32.media.audio.IAudioSessionControl2;
import dev.proctap.generated.windows.win32.media.audio.IAudioSessionEnumerator;
import dev.proctap.generated.windows.win32.media.audio.IAudioSessionManager2;
import dev.proctap.generated.windows.win32.media.audio.IAudioSessionNotification;
import dev.proctap.generated.windows.win32.media.audio.IMMDevice;
import dev.proctap.generated.windows.win32.media.audio.IMMDeviceCollection;
import dev.proctap.generated.windows.win32.media.audio.IMMDeviceEnumerator;
import dev.proctap.generated.windows.win32.media.audio.IMMNotificationClient;
import dev.proctap.generated.windows.win32.media.audio.ISimpleAudioVolume;
import dev.proctap.generated.windows.win32.media.audio.endpoints.IAudioMeterInformation;
import dev.proctap.generated.windows.win32.system.com.Apis;
import dev.proctap.generated.windows.win32.system.com.CLSCTX;
import dev.proctap.generated.windows.win32.system.com.IUnknown;
import dev.proctap.spi.CleanText;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;

/**
 * The sessions of all devices that play: who plays, and how loud. Belongs to the thread that made it, which is in the
 * multithreaded apartment. Windows tells of new sessions and of devices that come, go or change on threads of its own.
 */
final class Sessions implements AutoCloseable {

    private static final String WHAT = "list who plays";

    /** Those that are told of changes. They may be told until after they have left. */
    private static final Set<Runnable> LISTENERS = new CopyOnWriteArraySet<>();

    private static int tellChanged() {
        LISTENERS.forEach(Runnable::run);
        return Constants.S_OK;
    }

    private static final class OnSession implements IAudioSessionNotification, Com.Eternal {

        static final MemorySegment OBJECT = IAudioSessionNotification.create(new OnSession(), Arena.global());

        @Override
        public MemorySegment object() {
            return OBJECT;
        }

        @Override
        public boolean has(MemorySegment interfaceId) {
            return Com.isSame(interfaceId, IAudioSessionNotification.iid());
        }

        @Override
        public int OnSessionCreated(MemorySegment newSession) {
            return tellChanged();
        }
    }

    private static final class OnDevice implements IMMNotificationClient, Com.Eternal {

        static final MemorySegment OBJECT = IMMNotificationClient.create(new OnDevice(), Arena.global());

        @Override
        public MemorySegment object() {
            return OBJECT;
        }

        @Override
        public boolean has(MemorySegment interfaceId) {
            return Com.isSame(interfaceId, IMMNotificationClient.iid());
        }

        @Override
        public int OnDeviceStateChanged(MemorySegment pwstrDeviceId, int dwNewState) {
            return tellChanged();
        }

        @Override
        public int OnDeviceAdded(MemorySegment pwstrDeviceId) {
            return tellChanged();
        }

        @Override
        public int OnDeviceRemoved(MemorySegment pwstrDeviceId) {
            return tellChanged();
        }

        @Override
        public int OnDefaultDeviceChanged(int flow, int role, MemorySegment pwstrDefaultDeviceId) {
            return tellChanged();
        }

        @Override
        public int OnPropertyValueChanged(MemorySegment pwstrDeviceId, MemorySegment key) {
            return Constants.S_OK; // a name, an icon: nothing of who plays
        }
    }

    /** The sessions of a device, of which Windows tells new ones as long as this is held. */
    private record Device(String id, MemorySegment manager) {}

    private final Runnable changed;
    private final MemorySegment enumerator;
    private final List<Device> devices = new ArrayList<>();
    private boolean registered;

    /**
     * @param changed
     *            is called, by any thread, when there may be other sessions
     */
    Sessions(Runnable changed) {
        this.changed = changed;
        try (Arena call = Arena.ofConfined()) {
            MemorySegment answer = Com.answer(call);
            HResult.check(Apis.CoCreateInstance(
                    dev.proctap.generated.windows.win32.media.audio.Constants.MMDeviceEnumerator(),
                    MemorySegment.NULL, CLSCTX.ALL, IMMDeviceEnumerator.iid(), answer), WHAT);
            enumerator = Com.pointer(answer);
        }
        LISTENERS.add(changed);
        try {
            HResult.check(
                    IMMDeviceEnumerator.wrap(enumerator).RegisterEndpointNotificationCallback(OnDevice.OBJECT), WHAT);
            registered = true;
        } finally {
            if (!registered) {
                close();
            }
        }
    }

    /** All sessions of programs that there are now; of those of Windows itself none. */
    List<Session> list() {
        follow();
        List<Session> sessions = new ArrayList<>();
        for (Device device : devices) {
            list(device.manager, sessions);
        }
        return sessions;
    }

    /** Takes up devices that have come, and lets go those that are gone. */
    private void follow() {
        List<String> present = new ArrayList<>();
        try (Arena call = Arena.ofConfined()) {
            MemorySegment answer = Com.answer(call);
            HResult.check(
                    IMMDeviceEnumerator.wrap(enumerator).EnumAudioEndpoints(EDataFlow.eRender, DEVICE_STATE.ACTIVE,
                            answer),
                    WHAT);
            MemorySegment collection = Com.pointer(answer);
            try {
                MemorySegment count = call.allocate(JAVA_INT);
                HResult.check(IMMDeviceCollection.wrap(collection).GetCount(count), WHAT);
                for (int i = 0; i < count.get(JAVA_INT, 0); i++) {
                    HResult.check(IMMDeviceCollection.wrap(collection).Item(i, answer), WHAT);
                    MemorySegment device = Com.pointer(answer);
                    try {
                        HResult.check(IMMDevice.wrap(device).GetId(answer), WHAT);
                        String id = Com.take(answer);
                        present.add(id);
                        if (devices.stream().noneMatch(each -> each.id.equals(id))) {
                            takeUp(id, device, answer);
                        }
                    } finally {
                        Com.release(device);
                    }
                }
            } finally {
                Com.release(collection);
            }
        }
        devices.removeIf(device -> {
            boolean gone = !present.contains(device.id);
            if (gone) {
                letGo(device);
            }
            return gone;
        });
    }

    private void takeUp(String id, MemorySegment device, MemorySegment answer) {
        int result = IMMDevice.wrap(device).Activate(IAudioSessionManager2.iid(), CLSCTX.ALL, MemorySegment.NULL,
                answer);
        if (result == HResult.AUDCLNT_E_DEVICE_INVALIDATED.code()) {
            return; // it went away this moment
        }
        HResult.check(result, WHAT);
        MemorySegment manager = Com.pointer(answer);
        devices.add(new Device(id, manager));
        HResult.check(IAudioSessionManager2.wrap(manager).RegisterSessionNotification(OnSession.OBJECT), WHAT);
    }

    private static void letGo(Device device) {
        // fails where the device is gone, and then nothing is registered
        IAudioSessionManager2.wrap(device.manager).UnregisterSessionNotification(OnSession.OBJECT);
        Com.release(device.manager);
    }

    private static void list(MemorySegment manager, List<Session> into) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment answer = Com.answer(call);
            // new sessions are told of only after this was asked for once
            int result = IAudioSessionManager2.wrap(manager).GetSessionEnumerator(answer);
            if (result == HResult.AUDCLNT_E_DEVICE_INVALIDATED.code()) {
                return; // the device went away this moment
            }
            HResult.check(result, WHAT);
            MemorySegment all = Com.pointer(answer);
            try {
                MemorySegment count = call.allocate(JAVA_INT);
                HResult.check(IAudioSessionEnumerator.wrap(all).GetCount(count), WHAT);
                for (int i = 0; i < count.get(JAVA_INT, 0); i++) {
                    HResult.check(IAudioSessionEnumerator.wrap(all).GetSession(i, answer), WHAT);
                    MemorySegment control = Com.pointer(answer);
                    try {
                        session(control, call).ifPresent(into::add);
                    } finally {
                        Com.release(control);
                    }
                }
            } finally {
                Com.release(all);
            }
        }
    }

    private static Optional<Session> session(MemorySegment object, Arena arena) {
        MemorySegment answer = Com.answer(arena);
        HResult.check(IUnknown.wrap(object).QueryInterface(IAudioSessionControl2.iid(), answer), WHAT);
        MemorySegment second = Com.pointer(answer);
        try {
            IAudioSessionControl2 control = IAudioSessionControl2.wrap(second);
            HResult.check(control.GetState(answer), WHAT);
            int state = answer.get(JAVA_INT, 0);
            // says no with a success of another number
            int ofWindows = control.IsSystemSoundsSession();
            HResult.check(ofWindows, WHAT);
            HResult.check(control.GetProcessId(answer), WHAT);
            long pid = Integer.toUnsignedLong(answer.get(JAVA_INT, 0));
            if (ofWindows == Constants.S_OK || pid == 0 || state == AudioSessionState.AudioSessionStateExpired) {
                return Optional.empty();
            }
            HResult.check(control.GetSessionInstanceIdentifier(answer), WHAT);
            String id = Com.take(answer);
            HResult.check(control.GetDisplayName(answer), WHAT);
            String name = Com.take(answer);
            Volume volume = volume(second, answer);
            // one that begins so names a resource
            return Optional.of(new Session(id, pid, name.startsWith("@") ? "" : CleanText.clean(name), "",
                    state == AudioSessionState.AudioSessionStateActive, volume.factor, volume.muted,
                    peak(second, answer)));
        } finally {
            Com.release(second);
        }
    }

    private record Volume(double factor, boolean muted) {}

    private static Volume volume(MemorySegment session, MemorySegment answer) {
        HResult.check(IUnknown.wrap(session).QueryInterface(ISimpleAudioVolume.iid(), answer), WHAT);
        MemorySegment object = Com.pointer(answer);
        try {
            HResult.check(ISimpleAudioVolume.wrap(object).GetMasterVolume(answer), WHAT);
            double factor = answer.get(JAVA_FLOAT, 0);
            HResult.check(ISimpleAudioVolume.wrap(object).GetMute(answer), WHAT);
            return new Volume(factor, answer.get(JAVA_INT, 0) != 0);
        } finally {
            Com.release(object);
        }
    }

    private static double peak(MemorySegment session, MemorySegment answer) {
        HResult.check(IUnknown.wrap(session).QueryInterface(IAudioMeterInformation.iid(), answer), WHAT);
        MemorySegment object = Com.pointer(answer);
        try {
            HResult.check(IAudioMeterInformation.wrap(object).GetPeakValue(answer), WHAT);
            return answer.get(JAVA_FLOAT, 0);
        } finally {
            Com.release(object);
        }
    }

    @Override
    public void close() {
        LISTENERS.remove(changed);
        if (registered) {
            IMMDeviceEnumerator.wrap(enumerator).UnregisterEndpointNotificationCallback(OnDevice.OBJECT);
        }
        devices.forEach(Sessions::letGo);
        devices.clear();
        Com.release(enumerator);
    }
}
