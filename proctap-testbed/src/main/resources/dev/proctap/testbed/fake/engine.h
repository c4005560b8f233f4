/*
 * What a system's audio engine does, without any system's interface: programs play WAV files, and every 10 ms those who
 * capture get what was played, each of them the mix of the streams it asked for.
 *
 * A program plays by a file in the spool folder, named as its pid, that holds: path of a WAV file (16-bit stereo, 48 kHz),
 * name of a device, name of the stream. The file is removed when it was played to its end. Likewise a program records what a
 * device plays by a file named m and its pid, whose first line is the file to be written.
 */
#define ENGINE_RATE 48000
#define ENGINE_FRAMES 480
#define ENGINE_NANOS 10000000LL

typedef struct Stream {
    struct Stream *next;
    int number;
    int pid;
    char device[64];
    char name[256];
    short *samples;
    long frames;
    long position;
    int paused;
    /* set by the system's side */
    float volume;
    int muted;
    float peak;
    /* nobody hears it */
    int silenced;
} Stream;

/* All of the engine and of the fakes is guarded by one lock. */
void engine_lock(void);
void engine_unlock(void);
long long engine_nanos(void);
void engine_sleep(long long nanos);
int engine_is_descendant(int pid, int root);
Stream *engine_streams(void);
/* Whether the audio service is down: then nothing plays. */
int engine_is_down(void);
/* Adds to out (interleaved, ENGINE_FRAMES) what a stream plays in this cycle; 0 if it plays nothing. */
int engine_add(Stream *stream, float *out);
/* A thread of its own that is not waited for. */
void engine_thread(void (*run)(void *), void *argument);

/* Implemented by the system's side, called by the engine's thread. */
/* A cycle is over, the lock is held; when its first frame was heard. */
void system_cycle(long long nanos);
/* Streams came or went; the lock is not held. */
void system_changed(void);

/* Events, for systems that have them. */
typedef struct EngineEvent EngineEvent;
EngineEvent *engine_event(void);
void engine_event_set(EngineEvent *event);
int engine_event_wait(EngineEvent *event, unsigned millis);
void engine_event_free(EngineEvent *event);

/* Which call is to fail: its name, how many calls before it succeed, and what it returns. 0 for none. */
int fake_enter(const char *call);
/* Notes a mistake of the caller. */
void fake_mistake(const char *text, ...);
/* Counts objects that live, by kind. */
void fake_count(const char *kind, int change);
