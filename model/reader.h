/* reader.h - bytes read in order and never past their end, with the number formats that LevelDB
 * and Protocol Buffers share. Every function returns false, and leaves the reader as it was, when
 * too few bytes are left. */
#ifndef FD_MODEL_READER_H
#define FD_MODEL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fd_reader {
    const uint8_t *at;
    size_t left;
} fd_reader;

/* The next `count` bytes as a reader of their own. */
bool fd_read_part(fd_reader *reader, uint64_t count, fd_reader *part);

/* A little-endian number of `bytes` bytes, at most 8. */
bool fd_read_fixed(fd_reader *reader, size_t bytes, uint64_t *value);

/* Seven bits a byte, low ones first, the top bit set in all but the last; false also for a number
 * that does not fit 64 bits. */
bool fd_read_varint(fd_reader *reader, uint64_t *value);

#endif
