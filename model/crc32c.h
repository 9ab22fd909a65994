/* crc32c.h - the CRC-32 with Castagnoli's polynomial (RFC 3720, appendix B.4). */
#ifndef FD_MODEL_CRC32C_H
#define FD_MODEL_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t fd_crc32c(const void *bytes, size_t length); /* of "123456789": e3069283 */

/* The way LevelDB and TensorFlow store one: a CRC over bytes that hold CRCs says little. */
uint32_t fd_crc32c_masked(const void *bytes, size_t length);

#endif
