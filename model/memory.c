#define _DEFAULT_SOURCE 1 /* madvise; POSIX and all */
#include "model/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bool fd_size_mul(size_t a, size_t b, size_t *product) {
    return !__builtin_mul_overflow(a, b, product);
}

bool fd_size_add(size_t a, size_t b, size_t *sum) {
    return !__builtin_add_overflow(a, b, sum);
}

void *fd_alloc(size_t count, size_t size, const char *what, fd_error *error) {
    void *items = calloc(count ? count : 1, size ? size : 1);
    if (!items)
        fd_fail_memory(error, what);
    return items;
}

void *fd_alloc_lines(size_t count, size_t size, const char *what, fd_error *error) {
    enum { LINES = 128, LARGE_PAGE = 2 << 20 };
    void *items = NULL;
    size_t bytes;
    if (!fd_size_mul(count ? count : 1, size ? size : 1, &bytes) ||
        posix_memalign(&items, bytes < LARGE_PAGE ? LINES : LARGE_PAGE, bytes) != 0) {
        fd_fail_memory(error, what);
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if (bytes >= LARGE_PAGE)
        (void)madvise(items, bytes / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
#endif
    return items;
}

char *fd_copy_text(const char *text, fd_error *error) {
    size_t length = strlen(text);
    char *copy = fd_alloc(length + 1, 1, "a text", error);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

bool fd_grow(void **items, size_t *capacity, size_t needed, size_t size, const char *what,
             fd_error *error) {
    if (needed <= *capacity)
        return true;
    size_t wanted = *capacity < 8 ? 8 : *capacity;
    while (wanted < needed)
        if (!fd_size_mul(wanted, 2, &wanted))
            return fd_fail_memory(error, what);
    size_t bytes;
    if (!fd_size_mul(wanted, size, &bytes))
        return fd_fail_memory(error, what);
    void *grown = realloc(*items, bytes);
    if (!grown)
        return fd_fail_memory(error, what);
    *items = grown;
    *capacity = wanted;
    return true;
}

bool fd_buffer_add(fd_buffer *buffer, const void *bytes, size_t length, fd_error *error) {
    size_t total;
    if (!fd_size_add(buffer->length, length, &total) || total > buffer->limit)
        return fd_fail(error, FD_FAILED, "A text grew past its limit of %zu bytes.", buffer->limit);
    if (!fd_grow((void **)&buffer->data, &buffer->capacity, total + 1, 1, "a text", error))
        return false;
    if (length)
        memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length = total;
    buffer->data[total] = '\0';
    return true;
}

bool fd_buffer_add_text(fd_buffer *buffer, const char *text, fd_error *error) {
    return fd_buffer_add(buffer, text, strlen(text), error);
}

bool fd_buffer_addf(fd_buffer *buffer, fd_error *error, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    bool ok = text != NULL;
    if (ok) {
        (void)vsnprintf(text, (size_t)length + 1, format, again);
        ok = fd_buffer_add(buffer, text, (size_t)length, error);
    } else {
        fd_fail_memory(error, "a text");
    }
    va_end(again);
    free(text);
    return ok;
}

const char *fd_buffer_text(const fd_buffer *buffer) {
    return buffer->data ? buffer->data : "";
}

void fd_buffer_clear(fd_buffer *buffer) {
    buffer->length = 0;
    if (buffer->data)
        buffer->data[0] = '\0';
}

void fd_buffer_free(fd_buffer *buffer) {
    free(buffer->data);
    *buffer = FD_BUFFER(buffer->limit);
}
