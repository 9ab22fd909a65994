/* train.c - `feverdream train`: teaches a model prose and leaves a Hugging Face directory. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "game/commands.h"
#include "game/options.h"
#include "game/paths.h"
#include "model/checkpoint.h"
#include "model/file.h"
#include "model/optimiser.h"
#include "model/tokenizer.h"
#include "model/tokenizer_train.h"
#include "model/train.h"

typedef struct request {
    const char *from;
    const char *fresh; /* WIDTHxLAYERSxHEADS */
    const char *out;
    const char *dev; /* a text that is measured and not learned from */
    const char *optimiser;
    size_t vocab, context, steps, batch, accumulate, threads, seed;
    double rate;
    bool resume;
    bool json;
} request;

typedef struct run {
    const request *asked;
    const fd_config *config;
    const float *parameters;
    const fd_optimiser *optimiser;
    fd_tokens dev;
    size_t dev_bytes;
    uint64_t first; /* the step this run began with */
    double started;
    double smoothed; /* loss, exponentially smoothed */
    double last;     /* loss of the last step */
    double dev_bits; /* bits a byte of the dev text, 0 when there is none */
    fd_error error;  /* of a checkpoint that could not be saved */
} run;

enum { SAVE_EVERY = 200, VOCABULARY_SAMPLE = 64 << 20 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double tokens_of(const request *asked, uint64_t steps) {
    return (double)(steps * asked->batch * asked->accumulate * asked->context);
}

static bool optimiser_path(const request *asked, char path[PATH_MAX], fd_error *error) {
    return snprintf(path, PATH_MAX, "%s/optimizer.safetensors", asked->out) < PATH_MAX ||
           fd_fail(error, FD_FAILED, "The path %s is too long.", asked->out);
}

/* Weights, then the optimiser's state: what --resume goes on from. */
static bool save(const run *self, fd_error *error) {
    char path[PATH_MAX];
    return fd_checkpoint_save(self->asked->out, self->config, self->parameters, error) &&
           optimiser_path(self->asked, path, error) &&
           fd_optimiser_save(self->optimiser, path, error);
}

static bool measure(run *self, fd_error *error) {
    double nll;
    size_t predicted;
    if (!self->dev.count)
        return true;
    if (!fd_evaluate(self->config, self->parameters, self->dev.ids, self->dev.count,
                     self->asked->threads, &nll, &predicted, error))
        return false;
    self->dev_bits = nll / log(2.0) / (double)self->dev_bytes;
    fprintf(stderr, "%s: %.4f bits a byte\n", self->asked->dev, self->dev_bits);
    return true;
}

/* One line a step on stderr; a checkpoint and a measurement now and then. */
static bool observe(void *context, const fd_train_progress *now) {
    run *self = context;
    const request *asked = self->asked;
    uint64_t made = now->step - self->first;
    double spent = seconds() - self->started;
    double left = spent / (double)made * (double)(asked->steps - now->step);
    self->last = now->loss;
    self->smoothed = made == 1 ? now->loss : 0.95 * self->smoothed + 0.05 * now->loss;
    fprintf(stderr, "step %zu/%zu  loss %.4f (%.4f)  rate %.2e  %.0f tokens/s  %.0f min left\n",
            (size_t)now->step, asked->steps, now->loss, self->smoothed, now->rate,
            tokens_of(asked, made) / spent, left / 60.0);
    if (now->step % SAVE_EVERY != 0)
        return true;
    return save(self, &self->error) && measure(self, &self->error);
}

static bool read_texts(int count, char **paths, fd_buffer *text, fd_error *error) {
    for (int i = 0; i < count; i++)
        if (!fd_file_read(paths[i], text, error) ||
            !fd_buffer_add_text(text, FD_END_OF_TEXT, error))
            return false;
    return true;
}

/* The parameters to start from, fresh or read; the out directory gets its tokenizer. */
static float *prepare(const request *asked, const fd_buffer *text, fd_config *config,
                      fd_error *error) {
    if (mkdir(asked->out, 0777) != 0 && errno != EEXIST) {
        fd_fail(error, FD_FAILED, "%s cannot be created: %s.", asked->out, strerror(errno));
        return NULL;
    }
    if (asked->resume)
        return fd_checkpoint_load(asked->out, config, error);
    if (asked->from) {
        char from[PATH_MAX];
        return fd_model_path(asked->from, from, error) &&
                       fd_checkpoint_copy_tokenizer(from, asked->out, error)
                   ? fd_checkpoint_load(from, config, error)
                   : NULL;
    }
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
    size_t sample = text->length < VOCABULARY_SAMPLE ? text->length : VOCABULARY_SAMPLE;
    fprintf(stderr, "Learning a vocabulary of %zu from %zu bytes.\n", asked->vocab, sample);
    if (!fd_tokenizer_train(fd_buffer_text(text), sample, asked->vocab, asked->out, error))
        return NULL;
    float *parameters = fd_alloc(fd_parameter_total(config), sizeof(float), "the model", error);
    if (parameters)
        fd_train_fresh(config, asked->seed, parameters);
    return parameters;
}

static bool encode_dev(run *self, const fd_tokenizer *tokenizer, fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)1 << 30);
    bool ok =
        fd_file_read(self->asked->dev, &text, error) &&
        fd_tokenizer_encode(tokenizer, fd_buffer_text(&text), text.length, true, &self->dev, error);
    self->dev_bytes = text.length;
    fd_buffer_free(&text);
    return ok;
}

static bool start_optimiser(const request *asked, const fd_config *config, fd_optimiser *optimiser,
                            fd_error *error) {
    char path[PATH_MAX];
    bool muon = strcmp(asked->optimiser, "muon") == 0;
    return fd_optimiser_init(optimiser, config, muon, error) &&
           (!asked->resume ||
            (optimiser_path(asked, path, error) && fd_optimiser_load(optimiser, path, error)));
}

static bool teach(const request *asked, const fd_buffer *text, const fd_config *config,
                  float *parameters, fd_error *error) {
    fd_tokens tokens = {0};
    fd_optimiser optimiser = {.step = 0};
    run self = {.asked = asked, .config = config, .parameters = parameters};
    self.optimiser = &optimiser;
    fd_tokenizer *tokenizer = fd_tokenizer_load(asked->out, error);
    bool ok = tokenizer && fd_tokenizer_encode(tokenizer, fd_buffer_text(text), text->length, true,
                                               &tokens, error);
    ok = ok && (!asked->dev || encode_dev(&self, tokenizer, error)) &&
         start_optimiser(asked, config, &optimiser, error);
    fd_train_plan plan = {.tokens = tokens.ids,
                          .count = tokens.count,
                          .steps = asked->steps,
                          .warmup = asked->steps / 20 + 1,
                          .batch = asked->batch,
                          .accumulate = asked->accumulate,
                          .length = asked->context,
                          .threads = asked->threads < asked->batch ? asked->threads : asked->batch,
                          .rate = (float)asked->rate,
                          .decay = 0.1f,
                          .seed = asked->seed};
    if (ok)
        fprintf(stderr, "%zu parameters, %zu tokens of text.\n", fd_parameter_total(config),
                tokens.count);
    self.first = optimiser.step;
    self.started = seconds();
    ok = ok && fd_train(config, &plan, &optimiser, parameters, observe, &self, error);
    if (!ok && self.error.status != FD_OK)
        *error = self.error;
    ok = ok && save(&self, error) && measure(&self, error);
    double spent = seconds() - self.started;
    if (ok && asked->json)
        printf("{\"steps\":%zu,\"loss\":%.5f,\"dev_bits_per_byte\":%.5f,\"tokens_per_s\":%.1f,"
               "\"seconds\":%.1f}\n",
               asked->steps, self.last, self.dev_bits,
               tokens_of(asked, optimiser.step - self.first) / spent, spent);
    fd_optimiser_free(&optimiser);
    fd_tokens_free(&self.dev);
    fd_tokens_free(&tokens);
    fd_tokenizer_free(tokenizer);
    return ok;
}

bool fd_command_train(int argc, char **argv, fd_error *error) {
    request asked = {.vocab = 4096, .context = 256, .steps = 1000, .batch = 16, .seed = 1};
    asked.threads = fd_processors();
    asked.accumulate = 1;
    asked.rate = 1e-3;
    asked.optimiser = "adamw";
    const fd_option options[] = {{"--from", FD_TEXT, &asked.from},
                                 {"--fresh", FD_TEXT, &asked.fresh},
                                 {"--resume", FD_FLAG, &asked.resume},
                                 {"--out", FD_TEXT, &asked.out},
                                 {"--dev", FD_TEXT, &asked.dev},
                                 {"--vocab", FD_COUNT, &asked.vocab},
                                 {"--context", FD_COUNT, &asked.context},
                                 {"--steps", FD_COUNT, &asked.steps},
                                 {"--batch", FD_COUNT, &asked.batch},
                                 {"--accumulate", FD_COUNT, &asked.accumulate},
                                 {"--threads", FD_COUNT, &asked.threads},
                                 {"--seed", FD_COUNT, &asked.seed},
                                 {"--optimizer", FD_TEXT, &asked.optimiser},
                                 {"--lr", FD_REAL, &asked.rate},
                                 {"--json", FD_FLAG, &asked.json}};
    int texts;
    if (!fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &texts, error))
        return false;
    if (!texts || !asked.out || !!asked.from + !!asked.fresh + asked.resume != 1)
        return fd_fail(error, FD_USAGE,
                       "train wants text files, --out DIR, and one of --from DIR, --fresh SHAPE "
                       "and --resume.");
    if (strcmp(asked.optimiser, "adamw") != 0 && strcmp(asked.optimiser, "muon") != 0)
        return fd_fail(error, FD_USAGE, "--optimizer is adamw or muon, not \"%s\".",
                       asked.optimiser);
    fd_config config;
    fd_buffer text = FD_BUFFER((size_t)1 << 32);
    float *parameters =
        read_texts(texts, argv + 1, &text, error) ? prepare(&asked, &text, &config, error) : NULL;
    bool ok = parameters && teach(&asked, &text, &config, parameters, error);
    free(parameters);
    fd_buffer_free(&text);
    return ok;
}
