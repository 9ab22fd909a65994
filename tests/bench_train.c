/* How fast training is: bench_train LAYERS HEADS WIDTH VOCAB BATCH LENGTH STEPS THREADS [RANK]
 * takes whole AdamW steps (with RANK: of adapters) on a random model, after one that is not counted
 * (its memory is touched for the first time), and prints the median's tokens a second, the rate of
 * useful arithmetic, its share of what bare matrix products reach just before and after, and the
 * peak of memory. */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "model/clock.h"
#include "model/matmul.h"
#include "model/memory.h"
#include "model/parallel.h"
#include "model/train.h"

enum { MOST_STEPS = 1000, TOKENS = 100000 };

typedef struct times {
    double last, steps[MOST_STEPS];
    size_t count;
    double bare; /* rate of matrix products before the first step */
} times;

static bool observe(void *context, const fd_train_progress *progress) {
    times *self = context;
    double now = fd_clock_seconds();
    if (progress->step > 1 && self->count < MOST_STEPS)
        self->steps[self->count++] = now - self->last;
    self->last = now;
    return true;
}

static int by_size(const void *a, const void *b) {
    double one = *(const double *)a, two = *(const double *)b;
    return one < two ? -1 : one > two;
}

/* Multiplications and additions of a token: two for each parameter of a matrix forward, and four
 * back (two when it is frozen); attention over half a window on average. */
static double work_per_token(const fd_config *config, size_t length, bool adapted) {
    double width = (double)config->width, layers = (double)config->layers;
    double matrices = layers * 12.0 * width * width + width * (double)config->vocab;
    return matrices * (adapted ? 4.0 : 6.0) + layers * 14.0 * width * (double)length / 2.0;
}

enum { SIDE = 1024 };

static void multiply_share(void *context, size_t share, size_t threads) {
    float *const *matrices = context;
    fd_matmul_tile(fd_tile_of(SIDE, SIDE, share, threads), SIDE, 1.0f,
                   fd_matrix_of(matrices[0], SIDE), fd_matrix_of(matrices[1], SIDE), 0.0f,
                   matrices[2], SIDE);
}

/* The best rate, in GFLOP/s, of products of two matrices of 1024 x 1024 in half a second. */
static double product_rate(size_t threads) {
    float *matrices[3];
    fd_pool *pool = fd_pool_new(threads, NULL);
    double best = 1e9, began = fd_clock_seconds();
    for (size_t m = 0; m < 3; m++) {
        matrices[m] = fd_alloc((size_t)SIDE * SIDE, sizeof(float), "a matrix", NULL);
        for (size_t i = 0; matrices[m] && i < (size_t)SIDE * SIDE; i++)
            matrices[m][i] = (float)(i % 13) * 0.1f;
    }
    bool ok = pool && matrices[0] && matrices[1] && matrices[2];
    fd_matmul_threads(1);
    while (ok && fd_clock_seconds() - began < 0.5) {
        double start = fd_clock_seconds();
        fd_pool_share(pool, threads, multiply_share, matrices);
        double took = fd_clock_seconds() - start;
        best = took < best ? took : best;
    }
    for (size_t m = 0; m < 3; m++)
        free(matrices[m]);
    fd_pool_free(pool);
    return 2e-9 * SIDE * SIDE * SIDE / best;
}

static void report(const fd_config *config, const fd_train_plan *plan, times *taken,
                   const fd_train_memory *memory, bool adapted) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    qsort(taken->steps, taken->count, sizeof(double), by_size);
    double step = taken->steps[taken->count / 2];
    double rate = (double)(plan->batch * plan->length) / step;
    double work = rate * work_per_token(config, plan->length, adapted) * 1e-9;
    double after = product_rate(plan->threads), bare = (taken->bare + after) / 2.0;
    printf("%.1f tokens/s, %.1f GFLOP/s, %.0f %% of bare products' (%.0f and %.0f), %.2f s a step, "
           "%.2f GB at most (%.2f foretold)\n",
           rate, work, 100.0 * work / bare, taken->bare, after, step,
           (double)usage.ru_maxrss * 1024e-9, (double)memory->total * 1e-9);
}

static bool bench(const fd_config *config, const fd_train_plan *plan, size_t rank,
                  fd_error *error) {
    fd_lora lora = {.rank = rank, .alpha = (double)rank};
    size_t adapters = rank ? fd_lora_total(config, rank) : 0;
    float *parameters = fd_alloc(fd_parameter_total(config), sizeof(float), "a model", error);
    float *low = fd_alloc(adapters, sizeof(float), "adapters", error);
    fd_trainee trainee = {.count = 0}, whole = {.count = 0};
    fd_optimiser optimiser = {.step = 0};
    times taken = {.count = 0};
    bool ok = parameters && low && fd_trainee_whole(&whole, config, parameters, false, error);
    if (ok) {
        fd_train_fresh(config, 1, parameters);
        if (rank)
            fd_lora_fresh(config, rank, 1, low);
    }
    ok = ok && (rank ? fd_trainee_adapted(&trainee, config, whole.values, &lora, low, error)
                     : fd_trainee_whole(&trainee, config, parameters, false, error));
    ok = ok && fd_optimiser_init(&optimiser, trainee.tensors, trainee.count, false, error);
    taken.bare = product_rate(plan->threads);
    taken.last = fd_clock_seconds();
    ok = ok && fd_train(&trainee, plan, &optimiser, observe, &taken, error);
    if (ok) {
        fd_train_memory memory = fd_train_memory_of(config, trainee.total, rank, plan);
        report(config, plan, &taken, &memory, rank != 0);
    }
    fd_optimiser_free(&optimiser);
    fd_trainee_free(&whole);
    fd_trainee_free(&trainee);
    free(parameters);
    free(low);
    return ok;
}

int main(int argc, char **argv) {
    size_t numbers[9] = {0};
    if (argc < 9 || argc > 10) {
        fprintf(stderr, "usage: bench_train LAYERS HEADS WIDTH VOCAB BATCH LENGTH STEPS THREADS "
                        "[RANK]\n");
        return FD_USAGE;
    }
    for (int i = 1; i < argc; i++)
        numbers[i - 1] = (size_t)strtoull(argv[i], NULL, 10);
    fd_config config = {numbers[0], numbers[1], numbers[2], 1024, numbers[3], FD_GPT2_EPSILON};
    static int32_t tokens[TOKENS];
    for (size_t i = 0; i < TOKENS; i++)
        tokens[i] = (int32_t)(i * i % 977 % config.vocab);
    fd_train_plan plan = {.tokens = tokens, .count = TOKENS, .warmup = 1, .accumulate = 1};
    plan.batch = numbers[4];
    plan.length = numbers[5];
    plan.steps = numbers[6] + 1;
    plan.threads = numbers[7];
    plan.rate = 1e-4f;
    fd_error error = {FD_OK, ""};
    if (bench(&config, &plan, numbers[8], &error))
        return 0;
    fprintf(stderr, "bench_train: %s\n", error.message);
    return 1;
}
