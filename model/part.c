#define _POSIX_C_SOURCE 200809L
#include "model/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/file.h"

static bool cannot(const char *path, const char *what, fd_error *error) {
    return fd_fail(error, FD_FAILED, "%s cannot be %s: %s.", path, what, strerror(errno));
}

/* A strong entity tag (RFC 9110, section 8.8.3) fit for a header: others cannot vouch for bytes. */
static bool is_strong_etag(const char *etag) {
    size_t length = strlen(etag);
    bool good = length >= 2 && length < 256 && etag[0] == '"' && etag[length - 1] == '"';
    for (size_t i = 0; good && i < length; i++)
        good = etag[i] > ' ' && etag[i] < 0x7f;
    return good;
}

/* A tag that is missing or malformed is none: the sum at the end decides anyway. */
static void read_tag(fd_part *part) {
    fd_buffer text = FD_BUFFER(sizeof part->etag - 1);
    part->etag[0] = '\0';
    if (fd_file_read(part->tag, &text, NULL) && is_strong_etag(fd_buffer_text(&text)))
        memcpy(part->etag, text.data, text.length + 1);
    fd_buffer_free(&text);
}

static bool write_tag(fd_part *part, const char *etag, fd_error *error) {
    bool strong = is_strong_etag(etag);
    part->etag[0] = '\0';
    if (strong && !fd_file_replace(part->tag, etag, strlen(etag), error))
        return false;
    if (strong)
        (void)snprintf(part->etag, sizeof part->etag, "%s", etag);
    else
        (void)unlink(part->tag);
    return true;
}

bool fd_part_open(fd_part *part, const fd_remote_file *wanted, const char *directory,
                  fd_error *error) {
    struct stat about;
    *part = (fd_part){.wanted = wanted,
                      .file = -1,
                      .least = wanted->size - wanted->slack,
                      .most = wanted->size + wanted->slack};
    if (!fd_file_path(part->name, error, "%s/%s", directory, wanted->name) ||
        !fd_file_path(part->part, error, "%s.part", part->name) ||
        !fd_file_path(part->tag, error, "%s.etag", part->name) ||
        !(part->hash = fd_hash_new(error)))
        return false;
    if (rename(part->name, part->part) != 0 && errno != ENOENT)
        return cannot(part->name, "renamed", error);
    part->file = open(part->part, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (part->file < 0 || fstat(part->file, &about) != 0)
        return cannot(part->part, "opened", error);
    part->length = (uint64_t)about.st_size;
    if (part->length > part->most)
        return fd_part_restart(part, "", error);
    read_tag(part);
    return true;
}

void fd_part_close(fd_part *part) {
    if (part->file >= 0)
        close(part->file);
    fd_hash_free(part->hash);
    part->file = -1;
    part->hash = NULL;
}

bool fd_part_catch_up(fd_part *part, fd_error *error) {
    char chunk[1 << 18];
    ssize_t got = pread(part->file, chunk, sizeof chunk, (off_t)part->hashed);
    if (got < 0 && errno == EINTR)
        return true;
    if (got < 0)
        return cannot(part->part, "read", error);
    if (got == 0) /* somebody cut it meanwhile */
        part->length = part->hashed;
    part->hashed += (uint64_t)got;
    return fd_hash_add(part->hash, chunk, (size_t)got, error);
}

bool fd_part_restart(fd_part *part, const char *etag, fd_error *error) {
    if (ftruncate(part->file, 0) != 0)
        return cannot(part->part, "emptied", error);
    part->length = part->hashed = 0;
    return fd_hash_restart(part->hash, error) && write_tag(part, etag, error);
}

bool fd_part_expect(fd_part *part, uint64_t length) {
    if (length < part->least || length > part->most)
        return false;
    part->least = part->most = length;
    return true;
}

bool fd_part_add(fd_part *part, const void *bytes, size_t length, fd_error *error) {
    if (!fd_file_write(part->file, bytes, length))
        return cannot(part->part, "written", error);
    part->length += length;
    part->hashed += length;
    return fd_hash_add(part->hash, bytes, length, error);
}

bool fd_part_finish(fd_part *part, bool *right, fd_error *error) {
    fd_digest digest;
    char hex[65];
    if (!fd_hash_now(part->hash, &digest, error))
        return false;
    fd_digest_hex(&digest, hex);
    *right = strcmp(hex, part->wanted->sha256) == 0;
    if (!*right)
        return true;
    if (fsync(part->file) != 0)
        return cannot(part->part, "synced", error);
    (void)unlink(part->tag);
    return fd_file_rename(part->part, part->name, error);
}
