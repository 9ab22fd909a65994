/* train.c - `feverdream train`: teaches a model prose and leaves a Hugging Face directory. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "game/commands.h"
#include "game/options.h"
#include "model/checkpoint.h"
#include "model/file.h"
#include "model/tokenizer.h"
#include "model/tokenizer_train.h"
#include "model/train.h"

typedef struct request {
    const char *from;
    const char *fresh; /* WIDTHxLAYERSxHEADS */
    const char *out;
    size_t vocab, context, steps, batch, threads, seed;
    double rate;
    bool json;
} request;

typedef struct run {
    const request *asked;
    const fd_config *config;
    const float *parameters;
    double started;
    double smoothed; /* loss, exponentially smoothed */
    double last;     /* loss of the last step */
    fd_error error;  /* of a checkpoint that could not be saved */
} run;

enum { SAVE_EVERY = 200 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* One line a step on stderr, and a checkpoint now and then. */
static bool observe(void *context, const fd_train_progress *now) {
    run *self = context;
    const request *asked = self->asked;
    double spent = seconds() - self->started;
    double rate = (double)(now->step * asked->batch * asked->context) / spent;
    double left = spent / (double)now->step * (double)(asked->steps - now->step);
    self->last = now->loss;
    self->smoothed = now->step == 1 ? now->loss : 0.95 * self->smoothed + 0.05 * now->loss;
    fprintf(stderr, "step %zu/%zu  loss %.4f (%.4f)  rate %.2e  %.0f tokens/s  %.0f min left\n",
            (size_t)now->step, asked->steps, now->loss, self->smoothed, now->rate, rate,
            left / 60.0);
    if (now->step % SAVE_EVERY == 0 &&
        !fd_checkpoint_save(asked->out, self->config, self->parameters, &self->error))
        return false;
    return true;
}

static bool read_texts(int count, char **paths, fd_buffer *text, fd_error *error) {
    for (int i = 0; i < count; i++)
        if (!fd_file_read(paths[i], text, error) ||
            !fd_buffer_add_text(text, FD_END_OF_TEXT, error))
            return false;
    return true;
}

/* Copies the tokenizer's two files, so that the result is a whole model. */
static bool copy_tokenizer(const char *from, const char *to, fd_error *error) {
    static const char *const names[] = {"vocab.json", "merges.txt"};
    bool ok = true;
    for (size_t i = 0; ok && i < 2; i++) {
        char source[PATH_MAX], target[PATH_MAX];
        fd_buffer bytes = FD_BUFFER((size_t)1 << 26);
        int a = snprintf(source, sizeof source, "%s/%s", from, names[i]);
        int b = snprintf(target, sizeof target, "%s/%s", to, names[i]);
        ok = a < PATH_MAX && b < PATH_MAX
                 ? fd_file_read(source, &bytes, error) &&
                       fd_file_replace(target, fd_buffer_text(&bytes), bytes.length, error)
                 : fd_fail(error, FD_FAILED, "The path %s is too long.", to);
        fd_buffer_free(&bytes);
    }
    return ok;
}

/* The parameters to start from, fresh or read; the out directory gets its tokenizer. */
static float *prepare(const request *asked, const fd_buffer *text, fd_config *config,
                      fd_error *error) {
    if (mkdir(asked->out, 0777) != 0 && errno != EEXIST) {
        fd_fail(error, FD_FAILED, "%s cannot be created: %s.", asked->out, strerror(errno));
        return NULL;
    }
    if (asked->from)
        return copy_tokenizer(asked->from, asked->out, error)
                   ? fd_checkpoint_load(asked->from, config, error)
                   : NULL;
    char end;
    *config = (fd_config){.context = 512, .vocab = asked->vocab, .epsilon = FD_GPT2_EPSILON};
    if (sscanf(asked->fresh, "%zux%zux%zu%c", &config->width, &config->layers, &config->heads,
               &end) != 3) {
        fd_fail(error, FD_USAGE, "--fresh wants WIDTHxLAYERSxHEADS, such as 256x6x4, not \"%s\".",
                asked->fresh);
        return NULL;
    }
    if (asked->context > config->context)
        config->context = asked->context;
    if (!fd_config_check(config, error))
        return NULL;
    fprintf(stderr, "Learning a vocabulary of %zu from %zu bytes.\n", asked->vocab, text->length);
    if (!fd_tokenizer_train(fd_buffer_text(text), text->length, asked->vocab, asked->out, error))
        return NULL;
    float *parameters = fd_alloc(fd_parameter_total(config), sizeof(float), "the model", error);
    if (parameters)
        fd_train_fresh(config, asked->seed, parameters);
    return parameters;
}

static bool teach(const request *asked, const fd_buffer *text, fd_config *config, float *parameters,
                  fd_error *error) {
    fd_tokens tokens = {0};
    fd_tokenizer *tokenizer = fd_tokenizer_load(asked->out, error);
    bool ok = tokenizer && fd_tokenizer_encode(tokenizer, fd_buffer_text(text), text->length, true,
                                               &tokens, error);
    run self = {asked, config, parameters, seconds(), 0.0, 0.0, {FD_OK, ""}};
    fd_train_plan plan = {.tokens = tokens.ids,
                          .count = tokens.count,
                          .steps = asked->steps,
                          .warmup = asked->steps / 20 + 1,
                          .batch = asked->batch,
                          .length = asked->context,
                          .threads = asked->threads < asked->batch ? asked->threads : asked->batch,
                          .rate = (float)asked->rate,
                          .decay = 0.1f,
                          .seed = asked->seed};
    ok = ok && fd_train(config, &plan, parameters, observe, &self, error);
    if (!ok && self.error.status != FD_OK)
        *error = self.error;
    ok = ok && fd_checkpoint_save(asked->out, config, parameters, error);
    double spent = seconds() - self.started;
    if (ok && asked->json)
        printf("{\"steps\":%zu,\"loss\":%.5f,\"tokens_per_s\":%.1f,\"seconds\":%.1f}\n",
               asked->steps, self.last,
               (double)(asked->steps * asked->batch * asked->context) / spent, spent);
    fd_tokens_free(&tokens);
    fd_tokenizer_free(tokenizer);
    return ok;
}

bool fd_command_train(int argc, char **argv, fd_error *error) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    request asked = {.vocab = 4096, .context = 256, .steps = 1000, .batch = 16, .seed = 1};
    asked.threads = processors > 0 ? (size_t)processors : 1;
    asked.rate = 1e-3;
    const fd_option options[] = {
        {"--from", FD_TEXT, &asked.from},        {"--fresh", FD_TEXT, &asked.fresh},
        {"--out", FD_TEXT, &asked.out},          {"--vocab", FD_COUNT, &asked.vocab},
        {"--context", FD_COUNT, &asked.context}, {"--steps", FD_COUNT, &asked.steps},
        {"--batch", FD_COUNT, &asked.batch},     {"--threads", FD_COUNT, &asked.threads},
        {"--seed", FD_COUNT, &asked.seed},       {"--lr", FD_REAL, &asked.rate},
        {"--json", FD_FLAG, &asked.json}};
    int texts;
    if (!fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &texts, error))
        return false;
    if (!texts || !asked.out || !asked.from == !asked.fresh)
        return fd_fail(error, FD_USAGE,
                       "train wants text files, --out DIR, and one of --from DIR and --fresh.");
    fd_config config;
    fd_buffer text = FD_BUFFER((size_t)1 << 32);
    float *parameters =
        read_texts(texts, argv + 1, &text, error) ? prepare(&asked, &text, &config, error) : NULL;
    bool ok = parameters && teach(&asked, &text, &config, parameters, error);
    free(parameters);
    fd_buffer_free(&text);
    return ok;
}
