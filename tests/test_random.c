/* The generator against the numbers published for it, and its draws' ranges. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/random.h"

static void philox_gives_the_published_numbers(void **state) {
    (void)state;
    const uint32_t zero[4] = {0}, ones[4] = {~0u, ~0u, ~0u, ~0u};
    const uint32_t of_zero[4] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
    const uint32_t of_ones[4] = {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu};
    uint32_t out[4];
    fd_philox(zero, zero, out);
    assert_memory_equal(out, of_zero, sizeof out);
    fd_philox(ones, ones, out);
    assert_memory_equal(out, of_ones, sizeof out);
}

static void draws_stay_in_range_and_differ_by_stream(void **state) {
    (void)state;
    double sum = 0.0, squares = 0.0;
    unsigned seen = 0;
    for (uint64_t i = 0; i < 10000; i++) {
        double unit = fd_random_unit((fd_random_key){7, 1}, i);
        assert_true(unit >= 0.0 && unit < 1.0);
        seen |= 1u << fd_random_below((fd_random_key){7, 2}, i, 6);
        double normal = fd_random_normal((fd_random_key){7, 3}, i);
        sum += normal;
        squares += normal * normal;
    }
    assert_int_equal(seen, 0x3f);
    assert_true(fabs(sum / 10000.0) < 0.05 && fabs(squares / 10000.0 - 1.0) < 0.05);
    assert_true(fd_random_bits((fd_random_key){7, 1}, 0) !=
                fd_random_bits((fd_random_key){7, 2}, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_numbers),
        cmocka_unit_test(draws_stay_in_range_and_differ_by_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
