#include "model/digest.h"

#include <openssl/evp.h>

#include "model/file.h"

bool fd_digest_of(const void *bytes, size_t length, fd_digest *digest, fd_error *error) {
    unsigned size = 0;
    if (EVP_Digest(length ? bytes : "", length, digest->bytes, &size, EVP_sha256(), NULL) == 1 &&
        size == sizeof digest->bytes)
        return true;
    return fd_fail(error, FD_FAILED, "SHA-256 could not be computed.");
}

bool fd_digest_of_file(const char *path, fd_digest *digest, fd_error *error) {
    fd_map map;
    if (!fd_map_open(path, &map, error))
        return false;
    bool ok = fd_digest_of(map.bytes, map.length, digest, error);
    fd_map_close(&map);
    return ok;
}

void fd_digest_hex(const fd_digest *digest, char hex[65]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof digest->bytes; i++) {
        hex[2 * i] = digits[digest->bytes[i] >> 4];
        hex[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    hex[64] = '\0';
}
