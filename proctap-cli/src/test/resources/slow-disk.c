/* Makes every file as slow to write as SLOW_BYTES_PER_SECOND says; to be loaded before the C library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

static void wait_for(int fd, size_t bytes) {
    struct stat status;
    const char *rate = getenv("SLOW_BYTES_PER_SECOND");
    if (rate == NULL || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return;
    }
    double seconds = (double)bytes / atof(rate);
    struct timespec time = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
}

ssize_t write(int fd, const void *data, size_t bytes) {
    static ssize_t (*real)(int, const void *, size_t);
    if (real == NULL) {
        real = dlsym(RTLD_NEXT, "write");
    }
    wait_for(fd, bytes);
    return real(fd, data, bytes);
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t at) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (real == NULL) {
        real = dlsym(RTLD_NEXT, "pwrite64");
    }
    wait_for(fd, bytes);
    return real(fd, data, bytes, at);
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t at) {
    return pwrite64(fd, data, bytes, at);
}
