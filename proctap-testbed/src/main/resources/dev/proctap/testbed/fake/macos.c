/*
 * The part of macOS that a capture calls, on the fake engine: exports what CoreAudio, CoreFoundation, libobjc and libSystem
 * export. There are no headers of macOS to compile this with: docs/macos.md names the source of each number. It notes every
 * call, can let each fail, and complains of what the documentation does not allow.
 */
#define _GNU_SOURCE
#include "engine.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef unsigned int UInt32;
typedef int OSStatus;
typedef UInt32 AudioObjectID;
#define CODE(a, b, c, d) ((UInt32) (a) << 24 | (b) << 16 | (c) << 8 | (d))
#define BAD_OBJECT ((OSStatus) CODE('!', 'o', 'b', 'j'))
#define UNKNOWN_PROPERTY ((OSStatus) CODE('w', 'h', 'o', '?'))
#define BAD_SIZE ((OSStatus) CODE('!', 's', 'i', 'z'))
#define ILLEGAL ((OSStatus) CODE('n', 'o', 'p', 'e'))
#define NOT_RUNNING ((OSStatus) CODE('s', 't', 'o', 'p'))

typedef struct { UInt32 selector, scope, element; } Address;
typedef struct { double rate; UInt32 id, flags, packet_bytes, packet_frames, frame_bytes, channels, bits, reserved; } Format;
typedef struct { double sample; unsigned long long host; double rate; unsigned long long word; char smpte[24]; UInt32 flags, reserved; } TimeStamp;
typedef struct { UInt32 channels, bytes; void *data; } Buffer;
typedef struct { UInt32 count; Buffer buffers[2]; } BufferList;
typedef OSStatus (*IOProc)(AudioObjectID, const TimeStamp *, const BufferList *, const TimeStamp *, BufferList *,
        const TimeStamp *, void *);
typedef OSStatus (*Listener)(AudioObjectID, UInt32, const Address *, void *);

#define SYSTEM 1
#define FIRST_DEVICE 40
#define FIRST_TAP 200
#define FIRST_AGGREGATE 300
#define FIRST_PROCESS 100000
#define MOST 64
#define MOST_PROCESSES 256

static int withheld, no_clock, format_kind, skipped_cycles, slow_clock, late_times;

#define ENTER(name) do { int injected = fake_enter(name); if (injected) return injected; } while (0)
#define ENTER_SERVICE(name) do { ENTER(name); if (engine_is_down()) return NOT_RUNNING; } while (0)

/* ---- CoreFoundation */

typedef struct CF {
    int kind; /* s, n, a, d; o for an object of Objective-C */
    int refs;
    char text[256];
    int number;
    long count;
    struct CF **keys, **values;
    /* a CATapDescription */
    AudioObjectID processes[MOST_PROCESSES];
    int process_count, exclusive, private, mute;
} CF;

const char kCFTypeArrayCallBacks[40], kCFTypeDictionaryKeyCallBacks[48], kCFTypeDictionaryValueCallBacks[40];

static pthread_mutex_t references = PTHREAD_MUTEX_INITIALIZER;

static const char *name(int kind) {
    switch (kind) {
    case 's': return "string of CoreFoundation";
    case 'n': return "number of CoreFoundation";
    case 'a': return "array of CoreFoundation";
    case 'd': return "dictionary of CoreFoundation";
    default: return "object of Objective-C";
    }
}

static CF *make(int kind) {
    CF *object = calloc(1, sizeof *object);
    object->kind = kind;
    object->refs = 1;
    fake_count(name(kind), 1);
    return object;
}

static void retain(CF *object) {
    pthread_mutex_lock(&references);
    object->refs++;
    pthread_mutex_unlock(&references);
}

void CFRelease(CF *object) {
    fake_enter("CFRelease");
    pthread_mutex_lock(&references);
    int refs = --object->refs;
    pthread_mutex_unlock(&references);
    if (refs > 0) return;
    for (long i = 0; i < object->count; i++) {
        if (object->keys) CFRelease(object->keys[i]);
        CFRelease(object->values[i]);
    }
    fake_count(name(object->kind), -1);
    free(object->keys);
    free(object->values);
    free(object);
}

CF *CFStringCreateWithCString(void *allocator, const char *text, UInt32 encoding) {
    fake_enter("CFStringCreateWithCString");
    if (allocator || encoding != 0x08000100) fake_mistake("CFStringCreateWithCString in encoding %x", encoding);
    CF *string = make('s');
    snprintf(string->text, sizeof string->text, "%s", text);
    return string;
}

unsigned char CFStringGetCString(CF *string, char *bytes, long size, UInt32 encoding) {
    fake_enter("CFStringGetCString");
    if (string->kind != 's' || encoding != 0x08000100) fake_mistake("CFStringGetCString of a %c", string->kind);
    return snprintf(bytes, size, "%s", string->text) < size;
}

CF *CFNumberCreate(void *allocator, long type, const int *value) {
    fake_enter("CFNumberCreate");
    if (allocator || type != 3) fake_mistake("CFNumberCreate of type %ld", type);
    CF *number = make('n');
    number->number = *value;
    return number;
}

static CF **copy(CF **from, long count) {
    CF **to = calloc(count + 1, sizeof *to);
    for (long i = 0; i < count; i++) retain(to[i] = from[i]);
    return to;
}

CF *CFArrayCreate(void *allocator, CF **values, long count, const void *callbacks) {
    fake_enter("CFArrayCreate");
    if (allocator || callbacks != kCFTypeArrayCallBacks) fake_mistake("CFArrayCreate with other callbacks");
    CF *array = make('a');
    array->count = count;
    array->values = copy(values, count);
    return array;
}

CF *CFDictionaryCreate(void *allocator, CF **keys, CF **values, long count, const void *of_keys, const void *of_values) {
    fake_enter("CFDictionaryCreate");
    if (allocator || of_keys != kCFTypeDictionaryKeyCallBacks || of_values != kCFTypeDictionaryValueCallBacks) {
        fake_mistake("CFDictionaryCreate with other callbacks");
    }
    CF *dictionary = make('d');
    dictionary->count = count;
    dictionary->keys = copy(keys, count);
    dictionary->values = copy(values, count);
    return dictionary;
}

static CF *lookup(CF *dictionary, const char *key, int kind) {
    for (long i = 0; dictionary && dictionary->kind == 'd' && i < dictionary->count; i++) {
        if (!strcmp(dictionary->keys[i]->text, key)) {
            if (dictionary->values[i]->kind != kind) fake_mistake("%s is a %c", key, dictionary->values[i]->kind);
            return dictionary->values[i];
        }
    }
    return NULL;
}

/* ---- Objective-C */

static char tap_class[] = "CATapDescription";

void *objc_getClass(const char *name) {
    if (fake_enter("objc_getClass")) return NULL;
    return strcmp(name, tap_class) ? NULL : tap_class;
}

char *sel_registerName(const char *name) {
    static char names[32][80];
    fake_enter("sel_registerName");
    engine_lock();
    int i = 0;
    while (names[i][0] && strcmp(names[i], name)) i++;
    snprintf(names[i], sizeof names[i], "%s", name);
    engine_unlock();
    return names[i];
}

static void set_processes(CF *description, CF *array) {
    if (array->kind != 'a') fake_mistake("processes are a %c", array->kind);
    description->process_count = 0;
    for (long i = 0; i < array->count; i++) {
        if (array->values[i]->kind != 'n') fake_mistake("a process is a %c", array->values[i]->kind);
        description->processes[description->process_count++] = array->values[i]->number;
    }
}

void *objc_msgSend(CF *self, const char *selector, long argument) {
    int fails = fake_enter("objc_msgSend");
    if (!self) return NULL;
    if ((char *) self == tap_class) return strcmp(selector, "alloc") || fails ? NULL : make('o');
    if (self->kind != 'o') {
        fake_mistake("%s sent to something else", selector);
        return NULL;
    }
    int includes = !strcmp(selector, "initStereoMixdownOfProcesses:");
    if (includes || !strcmp(selector, "initStereoGlobalTapButExcludeProcesses:")) {
        if (fails) {
            CFRelease(self); /* as initializers do */
            return NULL;
        }
        self->exclusive = !includes;
        set_processes(self, (CF *) argument);
        return self;
    }
    if (!strcmp(selector, "setProcesses:")) {
        set_processes(self, (CF *) argument);
    } else if (!strcmp(selector, "setPrivate:")) {
        self->private = (char) argument;
    } else if (!strcmp(selector, "setMuteBehavior:")) {
        self->mute = argument;
    } else if (strcmp(selector, "setName:") || ((CF *) argument)->kind != 's') {
        fake_mistake("no method %s", selector);
    }
    return NULL;
}

void objc_release(CF *object) {
    fake_enter("objc_release");
    if (object->kind != 'o') fake_mistake("objc_release of a %c", object->kind);
    CFRelease(object);
}

/* ---- libSystem */

typedef struct { sem_t semaphore; } Semaphore;

Semaphore *dispatch_semaphore_create(long value) {
    fake_enter("dispatch_semaphore_create");
    Semaphore *made = calloc(1, sizeof *made);
    sem_init(&made->semaphore, 0, value);
    fake_count("semaphore", 1);
    return made;
}

long dispatch_semaphore_signal(Semaphore *semaphore) {
    sem_post(&semaphore->semaphore);
    return 1;
}

unsigned long long dispatch_time(unsigned long long when, long long delta) {
    fake_enter("dispatch_time");
    return (when == 0 ? (unsigned long long) engine_nanos() : when) + delta;
}

long dispatch_semaphore_wait(Semaphore *semaphore, unsigned long long until) {
    fake_enter("dispatch_semaphore_wait");
    struct timespec at = {until / 1000000000, until % 1000000000};
    return sem_clockwait(&semaphore->semaphore, CLOCK_MONOTONIC, &at) != 0;
}

void dispatch_release(Semaphore *semaphore) {
    fake_enter("dispatch_release");
    sem_destroy(&semaphore->semaphore);
    free(semaphore);
    fake_count("semaphore", -1);
}

static int clock_readings;

/* Units of 125/3 ns, as on Apple silicon. */
unsigned long long mach_absolute_time(void) {
    // as where the thread that asks is held up now and then
    if (slow_clock && ++clock_readings % 8 == 0) engine_sleep(20000000);
    return engine_nanos() * 3 / 125;
}

int mach_timebase_info(UInt32 *info) {
    fake_enter("mach_timebase_info");
    info[0] = 125;
    info[1] = 3;
    return 0;
}

int responsibility_get_pid_responsible_for_pid(int pid) { return pid; }

/* ---- Core Audio */

typedef struct {
    int used;
    CF *description;
    char uid[64];
} Tap;

typedef struct {
    int used, clocked, started;
    int tap;
    IOProc proc;
    void *client;
    double sample;
} Aggregate;

static Tap taps[MOST];
static Aggregate aggregates[MOST];
static char devices[8][64] = {"test-sink"};
static char default_device[64] = "test-sink";
static struct { Listener function; void *client; UInt32 selector; } listeners[MOST];

static Stream *stream_of(AudioObjectID object) {
    for (Stream *stream = engine_streams(); stream; stream = stream->next) {
        if ((AudioObjectID) (FIRST_PROCESS + stream->pid) == object) return stream;
    }
    return NULL;
}

static CF *string(const char *text) {
    CF *made = make('s');
    snprintf(made->text, sizeof made->text, "%s", text);
    return made;
}

static Format format(void) {
    int bytes = format_kind == 2 ? 2 : 4;
    int interleaved = format_kind != 1;
    UInt32 flags = (format_kind == 2 ? 4 : 1) | 8 | (interleaved ? 0 : 32);
    UInt32 frame = bytes * (interleaved ? 2 : 1);
    return (Format){ENGINE_RATE, CODE('l', 'p', 'c', 'm'), flags, frame, 1, frame, 2, bytes * 8, 0};
}

/* A property's value, of *size bytes: into data where that is not null. The lock is held. */
static OSStatus property(AudioObjectID object, UInt32 selector, UInt32 *size, void *data) {
    UInt32 room = *size;
    if (object == SYSTEM && selector == CODE('p', 'r', 's', '#')) {
        UInt32 count = 0;
        for (Stream *stream = engine_streams(); stream; stream = stream->next) {
            if (data && (count + 1) * 4 <= room) ((UInt32 *) data)[count] = FIRST_PROCESS + stream->pid;
            if (!data || (count + 1) * 4 <= room) count++;
        }
        *size = count * 4;
        return 0;
    }
    UInt32 value = 0;
    CF *text = NULL;
    if (object == SYSTEM && selector == CODE('d', 'O', 'u', 't')) {
        for (int i = 0; i < 8; i++) if (!strcmp(devices[i], default_device)) value = FIRST_DEVICE + i;
    } else if (object >= FIRST_DEVICE && object < FIRST_DEVICE + 8 && devices[object - FIRST_DEVICE][0]) {
        if (selector != CODE('u', 'i', 'd', ' ')) return UNKNOWN_PROPERTY;
        if (data) text = string(devices[object - FIRST_DEVICE]);
    } else if (object >= FIRST_TAP && object < FIRST_TAP + MOST && taps[object - FIRST_TAP].used) {
        if (selector == CODE('t', 'f', 'm', 't')) {
            Format now = format();
            if (data && room < sizeof now) return BAD_SIZE;
            if (data) memcpy(data, &now, sizeof now);
            *size = sizeof now;
            return 0;
        }
        if (selector != CODE('t', 'u', 'i', 'd')) return UNKNOWN_PROPERTY;
        if (data) text = string(taps[object - FIRST_TAP].uid);
    } else if (object >= FIRST_PROCESS) {
        Stream *stream = stream_of(object);
        if (!stream) return BAD_OBJECT;
        if (selector == CODE('p', 'p', 'i', 'd')) value = stream->pid;
        else if (selector == CODE('p', 'i', 'r', 'o')) value = !stream->paused;
        else if (selector == CODE('p', 'b', 'i', 'd')) text = data ? string("org.example.player") : NULL;
        else return UNKNOWN_PROPERTY;
    } else {
        return BAD_OBJECT;
    }
    int pointer = text || selector == CODE('u', 'i', 'd', ' ') || selector == CODE('t', 'u', 'i', 'd')
            || selector == CODE('p', 'b', 'i', 'd');
    *size = pointer ? sizeof text : sizeof value;
    if (!data) return 0;
    if (room < *size) {
        if (text) CFRelease(text);
        return BAD_SIZE;
    }
    memcpy(data, pointer ? (void *) &text : (void *) &value, *size);
    return 0;
}

static void check_address(const Address *address) {
    if (address->scope != CODE('g', 'l', 'o', 'b') || address->element != 0) fake_mistake("another scope or element");
}

OSStatus AudioObjectGetPropertyDataSize(AudioObjectID object, const Address *address, UInt32 qualifier_size,
        const void *qualifier, UInt32 *size) {
    ENTER_SERVICE("AudioObjectGetPropertyDataSize");
    (void) qualifier_size;
    (void) qualifier;
    check_address(address);
    engine_lock();
    *size = 0;
    OSStatus status = property(object, address->selector, size, NULL);
    engine_unlock();
    return status;
}

OSStatus AudioObjectGetPropertyData(AudioObjectID object, const Address *address, UInt32 qualifier_size,
        const void *qualifier, UInt32 *size, void *data) {
    char name[64];
    UInt32 code = address->selector;
    snprintf(name, sizeof name, "AudioObjectGetPropertyData %c%c%c%c", code >> 24, code >> 16 & 255, code >> 8 & 255, code & 255);
    ENTER_SERVICE(name);
    if (qualifier_size || qualifier) fake_mistake("a qualifier");
    check_address(address);
    engine_lock();
    OSStatus status = property(object, code, size, data);
    engine_unlock();
    return status;
}

OSStatus AudioObjectSetPropertyData(AudioObjectID object, const Address *address, UInt32 qualifier_size,
        const void *qualifier, UInt32 size, CF *const *data) {
    ENTER_SERVICE("AudioObjectSetPropertyData");
    (void) qualifier;
    check_address(address);
    if (object < FIRST_TAP || object >= FIRST_TAP + MOST || address->selector != CODE('t', 'd', 's', 'c')
            || size != sizeof *data || qualifier_size || (*data)->kind != 'o') {
        fake_mistake("AudioObjectSetPropertyData of %u bytes", size);
        return ILLEGAL;
    }
    engine_lock();
    Tap *tap = &taps[object - FIRST_TAP];
    OSStatus status = tap->used ? 0 : BAD_OBJECT;
    if (tap->used) {
        CF *before = tap->description;
        CF *description = make('o');
        memcpy(description->processes, (*data)->processes, sizeof description->processes);
        description->process_count = (*data)->process_count;
        description->exclusive = before->exclusive;
        description->mute = before->mute;
        tap->description = description;
        CFRelease(before);
    }
    engine_unlock();
    return status;
}

static OSStatus listen(AudioObjectID object, const Address *address, Listener function, void *client, int on) {
    check_address(address);
    if (object != SYSTEM) return BAD_OBJECT;
    engine_lock();
    int i = 0;
    while (i < MOST && !(on ? !listeners[i].function : listeners[i].function == function
            && listeners[i].client == client && listeners[i].selector == address->selector)) i++;
    if (i < MOST) {
        listeners[i].function = on ? function : NULL;
        listeners[i].client = client;
        listeners[i].selector = address->selector;
        fake_count("listener", on ? 1 : -1);
    } else {
        fake_mistake("a listener was removed that was not there");
    }
    engine_unlock();
    return 0;
}

OSStatus AudioObjectAddPropertyListener(AudioObjectID object, const Address *address, Listener function, void *client) {
    ENTER_SERVICE("AudioObjectAddPropertyListener");
    return listen(object, address, function, client, 1);
}

OSStatus AudioObjectRemovePropertyListener(AudioObjectID object, const Address *address, Listener function, void *client) {
    int injected = fake_enter("AudioObjectRemovePropertyListener");
    OSStatus status = listen(object, address, function, client, 0);
    return injected ? injected : status;
}

static void tell(UInt32 selector) {
    Listener functions[MOST];
    void *clients[MOST];
    int count = 0;
    engine_lock();
    for (int i = 0; i < MOST; i++) {
        if (listeners[i].function && listeners[i].selector == selector) {
            functions[count] = listeners[i].function;
            clients[count++] = listeners[i].client;
        }
    }
    engine_unlock();
    Address address = {selector, CODE('g', 'l', 'o', 'b'), 0};
    for (int i = 0; i < count; i++) functions[i](SYSTEM, 1, &address, clients[i]);
}

void system_changed(void) { tell(CODE('p', 'r', 's', '#')); }

OSStatus AudioHardwareCreateProcessTap(CF *description, AudioObjectID *answer) {
    ENTER_SERVICE("AudioHardwareCreateProcessTap");
    if (!description || description->kind != 'o' || !description->private) {
        fake_mistake("a tap that is not private");
        return ILLEGAL;
    }
    engine_lock();
    int i = 0;
    while (i < MOST && taps[i].used) i++;
    taps[i].used = 1;
    retain(taps[i].description = description);
    snprintf(taps[i].uid, sizeof taps[i].uid, "TAP-%d", i);
    fake_count("tap", 1);
    engine_unlock();
    *answer = FIRST_TAP + i;
    return 0;
}

OSStatus AudioHardwareDestroyProcessTap(AudioObjectID object) {
    int injected = fake_enter("AudioHardwareDestroyProcessTap");
    engine_lock();
    int index = object - FIRST_TAP;
    if (index < 0 || index >= MOST || !taps[index].used) {
        fake_mistake("a tap was destroyed that is not there");
    } else {
        for (int i = 0; i < MOST; i++) {
            if (aggregates[i].used && aggregates[i].tap == index) fake_mistake("a tap was destroyed before its device");
        }
        taps[index].used = 0;
        CFRelease(taps[index].description);
        fake_count("tap", -1);
    }
    engine_unlock();
    return injected;
}

OSStatus AudioHardwareCreateAggregateDevice(CF *keys, AudioObjectID *answer) {
    ENTER_SERVICE("AudioHardwareCreateAggregateDevice");
    CF *list = lookup(keys, "taps", 'a');
    CF *subs = lookup(keys, "subdevices", 'a');
    CF *master = lookup(keys, "master", 's');
    CF *private = lookup(keys, "private", 'n');
    CF *uid = lookup(keys, "uid", 's');
    if (!list || list->count != 1 || !private || !private->number || !uid || !lookup(keys, "name", 's')
            || (master && (!subs || subs->count != 1 || !lookup(subs->values[0], "uid", 's')))) {
        fake_mistake("an aggregate device that lacks something");
        return ILLEGAL;
    }
    CF *tap = lookup(list->values[0], "uid", 's');
    engine_lock();
    int t = 0, i = 0;
    while (t < MOST && !(taps[t].used && tap && !strcmp(taps[t].uid, tap->text))) t++;
    while (i < MOST && aggregates[i].used) i++;
    OSStatus status = t < MOST ? 0 : BAD_OBJECT;
    if (status == 0) {
        aggregates[i] = (Aggregate){.used = 1, .clocked = master != NULL, .tap = t};
        fake_count("aggregate device", 1);
        *answer = FIRST_AGGREGATE + i;
    }
    engine_unlock();
    return status;
}

static Aggregate *aggregate(AudioObjectID object) {
    int index = object - FIRST_AGGREGATE;
    return index >= 0 && index < MOST && aggregates[index].used ? &aggregates[index] : NULL;
}

OSStatus AudioHardwareDestroyAggregateDevice(AudioObjectID object) {
    int injected = fake_enter("AudioHardwareDestroyAggregateDevice");
    engine_lock();
    Aggregate *device = aggregate(object);
    if (!device || device->proc) {
        fake_mistake("a device was destroyed that has an IOProc, or is not there");
    } else {
        device->used = 0;
        fake_count("aggregate device", -1);
    }
    engine_unlock();
    return injected;
}

OSStatus AudioDeviceCreateIOProcID(AudioObjectID object, IOProc function, void *client, void **answer) {
    ENTER_SERVICE("AudioDeviceCreateIOProcID");
    engine_lock();
    Aggregate *device = aggregate(object);
    if (device) {
        device->proc = function;
        device->client = client;
        *answer = (void *) function;
        fake_count("IOProc", 1);
    }
    engine_unlock();
    return device ? 0 : BAD_OBJECT;
}

OSStatus AudioDeviceDestroyIOProcID(AudioObjectID object, void *id) {
    int injected = fake_enter("AudioDeviceDestroyIOProcID");
    engine_lock();
    Aggregate *device = aggregate(object);
    if (!device || (void *) device->proc != id || device->started) {
        fake_mistake("an IOProc was destroyed that runs, or is not there");
    } else {
        device->proc = NULL;
        fake_count("IOProc", -1);
    }
    engine_unlock();
    return injected;
}

OSStatus AudioDeviceStart(AudioObjectID object, void *id) {
    ENTER_SERVICE("AudioDeviceStart");
    engine_lock();
    Aggregate *device = aggregate(object);
    if (device && (void *) device->proc == id) device->started = 1;
    engine_unlock();
    return device ? 0 : BAD_OBJECT;
}

OSStatus AudioDeviceStop(AudioObjectID object, void *id) {
    int injected = fake_enter("AudioDeviceStop");
    engine_lock();
    Aggregate *device = aggregate(object);
    if (!device || (void *) device->proc != id) {
        fake_mistake("a device was stopped that is not there");
    } else {
        device->started = 0;
    }
    engine_unlock();
    return injected;
}

/* How long IOProcs took. */
#define MOST_TIMES 10000
static int io_times[MOST_TIMES], io_count;

static int wants(CF *description, Stream *stream) {
    int named = 0;
    for (int i = 0; i < description->process_count; i++) {
        named |= description->processes[i] == (AudioObjectID) (FIRST_PROCESS + stream->pid);
    }
    return description->exclusive ? !named : named;
}

void system_cycle(long long nanos) {
    for (Stream *stream = engine_streams(); stream; stream = stream->next) stream->silenced = 0;
    int skips = skipped_cycles > 0 && skipped_cycles-- > 0;
    for (int i = 0; i < MOST; i++) {
        Aggregate *device = &aggregates[i];
        if (!device->used || !device->started || engine_is_down() || (device->clocked && no_clock)) continue;
        CF *description = taps[device->tap].description;
        float mix[ENGINE_FRAMES * 2] = {0};
        float planes[2][ENGINE_FRAMES];
        short shorts[ENGINE_FRAMES * 2];
        for (Stream *stream = engine_streams(); stream; stream = stream->next) {
            if (!wants(description, stream)) continue;
            if (!withheld) engine_add(stream, mix);
            stream->silenced |= description->mute != 0;
        }
        long long late = late_times && (long) (device->sample / ENGINE_FRAMES) % 8 == 0 ? 6000000 : 0;
        TimeStamp time = {.sample = device->sample, .host = (nanos + late) * 3 / 125, .rate = 1, .flags = 7};
        device->sample += ENGINE_FRAMES;
        if (skips) continue;
        BufferList list = {1, {{2, sizeof mix, mix}}};
        for (int k = 0; k < ENGINE_FRAMES * 2; k++) {
            planes[k % 2][k / 2] = mix[k];
            shorts[k] = mix[k] * 32768;
        }
        if (format_kind == 1) {
            list = (BufferList){2, {{1, sizeof planes[0], planes[0]}, {1, sizeof planes[1], planes[1]}}};
        } else if (format_kind == 2) {
            list.buffers[0] = (Buffer){2, sizeof shorts, shorts};
        }
        long long before = engine_nanos();
        device->proc(FIRST_AGGREGATE + i, &time, &list, &time, NULL, &time, device->client);
        if (io_count < MOST_TIMES) io_times[io_count++] = engine_nanos() - before;
    }
}

/* ---- what tests say */

static int order(const void *a, const void *b) { return *(const int *) a - *(const int *) b; }

/* How long all but so many of a thousand IOProcs took at most, in nanoseconds. */
int fake_io_nanos(int permille) {
    engine_lock();
    qsort(io_times, io_count, sizeof *io_times, order);
    int last = (long) io_count * permille / 1000 - 1;
    int result = io_count ? io_times[last < 0 ? 0 : last] : 0;
    engine_unlock();
    return result;
}

void fake_io_forget(void) {
    engine_lock();
    io_count = 0;
    engine_unlock();
}

void fake_set(const char *what, int value) {
    int *settings[] = {&withheld, &no_clock, &format_kind, &skipped_cycles, &slow_clock, &late_times};
    const char *names[] = {"withheld", "no clock", "format", "skipped cycles", "slow clock", "late times"};
    engine_lock();
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(what, names[i])) *settings[i] = value;
    }
    engine_unlock();
}

void fake_reset(void) {
    engine_lock();
    withheld = no_clock = format_kind = skipped_cycles = slow_clock = late_times = 0;
    engine_unlock();
}

void fake_default(const char *name) {
    engine_lock();
    snprintf(default_device, sizeof default_device, "%s", name);
    engine_unlock();
    tell(CODE('d', 'O', 'u', 't'));
}

void fake_device(const char *name, int present) {
    engine_lock();
    int i = 0;
    while (i < 7 && devices[i][0] && strcmp(devices[i], name)) i++;
    snprintf(devices[i], sizeof devices[i], "%s", present ? name : "");
    int was_default = !present && !strcmp(default_device, name);
    engine_unlock();
    if (was_default) fake_default("test-sink");
}
