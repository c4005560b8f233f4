/*
 * Programs for the fake engine, whose spool folder the variable FAKE_SPOOL names:
 *   paplay [--device=NAME] [--client-name=NAME] FILE   plays a WAV file, and ends when it was played
 *   parec FILE                                         records what is heard on test-sink, as float32, until it is ended
 * They know the options of PulseAudio's programs of these names that the tests use, and ignore the others.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char named[600];

static void end(int number) {
    (void) number;
    unlink(named);
    _exit(0);
}

int main(int count, char **arguments) {
    const char *spool = getenv("FAKE_SPOOL");
    char device[64] = "test-sink", path[600], made[600];
    if (!spool || count < 2) return 1;
    snprintf(path, sizeof path, "%s/.default", spool);
    FILE *chosen = fopen(path, "r");
    if (chosen) {
        if (fscanf(chosen, "%63s", device) != 1) return 1;
        fclose(chosen);
    }
    const char *file = arguments[count - 1];
    const char *name = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    for (int i = 1; i < count - 1; i++) {
        if (!strncmp(arguments[i], "--device=", 9)) snprintf(device, sizeof device, "%s", arguments[i] + 9);
        if (!strncmp(arguments[i], "--client-name=", 14)) name = arguments[i] + 14;
    }
    const char *called = strrchr(arguments[0], '/') ? strrchr(arguments[0], '/') + 1 : arguments[0];
    int records = !strcmp(called, "parec");
    snprintf(made, sizeof made, "%s/.%d", spool, (int) getpid());
    snprintf(named, sizeof named, records ? "%s/m%d" : "%s/%d", spool, (int) getpid());
    FILE *out = fopen(made, "w");
    if (!out) return 1;
    fprintf(out, "%s\n%s\n%s\n", file, device, name);
    fclose(out);
    signal(SIGINT, end);
    rename(made, named);
    while (access(named, F_OK) == 0) usleep(5000);
    return 0;
}
