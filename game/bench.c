/* bench.c - `feverdream bench`: how fast this machine runs a model. Every figure is the median of
 * several rounds; what is compared (decoding, and a bare read of the same weights) is measured in
 * turns, so that a machine whose speed wavers wavers for both. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "game/commands.h"
#include "game/json.h"
#include "game/options.h"
#include "game/paths.h"
#include "game/shape.h"
#include "model/checkpoint.h"
#include "model/clock.h"
#include "model/file.h"
#include "model/gpt2.h"
#include "model/parallel.h"
#include "model/sampler.h"
#include "model/train.h"
#include "story/narrator.h"

enum { ROUNDS = 5, PREFILL = 495, PROMPT = 4, BLOCK = 64, BRANCH_STEPS = 64, READS = 4 };

typedef struct request {
    const char *model, *shape;
    size_t threads;
    bool json;
} request;

/* What is measured, each in rounds. */
typedef enum figure {
    LOAD_MS,
    READ_GB,
    PREFILL_RATE,
    DECODE_RATE,
    DECODE_SHARE,
    FOUR_RATE,
    EIGHT_RATE,
    DRAW_US,
    DREAM_US,
    TOKENIZE_MB,
    TRAIN_RATE,
    FIGURES
} figure;

static const struct about {
    const char *key, *says, *unit;
} about[FIGURES] = {
    {"load_ms", "loading weights and tokenizer", "ms"},
    {"read_gb_per_s", "reading the weights, nothing else", "GB/s"},
    {"prefill_tokens_per_s", "reading 495 tokens", "tokens/s"},
    {"decode_tokens_per_s", "writing one sequence", "tokens/s"},
    {"decode_share_of_read", "its share of the bare read's speed", ""},
    {"decode_4_tokens_per_s", "writing 4 branches at once", "tokens/s"},
    {"decode_8_tokens_per_s", "writing 8 branches at once", "tokens/s"},
    {"draw_us", "drawing a token, top-p 0.92", "us"},
    {"dream_us", "drawing a token as dreams do, top-k 40", "us"},
    {"tokenize_mb_per_s", "tokenising prose", "MB/s"},
    {"train_tokens_per_s", "training 6 layers of 256, vocabulary 4096", "tokens/s"},
};

typedef struct bench {
    const request *asked;
    fd_model *model;
    fd_pool *pool;
    size_t weight_bytes; /* of the matrices, all of which every token reads */
    size_t decode_steps;
    int32_t *tokens; /* [context] */
    float *logits;   /* [8][vocab] */
    double rounds[FIGURES][ROUNDS];
    double peak_mb;
} bench;

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(const double values[ROUNDS]) {
    double sorted[ROUNDS];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, ROUNDS, sizeof *sorted, by_size);
    return sorted[ROUNDS / 2];
}

/* ---- the bare read ------------------------------------------------------------------------ */

/* The matrices, cut up. */
typedef struct reading {
    const fd_linear *matrix;
    size_t pieces;
    uint64_t *seen; /* [pieces] keeps the compiler from leaving the read out */
} reading;

enum { READ_PIECE = 1 << 20 };

static size_t matrix_bytes(const fd_linear *matrix) {
    return matrix->inner * matrix->outs * (matrix->q ? 1 : sizeof(float));
}

static void read_piece(void *context, size_t piece, size_t worker) {
    enum { LINE = 64, AHEAD = 8192 };
    typedef uint64_t line __attribute__((vector_size(LINE), aligned(1), may_alias));
    const reading *self = context;
    const char *bytes =
        self->matrix->q ? (const char *)self->matrix->q : (const char *)self->matrix->f;
    size_t all = matrix_bytes(self->matrix), from = piece * READ_PIECE;
    size_t to = all - from < READ_PIECE ? all : from + READ_PIECE;
    line a = {0}, b = {0};
    (void)worker;
    for (size_t i = from; i + 2 * LINE <= to; i += 2 * LINE) {
        __builtin_prefetch(bytes + i + AHEAD);
        __builtin_prefetch(bytes + i + AHEAD + LINE);
        a |= *(const line *)(bytes + i);
        b |= *(const line *)(bytes + i + LINE);
    }
    a |= b;
    self->seen[piece] = a[0] | a[1] | a[2] | a[3] | a[4] | a[5] | a[6] | a[7];
}

static void read_matrix(bench *self, const fd_linear *matrix, uint64_t *seen) {
    reading job = {matrix, (matrix_bytes(matrix) + READ_PIECE - 1) / READ_PIECE, seen};
    fd_pool_run(self->pool, read_piece, &job, job.pieces);
}

/* Seconds to read every matrix once. */
static bool time_read(bench *self, double *taken, fd_error *error) {
    const fd_weights *weights = fd_model_weights(self->model);
    uint64_t *seen =
        fd_alloc(self->weight_bytes / READ_PIECE + 1, sizeof *seen, "the bench", error);
    double began = fd_clock_seconds();
    for (size_t i = 0; seen && i < READS; i++) {
        for (size_t l = 0; l < weights->config.layers; l++) {
            const fd_layer *layer = &weights->layers[l];
            read_matrix(self, &layer->qkv, seen);
            read_matrix(self, &layer->projection, seen);
            read_matrix(self, &layer->up, seen);
            read_matrix(self, &layer->down, seen);
        }
        read_matrix(self, &weights->head, seen);
    }
    *taken = (fd_clock_seconds() - began) / READS;
    free(seen);
    return seen != NULL;
}

/* ---- inference ---------------------------------------------------------------------------- */

static bool read_tokens(const bench *self, fd_span *span, size_t count, fd_error *error) {
    bool ok = span != NULL;
    for (size_t at = 0; ok && at < count; at += BLOCK) {
        fd_feed feed = {span, self->tokens + at, count - at < BLOCK ? count - at : BLOCK,
                        self->logits, false};
        ok = fd_model_read(self->model, &feed, 1, self->asked->threads, error);
    }
    return ok;
}

static bool time_prefill(bench *self, double *rate, fd_error *error) {
    size_t context = fd_model_config(self->model)->context;
    size_t count = context < PREFILL ? context : PREFILL;
    fd_span *span = fd_span_new(self->model, NULL, count, error);
    double began = fd_clock_seconds();
    bool ok = read_tokens(self, span, count, error);
    *rate = (double)count / (fd_clock_seconds() - began);
    fd_span_free(span);
    return ok;
}

/* Branches of one prompt, a token each at a time; the tokens per second of all together. */
static bool time_decode(bench *self, size_t branches, size_t steps, double *rate, fd_error *error) {
    fd_span *prompt = fd_span_new(self->model, NULL, PROMPT, error), *spans[8] = {NULL};
    fd_feed feeds[8];
    size_t vocab = fd_model_config(self->model)->vocab;
    bool ok = read_tokens(self, prompt, PROMPT, error);
    for (size_t b = 0; ok && b < branches; b++)
        ok = (spans[b] = fd_span_new(self->model, prompt, steps, error)) != NULL;
    double began = fd_clock_seconds();
    for (size_t t = 0; ok && t < steps; t++) {
        for (size_t b = 0; b < branches; b++)
            feeds[b] = (fd_feed){spans[b], self->tokens + t, 1, self->logits + b * vocab, false};
        ok = fd_model_read(self->model, feeds, branches, self->asked->threads, error);
    }
    *rate = (double)(steps * branches) / (fd_clock_seconds() - began);
    for (size_t b = 0; b < branches; b++)
        fd_span_free(spans[b]);
    fd_span_free(prompt);
    return ok;
}

static bool time_draws(bench *self, fd_sampling sampling, double *each_us, fd_error *error) {
    enum { DRAWS = 20 };
    size_t vocab = fd_model_config(self->model)->vocab;
    fd_sampler *sampler = fd_sampler_new(vocab, error);
    double began = fd_clock_seconds();
    for (size_t i = 0; sampler && i < DRAWS; i++)
        (void)fd_sampler_draw(sampler, &sampling, self->logits, self->tokens, PREFILL / 8,
                              fd_random_unit((fd_random_key){2, 2}, i));
    *each_us = (fd_clock_seconds() - began) * 1e6 / DRAWS;
    fd_sampler_free(sampler);
    return sampler != NULL;
}

/* A round of everything the model does, the read before and after decoding. */
static bool time_round(bench *self, size_t round, fd_error *error) {
    double before, after, rates[FIGURES] = {0};
    bool ok = time_prefill(self, &rates[PREFILL_RATE], error) && time_read(self, &before, error) &&
              time_decode(self, 1, self->decode_steps, &rates[DECODE_RATE], error) &&
              time_read(self, &after, error) &&
              time_decode(self, 4, BRANCH_STEPS, &rates[FOUR_RATE], error) &&
              time_decode(self, 8, BRANCH_STEPS, &rates[EIGHT_RATE], error) &&
              time_draws(self, FD_SAMPLING, &rates[DRAW_US], error) &&
              time_draws(self, FD_DREAMING, &rates[DREAM_US], error);
    if (!ok)
        return false;
    rates[READ_GB] = (double)self->weight_bytes * 1e-9 / ((before + after) / 2.0);
    rates[DECODE_SHARE] = rates[DECODE_RATE] * (before + after) / 2.0;
    for (size_t f = READ_GB; f <= DREAM_US; f++)
        self->rounds[f][round] = rates[f];
    return true;
}

/* ---- what needs no model ------------------------------------------------------------------ */

static bool time_tokenizer(bench *self, fd_error *error) {
    char path[PATH_MAX];
    fd_buffer story = FD_BUFFER((size_t)1 << 24), text = FD_BUFFER((size_t)1 << 26);
    bool ok = fd_assets_path("stories/the-well-house.twee", path, error) &&
              fd_file_read(path, &story, error);
    while (ok && text.length < (size_t)1 << 19)
        ok = fd_buffer_add(&text, story.data, story.length, error);
    for (size_t round = 0; ok && round < ROUNDS; round++) {
        fd_tokens tokens = {0};
        double began = fd_clock_seconds();
        ok = fd_tokenizer_encode(fd_model_tokenizer(self->model), text.data, text.length, false,
                                 &tokens, error);
        self->rounds[TOKENIZE_MB][round] =
            (double)text.length * 1e-6 / (fd_clock_seconds() - began);
        fd_tokens_free(&tokens);
    }
    fd_buffer_free(&story);
    fd_buffer_free(&text);
    return ok;
}

typedef struct steps {
    double last;
    double *rates; /* [ROUNDS] */
    size_t done, tokens;
} steps;

/* The first step is not counted. */
static bool observe_step(void *context, const fd_train_progress *progress) {
    steps *self = context;
    double now = fd_clock_seconds();
    (void)progress;
    if (self->done > 0 && self->done <= ROUNDS)
        self->rates[self->done - 1] = (double)self->tokens / (now - self->last);
    self->done++;
    self->last = now;
    return true;
}

static bool time_training(bench *self, fd_error *error) {
    enum { TEXT = 4096, LENGTH = 64, BATCH = 8 };
    const fd_config config = {6, 4, 256, 512, 4096, FD_GPT2_EPSILON};
    int32_t text[TEXT];
    for (size_t i = 0; i < TEXT; i++)
        text[i] = (int32_t)fd_random_below((fd_random_key){3, 3}, i, config.vocab);
    fd_train_plan plan = {text,  TEXT, ROUNDS + 1, 1, BATCH, 1, LENGTH, self->asked->threads,
                          1e-4f, 0.1f, 1};
    steps seen = {0.0, self->rounds[TRAIN_RATE], 0, (size_t)BATCH * LENGTH};
    fd_optimiser optimiser = {0};
    float *parameters =
        fd_alloc(fd_parameter_total(&config), sizeof(float), "the parameters", error);
    fd_trainee trainee = {.count = 0};
    bool ok = parameters && fd_trainee_whole(&trainee, &config, parameters, false, error) &&
              fd_optimiser_init(&optimiser, trainee.tensors, trainee.count, false, error);
    if (ok) {
        fd_train_fresh(&config, 1, parameters);
        ok = fd_train(&trainee, &plan, &optimiser, observe_step, &seen, error);
    }
    fd_optimiser_free(&optimiser);
    fd_trainee_free(&trainee);
    free(parameters);
    return ok;
}

/* ---- the model to be measured ------------------------------------------------------------- */

static void remove_shape(const char *directory) {
    static const char *const files[] = {"config.json", "model.safetensors", "vocab.json",
                                        "merges.txt"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (fd_file_path(path, NULL, "%s/%s", directory, files[i]))
            (void)unlink(path);
    (void)rmdir(directory);
}

/* Writes a model of that shape in a process of its own, whose memory is not counted. */
static bool write_shape(const char *name, char directory[PATH_MAX], fd_error *error) {
    fd_config config;
    char embedded[PATH_MAX];
    const char *temporary = getenv("TMPDIR");
    if (!fd_shape_find(name, &config, error) || !fd_model_path(NULL, embedded, error))
        return false;
    (void)snprintf(directory, PATH_MAX, "%.1000s/feverdream-bench-XXXXXX",
                   temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(directory))
        return fd_fail(error, FD_FAILED, "No directory could be made in %s.", directory);
    pid_t writer = fork();
    if (writer == 0) {
        fd_error failed = {FD_OK, ""};
        bool ok = fd_shape_write(&config, directory, &failed) &&
                  fd_checkpoint_copy_tokenizer(embedded, directory, &failed);
        if (!ok)
            fprintf(stderr, "feverdream bench: %s\n", failed.message);
        _exit(!ok);
    }
    int status = 1;
    if (writer > 0 && waitpid(writer, &status, 0) == writer && status == 0)
        return true;
    remove_shape(directory);
    return fd_fail(error, FD_FAILED, "The random model could not be written to %s.", directory);
}

static size_t count_bytes(const fd_weights *weights) {
    size_t bytes = matrix_bytes(&weights->head);
    for (size_t l = 0; l < weights->config.layers; l++) {
        const fd_layer *layer = &weights->layers[l];
        bytes += matrix_bytes(&layer->qkv) + matrix_bytes(&layer->projection) +
                 matrix_bytes(&layer->up) + matrix_bytes(&layer->down);
    }
    return bytes;
}

/* Loads the model ROUNDS times and keeps the last. */
static bool load(bench *self, const char *directory, fd_error *error) {
    for (size_t round = 0; round < ROUNDS; round++) {
        fd_model_free(self->model);
        double began = fd_clock_seconds();
        self->model = fd_model_named(directory, error);
        if (!self->model)
            return false;
        self->rounds[LOAD_MS][round] = (fd_clock_seconds() - began) * 1e3;
    }
    return true;
}

static bool prepare(bench *self, fd_error *error) {
    enum { LARGE = 400000000, BRANCHES = 8 };
    const fd_config *config = fd_model_config(self->model);
    self->weight_bytes = count_bytes(fd_model_weights(self->model));
    self->decode_steps = self->weight_bytes < LARGE ? 256 : 64;
    if (config->context < PROMPT + self->decode_steps)
        return fd_fail(error, FD_USAGE,
                       "bench wants a model with a context of at least %zu tokens.",
                       PROMPT + self->decode_steps);
    self->pool = fd_pool_new(self->asked->threads, error);
    self->tokens = fd_alloc(config->context, sizeof(int32_t), "the bench", error);
    self->logits = fd_alloc(BRANCHES * config->vocab, sizeof(float), "the bench", error);
    for (size_t i = 0; self->tokens && i < config->context; i++)
        self->tokens[i] = (int32_t)fd_random_below((fd_random_key){4, 4}, i, config->vocab);
    return self->pool && self->tokens && self->logits;
}

static bool measure(bench *self, fd_error *error) {
    struct rusage used;
    double warm;
    bool ok = prepare(self, error) && time_read(self, &warm, error);
    for (size_t round = 0; ok && round < ROUNDS; round++)
        ok = time_round(self, round, error);
    (void)getrusage(RUSAGE_SELF, &used);
    self->peak_mb = (double)used.ru_maxrss * 1024e-6;
    return ok && time_tokenizer(self, error) && time_training(self, error);
}

/* ---- the report --------------------------------------------------------------------------- */

/* "model name : ..." of /proc/cpuinfo, where there is one. */
static void processor(char name[128]) {
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    (void)snprintf(name, 128, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon) {
            (void)snprintf(name, 128, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
            break;
        }
    }
    if (file)
        fclose(file);
}

static void print_report(const bench *self, const char *model, const char *cpu) {
    printf("%s on %s, %zu threads, %s: %.1f MB of weights, medians of %d rounds\n", model, cpu,
           self->asked->threads, fd_model_kernels(self->model)->name,
           (double)self->weight_bytes * 1e-6, ROUNDS);
    for (size_t f = 0; f < FIGURES; f++)
        printf("  %-44s %10.2f %s\n", about[f].says, median(self->rounds[f]), about[f].unit);
    printf("  %-44s %10.2f MB\n", "most memory, training aside", self->peak_mb);
}

static bool print_json(const bench *self, const char *model, const char *cpu, fd_error *error) {
    cJSON *result = cJSON_CreateObject();
    cJSON_AddStringToObject(result, "model", model);
    cJSON_AddStringToObject(result, "cpu", cpu);
    cJSON_AddStringToObject(result, "isa", fd_model_kernels(self->model)->name);
    cJSON_AddNumberToObject(result, "threads", (double)self->asked->threads);
    cJSON_AddNumberToObject(result, "weight_bytes", (double)self->weight_bytes);
    cJSON_AddNumberToObject(result, "decode_steps", (double)self->decode_steps);
    for (size_t f = 0; f < FIGURES; f++)
        cJSON_AddNumberToObject(result, about[f].key, median(self->rounds[f]));
    cJSON_AddNumberToObject(result, "peak_mb", self->peak_mb);
    return fd_print_json(result, error);
}

static bool run(const request *asked, const char *directory, fd_error *error) {
    char cpu[128], title[PATH_MAX];
    bench self = {.asked = asked};
    processor(cpu);
    (void)snprintf(title, sizeof title,
                   asked->shape ? "random int8 weights of the %s shape, embedded tokenizer" : "%s",
                   asked->shape   ? asked->shape
                   : asked->model ? asked->model
                                  : FD_EMBEDDED);
    bool ok = load(&self, directory, error);
    if (asked->shape)
        remove_shape(directory); /* it stays mapped */
    ok = ok && measure(&self, error);
    if (ok && asked->json)
        ok = print_json(&self, title, cpu, error);
    else if (ok)
        print_report(&self, title, cpu);
    free(self.tokens);
    free(self.logits);
    fd_pool_free(self.pool);
    fd_model_free(self.model);
    return ok;
}

bool fd_command_bench(int argc, char **argv, fd_error *error) {
    request asked = {.threads = fd_processors()};
    const fd_option options[] = {{"--model", FD_TEXT, &asked.model},
                                 {"--shape", FD_TEXT, &asked.shape},
                                 {"--threads", FD_COUNT, &asked.threads},
                                 {"--json", FD_FLAG, &asked.json}};
    int plain;
    char directory[PATH_MAX];
    if (!fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &plain, error))
        return false;
    if (plain || (asked.model && asked.shape))
        return fd_fail(error, FD_USAGE, "bench takes --model M or --shape S, and options only.");
    return (asked.shape ? write_shape(asked.shape, directory, error)
                        : fd_model_path(asked.model, directory, error)) &&
           run(&asked, directory, error);
}
