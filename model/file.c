#define _DEFAULT_SOURCE 1 /* madvise, flock; POSIX and all */
#include "model/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool fd_file_path(char path[PATH_MAX], fd_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(path, PATH_MAX, format, arguments);
    va_end(arguments);
    return (length >= 0 && length < PATH_MAX) ||
           fd_fail(error, FD_FAILED, "The path %.100s... is too long.", path);
}

bool fd_file_read(const char *path, fd_buffer *into, fd_error *error) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fd_fail(error, errno == ENOENT ? FD_BAD_FILE : FD_FAILED, "%s cannot be opened: %s.",
                       path, strerror(errno));
    char chunk[65536];
    ssize_t got;
    bool ok = true;
    while (ok && (got = read(file, chunk, sizeof chunk)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        ok = got < 0 ? fd_fail(error, FD_FAILED, "%s cannot be read: %s.", path, strerror(errno))
                     : fd_buffer_add(into, chunk, (size_t)got, error);
    }
    close(file);
    return ok;
}

bool fd_map_open(const char *path, fd_map *map, fd_error *error) {
    *map = (fd_map){NULL, 0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fd_fail(error, errno == ENOENT ? FD_BAD_FILE : FD_FAILED, "%s cannot be opened: %s.",
                       path, strerror(errno));
    struct stat about;
    bool ok = fstat(file, &about) == 0;
    if (ok && about.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        ok = bytes != MAP_FAILED;
        if (ok)
            *map = (fd_map){bytes, (size_t)about.st_size};
    }
    if (!ok)
        fd_fail(error, FD_FAILED, "%s cannot be mapped: %s.", path, strerror(errno));
    close(file);
    return ok;
}

void fd_map_close(fd_map *map) {
    if (map->bytes)
        munmap((void *)(uintptr_t)map->bytes, map->length);
    *map = (fd_map){NULL, 0};
}

void fd_map_forget(const fd_map *map) {
    if (map->bytes)
        (void)madvise((void *)(uintptr_t)map->bytes, map->length, MADV_DONTNEED);
}

bool fd_file_write(int file, const void *bytes, size_t length) {
    const char *at = bytes;
    while (length) {
        ssize_t wrote = write(file, at, length);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return false;
        at += wrote;
        length -= (size_t)wrote;
    }
    return true;
}

void fd_file_sync_name(const char *path) {
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    int handle = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle >= 0) {
        (void)fsync(handle);
        close(handle);
    }
}

/* Gives the replacement up; `step` is what could not be done. */
static bool give_up(fd_replacement *self, const char *step, fd_error *error) {
    int reason = errno;
    fd_replace_cancel(self);
    return fd_fail(error, FD_FAILED, "%s cannot be %s: %s.", self->path, step, strerror(reason));
}

bool fd_replace_begin(fd_replacement *self, const char *path, fd_error *error) {
    int whole = snprintf(self->path, sizeof self->path, "%s", path);
    int needed = snprintf(self->beside, sizeof self->beside, "%s.XXXXXX", path);
    if (whole < 0 || needed < 0 || (size_t)needed >= sizeof self->beside)
        return fd_fail(error, FD_FAILED, "The path %s is too long.", path);
    self->file = mkstemp(self->beside);
    return self->file >= 0 ||
           fd_fail(error, FD_FAILED, "%s cannot be created: %s.", self->beside, strerror(errno));
}

bool fd_replace_add(fd_replacement *self, const void *bytes, size_t length, fd_error *error) {
    return fd_file_write(self->file, bytes, length) || give_up(self, "written", error);
}

bool fd_replace_end(fd_replacement *self, fd_error *error) {
    if (fsync(self->file) != 0)
        return give_up(self, "synced", error);
    if (rename(self->beside, self->path) != 0)
        return give_up(self, "renamed", error);
    close(self->file); /* after fsync there is nothing left that could fail */
    self->file = -1;
    fd_file_sync_name(self->path);
    return true;
}

void fd_replace_cancel(fd_replacement *self) {
    if (self->file < 0)
        return;
    close(self->file);
    (void)unlink(self->beside);
    self->file = -1;
}

bool fd_file_replace(const char *path, const void *bytes, size_t length, fd_error *error) {
    fd_replacement self;
    return fd_replace_begin(&self, path, error) && fd_replace_add(&self, bytes, length, error) &&
           fd_replace_end(&self, error);
}

bool fd_file_copy(const char *from, const char *to, fd_error *error) {
    fd_map map;
    if (!fd_map_open(from, &map, error))
        return false;
    bool ok = fd_file_replace(to, map.bytes, map.length, error);
    fd_map_close(&map);
    return ok;
}

bool fd_file_rename(const char *from, const char *to, fd_error *error) {
    if (rename(from, to) != 0)
        return fd_fail(error, FD_FAILED, "%s cannot be renamed to %s: %s.", from, to,
                       strerror(errno));
    fd_file_sync_name(to);
    return true;
}

bool fd_folder_exists(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

bool fd_folder_make(const char *path, fd_error *error) {
    return mkdir(path, 0777) == 0 || (errno == EEXIST && fd_folder_exists(path)) ||
           fd_fail(error, FD_FAILED, "%s cannot be made: %s.", path, strerror(errno));
}

int fd_folder_lock(const char *path, const char *doing, const char *what, fd_error *error) {
    int handle = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle >= 0 && flock(handle, LOCK_EX | LOCK_NB) == 0)
        return handle;
    if (handle >= 0 && errno == EWOULDBLOCK)
        fd_fail(error, FD_FAILED, "Another Feverdream is %s %s right now.", doing, what);
    else
        fd_fail(error, FD_FAILED, "%s cannot be locked: %s.", path, strerror(errno));
    if (handle >= 0)
        close(handle);
    return -1;
}

/* Calls `visit` for everything in the folder until it fails. A folder that is not there is empty.
 */
static bool each_in(const char *path, bool (*visit)(void *, int, const char *), void *context) {
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT;
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = visit(context, dirfd(folder), entry->d_name);
    int reason = errno;
    closedir(folder);
    errno = reason;
    return ok;
}

static bool add_bytes(void *context, int folder, const char *name) {
    struct stat about;
    uint64_t *bytes = context;
    if (fstatat(folder, name, &about, 0) == 0 && S_ISREG(about.st_mode))
        *bytes += (uint64_t)about.st_size;
    return true;
}

uint64_t fd_folder_bytes(const char *path) {
    uint64_t bytes = 0;
    (void)each_in(path, add_bytes, &bytes);
    return bytes;
}

static bool is_no_folder(void *context, int folder, const char *name) {
    struct stat about;
    (void)context;
    bool ok = fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) == 0;
    if (ok && S_ISDIR(about.st_mode)) {
        errno = EISDIR;
        return false;
    }
    return ok;
}

static bool unlink_in(void *context, int folder, const char *name) {
    (void)context;
    return unlinkat(folder, name, 0) == 0;
}

bool fd_folder_remove(const char *path, fd_error *error) {
    struct stat about;
    if (lstat(path, &about) != 0)
        return errno == ENOENT ||
               fd_fail(error, FD_FAILED, "%s cannot be read: %s.", path, strerror(errno));
    bool ok = S_ISLNK(about.st_mode) ? unlink(path) == 0
                                     : each_in(path, is_no_folder, NULL) &&
                                           each_in(path, unlink_in, NULL) && rmdir(path) == 0;
    return ok ||
           fd_fail(error, FD_FAILED, "%s cannot be removed: %s.", path,
                   errno == EISDIR ? "it holds a folder, which no model does" : strerror(errno));
}
