/* Plays a WAV file to the fake engine: player SPOOL [--device=NAME] FILE; ends when it was played. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **arguments) {
    const char *device = "test-sink";
    char made[600], named[600];
    for (int i = 2; i < count - 1; i++) {
        if (!strncmp(arguments[i], "--device=", 9)) device = arguments[i] + 9;
    }
    const char *file = arguments[count - 1];
    const char *name = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    snprintf(made, sizeof made, "%s/.%d", arguments[1], (int) getpid());
    snprintf(named, sizeof named, "%s/%d", arguments[1], (int) getpid());
    FILE *out = fopen(made, "w");
    if (!out || count < 3) return 1;
    fprintf(out, "%s\n%s\n%s\n", file, device, name);
    fclose(out);
    rename(made, named);
    while (access(named, F_OK) == 0) usleep(5000);
    return 0;
}
