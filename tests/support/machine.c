/* A disk and a clock that a test controls, for one process: LD_PRELOAD. The folder SIDENOTE_MACHINE contains:
 *
 *   full       while it exists, every write to the SQLite file fails like on a full disk
 *   read-only  while it exists, the SQLite file and the files beside it are like on a read-only file system
 *   lazy       while it exists, nothing of the write-ahead log is synced, like with synchronous=NORMAL
 *   synced     a folder: what is on the disk for certain, because a sync of it has returned
 *   kill       eight bytes: each write or sync of the SQLite file takes one off; at zero, the process is killed instead
 *   clock      eight bytes: the seconds by which the system clock is ahead
 *   uptime     eight bytes: the seconds by which the monotonic clock is ahead
 *   pace       eight bytes: the real seconds in which the monotonic clock advances by one second
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int (*real_sync)(int);
static int (*real_clock)(clockid_t, struct timespec *);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_open)(const char *, int, ...);
static const char *folder;
static volatile int64_t *ahead, *older, *pace, *steps_left;
static int64_t start;

/* The eight bytes in a file of the folder, which change when the test writes the file. NULL without the file. */
static volatile int64_t *number_in(const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = real_open(path, O_RDWR);
    void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    return page == MAP_FAILED ? NULL : page;
}

static int64_t nanoseconds(const struct timespec *time) { return time->tv_sec * 1000000000 + time->tv_nsec; }

__attribute__((constructor)) static void begin(void) {
    real_sync = dlsym(RTLD_NEXT, "fdatasync");
    real_clock = dlsym(RTLD_NEXT, "clock_gettime");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_open = dlsym(RTLD_NEXT, "open64");
    folder = getenv("SIDENOTE_MACHINE");
    ahead = number_in("clock");
    older = number_in("uptime");
    pace = number_in("pace");
    steps_left = number_in("kill");
    struct timespec now;
    real_clock(CLOCK_MONOTONIC, &now);
    start = nanoseconds(&now);
}

static int is_set(const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

/* The name of the SQLite file or its log behind a descriptor. NULL for other files. */
static const char *ours(int fd, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    const char *name = strrchr(path, '/');
    if (!name) return NULL;
    return strcmp(name, "/sidenote.db") == 0 || strcmp(name, "/sidenote.db-wal") == 0 ? name + 1 : NULL;
}

/* One write or sync of the file. At the last one that is left, the process is killed before it. */
static void step(void) {
    if (steps_left && __atomic_sub_fetch(steps_left, 1, __ATOMIC_SEQ_CST) == 0) kill(getpid(), SIGKILL);
}

static int is_refused(int fd) {
    char path[PATH_MAX];
    if (!folder || !ours(fd, path)) return 0;
    step();
    errno = is_set("full") ? ENOSPC : is_set("read-only") ? EROFS : 0;
    return errno != 0;
}

/* Opens a file, unless it is to be written, belongs to the SQLite file, and that can only be read. */
static int open_at(const char *path, int flags, mode_t mode) {
    const char *name = strrchr(path, '/');
    int is_ours = strncmp(name ? name + 1 : path, "sidenote.db", 11) == 0;
    int writes = (flags & O_ACCMODE) != O_RDONLY || ((flags & O_CREAT) && access(path, F_OK) != 0);
    if (folder && is_ours && writes && is_set("read-only")) {
        errno = EROFS;
        return -1;
    }
    return real_open(path, flags, mode);
}

#define OPEN(function)                                        \
    int function(const char *path, int flags, ...) {          \
        va_list more;                                         \
        va_start(more, flags);                                \
        mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0; \
        va_end(more);                                         \
        return open_at(path, flags, mode);                    \
    }
OPEN(open)
OPEN(open64)

/* Copies with the same descriptor: closing another one would end the process's locks on the file. */
static void keep(int fd, const char *name) {
    char target[PATH_MAX], fresh[PATH_MAX + 4], bytes[65536];
    snprintf(target, sizeof target, "%s/synced/%s", folder, name);
    snprintf(fresh, sizeof fresh, "%s.new", target);
    int copy = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (copy < 0) return;
    off64_t at = 0;
    for (ssize_t n; (n = pread64(fd, bytes, sizeof bytes, at)) > 0; at += n)
        if (real_write(copy, bytes, n) != n) abort();
    close(copy);
    rename(fresh, target);
}

int fdatasync(int fd) {
    char path[PATH_MAX];
    const char *name = folder ? ours(fd, path) : NULL;
    if (name) step();
    if (name && strstr(name, "-wal") && is_set("lazy")) return 0;
    int result = real_sync(fd);
    if (name && result == 0 && is_set("synced")) keep(fd, name);
    return result;
}

int fsync(int fd) { return fdatasync(fd); }

ssize_t write(int fd, const void *bytes, size_t n) { return is_refused(fd) ? -1 : real_write(fd, bytes, n); }

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    return is_refused(fd) ? -1 : real_pwrite(fd, bytes, n, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { return pwrite64(fd, bytes, n, at); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = real_clock(clock, now);
    if (ahead && clock == CLOCK_REALTIME) now->tv_sec += *ahead;
    if (clock != CLOCK_MONOTONIC) return result;
    if (pace && *pace > 1) {
        int64_t slow = start + (nanoseconds(now) - start) / *pace;
        now->tv_sec = slow / 1000000000;
        now->tv_nsec = slow % 1000000000;
    }
    if (older) now->tv_sec += *older;
    return result;
}
