#include "model/crc32c.h"

/* The polynomial 1edc6f41, its bits reversed. */
static const uint32_t POLYNOMIAL = 0x82f63b78u;

uint32_t fd_crc32c(const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    uint32_t table[256], crc = UINT32_MAX;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? POLYNOMIAL : 0);
    }
    for (size_t i = 0; i < length; i++)
        crc = crc >> 8 ^ table[(crc ^ at[i]) & 255];
    return ~crc;
}

uint32_t fd_crc32c_masked(const void *bytes, size_t length) {
    uint32_t crc = fd_crc32c(bytes, length);
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}
