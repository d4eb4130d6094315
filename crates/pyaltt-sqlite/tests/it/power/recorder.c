/* Records what a process does to the files of one folder, so that a test can tell what a power cut would have left of it.
 *
 * It is loaded before the C library, by LD_PRELOAD. PYALTT_RECORD_FOLDER names the folder: files in it are recorded, those
 * in folders below it are not. PYALTT_RECORD names the file of the record, which the test reads when the process has ended.
 * A lock around each call makes the order of the record that in which things happened.
 *
 * A record is: what (one byte), the descriptor (32 bits), a number (64 bits), the length of what follows (64 bits), and
 * that. The numbers are those of the machine. What: 'o'pened (a path), 'c'losed, 'w'ritten (at the number: bytes),
 * 't'runcated (to the number), 's'ynced, 'u'nlinked (a path). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char is_recorded[MOST];
static const char *folder;
static int record = -1;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("PYALTT_RECORD");
    folder = getenv("PYALTT_RECORD_FOLDER");
    if (path && folder)
        record = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *bytes, size_t length) {
    while (length > 0) {
        long done = syscall(SYS_write, record, bytes, length);
        if (done <= 0)
            abort();
        bytes = (const char *)bytes + done;
        length -= (size_t)done;
    }
}

static void note(char what, int descriptor, uint64_t number, const void *bytes, uint64_t length) {
    char head[21];
    memcpy(head, &what, 1);
    memcpy(head + 1, &descriptor, 4);
    memcpy(head + 5, &number, 8);
    memcpy(head + 13, &length, 8);
    put(head, sizeof head);
    put(bytes, length);
}

/* The folder itself, or what is in it. */
static int is_meant(const char *path) {
    size_t length = folder ? strlen(folder) : 0;
    if (record < 0 || length == 0 || strncmp(path, folder, length) != 0)
        return 0;
    return path[length] == 0 || (path[length] == '/' && strchr(path + length + 1, '/') == NULL);
}

static int is_other_folder(int descriptor, const char *path) {
    struct stat what;
    return strcmp(path, folder) != 0 && fstat(descriptor, &what) == 0 && S_ISDIR(what.st_mode);
}

static int is_open(int descriptor) {
    return descriptor >= 0 && descriptor < MOST && is_recorded[descriptor];
}

static int open_any(int at, const char *path, int flags, int mode) {
    pthread_mutex_lock(&lock);
    int descriptor = (int)syscall(SYS_openat, at, path, flags, mode);
    if (descriptor >= 0 && is_meant(path) && !is_other_folder(descriptor, path)) {
        if (descriptor >= MOST)
            abort();
        is_recorded[descriptor] = 1;
        note('o', descriptor, (uint64_t)flags, path, strlen(path));
        if (flags & O_TRUNC)
            note('t', descriptor, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return descriptor;
}

#define MODE(flags)                                                                                                    \
    int mode = 0;                                                                                                      \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                             \
        va_list more;                                                                                                  \
        va_start(more, flags);                                                                                         \
        mode = va_arg(more, int);                                                                                      \
        va_end(more);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    MODE(flags)
    return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags)
    return open_any(AT_FDCWD, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
    MODE(flags)
    return open_any(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
    MODE(flags)
    return open_any(at, path, flags, mode);
}

int close(int descriptor) {
    pthread_mutex_lock(&lock);
    if (is_open(descriptor)) {
        is_recorded[descriptor] = 0;
        note('c', descriptor, 0, NULL, 0);
    }
    int done = (int)syscall(SYS_close, descriptor);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
    pthread_mutex_lock(&lock);
    ssize_t done = syscall(SYS_pwrite64, descriptor, bytes, length, offset);
    if (done > 0 && is_open(descriptor))
        note('w', descriptor, (uint64_t)offset, bytes, (uint64_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    return pwrite64(descriptor, bytes, length, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    /* Without the lock where nothing is recorded: a pipe may be full for long. */
    if (!is_open(descriptor))
        return syscall(SYS_write, descriptor, bytes, length);
    pthread_mutex_lock(&lock);
    ssize_t done = syscall(SYS_write, descriptor, bytes, length);
    if (done > 0)
        note('w', descriptor, (uint64_t)(syscall(SYS_lseek, descriptor, 0, SEEK_CUR) - done), bytes, (uint64_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate64(int descriptor, off64_t length) {
    pthread_mutex_lock(&lock);
    int done = (int)syscall(SYS_ftruncate, descriptor, length);
    if (done == 0 && is_open(descriptor))
        note('t', descriptor, (uint64_t)length, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int descriptor, off_t length) {
    return ftruncate64(descriptor, length);
}

static int sync_by(long call, int descriptor) {
    pthread_mutex_lock(&lock);
    int done = (int)syscall(call, descriptor);
    if (done == 0 && is_open(descriptor))
        note('s', descriptor, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int descriptor) {
    return sync_by(SYS_fsync, descriptor);
}

int fdatasync(int descriptor) {
    return sync_by(SYS_fdatasync, descriptor);
}

int unlink(const char *path) {
    pthread_mutex_lock(&lock);
    int done = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (done == 0 && is_meant(path))
        note('u', -1, 0, path, strlen(path));
    pthread_mutex_unlock(&lock);
    return done;
}
