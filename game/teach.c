#define _POSIX_C_SOURCE 200809L
#include "game/teach.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/paths.h"
#include "model/checkpoint.h"
#include "model/clock.h"
#include "model/file.h"
#include "model/frozen.h"
#include "model/tokenizer.h"
#include "model/tokenizer_train.h"
#include "model/train.h"

enum { SAVE_EVERY = 200, VOCABULARY_SAMPLE = 64 << 20, USUAL_RANK = 8 };

/* The model that learns. */
typedef struct subject {
    fd_config config;
    char source[PATH_MAX]; /* the directory it begins as; "" when fresh */
    fd_lora lora;          /* rank 0: no adapters */
    float *parameters;     /* without adapters: all of it */
    fd_frozen frozen;      /* with adapters: what stays */
    float *adapters;
    fd_trainee trainee;
} subject;

typedef struct run {
    const fd_lesson *lesson;
    subject *subject;
    fd_optimiser optimiser;
    double needed; /* bytes of memory, at most */
    fd_tokens tokens;
    fd_tokens dev;
    size_t dev_bytes;
    uint64_t first; /* the step this run began with */
    double started;
    double smoothed; /* loss, exponentially smoothed */
    double last;     /* loss of the last step */
    double dev_bits; /* bits a byte of the dev text, 0 when there is none */
    fd_error error;  /* of a checkpoint that could not be saved */
} run;

static double tokens_of(const fd_lesson *lesson, uint64_t steps) {
    return (double)(steps * lesson->batch * lesson->accumulate * lesson->context);
}

/* ---- memory and time, said beforehand --------------------------------------------------- */

/* Bytes the system could give without swapping; 0 when it does not say. */
static double free_memory(void) {
    fd_buffer text = FD_BUFFER(1 << 16);
    double kibibytes = 0.0;
    if (fd_file_read("/proc/meminfo", &text, NULL)) {
        const char *line = strstr(fd_buffer_text(&text), "MemAvailable:");
        if (line)
            kibibytes = strtod(line + strlen("MemAvailable:"), NULL);
    }
    fd_buffer_free(&text);
    return kibibytes * 1024.0;
}

static fd_train_plan plan_of(const fd_lesson *lesson, const fd_tokens *tokens) {
    return (fd_train_plan){.tokens = tokens->ids,
                           .count = tokens->count,
                           .steps = lesson->steps,
                           .warmup = lesson->steps / 20 + 1,
                           .batch = lesson->batch,
                           .accumulate = lesson->accumulate,
                           .length = lesson->context,
                           .threads = lesson->threads,
                           .rate = (float)lesson->rate,
                           .decay = 0.1f,
                           .seed = lesson->seed};
}

/* Parameters that will move. */
static size_t moving_of(const fd_config *config, const fd_lesson *lesson, size_t rank) {
    size_t whole = fd_parameter_total(config);
    if (rank)
        return fd_lora_total(config, rank);
    return lesson->freeze ? whole - (config->vocab + config->context + 2) * config->width : whole;
}

/* Bytes at most, with adapters of `rank` (0: none); merging them, at the end, takes the model
 * twice. *activations: what of it follows from batch and context. */
static double memory_of(const fd_lesson *lesson, const fd_config *config, size_t rank,
                        double *activations) {
    fd_train_plan plan = plan_of(lesson, &(fd_tokens){0});
    fd_train_memory memory =
        fd_train_memory_of(config, moving_of(config, lesson, rank), rank, &plan);
    size_t merging = rank && !lesson->keep_adapter ? 2 * memory.parameters : 0;
    *activations = (double)memory.activations;
    return (double)(memory.total > merging ? memory.total : merging);
}

/* Refuses what does not fit, before anything large is read or allocated. */
static bool check_memory(run *self, fd_error *error) {
    const fd_lesson *lesson = self->lesson;
    const fd_config *config = &self->subject->config;
    size_t rank = self->subject->lora.rank;
    double there = free_memory(), activations, unused;
    if (lesson->context > config->context)
        return fd_fail(error, FD_USAGE, "This model reads 1 to %zu tokens: --context %zu is more.",
                       config->context, lesson->context);
    self->needed = memory_of(lesson, config, rank, &activations);
    fprintf(stderr, "%zu parameters; training them takes about %.1f GB of memory.\n",
            fd_parameter_total(config), self->needed * 1e-9);
    if (there == 0.0 || self->needed <= there)
        return true;
    char low[64] = "";
    if (!rank && !lesson->fresh)
        (void)snprintf(low, sizeof low, "--lora %d (about %.1f GB), ", USUAL_RANK,
                       memory_of(lesson, config, USUAL_RANK, &unused) * 1e-9);
    return fd_fail(error, FD_FAILED,
                   "This training needs about %.1f GB of memory and %.1f GB are free; %sa smaller "
                   "--context or a smaller --batch (%.1f GB are for that) would need less.",
                   self->needed * 1e-9, there * 1e-9, low, activations * 1e-9);
}

static void print_duration(double took) {
    double minutes = ceil(took / 60.0);
    if (took < 90.0)
        fprintf(stderr, "%.0f s", took);
    else if (minutes < 90.0)
        fprintf(stderr, "%.0f min", minutes);
    else
        fprintf(stderr, "%.0f h %.0f min", floor(minutes / 60.0), fmod(minutes, 60.0));
}

/* After the first step. */
static void print_forecast(const run *self, double step) {
    uint64_t steps = self->lesson->steps - self->first;
    fprintf(stderr, "%zu steps of %.0f tokens: about %.1f GB and ", (size_t)steps,
            tokens_of(self->lesson, 1), self->needed * 1e-9);
    print_duration(step * (double)steps);
    fprintf(stderr, "\n");
}

/* ---- the model -------------------------------------------------------------------------- */

/* New adapters remember their model by its full path. */
static bool plan_adapters(const fd_lesson *lesson, subject *self, fd_error *error) {
    char out[PATH_MAX];
    self->lora.rank = lesson->lora;
    self->lora.alpha = lesson->alpha > 0.0 ? lesson->alpha : 2.0 * (double)lesson->lora;
    if (lesson->lora > FD_LORA_MOST_RANK)
        return fd_fail(error, FD_USAGE, "--lora is a rank of at most %d.", FD_LORA_MOST_RANK);
    if (!realpath(self->source, self->lora.base))
        return fd_fail(error, FD_BAD_FILE, "%s cannot be found: %s.", self->source,
                       strerror(errno));
    if (realpath(lesson->out, out) && strcmp(out, self->lora.base) == 0)
        return fd_fail(error, FD_USAGE,
                       "--lora leaves the model as it is: --out should be another directory.");
    return true;
}

/* What the model will be, from configurations and descriptions alone. */
static bool plan_subject(const fd_lesson *lesson, subject *self, fd_error *error) {
    bool adapted = lesson->lora > 0;
    if (lesson->fresh) {
        char end;
        self->config = (fd_config){.vocab = lesson->vocab, .epsilon = FD_GPT2_EPSILON};
        self->config.context = lesson->context > 512 ? lesson->context : 512;
        if (sscanf(lesson->fresh, "%zux%zux%zu%c", &self->config.width, &self->config.layers,
                   &self->config.heads, &end) != 3)
            return fd_fail(error, FD_USAGE,
                           "--fresh wants WIDTHxLAYERSxHEADS, such as 256x6x4, not \"%s\".",
                           lesson->fresh);
        return fd_config_check(&self->config, error);
    }
    if (lesson->resume && !fd_lora_find(lesson->out, &self->lora, &adapted, error))
        return false;
    if (lesson->resume && adapted)
        (void)snprintf(self->source, sizeof self->source, "%s", self->lora.base);
    else if (lesson->resume)
        (void)snprintf(self->source, sizeof self->source, "%s", lesson->out);
    else if (!fd_model_path(lesson->from, self->source, error))
        return false;
    if (lesson->lora && !plan_adapters(lesson, self, error))
        return false;
    return fd_config_load(self->source, &self->config, error);
}

/* Adapters of an earlier training in the out directory are not this one's. */
static bool forget_adapters(const fd_lesson *lesson, fd_error *error) {
    char path[PATH_MAX];
    if (!fd_file_path(path, error, "%s/adapter_config.json", lesson->out))
        return false;
    return remove(path) == 0 || errno == ENOENT ||
           fd_fail(error, FD_FAILED, "%s cannot be removed: %s.", path, strerror(errno));
}

/* The out directory with its tokenizer, from the model or learned from the text. */
static bool prepare_directory(const fd_lesson *lesson, const subject *self, const fd_buffer *text,
                              fd_error *error) {
    if (!fd_folder_make(lesson->out, error))
        return false;
    if (lesson->resume)
        return true;
    if (!forget_adapters(lesson, error))
        return false;
    if (lesson->from)
        return fd_checkpoint_copy_tokenizer(self->source, lesson->out, error);
    size_t sample = text->length < VOCABULARY_SAMPLE ? text->length : VOCABULARY_SAMPLE;
    fprintf(stderr, "Learning a vocabulary of %zu from %zu bytes.\n", lesson->vocab, sample);
    return fd_tokenizer_train(fd_buffer_text(text), sample, lesson->vocab, lesson->out, error);
}

static bool load_adapted(const fd_lesson *lesson, subject *self, fd_error *error) {
    const fd_lora *lora = &self->lora;
    self->adapters =
        fd_alloc(fd_lora_total(&self->config, lora->rank), sizeof(float), "adapters", error);
    if (!self->adapters || !fd_frozen_load(self->source, &self->frozen, error))
        return false;
    if (!lesson->resume)
        fd_lora_fresh(&self->config, lora->rank, lesson->seed, self->adapters);
    else if (!fd_lora_load(lesson->out, &self->config, lora, self->adapters, error))
        return false;
    return fd_trainee_adapted(&self->trainee, &self->config, self->frozen.values, lora,
                              self->adapters, error);
}

static bool load_subject(const fd_lesson *lesson, subject *self, fd_error *error) {
    if (self->lora.rank)
        return load_adapted(lesson, self, error);
    if (lesson->fresh) {
        self->parameters =
            fd_alloc(fd_parameter_total(&self->config), sizeof(float), "the model", error);
        if (self->parameters)
            fd_train_fresh(&self->config, lesson->seed, self->parameters);
    } else {
        self->parameters = fd_checkpoint_load(self->source, &self->config, error);
    }
    return self->parameters &&
           fd_trainee_whole(&self->trainee, &self->config, self->parameters, lesson->freeze, error);
}

static void free_subject(subject *self) {
    fd_trainee_free(&self->trainee);
    fd_frozen_close(&self->frozen);
    free(self->parameters);
    free(self->adapters);
}

/* ---- checkpoints ------------------------------------------------------------------------ */

static bool optimiser_path(const fd_lesson *lesson, char path[PATH_MAX], fd_error *error) {
    return fd_file_path(path, error, "%s/optimizer.safetensors", lesson->out);
}

/* What moves, then the optimiser's state: what --resume goes on from. */
static bool save(const run *self, fd_error *error) {
    const subject *model = self->subject;
    const char *out = self->lesson->out;
    char path[PATH_MAX];
    bool ok = model->lora.rank
                  ? fd_lora_save(out, &model->config, &model->lora, model->adapters, error)
                  : fd_checkpoint_save(out, &model->config, model->parameters, error);
    return ok && optimiser_path(self->lesson, path, error) &&
           fd_optimiser_save(&self->optimiser, path, error);
}

/* The model and its adapters as one model. */
static bool save_merged(const run *self, fd_error *error) {
    const subject *model = self->subject;
    const fd_config *config = &model->config;
    float *merged = fd_alloc(fd_parameter_total(config), sizeof(float), "the merged model", error);
    for (size_t i = 0; merged && i < fd_parameter_count(config); i++) {
        fd_parameter tensor = fd_parameter_at(config, i);
        memcpy(merged + tensor.offset, model->frozen.values[i], tensor.count * sizeof(float));
    }
    if (merged)
        fd_lora_merge(config, &model->lora, model->adapters, merged);
    bool ok = merged && fd_checkpoint_save(self->lesson->out, config, merged, error);
    free(merged);
    return ok;
}

static bool measure(run *self, fd_error *error) {
    double nll;
    size_t predicted;
    if (!self->dev.count)
        return true;
    if (!fd_evaluate(&self->subject->trainee, self->dev.ids, self->dev.count, self->lesson->threads,
                     &nll, &predicted, error))
        return false;
    self->dev_bits = nll / log(2.0) / (double)self->dev_bytes;
    fprintf(stderr, "%s: %.4f bits a byte\n", self->lesson->dev, self->dev_bits);
    return true;
}

/* One line a step on stderr; a checkpoint and a measurement now and then. */
static bool observe(void *context, const fd_train_progress *now) {
    run *self = context;
    const fd_lesson *lesson = self->lesson;
    uint64_t made = now->step - self->first;
    double spent = fd_clock_seconds() - self->started;
    double left = spent / (double)made * (double)(lesson->steps - now->step);
    if (made == 1)
        print_forecast(self, spent);
    self->last = now->loss;
    self->smoothed = made == 1 ? now->loss : 0.95 * self->smoothed + 0.05 * now->loss;
    fprintf(stderr, "step %zu/%zu  loss %.4f (%.4f)  rate %.2e  %.0f tokens/s  ", (size_t)now->step,
            lesson->steps, now->loss, self->smoothed, now->rate, tokens_of(lesson, made) / spent);
    print_duration(left);
    fprintf(stderr, " left\n");
    if (now->step % SAVE_EVERY != 0)
        return true;
    return save(self, &self->error) && measure(self, &self->error);
}

/* ---- the run ---------------------------------------------------------------------------- */

static bool read_texts(int count, char **paths, fd_buffer *text, fd_error *error) {
    for (int i = 0; i < count; i++)
        if (!fd_file_read(paths[i], text, error) ||
            !fd_buffer_add_text(text, FD_END_OF_TEXT, error))
            return false;
    return true;
}

static bool encode(run *self, const fd_buffer *text, fd_error *error) {
    const fd_lesson *lesson = self->lesson;
    fd_tokenizer *tokenizer = fd_tokenizer_load(lesson->out, error);
    fd_buffer dev = FD_BUFFER((size_t)1 << 30);
    bool ok = tokenizer && fd_tokenizer_encode(tokenizer, fd_buffer_text(text), text->length, true,
                                               &self->tokens, error);
    if (ok && lesson->dev) {
        ok = fd_file_read(lesson->dev, &dev, error) &&
             fd_tokenizer_encode(tokenizer, fd_buffer_text(&dev), dev.length, true, &self->dev,
                                 error);
        self->dev_bytes = dev.length;
    }
    fd_buffer_free(&dev);
    fd_tokenizer_free(tokenizer);
    return ok;
}

static bool start_optimiser(run *self, fd_error *error) {
    const fd_trainee *trainee = &self->subject->trainee;
    char path[PATH_MAX];
    return fd_optimiser_init(&self->optimiser, trainee->tensors, trainee->count, self->lesson->muon,
                             error) &&
           (!self->lesson->resume || (optimiser_path(self->lesson, path, error) &&
                                      fd_optimiser_load(&self->optimiser, path, error)));
}

static void print_json(const run *self, double spent) {
    double made = tokens_of(self->lesson, self->optimiser.step - self->first);
    printf("{\"steps\":%zu,\"loss\":%.5f,\"dev_bits_per_byte\":%.5f,\"tokens_per_s\":%.1f,"
           "\"seconds\":%.1f}\n",
           self->lesson->steps, self->last, self->dev_bits, made / spent, spent);
}

static bool train(run *self, fd_error *error) {
    const fd_lesson *lesson = self->lesson;
    fd_train_plan plan = plan_of(lesson, &self->tokens);
    fprintf(stderr, "%zu tokens of text; %zu parameters move.\n", self->tokens.count,
            self->subject->trainee.total);
    self->first = self->optimiser.step;
    self->started = fd_clock_seconds();
    bool ok = fd_train(&self->subject->trainee, &plan, &self->optimiser, observe, self, error);
    if (!ok && self->error.status != FD_OK)
        *error = self->error;
    ok = ok && save(self, error) && measure(self, error);
    double spent = fd_clock_seconds() - self->started;
    if (ok && self->subject->lora.rank && !lesson->keep_adapter)
        ok = save_merged(self, error);
    if (ok && lesson->json)
        print_json(self, spent);
    return ok;
}

bool fd_teach(const fd_lesson *lesson, char **texts, int count, fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)1 << 32);
    subject *model = fd_alloc(1, sizeof *model, "training", error);
    run self = {.lesson = lesson, .subject = model};
    bool ok = model && read_texts(count, texts, &text, error) &&
              plan_subject(lesson, model, error) && check_memory(&self, error) &&
              prepare_directory(lesson, model, &text, error) && encode(&self, &text, error) &&
              load_subject(lesson, model, error) && start_optimiser(&self, error) &&
              train(&self, error);
    fd_optimiser_free(&self.optimiser);
    fd_tokens_free(&self.tokens);
    fd_tokens_free(&self.dev);
    if (model)
        free_subject(model);
    free(model);
    fd_buffer_free(&text);
    return ok;
}
