#define _GNU_SOURCE
#include "engine.h"
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Stream *streams;
static int numbers;

typedef struct Monitor {
    struct Monitor *next;
    int pid;
    FILE *file;
} Monitor;

static Monitor *monitors;
static char spool[512];
static volatile int down;
static volatile int running;
static pthread_t thread;

void engine_lock(void) { pthread_mutex_lock(&lock); }
void engine_unlock(void) { pthread_mutex_unlock(&lock); }
Stream *engine_streams(void) { return streams; }
int engine_is_down(void) { return down; }

long long engine_nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void sleep_until(long long nanos) {
    struct timespec at = {nanos / 1000000000, nanos % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {}
}

void engine_sleep(long long nanos) { sleep_until(engine_nanos() + nanos); }

/* State letter and parent of a process, 0 where there is none. */
static int parent_of(int pid, char *state) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    char *rest = strrchr(text, ')');
    int parent = 0;
    if (rest) sscanf(rest + 1, " %c %d", state, &parent);
    return parent;
}

static int is_alive(int pid) {
    char state = 'Z';
    parent_of(pid, &state);
    return state != 'Z' && state != 'X';
}

int engine_is_descendant(int pid, int root) {
    char state;
    while (pid > 1 && pid != root) pid = parent_of(pid, &state);
    return pid == root;
}

int engine_add(Stream *stream, float *out) {
    if (stream->paused || stream->position >= stream->frames) return 0;
    for (int i = 0; i < ENGINE_FRAMES * 2; i++) {
        long frame = stream->position + i / 2;
        float sample = frame < stream->frames ? stream->samples[frame * 2 + i % 2] / 32768.0f : 0;
        out[i] += stream->muted ? 0 : sample * stream->volume;
    }
    return 1;
}

static float peak_of(Stream *stream) {
    float peak = 0;
    for (long i = stream->position * 2; i < (stream->position + ENGINE_FRAMES) * 2 && i < stream->frames * 2; i++) {
        float size = stream->samples[i] / 32768.0f;
        peak = size > peak ? size : -size > peak ? -size : peak;
    }
    return peak;
}

static Stream *open_stream(int pid, const char *path) {
    char wav[512], device[64], name[256];
    FILE *file = fopen(path, "r");
    if (!file) return NULL;
    int read = fscanf(file, "%511[^\n]\n%63[^\n]\n%255[^\n]", wav, device, name);
    fclose(file);
    if (read != 3 || !(file = fopen(wav, "r"))) return NULL;
    fseek(file, 0, SEEK_END);
    long bytes = ftell(file) - 44;
    fseek(file, 44, SEEK_SET);
    Stream *stream = calloc(1, sizeof *stream);
    stream->samples = malloc(bytes > 0 ? bytes : 1);
    stream->frames = fread(stream->samples, 4, bytes / 4, file);
    fclose(file);
    stream->number = ++numbers;
    stream->pid = pid;
    stream->volume = 1;
    snprintf(stream->device, sizeof stream->device, "%s", device);
    snprintf(stream->name, sizeof stream->name, "%s", name);
    return stream;
}

/* What is heard on a device goes to those who record it, silence too. */
static void record(void) {
    for (Monitor *monitor = monitors; monitor; monitor = monitor->next) {
        float cycle[ENGINE_FRAMES * 2] = {0};
        for (Stream *stream = streams; stream; stream = stream->next) {
            if (!strcmp(stream->device, "test-sink") && !stream->silenced) engine_add(stream, cycle);
        }
        fwrite(cycle, sizeof cycle, 1, monitor->file);
        fflush(monitor->file);
    }
}

static void follow_monitors(void) {
    char path[600], file[512];
    for (Monitor **at = &monitors; *at;) {
        Monitor *monitor = *at;
        snprintf(path, sizeof path, "%s/m%d", spool, monitor->pid);
        if (!is_alive(monitor->pid) || access(path, F_OK) != 0) {
            unlink(path);
            *at = monitor->next;
            fclose(monitor->file);
            free(monitor);
        } else {
            at = &monitor->next;
        }
    }
    DIR *folder = opendir(spool);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        int pid = entry->d_name[0] == 'm' ? atoi(entry->d_name + 1) : 0;
        Monitor *known = monitors;
        while (known && known->pid != pid) known = known->next;
        snprintf(path, sizeof path, "%s/m%d", spool, pid);
        FILE *asked = pid > 0 && !known ? fopen(path, "r") : NULL;
        if (!asked) continue;
        if (fscanf(asked, "%511[^\n]", file) == 1) {
            Monitor *monitor = calloc(1, sizeof *monitor);
            monitor->pid = pid;
            monitor->file = fopen(file, "w");
            monitor->next = monitors;
            monitors = monitor;
        }
        fclose(asked);
    }
    if (folder) closedir(folder);
}

static void spool_path(char *path, size_t size, int pid) { snprintf(path, size, "%s/%d", spool, pid); }

/* Lets streams begin and end; whether any did. */
static int follow(void) {
    int changed = 0;
    char path[600];
    for (Stream **at = &streams; *at;) {
        Stream *stream = *at;
        spool_path(path, sizeof path, stream->pid);
        int over = down || stream->position >= stream->frames;
        if (over || !is_alive(stream->pid) || access(path, F_OK) != 0) {
            unlink(path);
            *at = stream->next;
            free(stream->samples);
            free(stream);
            changed = 1;
        } else {
            at = &stream->next;
        }
    }
    DIR *folder = opendir(spool);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        int pid = atoi(entry->d_name);
        if (pid <= 0) continue;
        Stream **at = &streams;
        while (*at && (*at)->pid != pid) at = &(*at)->next;
        spool_path(path, sizeof path, pid);
        if (down || !is_alive(pid)) {
            unlink(path);
        } else if (!*at && (*at = open_stream(pid, path))) {
            changed = 1;
        }
    }
    if (folder) closedir(folder);
    return changed;
}

static void *run(void *unused) {
    long long next = engine_nanos();
    (void) unused;
    while (running) {
        sleep_until(next + ENGINE_NANOS);
        engine_lock();
        system_cycle(next);
        record();
        for (Stream *stream = streams; stream; stream = stream->next) {
            if (!stream->paused) {
                stream->peak = peak_of(stream);
                stream->position += ENGINE_FRAMES;
            }
        }
        int changed = follow();
        follow_monitors();
        engine_unlock();
        if (changed) system_changed();
        next += ENGINE_NANOS;
    }
    return NULL;
}

void fake_start(const char *folder) {
    snprintf(spool, sizeof spool, "%s", folder);
    running = 1;
    pthread_create(&thread, NULL, run, NULL);
}

void fake_stop(void) {
    running = 0;
    pthread_join(thread, NULL);
}

void fake_down(int value) {
    down = value;
}

/* Sets what a volume control sets. */
void fake_volume(int pid, float volume) {
    engine_lock();
    for (Stream *stream = streams; stream; stream = stream->next) {
        if (stream->pid == pid) stream->volume = volume;
    }
    engine_unlock();
}

void fake_mute(int pid, int muted) {
    engine_lock();
    for (Stream *stream = streams; stream; stream = stream->next) {
        if (stream->pid == pid) stream->muted = muted;
    }
    engine_unlock();
}

void fake_pause(int pid, int paused) {
    engine_lock();
    for (Stream *stream = streams; stream; stream = stream->next) {
        if (stream->pid == pid) stream->paused = paused;
    }
    engine_unlock();
}

/* Lets what plays to a device, or all, play to another. */
void fake_move(const char *from, const char *to) {
    engine_lock();
    for (Stream *stream = streams; stream; stream = stream->next) {
        if (!from[0] || !strcmp(stream->device, from)) snprintf(stream->device, sizeof stream->device, "%s", to);
    }
    engine_unlock();
}

int fake_plays_to(int pid, const char *device) {
    int result = 0;
    engine_lock();
    for (Stream *stream = streams; stream; stream = stream->next) {
        result |= stream->pid == pid && (!device[0] || !strcmp(stream->device, device));
    }
    engine_unlock();
    return result;
}

struct Start { void (*run)(void *); void *argument; };

static void *start(void *data) {
    struct Start given = *(struct Start *) data;
    free(data);
    given.run(given.argument);
    return NULL;
}

void engine_thread(void (*run)(void *), void *argument) {
    struct Start *given = malloc(sizeof *given);
    *given = (struct Start){run, argument};
    pthread_t made;
    pthread_create(&made, NULL, start, given);
    pthread_detach(made);
}

/* ---- events */

struct EngineEvent { pthread_mutex_t mutex; pthread_cond_t condition; int set; };

EngineEvent *engine_event(void) {
    EngineEvent *event = calloc(1, sizeof *event);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&event->mutex, NULL);
    pthread_cond_init(&event->condition, &attributes);
    return event;
}

void engine_event_set(EngineEvent *event) {
    pthread_mutex_lock(&event->mutex);
    event->set = 1;
    pthread_cond_signal(&event->condition);
    pthread_mutex_unlock(&event->mutex);
}

int engine_event_wait(EngineEvent *event, unsigned millis) {
    long long end = engine_nanos() + millis * 1000000LL;
    struct timespec at = {end / 1000000000, end % 1000000000};
    pthread_mutex_lock(&event->mutex);
    int result = 0;
    while (!event->set && result == 0) result = pthread_cond_timedwait(&event->condition, &event->mutex, &at);
    int set = event->set;
    event->set = 0;
    pthread_mutex_unlock(&event->mutex);
    return set;
}

void engine_event_free(EngineEvent *event) {
    pthread_mutex_destroy(&event->mutex);
    pthread_cond_destroy(&event->condition);
    free(event);
}

/* ---- calls that fail, mistakes and counts */

#define MOST 200
static pthread_mutex_t book = PTHREAD_MUTEX_INITIALIZER;
static struct { char name[80]; int count; } calls[MOST], kinds[MOST];
static char failing[80];
static int failing_after, failing_result;
static char mistakes[8192];
static char listing[16384];

static int *find(void *table, const char *name) {
    struct { char name[80]; int count; } *entries = table;
    for (int i = 0; i < MOST; i++) {
        if (!entries[i].name[0]) snprintf(entries[i].name, sizeof entries[i].name, "%s", name);
        if (!strcmp(entries[i].name, name)) return &entries[i].count;
    }
    abort();
}

int fake_enter(const char *call) {
    pthread_mutex_lock(&book);
    ++*find(calls, call);
    int result = !strcmp(failing, call) && failing_after-- == 0 ? failing_result : 0;
    pthread_mutex_unlock(&book);
    return result;
}

void fake_fail(const char *call, int after, int result) {
    pthread_mutex_lock(&book);
    snprintf(failing, sizeof failing, "%s", call);
    failing_after = after;
    failing_result = result;
    pthread_mutex_unlock(&book);
}

void fake_mistake(const char *text, ...) {
    pthread_mutex_lock(&book);
    size_t used = strlen(mistakes);
    va_list arguments;
    va_start(arguments, text);
    vsnprintf(mistakes + used, sizeof mistakes - used, text, arguments);
    va_end(arguments);
    strncat(mistakes, "\n", sizeof mistakes - strlen(mistakes) - 1);
    pthread_mutex_unlock(&book);
}

void fake_count(const char *kind, int change) {
    pthread_mutex_lock(&book);
    int *count = find(kinds, kind);
    *count += change;
    int wrong = *count < 0;
    pthread_mutex_unlock(&book);
    if (wrong) fake_mistake("%s was given up more often than it was had", kind);
}

const char *fake_mistakes(void) { return mistakes; }

/* One line "name count" for each call, or each kind of object that lives. */
const char *fake_list(int objects) {
    pthread_mutex_lock(&book);
    size_t used = 0;
    listing[0] = 0;
    for (int i = 0; i < MOST; i++) {
        const char *name = objects ? kinds[i].name : calls[i].name;
        int count = objects ? kinds[i].count : calls[i].count;
        if (name[0] && count) used += snprintf(listing + used, sizeof listing - used, "%s %d\n", name, count);
    }
    pthread_mutex_unlock(&book);
    return listing;
}

void fake_forget(void) {
    pthread_mutex_lock(&book);
    memset(calls, 0, sizeof calls);
    memset(kinds, 0, sizeof kinds);
    mistakes[0] = failing[0] = 0;
    pthread_mutex_unlock(&book);
}
