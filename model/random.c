#include "model/random.h"

#include <math.h>

void fd_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)b;
        c3 = (uint32_t)a;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint64_t fd_random_bits(fd_random_key key, uint64_t index) {
    uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)key.stream,
                           (uint32_t)(key.stream >> 32)};
    uint32_t words[2] = {(uint32_t)key.key, (uint32_t)(key.key >> 32)}, out[4];
    fd_philox(counter, words, out);
    return (uint64_t)out[1] << 32 | out[0];
}

double fd_random_unit(fd_random_key key, uint64_t index) {
    return (double)(fd_random_bits(key, index) >> 11) / 9007199254740992.0;
}

uint64_t fd_random_below(fd_random_key key, uint64_t index, uint64_t bound) {
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)fd_random_bits(key, index) * bound >> 64);
}

double fd_random_normal(fd_random_key key, uint64_t index) {
    double radius = sqrt(-2.0 * log(1.0 - fd_random_unit(key, 2 * index)));
    return radius * cos(6.283185307179586 * fd_random_unit(key, 2 * index + 1));
}
