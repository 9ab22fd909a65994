/* server.h - what the server of the tests and those who talk to it agree on. */
#ifndef FD_TESTS_SERVER_H
#define FD_TESTS_SERVER_H

#include <stddef.h>

/* Byte `at` of a made-up file. */
static inline unsigned char made_up(long long seed, size_t at) {
    return (unsigned char)((at * 2654435761u + (size_t)seed * 97u) >> 11);
}

#endif
