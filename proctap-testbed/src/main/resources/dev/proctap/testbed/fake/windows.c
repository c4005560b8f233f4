/*
 * The part of Windows that a capture calls, on the fake engine: exports what MMDevAPI, OLE32, KERNEL32, AVRT and ADVAPI32
 * export, with COM objects laid out as mingw-w64's headers say, which this is compiled with. It notes every call, can let
 * each fail, and complains of what Windows' documentation does not allow.
 */
#define CINTERFACE
#define COBJMACROS
#define INITGUID
#include <windows.h>
#include <audioclient.h>
#include <audiopolicy.h>
#include <mmdeviceapi.h>
#include "engine.h"

/* of the Windows SDK, where mingw-w64 10 has nothing for C: mmreg.h, winerror.h, audioclientactivationparams.h, endpointvolume.h */
#ifndef E_ILLEGAL_METHOD_CALL
#define E_ILLEGAL_METHOD_CALL ((HRESULT) 0x8000000e)
#endif
#define FORMAT_PCM 1
#define FORMAT_IEEE_FLOAT 3
typedef struct { int type; unsigned pid; int mode; } ActivationParams;
#define ACTIVATION_PROCESS_LOOPBACK 1
#define MODE_INCLUDE 0
DEFINE_GUID(IID_Meter, 0xc02216f6, 0x8c67, 0x4b5b, 0x9d, 0x00, 0xd0, 0x08, 0xe7, 0x3e, 0x00, 0x64);
DEFINE_GUID(CLSID_Enumerator, 0xbcde0395, 0xe52f, 0x467c, 0x8e, 0x3d, 0xc4, 0x57, 0x92, 0x91, 0x69, 0x2e);

void *calloc(size_t, size_t);
void free(void *);
void *memcpy(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
int strcmp(const char *, const char *);
int snprintf(char *, size_t, const char *, ...);
int *__errno_location(void);

#define ENTER(name) do { int injected = fake_enter(name); if (injected) return injected; } while (0)
/* Of what belongs to the audio service. */
#define ENTER_SERVICE(name) do { ENTER(name); if (engine_is_down()) return AUDCLNT_E_SERVICE_NOT_RUNNING; } while (0)
/* mingw-w64's __uuidof-less GUIDs are compared as bytes */
#define SAME(a, b) (memcmp((a), &(b), sizeof(GUID)) == 0)

static int rejects_float;
static int never_completes;
static int next_flags;
static int build = 19045;
static int device_epoch;
static __thread int apartment;

#define MOST_PACKETS 100

typedef struct {
    float samples[ENGINE_FRAMES * 2];
    int flags;
    long long time;
} Packet;

/* Every COM object of the fake: what it is, is told by its table. */
typedef struct Object {
    const void *table;
    struct Object *next;
    const char *kind;
    int refs;
    /* of which others keep it alive */
    struct Object *owner;
    char device[64];
    /* a client */
    ActivationParams params;
    int epoch;
    int is_float, initialized, started, capacity;
    EngineEvent *event;
    Packet packets[MOST_PACKETS];
    int first, count, taken, gap;
    short converted[ENGINE_FRAMES * 2];
    /* an operation */
    IActivateAudioInterfaceCompletionHandler *handler;
    int completed;
    HRESULT result;
    /* a session, or an enumerator of some */
    Stream stream;
    Stream list[2000];
    int size;
    IAudioSessionNotification *notification;
    IMMNotificationClient *devices_notification;
} Object;

static Object *clients, *managers, *enumerators;
static char devices[8][64] = {"test-sink"};

static Object *make(const void *table, const char *kind) {
    Object *object = calloc(1, sizeof *object);
    object->table = table;
    object->kind = kind;
    object->refs = 1;
    fake_count(kind, 1);
    return object;
}

static void link_to(Object **list, Object *object) {
    object->next = *list;
    *list = object;
}

static void unlink_from(Object **list, Object *object) {
    while (*list && *list != object) list = &(*list)->next;
    if (*list) *list = object->next;
}

static ULONG WINAPI add_ref(void *this) {
    engine_lock();
    int refs = ++((Object *) this)->refs;
    engine_unlock();
    return refs;
}

static ULONG WINAPI release(void *this) {
    Object *object = this;
    engine_lock();
    int refs = --object->refs;
    if (refs == 0) {
        if (object->started) fake_mistake("a client was released that was not stopped");
        if (object->taken) fake_mistake("a client was released while a packet was taken");
        if (object->notification || object->devices_notification) {
            fake_mistake("%s was released with a notification registered", object->kind);
        }
        unlink_from(&clients, object);
        unlink_from(&managers, object);
        unlink_from(&enumerators, object);
    }
    engine_unlock();
    if (refs < 0) fake_mistake("%s was released too often", object->kind);
    if (refs == 0) {
        Object *owner = object->owner;
        fake_count(object->kind, -1);
        free(object);
        if (owner) release(owner);
    }
    return refs;
}

static HRESULT WINAPI never(void *this) {
    fake_mistake("%s: a method was called that is not implemented on this device", ((Object *) this)->kind);
    return E_NOTIMPL;
}

static HRESULT WINAPI no_interface(void *this, REFIID id, void **answer) {
    (void) this;
    (void) id;
    *answer = NULL;
    return E_NOINTERFACE;
}

#define UNKNOWN (void *) no_interface, (void *) add_ref, (void *) release
#define NEVER (void *) never

static LPWSTR wide(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    LPWSTR result = calloc(length + 1, sizeof *result);
    for (size_t i = 0; i < length; i++) result[i] = text[i];
    fake_count("string", 1);
    return result;
}

/* ---- capture */

static HRESULT WINAPI next_packet_size(IAudioCaptureClient *this, UINT32 *frames) {
    ENTER_SERVICE("IAudioCaptureClient::GetNextPacketSize");
    Object *client = ((Object *) this)->owner;
    if (client->epoch != device_epoch) return AUDCLNT_E_DEVICE_INVALIDATED;
    engine_lock();
    *frames = client->count > 0 ? ENGINE_FRAMES : 0;
    engine_unlock();
    return S_OK;
}

static HRESULT WINAPI get_buffer(IAudioCaptureClient *this, BYTE **data, UINT32 *frames, DWORD *flags,
        UINT64 *position, UINT64 *time) {
    ENTER_SERVICE("IAudioCaptureClient::GetBuffer");
    Object *client = ((Object *) this)->owner;
    if (client->epoch != device_epoch) return AUDCLNT_E_DEVICE_INVALIDATED;
    if (client->taken) {
        fake_mistake("GetBuffer before ReleaseBuffer");
        return AUDCLNT_E_OUT_OF_ORDER;
    }
    engine_lock();
    HRESULT result = S_OK;
    *frames = 0;
    if (client->count == 0) {
        result = AUDCLNT_S_BUFFER_EMPTY;
    } else {
        Packet *packet = &client->packets[client->first];
        if (client->is_float) {
            *data = (BYTE *) packet->samples;
        } else {
            for (int i = 0; i < ENGINE_FRAMES * 2; i++) {
                float value = packet->samples[i] * 32768;
                client->converted[i] = value > 32767 ? 32767 : value < -32768 ? -32768 : value;
            }
            *data = (BYTE *) client->converted;
        }
        *frames = ENGINE_FRAMES;
        *flags = packet->flags;
        *position = 0;
        /* what stands there where it is not known */
        *time = packet->flags & AUDCLNT_BUFFERFLAGS_TIMESTAMP_ERROR ? 0 : packet->time;
        client->taken = 1;
    }
    engine_unlock();
    return result;
}

static HRESULT WINAPI release_buffer(IAudioCaptureClient *this, UINT32 frames) {
    Object *client = ((Object *) this)->owner;
    int injected = fake_enter("IAudioCaptureClient::ReleaseBuffer");
    if (!client->taken || (frames != ENGINE_FRAMES && frames != 0)) {
        fake_mistake("ReleaseBuffer of %u frames", frames);
        return AUDCLNT_E_INVALID_SIZE;
    }
    engine_lock();
    client->taken = 0;
    if (frames) {
        client->first = (client->first + 1) % MOST_PACKETS;
        client->count--;
    }
    engine_unlock();
    return injected ? injected : client->epoch != device_epoch ? AUDCLNT_E_DEVICE_INVALIDATED : S_OK;
}

static const IAudioCaptureClientVtbl capture_table = {UNKNOWN, get_buffer, release_buffer, next_packet_size};

static HRESULT WINAPI initialize(IAudioClient *this, AUDCLNT_SHAREMODE mode, DWORD flags, REFERENCE_TIME buffer,
        REFERENCE_TIME period, const WAVEFORMATEX *format, LPCGUID session) {
    ENTER_SERVICE("IAudioClient::Initialize");
    Object *client = (Object *) this;
    (void) session;
    int bytes = format->wFormatTag == FORMAT_IEEE_FLOAT ? 4 : 2;
    if (mode != AUDCLNT_SHAREMODE_SHARED || flags != (AUDCLNT_STREAMFLAGS_LOOPBACK | AUDCLNT_STREAMFLAGS_EVENTCALLBACK)
            || period != 0 || format->nChannels != 2 || format->nSamplesPerSec != ENGINE_RATE
            || (format->wFormatTag != FORMAT_IEEE_FLOAT && format->wFormatTag != FORMAT_PCM)
            || format->wBitsPerSample != bytes * 8 || format->nBlockAlign != bytes * 2
            || format->nAvgBytesPerSec != (DWORD) (ENGINE_RATE * bytes * 2) || format->cbSize != 0) {
        fake_mistake("Initialize with mode %d, flags %x, tag %d, %d channels, %d bits", mode, flags,
                format->wFormatTag, format->nChannels, format->wBitsPerSample);
        return E_INVALIDARG;
    }
    if (client->initialized) {
        fake_mistake("Initialize of a client for the second time");
        return AUDCLNT_E_ALREADY_INITIALIZED;
    }
    client->initialized = 1;
    if (rejects_float && bytes == 4) return AUDCLNT_E_UNSUPPORTED_FORMAT;
    client->is_float = bytes == 4;
    client->capacity = buffer / 100000;
    if (client->capacity > MOST_PACKETS) client->capacity = MOST_PACKETS;
    return S_OK;
}

static HRESULT WINAPI set_event(IAudioClient *this, HANDLE event) {
    ENTER_SERVICE("IAudioClient::SetEventHandle");
    ((Object *) this)->event = event;
    return S_OK;
}

static HRESULT WINAPI get_service(IAudioClient *this, REFIID id, void **answer) {
    ENTER_SERVICE("IAudioClient::GetService");
    if (!SAME(id, IID_IAudioCaptureClient)) return E_NOINTERFACE;
    Object *capture = make(&capture_table, "IAudioCaptureClient");
    capture->owner = (Object *) this;
    add_ref(this);
    *answer = capture;
    return S_OK;
}

static HRESULT WINAPI start_client(IAudioClient *this) {
    ENTER_SERVICE("IAudioClient::Start");
    Object *client = (Object *) this;
    if (!client->event) return AUDCLNT_E_EVENTHANDLE_NOT_SET;
    if (client->started) return AUDCLNT_E_NOT_STOPPED;
    engine_lock();
    client->started = 1;
    client->gap = 1;
    engine_unlock();
    return S_OK;
}

static HRESULT WINAPI stop_client(IAudioClient *this) {
    Object *client = (Object *) this;
    int injected = fake_enter("IAudioClient::Stop");
    engine_lock();
    client->started = 0;
    engine_unlock();
    return injected ? injected : client->epoch != device_epoch ? AUDCLNT_E_DEVICE_INVALIDATED : S_OK;
}

static const IAudioClientVtbl client_table = {UNKNOWN, initialize, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, start_client,
        stop_client, NEVER, set_event, get_service};

static int wants(Object *client, Stream *stream) {
    int within = engine_is_descendant(stream->pid, client->params.pid);
    return client->params.mode == MODE_INCLUDE ? within : !within;
}

static LONGLONG counter(long long nanos) { return nanos / 100 + 123456789; }

void system_cycle(long long nanos) {
    int set = next_flags;
    next_flags = 0;
    for (Object *client = clients; client; client = client->next) {
        if (!client->started || engine_is_down() || client->epoch != device_epoch) continue;
        Packet packet;
        int playing = 0;
        memset(&packet, 0, sizeof packet);
        for (Stream *stream = engine_streams(); stream; stream = stream->next) {
            if (wants(client, stream)) playing += engine_add(stream, packet.samples);
        }
        if (!playing) {
            client->gap = 1;
            continue;
        }
        packet.flags = set | (client->gap ? AUDCLNT_BUFFERFLAGS_DATA_DISCONTINUITY : 0);
        packet.time = counter(nanos);
        client->gap = 0;
        if (client->count == client->capacity) {
            client->gap = 1; /* nobody takes it */
        } else {
            client->packets[(client->first + client->count++) % MOST_PACKETS] = packet;
        }
        engine_event_set(client->event);
    }
}

/* ---- activation */

static HRESULT WINAPI get_activate_result(IActivateAudioInterfaceAsyncOperation *this, HRESULT *result,
        IUnknown **answer) {
    ENTER("IActivateAudioInterfaceAsyncOperation::GetActivateResult");
    Object *operation = (Object *) this;
    *answer = NULL;
    if (!operation->completed) return E_ILLEGAL_METHOD_CALL;
    *result = operation->result;
    if (SUCCEEDED(operation->result)) {
        Object *client = make(&client_table, "IAudioClient");
        client->params = operation->params;
        client->epoch = device_epoch;
        engine_lock();
        link_to(&clients, client);
        engine_unlock();
        *answer = (IUnknown *) client;
    }
    return S_OK;
}

static const IActivateAudioInterfaceAsyncOperationVtbl operation_table = {UNKNOWN, get_activate_result};

static void complete(void *argument) {
    Object *operation = argument;
    engine_sleep(1000000);
    int injected = fake_enter("activation");
    operation->result = injected ? injected : engine_is_down() ? AUDCLNT_E_SERVICE_NOT_RUNNING : S_OK;
    operation->completed = 1;
    IActivateAudioInterfaceCompletionHandler_ActivateCompleted(operation->handler,
            (IActivateAudioInterfaceAsyncOperation *) operation);
    IActivateAudioInterfaceCompletionHandler_Release(operation->handler);
    release(operation);
}

HRESULT WINAPI ActivateAudioInterfaceAsync(LPCWSTR path, REFIID id, PROPVARIANT *variant,
        IActivateAudioInterfaceCompletionHandler *handler, IActivateAudioInterfaceAsyncOperation **answer) {
    ENTER("ActivateAudioInterfaceAsync");
    if (!apartment) return CO_E_NOTINITIALIZED;
    const char *expected = "VAD\\Process_Loopback";
    for (int i = 0; i == 0 || expected[i - 1]; i++) {
        if (path[i] != (unsigned char) expected[i]) return E_INVALIDARG;
    }
    ActivationParams *params = (ActivationParams *) variant->blob.pBlobData;
    if (!SAME(id, IID_IAudioClient) || variant->vt != VT_BLOB || variant->blob.cbSize != sizeof *params
            || params->type != ACTIVATION_PROCESS_LOOPBACK) {
        fake_mistake("ActivateAudioInterfaceAsync with vt %d, %u bytes, type %d", variant->vt, variant->blob.cbSize,
                params->type);
        return E_INVALIDARG;
    }
    void *agile = NULL;
    void *handled = NULL;
    if (FAILED(IUnknown_QueryInterface((IUnknown *) handler, &IID_IAgileObject, &agile))
            || FAILED(IUnknown_QueryInterface((IUnknown *) handler, &IID_IActivateAudioInterfaceCompletionHandler, &handled))) {
        return E_ILLEGAL_METHOD_CALL;
    }
    IUnknown_Release((IUnknown *) agile);
    Object *operation = make(&operation_table, "IActivateAudioInterfaceAsyncOperation");
    operation->params = *params;
    operation->handler = handled;
    if (!never_completes) {
        add_ref(operation);
        engine_thread(complete, operation);
    }
    *answer = (IActivateAudioInterfaceAsyncOperation *) operation;
    return S_OK;
}

/* ---- sessions and devices */

typedef struct {
    HRESULT (WINAPI *QueryInterface)(void *, REFIID, void **);
    ULONG (WINAPI *AddRef)(void *);
    ULONG (WINAPI *Release)(void *);
    HRESULT (WINAPI *GetPeakValue)(void *, float *);
    HRESULT (WINAPI *GetMeteringChannelCount)(void *, UINT *);
    HRESULT (WINAPI *GetChannelsPeakValues)(void *, UINT32, float *);
    HRESULT (WINAPI *QueryHardwareSupport)(void *, DWORD *);
} MeterVtbl;

static HRESULT WINAPI peak_value(void *this, float *answer) {
    ENTER_SERVICE("IAudioMeterInformation::GetPeakValue");
    *answer = ((Object *) this)->stream.peak;
    return S_OK;
}

static const MeterVtbl meter_table = {UNKNOWN, peak_value, NEVER, NEVER, NEVER};

static HRESULT WINAPI master_volume(ISimpleAudioVolume *this, float *answer) {
    ENTER_SERVICE("ISimpleAudioVolume::GetMasterVolume");
    *answer = ((Object *) this)->stream.volume;
    return S_OK;
}

static HRESULT WINAPI get_mute(ISimpleAudioVolume *this, WINBOOL *answer) {
    ENTER_SERVICE("ISimpleAudioVolume::GetMute");
    *answer = ((Object *) this)->stream.muted;
    return S_OK;
}

static const ISimpleAudioVolumeVtbl volume_table = {UNKNOWN, NEVER, master_volume, NEVER, get_mute};

static HRESULT WINAPI query_session(IAudioSessionControl2 *this, REFIID id, void **answer) {
    ENTER_SERVICE("IAudioSessionControl::QueryInterface");
    Object *session = (Object *) this;
    *answer = NULL;
    if (SAME(id, IID_IAudioSessionControl2)) {
        add_ref(session);
        *answer = session;
        return S_OK;
    }
    const void *table = SAME(id, IID_ISimpleAudioVolume) ? (void *) &volume_table : SAME(id, IID_Meter) ? (void *) &meter_table : NULL;
    if (!table) return E_NOINTERFACE;
    Object *part = make(table, "part of a session");
    part->stream = session->stream;
    part->owner = session;
    add_ref(session);
    *answer = part;
    return S_OK;
}

static HRESULT WINAPI session_state(IAudioSessionControl2 *this, AudioSessionState *answer) {
    ENTER_SERVICE("IAudioSessionControl::GetState");
    *answer = ((Object *) this)->stream.paused ? AudioSessionStateInactive : AudioSessionStateActive;
    return S_OK;
}

static HRESULT WINAPI session_name(IAudioSessionControl2 *this, LPWSTR *answer) {
    ENTER_SERVICE("IAudioSessionControl::GetDisplayName");
    *answer = wide(((Object *) this)->stream.name);
    return S_OK;
}

static HRESULT WINAPI session_id(IAudioSessionControl2 *this, LPWSTR *answer) {
    ENTER_SERVICE("IAudioSessionControl2::GetSessionInstanceIdentifier");
    char text[200];
    Object *session = (Object *) this;
    snprintf(text, sizeof text, "%s|%d%%b%d", session->device, session->stream.pid, session->stream.number);
    *answer = wide(text);
    return S_OK;
}

static HRESULT WINAPI session_pid(IAudioSessionControl2 *this, DWORD *answer) {
    ENTER_SERVICE("IAudioSessionControl2::GetProcessId");
    *answer = ((Object *) this)->stream.pid;
    return S_OK;
}

static HRESULT WINAPI is_system(IAudioSessionControl2 *this) {
    ENTER_SERVICE("IAudioSessionControl2::IsSystemSoundsSession");
    return ((Object *) this)->stream.pid == 0 ? S_OK : S_FALSE;
}

static const IAudioSessionControl2Vtbl session_table = {query_session, (void *) add_ref, (void *) release, session_state, session_name,
        NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, session_id, session_pid, is_system, NEVER};

static HRESULT WINAPI session_count(IAudioSessionEnumerator *this, int *answer) {
    ENTER_SERVICE("IAudioSessionEnumerator::GetCount");
    *answer = ((Object *) this)->size;
    return S_OK;
}

static HRESULT WINAPI get_session(IAudioSessionEnumerator *this, int index, IAudioSessionControl **answer) {
    ENTER_SERVICE("IAudioSessionEnumerator::GetSession");
    Object *list = (Object *) this;
    if (index < 0 || index >= list->size) return E_INVALIDARG;
    Object *session = make(&session_table, "IAudioSessionControl");
    session->stream = list->list[index];
    memcpy(session->device, list->device, sizeof session->device);
    *answer = (IAudioSessionControl *) session;
    return S_OK;
}

static const IAudioSessionEnumeratorVtbl sessions_table = {UNKNOWN, session_count, get_session};

static HRESULT WINAPI session_enumerator(IAudioSessionManager2 *this, IAudioSessionEnumerator **answer) {
    ENTER_SERVICE("IAudioSessionManager2::GetSessionEnumerator");
    Object *manager = (Object *) this;
    Object *list = make(&sessions_table, "IAudioSessionEnumerator");
    memcpy(list->device, manager->device, sizeof list->device);
    engine_lock();
    if (!strcmp(manager->device, "test-sink")) list->size = 1; /* that of Windows itself: no pid, no name */
    for (Stream *stream = engine_streams(); stream; stream = stream->next) {
        if (!strcmp(stream->device, manager->device)) list->list[list->size++] = *stream;
    }
    engine_unlock();
    *answer = (IAudioSessionEnumerator *) list;
    return S_OK;
}

static HRESULT WINAPI register_session(IAudioSessionManager2 *this, IAudioSessionNotification *notification) {
    ENTER_SERVICE("IAudioSessionManager2::RegisterSessionNotification");
    engine_lock();
    ((Object *) this)->notification = notification;
    engine_unlock();
    return S_OK;
}

static HRESULT WINAPI unregister_session(IAudioSessionManager2 *this, IAudioSessionNotification *notification) {
    Object *manager = (Object *) this;
    int injected = fake_enter("IAudioSessionManager2::UnregisterSessionNotification");
    engine_lock();
    if (manager->notification && manager->notification != notification) fake_mistake("another notification was registered");
    manager->notification = NULL;
    engine_unlock();
    return injected;
}

static const IAudioSessionManager2Vtbl manager_table = {UNKNOWN, NEVER, NEVER, session_enumerator, register_session,
        unregister_session, NEVER, NEVER};

static HRESULT WINAPI activate_manager(IMMDevice *this, REFIID id, DWORD context, PROPVARIANT *params, void **answer) {
    ENTER_SERVICE("IMMDevice::Activate");
    (void) context;
    (void) params;
    if (!SAME(id, IID_IAudioSessionManager2)) return E_NOINTERFACE;
    Object *manager = make(&manager_table, "IAudioSessionManager2");
    memcpy(manager->device, ((Object *) this)->device, sizeof manager->device);
    engine_lock();
    link_to(&managers, manager);
    engine_unlock();
    *answer = manager;
    return S_OK;
}

static HRESULT WINAPI device_id(IMMDevice *this, LPWSTR *answer) {
    ENTER_SERVICE("IMMDevice::GetId");
    *answer = wide(((Object *) this)->device);
    return S_OK;
}

static const IMMDeviceVtbl device_table = {UNKNOWN, activate_manager, NEVER, device_id, NEVER};

static HRESULT WINAPI device_count(IMMDeviceCollection *this, UINT *answer) {
    ENTER_SERVICE("IMMDeviceCollection::GetCount");
    *answer = ((Object *) this)->size;
    return S_OK;
}

static HRESULT WINAPI device_item(IMMDeviceCollection *this, UINT index, IMMDevice **answer) {
    ENTER_SERVICE("IMMDeviceCollection::Item");
    (void) this;
    Object *device = make(&device_table, "IMMDevice");
    memcpy(device->device, devices[index], sizeof device->device);
    *answer = (IMMDevice *) device;
    return S_OK;
}

static const IMMDeviceCollectionVtbl collection_table = {UNKNOWN, device_count, device_item};

static HRESULT WINAPI enum_endpoints(IMMDeviceEnumerator *this, EDataFlow flow, DWORD states, IMMDeviceCollection **answer) {
    ENTER_SERVICE("IMMDeviceEnumerator::EnumAudioEndpoints");
    (void) this;
    if (flow != eRender || states != DEVICE_STATE_ACTIVE) return E_INVALIDARG;
    Object *collection = make(&collection_table, "IMMDeviceCollection");
    while (collection->size < 8 && devices[collection->size][0]) collection->size++;
    *answer = (IMMDeviceCollection *) collection;
    return S_OK;
}

static HRESULT WINAPI register_devices(IMMDeviceEnumerator *this, IMMNotificationClient *notification) {
    ENTER_SERVICE("IMMDeviceEnumerator::RegisterEndpointNotificationCallback");
    engine_lock();
    ((Object *) this)->devices_notification = notification;
    link_to(&enumerators, (Object *) this);
    engine_unlock();
    return S_OK;
}

static HRESULT WINAPI unregister_devices(IMMDeviceEnumerator *this, IMMNotificationClient *notification) {
    (void) notification;
    int injected = fake_enter("IMMDeviceEnumerator::UnregisterEndpointNotificationCallback");
    engine_lock();
    ((Object *) this)->devices_notification = NULL;
    engine_unlock();
    return injected;
}

static const IMMDeviceEnumeratorVtbl enumerator_table = {UNKNOWN, enum_endpoints, NEVER, NEVER, register_devices,
        unregister_devices};

/* Windows calls without a lock of its own. */
void system_changed(void) {
    IAudioSessionNotification *called[64];
    int count = 0;
    engine_lock();
    for (Object *manager = managers; manager && count < 64; manager = manager->next) {
        if (manager->notification) called[count++] = manager->notification;
    }
    engine_unlock();
    for (int i = 0; i < count; i++) {
        Object *session = make(&session_table, "IAudioSessionControl");
        IAudioSessionNotification_OnSessionCreated(called[i], (IAudioSessionControl *) session);
        release(session);
    }
}

static void devices_changed(const char *name) {
    IMMNotificationClient *called[64];
    int count = 0;
    engine_lock();
    for (Object *object = enumerators; object && count < 64; object = object->next) {
        if (object->devices_notification) called[count++] = object->devices_notification;
    }
    engine_unlock();
    LPWSTR id = wide(name);
    PROPERTYKEY key;
    memset(&key, 0, sizeof key);
    for (int i = 0; i < count; i++) {
        IMMNotificationClient_OnDeviceStateChanged(called[i], id, DEVICE_STATE_ACTIVE);
        IMMNotificationClient_OnDefaultDeviceChanged(called[i], eRender, eConsole, id);
        IMMNotificationClient_OnPropertyValueChanged(called[i], id, key);
    }
    CoTaskMemFree(id);
}

/* ---- OLE32, KERNEL32, AVRT, ADVAPI32 */

HRESULT WINAPI CoInitializeEx(LPVOID reserved, DWORD model) {
    ENTER("CoInitializeEx");
    (void) reserved;
    if (model != COINIT_MULTITHREADED) fake_mistake("CoInitializeEx with %u", model);
    fake_count("apartment", 1);
    return apartment++ ? S_FALSE : S_OK;
}

void WINAPI CoUninitialize(void) {
    fake_enter("CoUninitialize");
    fake_count("apartment", -1);
    apartment--;
}

HRESULT WINAPI CoCreateInstance(REFCLSID class, LPUNKNOWN outer, DWORD context, REFIID id, LPVOID *answer) {
    ENTER_SERVICE("CoCreateInstance");
    (void) outer;
    (void) context;
    if (!apartment) return CO_E_NOTINITIALIZED;
    if (!SAME(class, CLSID_Enumerator)) return REGDB_E_CLASSNOTREG;
    if (!SAME(id, IID_IMMDeviceEnumerator)) return E_NOINTERFACE;
    *answer = make(&enumerator_table, "IMMDeviceEnumerator");
    return S_OK;
}

void WINAPI CoTaskMemFree(LPVOID memory) {
    fake_count("string", -1);
    free(memory);
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES attributes, WINBOOL manual, WINBOOL set, LPCWSTR name) {
    int injected = fake_enter("CreateEventW");
    if (attributes || manual || set || name) fake_mistake("CreateEventW with other than defaults");
    if (injected) {
        *__errno_location() = injected;
        return NULL;
    }
    fake_count("event", 1);
    return engine_event();
}

WINBOOL WINAPI SetEvent(HANDLE event) {
    if (fake_enter("SetEvent")) return 0;
    engine_event_set(event);
    return 1;
}

DWORD WINAPI WaitForSingleObject(HANDLE event, DWORD millis) {
    if (fake_enter("WaitForSingleObject")) return WAIT_FAILED;
    return engine_event_wait(event, millis) ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
}

WINBOOL WINAPI CloseHandle(HANDLE event) {
    fake_enter("CloseHandle");
    fake_count("event", -1);
    engine_lock();
    for (Object *client = clients; client; client = client->next) {
        if (client->event == event) fake_mistake("an event was closed that a client uses");
    }
    engine_unlock();
    engine_event_free(event);
    return 1;
}

WINBOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *answer) {
    if (fake_enter("QueryPerformanceFrequency")) return 0;
    answer->QuadPart = 10000000;
    return 1;
}

WINBOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *answer) {
    if (fake_enter("QueryPerformanceCounter")) return 0;
    answer->QuadPart = counter(engine_nanos());
    return 1;
}

HANDLE WINAPI AvSetMmThreadCharacteristicsW(LPCWSTR task, LPDWORD index) {
    if (fake_enter("AvSetMmThreadCharacteristicsW")) return NULL;
    if (task[0] != 'A' || task[4] != 'o' || task[5] != 0 || *index != 0) fake_mistake("AvSetMmThreadCharacteristicsW");
    fake_count("task", 1);
    return (HANDLE) &device_epoch;
}

WINBOOL WINAPI AvRevertMmThreadCharacteristics(HANDLE task) {
    fake_enter("AvRevertMmThreadCharacteristics");
    fake_count("task", -1);
    return task == (HANDLE) &device_epoch;
}

LSTATUS WINAPI RegGetValueW(HKEY key, LPCWSTR path, LPCWSTR value, DWORD flags, LPDWORD type, PVOID data, LPDWORD bytes) {
    if (fake_enter("RegGetValueW")) return ERROR_FILE_NOT_FOUND;
    (void) type;
    char text[16];
    if (key != HKEY_LOCAL_MACHINE || path[0] != 'S' || value[7] != 'B' || flags != RRF_RT_REG_SZ) fake_mistake("RegGetValueW");
    DWORD length = snprintf(text, sizeof text, "%d", build) + 1;
    if (*bytes < length * 2) return ERROR_MORE_DATA;
    for (DWORD i = 0; i < length; i++) ((LPWSTR) data)[i] = text[i];
    *bytes = length * 2;
    return ERROR_SUCCESS;
}

/* ---- what tests say */

void fake_set(const char *what, int value) {
    int *settings[] = {&rejects_float, &never_completes, &next_flags, &build};
    const char *names[] = {"rejects float", "never completes", "flags", "build"};
    engine_lock();
    for (int i = 0; i < 4; i++) {
        if (!strcmp(what, names[i])) *settings[i] = value;
    }
    engine_unlock();
}

void fake_reset(void) {
    engine_lock();
    rejects_float = never_completes = next_flags = 0;
    build = 19045;
    engine_unlock();
}

/* Every client's device is gone. */
void fake_invalidate(void) {
    engine_lock();
    device_epoch++;
    engine_unlock();
}

/* What is captured here does not depend on it. */
void fake_default(const char *name) { devices_changed(name); }

void fake_device(const char *name, int present) {
    engine_lock();
    int i = 0;
    while (i < 7 && devices[i][0] && strcmp(devices[i], name)) i++;
    if (present) {
        snprintf(devices[i], sizeof devices[i], "%s", name);
    } else {
        for (; i < 7; i++) memcpy(devices[i], devices[i + 1], sizeof devices[i]);
    }
    engine_unlock();
    devices_changed(name);
}
