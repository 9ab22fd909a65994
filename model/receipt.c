#define _POSIX_C_SOURCE 200809L
#include "model/receipt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "model/digest.h"
#include "model/file.h"

enum { MOST = 256 };

static bool name_files(const char *directory, char weights[PATH_MAX], char receipt[PATH_MAX],
                       fd_error *error) {
    return fd_file_path(weights, error, "%s/model.safetensors", directory) &&
           fd_file_path(receipt, error, "%s.sum", weights);
}

/* "SIZE SECONDS.NANOSECONDS ": how a receipt of these weights begins, its sum coming next. */
static bool describe(const char *weights, char text[MOST]) {
    struct stat about;
    if (stat(weights, &about) != 0)
        return false;
    (void)snprintf(text, MOST, "%" PRIdMAX " %" PRIdMAX ".%09ld ", (intmax_t)about.st_size,
                   (intmax_t)about.st_mtim.tv_sec, about.st_mtim.tv_nsec);
    return true;
}

bool fd_receipt_write(const char *directory, const char hex[65], fd_error *error) {
    char weights[PATH_MAX], receipt[PATH_MAX], text[MOST];
    if (!name_files(directory, weights, receipt, error))
        return false;
    if (!describe(weights, text))
        return fd_fail(error, FD_FAILED, "%s cannot be reached.", weights);
    size_t length = strlen(text);
    (void)snprintf(text + length, sizeof text - length, "%.64s\n", hex);
    return fd_file_replace(receipt, text, strlen(text), error);
}

/* Whether there is a receipt, in all its bytes one of these weights. */
static bool read_receipt(const char *weights, const char *receipt, char hex[65]) {
    char begins[MOST];
    fd_buffer text = FD_BUFFER(MOST);
    size_t length = describe(weights, begins) ? strlen(begins) : 0;
    bool good = length && fd_file_read(receipt, &text, NULL) && text.length == length + 65 &&
                memcmp(text.data, begins, length) == 0 && text.data[length + 64] == '\n';
    if (good) {
        memcpy(hex, text.data + length, 64);
        hex[64] = '\0';
        good = strspn(hex, "0123456789abcdef") == 64;
    }
    fd_buffer_free(&text);
    return good;
}

bool fd_receipt_sum(const char *directory, char hex[65], fd_error *error) {
    char weights[PATH_MAX], receipt[PATH_MAX];
    fd_digest digest;
    if (!name_files(directory, weights, receipt, error))
        return false;
    if (read_receipt(weights, receipt, hex))
        return true;
    if (!fd_digest_of_file(weights, &digest, error))
        return false;
    fd_digest_hex(&digest, hex);
    return true;
}
