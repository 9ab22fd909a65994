/* digest.h - SHA-256 (FIPS 180-4), by libcrypto. */
#ifndef FD_MODEL_DIGEST_H
#define FD_MODEL_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "model/error.h"

typedef struct fd_digest {
    uint8_t bytes[32];
} fd_digest;

bool fd_digest_of(const void *bytes, size_t length, fd_digest *digest, fd_error *error);
bool fd_digest_of_file(const char *path, fd_digest *digest, fd_error *error);

/* The same over bytes that come piece by piece. */
typedef struct fd_hash fd_hash;
fd_hash *fd_hash_new(fd_error *error); /* NULL on failure */
void fd_hash_free(fd_hash *hash);
bool fd_hash_add(fd_hash *hash, const void *bytes, size_t length, fd_error *error);
bool fd_hash_restart(fd_hash *hash, fd_error *error); /* forgets what was added */
/* The digest of what was added so far; more may follow. */
bool fd_hash_now(fd_hash *hash, fd_digest *digest, fd_error *error);

/* Lower-case hexadecimal, terminated. */
void fd_digest_hex(const fd_digest *digest, char hex[65]);

#endif
