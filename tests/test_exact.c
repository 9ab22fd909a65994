/* The embedded model gives the same bits however it is asked: with any kernels and number of
 * threads, whole or in parts, alone or in company, and by two callers at a time. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/gpt2.h"
#include "model/parallel.h"
#include "model/random.h"

enum { TOKENS = 300, OTHERS = 7, PREFIX = 20 };

static int32_t tokens[TOKENS];
static uint64_t expected; /* of the portable kernels, one thread, all tokens at once */

static uint64_t hash_of(const float *values, size_t count) {
    uint64_t hash = 14695981039346656037u; /* FNV-1a (Fowler, Noll, Vo) */
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        hash = (hash ^ bits) * 1099511628211u;
    }
    return hash;
}

/* The hash of all logits, the tokens being read `step` at a time by `threads`. */
static uint64_t read_in_steps(const fd_model *model, size_t step, size_t threads) {
    size_t vocab = fd_model_config(model)->vocab;
    float *logits = calloc(TOKENS * vocab, sizeof(float));
    fd_span *span = fd_span_new(model, NULL, TOKENS, NULL);
    assert_true(logits && span);
    for (size_t at = 0; at < TOKENS; at += step) {
        size_t count = TOKENS - at < step ? TOKENS - at : step;
        fd_feed feed = {span, tokens + at, count, logits + at * vocab, true};
        assert_true(fd_model_read(model, &feed, 1, threads, NULL));
    }
    uint64_t hash = hash_of(logits, TOKENS * vocab);
    fd_span_free(span);
    free(logits);
    return hash;
}

/* The same beside other sequences, each after a prefix of its own. */
static uint64_t read_in_company(const fd_model *model, size_t step, size_t threads) {
    size_t vocab = fd_model_config(model)->vocab;
    float *logits = calloc((TOKENS + OTHERS) * vocab, sizeof(float));
    fd_span *prefix = fd_span_new(model, NULL, PREFIX, NULL), *spans[OTHERS + 1];
    fd_feed start = {prefix, tokens, PREFIX, logits, true}, feeds[OTHERS + 1];
    assert_true(logits && prefix && fd_model_read(model, &start, 1, threads, NULL));
    for (size_t s = 0; s <= OTHERS; s++)
        assert_non_null(spans[s] = fd_span_new(model, prefix, TOKENS, NULL));
    for (size_t at = PREFIX; at < TOKENS; at += step) {
        size_t count = TOKENS - at < step ? TOKENS - at : step;
        feeds[OTHERS] = (fd_feed){spans[OTHERS], tokens + at, count, logits + at * vocab, true};
        for (size_t s = 0; s < OTHERS; s++)
            feeds[s] = (fd_feed){spans[s], tokens + s, 1 + s % count, logits + (TOKENS + s) * vocab,
                                 false};
        assert_true(fd_model_read(model, feeds, OTHERS + 1, threads, NULL));
    }
    uint64_t hash = hash_of(logits, TOKENS * vocab);
    for (size_t s = 0; s <= OTHERS; s++)
        fd_span_free(spans[s]);
    fd_span_free(prefix);
    free(logits);
    return hash;
}

static int set_up(void **state) {
    (void)state;
    fd_model *model = fd_model_load("assets/model", "portable", NULL);
    if (!model)
        return 1;
    for (size_t i = 0; i < TOKENS; i++)
        tokens[i] = (int32_t)fd_random_below((fd_random_key){6, 6}, i, 4000);
    expected = read_in_steps(model, TOKENS, 1);
    fd_model_free(model);
    return 0;
}

static void every_way_of_asking_gives_the_same_logits(void **state) {
    (void)state;
    static const char *const sets[] = {"portable", "avx2", "avx512", "neon"};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        fd_model *model = fd_model_load("assets/model", sets[i], NULL);
        if (!model)
            continue;
        assert_true(read_in_steps(model, TOKENS, 8) == expected);
        assert_true(read_in_steps(model, 37, 2) == expected);
        assert_true(read_in_steps(model, 1, 3) == expected);
        assert_true(read_in_company(model, 7, 2) == expected);
        assert_true(read_in_company(model, 50, 1) == expected);
        fd_model_free(model);
    }
}

static void *read_again(void *context) {
    static const size_t steps[] = {64, 1, 19};
    uint64_t *hashes = calloc(3, sizeof *hashes);
    for (size_t i = 0; hashes && i < 3; i++)
        hashes[i] = read_in_steps(context, steps[i], 2);
    return hashes;
}

static void two_threads_may_ask_one_model(void **state) {
    (void)state;
    fd_model *model = fd_model_load("assets/model", NULL, NULL);
    pthread_t other;
    void *theirs;
    assert_non_null(model);
    assert_int_equal(pthread_create(&other, NULL, read_again, model), 0);
    uint64_t *ours = read_again(model);
    assert_int_equal(pthread_join(other, &theirs), 0);
    for (size_t i = 0; i < 3; i++)
        assert_true(ours[i] == expected && ((uint64_t *)theirs)[i] == expected);
    free(ours);
    free(theirs);
    fd_model_free(model);
}

enum { PIECES = 1000 };

typedef struct tally {
    size_t workers;
    int done[PIECES];
    bool busy[8], bad;
} tally;

static void count_piece(void *context, size_t piece, size_t worker) {
    tally *self = context;
    if (worker >= self->workers || self->busy[worker]) {
        self->bad = true;
        return;
    }
    self->busy[worker] = true;
    self->done[piece]++;
    self->busy[worker] = false;
}

static void a_pool_runs_every_piece_once(void **state) {
    (void)state;
    static tally seen;
    for (size_t threads = 1; threads <= 5; threads += 2) {
        fd_pool *pool = fd_pool_new(threads, NULL);
        assert_non_null(pool);
        for (size_t pieces = 0; pieces <= PIECES; pieces += 1 + pieces) {
            seen = (tally){.workers = fd_pool_workers(pool)};
            fd_pool_run(pool, count_piece, &seen, pieces);
            for (size_t i = 0; i < PIECES; i++)
                assert_int_equal(seen.done[i], i < pieces);
            assert_false(seen.bad);
        }
        fd_pool_free(pool);
    }
}

static void count_share(void *context, size_t share, size_t threads) {
    int *done = context;
    done[share] += (int)threads;
}

static void shares_are_all_run(void **state) {
    (void)state;
    int done[6] = {0};
    assert_true(fd_parallel(6, count_share, done, NULL));
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(done[i], 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_of_asking_gives_the_same_logits),
        cmocka_unit_test(two_threads_may_ask_one_model),
        cmocka_unit_test(a_pool_runs_every_piece_once),
        cmocka_unit_test(shares_are_all_run),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
