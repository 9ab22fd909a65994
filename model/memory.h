/* memory.h - sizes that cannot overflow and a byte buffer that cannot grow past its limit. */
#ifndef FD_MODEL_MEMORY_H
#define FD_MODEL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "model/error.h"

/* *product = a * b (or *sum = a + b); false if the result does not fit a size_t. */
bool fd_size_mul(size_t a, size_t b, size_t *product);
bool fd_size_add(size_t a, size_t b, size_t *sum);

/* `count` zeroed items of `size` bytes; never NULL for zero items. NULL (and an error naming
 * `what`) when the product overflows or memory is short. The caller frees with free(). */
void *fd_alloc(size_t count, size_t size, const char *what, fd_error *error);

/* `count` items of `size` bytes, not zeroed, that begin with a pair of cache lines (128 bytes);
 * much memory comes in large pages where the system has them. NULL as above; the caller frees with
 * free(). */
void *fd_alloc_lines(size_t count, size_t size, const char *what, fd_error *error);

/* A copy of a text, which the caller frees; NULL when memory is short. */
char *fd_copy_text(const char *text, fd_error *error);

/* Makes room for at least `needed` items in *items (capacity in *capacity, both in items),
 * doubling. *items may start as NULL with capacity 0. */
bool fd_grow(void **items, size_t *capacity, size_t needed, size_t size, const char *what,
             fd_error *error);

/* A growing run of bytes, always followed by a zero byte once anything was added.
 * Start from FD_BUFFER(limit): a buffer refuses to hold more than `limit` bytes. */
typedef struct fd_buffer {
    char *data; /* NULL until something is added */
    size_t length;
    size_t capacity;
    size_t limit;
} fd_buffer;

#define FD_BUFFER(limit_bytes) ((fd_buffer){NULL, 0, 0, (limit_bytes)})

bool fd_buffer_add(fd_buffer *buffer, const void *bytes, size_t length, fd_error *error);
bool fd_buffer_add_text(fd_buffer *buffer, const char *text, fd_error *error);
bool fd_buffer_addf(fd_buffer *buffer, fd_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *fd_buffer_text(const fd_buffer *buffer); /* "" when empty */
void fd_buffer_clear(fd_buffer *buffer);             /* length 0, memory kept */
void fd_buffer_free(fd_buffer *buffer);

#endif
