#include "model/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "model/file.h"

struct fd_hash {
    EVP_MD_CTX *context;
};

static bool not_computed(fd_error *error) {
    return fd_fail(error, FD_FAILED, "SHA-256 could not be computed.");
}

bool fd_digest_of(const void *bytes, size_t length, fd_digest *digest, fd_error *error) {
    unsigned size = 0;
    return (EVP_Digest(length ? bytes : "", length, digest->bytes, &size, EVP_sha256(), NULL) ==
                1 &&
            size == sizeof digest->bytes) ||
           not_computed(error);
}

bool fd_digest_of_file(const char *path, fd_digest *digest, fd_error *error) {
    fd_map map;
    if (!fd_map_open(path, &map, error))
        return false;
    bool ok = fd_digest_of(map.bytes, map.length, digest, error);
    fd_map_close(&map);
    return ok;
}

fd_hash *fd_hash_new(fd_error *error) {
    fd_hash *hash = fd_alloc(1, sizeof *hash, "a SHA-256", error);
    if (!hash)
        return NULL;
    hash->context = EVP_MD_CTX_new();
    if (fd_hash_restart(hash, error))
        return hash;
    fd_hash_free(hash);
    return NULL;
}

void fd_hash_free(fd_hash *hash) {
    if (!hash)
        return;
    EVP_MD_CTX_free(hash->context);
    free(hash);
}

bool fd_hash_restart(fd_hash *hash, fd_error *error) {
    return (hash->context && EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) == 1) ||
           not_computed(error);
}

bool fd_hash_add(fd_hash *hash, const void *bytes, size_t length, fd_error *error) {
    return EVP_DigestUpdate(hash->context, bytes, length) == 1 || not_computed(error);
}

bool fd_hash_now(fd_hash *hash, fd_digest *digest, fd_error *error) {
    unsigned size = 0;
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    bool ok = copy && EVP_MD_CTX_copy_ex(copy, hash->context) == 1 &&
              EVP_DigestFinal_ex(copy, digest->bytes, &size) == 1 && size == sizeof digest->bytes;
    EVP_MD_CTX_free(copy);
    return ok || not_computed(error);
}

void fd_digest_hex(const fd_digest *digest, char hex[65]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof digest->bytes; i++) {
        hex[2 * i] = digits[digest->bytes[i] >> 4];
        hex[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    hex[64] = '\0';
}
