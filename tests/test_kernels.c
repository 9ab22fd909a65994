/* Every set of kernels this machine has computes the bits of the portable one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/kernels.h"
#include "model/random.h"

static const char *const sets[] = {"avx2", "avx512", "neon"};
enum { SETS = sizeof sets / sizeof sets[0], MOST_ROWS = 9, MOST_OUTS = 23 };

/* The kernels to compare; NULL when this machine lacks them. */
static const fd_kernels *kernels_at(size_t index) {
    return fd_kernels_choose(sets[index], NULL);
}

static const fd_kernels *portable(void) {
    return fd_kernels_choose("portable", NULL);
}

typedef enum filling { AT_RANDOM, LARGEST, SMALLEST, OPPOSITE } filling;

static int value(filling how, uint64_t stream, size_t i, int most) {
    if (how == AT_RANDOM)
        return (int)fd_random_below((fd_random_key){stream, 1}, i, 2 * (uint64_t)most + 1) - most;
    if (how == OPPOSITE)
        return i % 2 ? most : -most;
    return how == LARGEST ? most : -most;
}

/* One product by all kernels; from and to leave some outputs alone. */
static void compare_products(size_t rows, size_t inner, size_t outs, filling xs, filling ws) {
    int16_t *x = calloc(rows * inner, sizeof *x);
    int8_t *w = calloc(outs * inner, 1);
    float scale[MOST_OUTS], bias[MOST_OUTS], x_scale[MOST_ROWS];
    float y[2][MOST_ROWS * MOST_OUTS], *lines[2][MOST_ROWS];
    assert_true(x && w && rows <= MOST_ROWS && outs <= MOST_OUTS);
    for (size_t i = 0; i < rows * inner; i++)
        x[i] = (int16_t)value(xs, 1, i, FD_ACTIVATION_MAX);
    for (size_t i = 0; i < outs * inner; i++)
        w[i] = (int8_t)value(ws, 2, i, 127);
    for (size_t o = 0; o < outs; o++) {
        scale[o] = 1e-3f / (float)(o + 1);
        bias[o] = (float)o - 3.3f;
    }
    for (size_t r = 0; r < rows; r++) {
        x_scale[r] = 0.7f / (float)(r + 3);
        lines[0][r] = y[0] + r * outs;
        lines[1][r] = y[1] + r * outs;
    }
    size_t from = outs > 5 ? 1 : 0, to = outs > 5 ? outs - 1 : outs;
    const float *biases = inner % 2 ? bias : NULL;
    fd_int_product job = {x, x_scale, rows, inner, w, scale, biases, outs, lines[0]};
    memset(y, 0, sizeof y);
    portable()->multiply(&job, from, to);
    job.y = lines[1];
    for (size_t k = 0; k < SETS; k++)
        if (kernels_at(k)) {
            memset(y[1], 0, sizeof y[1]);
            kernels_at(k)->multiply(&job, from, to);
            assert_memory_equal(y[0], y[1], sizeof y[0]);
        }
    free(x);
    free(w);
}

static void products_of_every_size_are_equal(void **state) {
    (void)state;
    static const size_t inners[] = {1, 7, 16, 31, 48, 64, 100, 768, 1023, 1024, 1025, 3072, 32768};
    for (size_t i = 0; i < sizeof inners / sizeof inners[0]; i++)
        for (size_t rows = 1; rows <= (inners[i] > 4000 ? 2 : MOST_ROWS); rows++)
            for (size_t outs = 1; outs <= MOST_OUTS; outs += 1 + outs)
                compare_products(rows, inners[i], outs, AT_RANDOM, AT_RANDOM);
}

static void the_largest_values_overflow_nothing(void **state) {
    (void)state;
    static const size_t inners[] = {64, 1024, 4096, 32768};
    for (size_t i = 0; i < sizeof inners / sizeof inners[0]; i++)
        for (filling xs = LARGEST; xs <= OPPOSITE; xs++)
            for (filling ws = LARGEST; ws <= OPPOSITE; ws++)
                compare_products(5, inners[i], 7, xs, ws);
}

/* The sum itself, by plain arithmetic. */
static void the_portable_product_is_right(void **state) {
    (void)state;
    enum { INNER = 2100, OUTS = 3 };
    static int16_t x[INNER];
    static int8_t w[OUTS * INNER];
    float one = 1.0f, scales[OUTS] = {0.25f, 0.5f, 1.0f}, y[OUTS], *line = y;
    for (size_t i = 0; i < INNER; i++)
        x[i] = (int16_t)value(AT_RANDOM, 3, i, FD_ACTIVATION_MAX);
    for (size_t i = 0; i < OUTS * INNER; i++)
        w[i] = (int8_t)value(AT_RANDOM, 4, i, 127);
    const fd_int_product job = {x, &one, 1, INNER, w, scales, NULL, OUTS, &line};
    portable()->multiply(&job, 0, OUTS);
    for (size_t o = 0; o < OUTS; o++) {
        int64_t sum = 0;
        for (size_t i = 0; i < INNER; i++)
            sum += (int64_t)x[i] * w[o * INNER + i];
        assert_true(y[o] == (float)((double)sum * (double)scales[o]));
    }
}

enum { FLOATS = 1003 };

static void fill_floats(float *values, uint64_t stream, float size) {
    for (size_t i = 0; i < FLOATS; i++)
        values[i] = ((float)fd_random_unit((fd_random_key){stream, 2}, i) - 0.5f) * size;
}

typedef void quantiser(const float *values, size_t count, int16_t *x, float *scale);

static void compare_quantised(quantiser *plain, quantiser *wide, const float *in, size_t count) {
    int16_t want[FLOATS], got[FLOATS];
    float scales[2];
    plain(in, count, want, &scales[0]);
    wide(in, count, got, &scales[1]);
    assert_memory_equal(want, got, count * sizeof *want);
    assert_memory_equal(&scales[0], &scales[1], sizeof *scales);
}

static void the_floats_between_are_equal(void **state) {
    (void)state;
    float in[FLOATS], gain[FLOATS], want[FLOATS], got[FLOATS];
    fill_floats(in, 5, 30.0f);
    fill_floats(gain, 6, 2.0f);
    for (size_t k = 0; k < SETS; k++)
        for (size_t count = 1; kernels_at(k) && count <= FLOATS; count += 167) {
            const fd_kernels *plain = portable(), *wide = kernels_at(k);
            compare_quantised(plain->quantise, wide->quantise, in, count);
            compare_quantised(plain->quantise_by_norm, wide->quantise_by_norm, in, count);
            plain->layer_norm(in, gain, in, 1e-5f, count, want);
            wide->layer_norm(in, gain, in, 1e-5f, count, got);
            assert_memory_equal(want, got, count * sizeof *want);
            plain->gelu(want, count);
            wide->gelu(got, count);
            assert_memory_equal(want, got, count * sizeof *want);
            assert_true(plain->log_sum_exp(in, count) == wide->log_sum_exp(in, count));
            plain->softmax(want, count);
            wide->softmax(got, count);
            assert_memory_equal(want, got, count * sizeof *want);
            compare_quantised(plain->quantise_by_sum, wide->quantise_by_sum, want, count);
        }
}

/* Of equal size, with one that towers over the rest, all 0, and at random: near what they stand
 * for, with neither a norm nor a sum that is more than attention can bear, nor less than it need
 * be. */
static void what_attention_multiplies_is_bounded(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    float values[COUNT], scale[2];
    int16_t x[2][COUNT];
    for (size_t shape = 0; shape < 4; shape++) {
        int64_t squares = 0, sum = 0;
        for (size_t i = 0; i < COUNT; i++)
            values[i] = shape == 0   ? 1.0f / COUNT
                        : shape == 1 ? (i == 7 ? 0.999f : 1e-6f)
                        : shape == 2 ? 0.0f
                                     : (float)fd_random_unit((fd_random_key){8, 2}, i);
        portable()->quantise_by_norm(values, COUNT, x[0], &scale[0]);
        portable()->quantise_by_sum(values, COUNT, x[1], &scale[1]);
        for (size_t i = 0; i < COUNT; i++) {
            squares += (int64_t)x[0][i] * x[0][i];
            sum += x[1][i];
            for (size_t k = 0; k < 2; k++)
                assert_true(fabsf((float)x[k][i] * scale[k] - values[i]) <= 0.501f * scale[k]);
        }
        assert_true(squares <= (int64_t)FD_NORM_MAX * FD_NORM_MAX && sum <= FD_WEIGHTS_MAX);
        assert_true(shape == 2 || (x[0][7] == INT16_MAX && x[1][7] == INT16_MAX) ||
                    (squares > (int64_t)(FD_NORM_MAX - 2 * COUNT) * (FD_NORM_MAX - 2 * COUNT) &&
                     sum > FD_WEIGHTS_MAX - 2 * COUNT));
    }
}

enum { TOKENS = 5 * FD_BLOCK, MOST_HEAD = 80 };

typedef struct attention {
    size_t head, count;
    int16_t keys[TOKENS * MOST_HEAD], values[TOKENS * MOST_HEAD];
    int16_t queries[FD_TOGETHER][MOST_HEAD + 1], weights[FD_TOGETHER][TOKENS];
    float key_scales[TOKENS], query_scales[FD_TOGETHER];
} attention;

/* What some rows get. */
typedef struct attended {
    float scores[FD_TOGETHER][TOKENS];
    int32_t sums[FD_TOGETHER][MOST_HEAD];
} attended;

static void attend(const fd_kernels *set, const attention *self, size_t first, size_t rows,
                   attended *result) {
    const int16_t *queries[FD_TOGETHER], *weights[FD_TOGETHER];
    float *scores[FD_TOGETHER];
    int32_t *sums[FD_TOGETHER];
    for (size_t r = 0; r < rows; r++) {
        queries[r] = self->queries[first + r];
        weights[r] = self->weights[first + r];
        scores[r] = result->scores[first + r];
        sums[r] = result->sums[first + r];
        for (size_t i = 0; i < self->head; i++)
            sums[r][i] = (int32_t)i % 3; /* which is added to */
    }
    set->score(queries, self->query_scales + first, rows, self->keys, self->key_scales, self->count,
               self->head, scores);
    set->gather(weights, rows, self->values, self->count, self->head, sums);
}

/* Element by element. */
static void check_attended(const attention *self, const attended *result) {
    size_t head = self->head, even = head + head % 2;
    for (size_t r = 0; r < FD_TOGETHER; r++) {
        for (size_t t = 0; t < self->count; t++) {
            int64_t dot = 0;
            for (size_t i = 0; i < head; i++)
                dot +=
                    self->queries[r][i] * self->keys[(t / FD_BLOCK * even + i / 2 * 2) * FD_BLOCK +
                                                     t % FD_BLOCK * 2 + i % 2];
            assert_true(dot >= INT32_MIN && dot <= INT32_MAX);
            assert_true(result->scores[r][t] ==
                        (float)dot * (self->key_scales[t] * self->query_scales[r]));
        }
        for (size_t i = 0; i < head; i++) {
            int64_t sum = (int64_t)i % 3;
            for (size_t t = 0; t < self->count; t++)
                sum += self->weights[r][t] * self->values[t / 2 * 2 * head + 2 * i + t % 2];
            assert_int_equal(sum, result->sums[r][i]);
        }
    }
}

/* Rows alone and together, by all kernels. */
static void check_attention(attention *self) {
    static attended want, got;
    for (size_t r = 0; r < FD_TOGETHER; r++) {
        self->queries[r][self->head] = 0;
        self->query_scales[r] = 0.125f - (float)r * 1e-3f;
        attend(portable(), self, r, 1, &want);
    }
    check_attended(self, &want);
    for (size_t k = 0; k <= SETS; k++) {
        const fd_kernels *set = k == SETS ? portable() : kernels_at(k);
        for (size_t rows = 1; set && rows <= FD_TOGETHER; rows++) {
            attend(set, self, 0, rows, &got);
            for (size_t r = 0; r < rows; r++) {
                assert_memory_equal(want.scores[r], got.scores[r], self->count * sizeof(float));
                assert_memory_equal(want.sums[r], got.sums[r], self->head * sizeof(int32_t));
            }
        }
    }
}

static void fill_attention(attention *self, filling kind) {
    int each = (int)((double)FD_NORM_MAX / sqrt((double)self->head));
    each = each < INT16_MAX ? each : INT16_MAX;
    for (size_t i = 0; i < TOKENS * MOST_HEAD; i++) {
        self->keys[i] = (int16_t)value(kind, 7, i, each);
        self->values[i] = (int16_t)value(kind, 8, i, FD_ACTIVATION_MAX);
    }
    for (size_t r = 0; r < FD_TOGETHER; r++) {
        for (size_t i = 0; i < self->head; i++)
            self->queries[r][i] = (int16_t)value(kind, 20 + r, i, each);
        for (size_t t = 0; t < TOKENS; t++)
            self->weights[r][t] = (int16_t)abs(value(kind, 30 + r, t, FD_WEIGHTS_MAX / TOKENS));
    }
    for (size_t t = 0; t < TOKENS; t++)
        self->key_scales[t] = 1e-3f + (float)t * 1e-5f;
}

static void attention_is_equal(void **state) {
    (void)state;
    static attention self;
    for (self.head = 1; self.head <= MOST_HEAD; self.head += self.head < 8 ? 1 : 4) {
        fill_attention(&self, AT_RANDOM);
        for (self.count = 1; self.count <= TOKENS; self.count += 13)
            check_attention(&self);
    }
}

/* The largest numbers there can be, all of one sign. */
static void the_largest_attention_overflows_nothing(void **state) {
    (void)state;
    static attention self;
    self.count = TOKENS;
    for (self.head = 1; self.head <= MOST_HEAD; self.head++) {
        fill_attention(&self, LARGEST);
        check_attention(&self);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_of_every_size_are_equal),
        cmocka_unit_test(the_largest_values_overflow_nothing),
        cmocka_unit_test(the_portable_product_is_right),
        cmocka_unit_test(the_floats_between_are_equal),
        cmocka_unit_test(what_attention_multiplies_is_bounded),
        cmocka_unit_test(attention_is_equal),
        cmocka_unit_test(the_largest_attention_overflows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
