#include "model/gpt2.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/kernels.h"
#include "model/matmul.h"
#include "model/ops.h"
#include "model/parallel.h"

struct fd_model {
    fd_weights weights;
    fd_tokenizer *tokenizer;
    fd_int_kernel *kernel;
    const char *isa;
};

struct fd_span {
    const fd_span *parent;
    size_t start; /* position of the first token */
    size_t count, room;
    size_t width;
    float *cache; /* [layers][keys, values][room][width] */
};

/* One token on its way through the model. */
typedef struct row {
    const fd_feed *feed;
    size_t index;    /* in its feed */
    size_t position; /* in its sequence */
} row;

/* The working memory of one call. */
typedef struct pass {
    const fd_model *model;
    row *rows;
    size_t count;
    size_t threads;
    float *stream;  /* [count][width] */
    float *normed;  /* [count][width] */
    float *wide;    /* [count][4 width]: queries, keys, values; then the MLP's inside */
    float *scores;  /* [threads][context] */
    int16_t *x;     /* [count][4 width] quantised activations */
    float *x_scale; /* [count] */
} pass;

fd_model *fd_model_load(const char *directory, const char *isa, fd_error *error) {
    fd_model *model = fd_alloc(1, sizeof *model, "the model", error);
    if (!model)
        return NULL;
    bool ok = fd_weights_load(directory, &model->weights, error) &&
              (model->tokenizer = fd_tokenizer_load(directory, error)) != NULL &&
              (model->kernel = fd_int_kernel_choose(isa, &model->isa, error)) != NULL;
    if (ok && fd_tokenizer_size(model->tokenizer) > model->weights.config.vocab)
        ok = fd_fail(error, FD_BAD_FILE,
                     "%s: vocab.json has %zu tokens, but config.json's vocab_size is %zu.",
                     directory, fd_tokenizer_size(model->tokenizer), model->weights.config.vocab);
    if (ok)
        return model;
    fd_model_free(model);
    return NULL;
}

void fd_model_free(fd_model *model) {
    if (!model)
        return;
    fd_tokenizer_free(model->tokenizer);
    fd_weights_close(&model->weights);
    free(model);
}

const fd_config *fd_model_config(const fd_model *model) {
    return &model->weights.config;
}

const fd_tokenizer *fd_model_tokenizer(const fd_model *model) {
    return model->tokenizer;
}

const fd_weights *fd_model_weights(const fd_model *model) {
    return &model->weights;
}

const char *fd_model_isa(const fd_model *model) {
    return model->isa;
}

fd_span *fd_span_new(const fd_model *model, const fd_span *parent, size_t room, fd_error *error) {
    const fd_config *config = &model->weights.config;
    size_t floats;
    fd_span *span = fd_alloc(1, sizeof *span, "a sequence", error);
    if (!span || !fd_size_mul(room, 2 * config->layers * config->width, &floats)) {
        free(span);
        return NULL;
    }
    span->parent = parent;
    span->start = parent ? fd_span_end(parent) : 0;
    span->room = room;
    span->width = config->width;
    span->cache = fd_alloc(floats, sizeof(float), "the key and value cache", error);
    if (span->cache)
        return span;
    free(span);
    return NULL;
}

void fd_span_free(fd_span *span) {
    if (span)
        free(span->cache);
    free(span);
}

size_t fd_span_end(const fd_span *span) {
    return span->start + span->count;
}

/* The keys (part 0) or values (part 1) of a layer, [room][width]. */
static float *cached(const fd_span *span, size_t layer, size_t part) {
    return span->cache + (layer * 2 + part) * span->room * span->width;
}

/* Small work is not worth starting threads for; exactness does not depend on the choice. */
static size_t threads_for(const pass *self, size_t operations) {
    enum { WORTH_A_THREAD = 4 << 20 };
    size_t useful = operations / WORTH_A_THREAD;
    return useful < 2 ? 1 : useful < self->threads ? useful : self->threads;
}

typedef struct int_job {
    fd_int_kernel *kernel;
    fd_int_product product;
} int_job;

static void multiply_share(void *context, size_t share, size_t threads) {
    const int_job *job = context;
    size_t outs = job->product.outs;
    job->kernel(&job->product, outs * share / threads, outs * (share + 1) / threads);
}

/* out[rows][outs] = in[rows][inner] * matrix + bias. */
static bool apply(const pass *self, const fd_linear *matrix, const float *in, size_t rows,
                  float *out, fd_error *error) {
    size_t inner = matrix->inner, outs = matrix->outs;
    if (matrix->q) {
        for (size_t r = 0; r < rows; r++)
            fd_quantise_activations(in + r * inner, inner, self->x + r * inner, &self->x_scale[r]);
        int_job job = {self->model->kernel,
                       {self->x, self->x_scale, rows, inner, matrix->q, matrix->scale, matrix->bias,
                        outs, out}};
        return fd_parallel(threads_for(self, rows * inner * outs), multiply_share, &job, error);
    }
    fd_matrix a = {in, inner, false};
    fd_matrix b = {matrix->f, matrix->rows ? inner : outs, matrix->rows};
    for (size_t r = 0; matrix->bias && r < rows; r++)
        memcpy(out + r * outs, matrix->bias, outs * sizeof(float));
    fd_matmul(rows, outs, inner, 1.0f, a, b, matrix->bias ? 1.0f : 0.0f, out, outs);
    return true;
}

/* Attention of one row's head over the span's tokens up to `limit` and all of its ancestors'. The
 * order of positions is that of the sequence, whatever spans it lies in. */
static void attend_span(const fd_span *span, size_t limit, size_t layer, size_t offset, size_t head,
                        const float *query, float *scores) {
    if (span->parent)
        attend_span(span->parent, span->parent->count, layer, offset, head, query, scores);
    const float *keys = cached(span, layer, 0) + offset;
    for (size_t t = 0; t < limit; t++)
        scores[span->start + t] = fd_dot(query, keys + t * span->width, head);
}

static void gather_span(const fd_span *span, size_t limit, size_t layer, size_t offset, size_t head,
                        const float *scores, float *out) {
    if (span->parent)
        gather_span(span->parent, span->parent->count, layer, offset, head, scores, out);
    const float *values = cached(span, layer, 1) + offset;
    for (size_t t = 0; t < limit; t++)
        fd_add_scaled(out, values + t * span->width, scores[span->start + t], head);
}

typedef struct attention_job {
    const pass *pass;
    size_t layer;
} attention_job;

static void attend_share(void *context, size_t share, size_t threads) {
    const attention_job *job = context;
    const pass *self = job->pass;
    const fd_config *config = &self->model->weights.config;
    size_t width = config->width, head = width / config->heads;
    float *scores = self->scores + share * config->context;
    float scale = 1.0f / sqrtf((float)head);
    for (size_t i = share; i < self->count * config->heads; i += threads) {
        const row *here = &self->rows[i / config->heads];
        const fd_span *span = here->feed->span;
        size_t offset = i % config->heads * head, length = here->position + 1;
        size_t limit = length - span->start;
        float *out = self->normed + i / config->heads * width + offset;
        attend_span(span, limit, job->layer, offset, head,
                    self->wide + i / config->heads * 3 * width + offset, scores);
        for (size_t t = 0; t < length; t++)
            scores[t] *= scale;
        fd_softmax(scores, length);
        memset(out, 0, head * sizeof(float));
        gather_span(span, limit, job->layer, offset, head, scores, out);
    }
}

/* Keeps the keys and values of every row, then attends; the result replaces `normed`. */
static bool attention(const pass *self, size_t layer, fd_error *error) {
    size_t width = self->model->weights.config.width, operations = 0;
    for (size_t r = 0; r < self->count; r++) {
        const fd_span *span = self->rows[r].feed->span;
        size_t place = (self->rows[r].position - span->start) * width;
        const float *qkv = self->wide + r * 3 * width;
        memcpy(cached(span, layer, 0) + place, qkv + width, width * sizeof(float));
        memcpy(cached(span, layer, 1) + place, qkv + 2 * width, width * sizeof(float));
        operations += 8 * width * (self->rows[r].position + 1);
    }
    attention_job job = {self, layer};
    return fd_parallel(threads_for(self, operations), attend_share, &job, error);
}

static void normalise(const pass *self, const fd_norm *norm) {
    const fd_config *config = &self->model->weights.config;
    for (size_t r = 0; r < self->count; r++)
        fd_layer_norm(self->stream + r * config->width, norm->gain, norm->bias, config->epsilon,
                      config->width, self->normed + r * config->width);
}

/* stream += matrix applied to in; `room` holds the product. */
static bool add_to_stream(const pass *self, const fd_linear *matrix, const float *in, float *room,
                          fd_error *error) {
    if (!apply(self, matrix, in, self->count, room, error))
        return false;
    for (size_t i = 0; i < self->count * matrix->outs; i++)
        self->stream[i] += room[i];
    return true;
}

static bool run_layer(const pass *self, size_t index, fd_error *error) {
    const fd_layer *layer = &self->model->weights.layers[index];
    size_t width = self->model->weights.config.width;
    normalise(self, &layer->before_attention);
    if (!apply(self, &layer->qkv, self->normed, self->count, self->wide, error) ||
        !attention(self, index, error) ||
        !add_to_stream(self, &layer->projection, self->normed, self->wide, error))
        return false;
    normalise(self, &layer->before_mlp);
    if (!apply(self, &layer->up, self->normed, self->count, self->wide, error))
        return false;
    fd_gelu(self->wide, self->wide, self->count * 4 * width);
    return add_to_stream(self, &layer->down, self->wide, self->normed, error);
}

/* The logits that were asked for, from the normed stream. */
static bool give_logits(const pass *self, const fd_feed *feeds, size_t count, fd_error *error) {
    size_t width = self->model->weights.config.width, first = 0;
    bool ok = true;
    for (size_t f = 0; ok && f < count; f++) {
        const fd_feed *feed = &feeds[f];
        size_t skip = feed->every ? 0 : feed->count - 1;
        if (feed->logits)
            ok = apply(self, &self->model->weights.head, self->normed + (first + skip) * width,
                       feed->count - skip, feed->logits, error);
        first += feed->count;
    }
    return ok;
}

static bool check_feeds(const fd_model *model, const fd_feed *feeds, size_t count, size_t *rows,
                        fd_error *error) {
    const fd_config *config = &model->weights.config;
    *rows = 0;
    for (size_t f = 0; f < count; f++) {
        const fd_feed *feed = &feeds[f];
        if (feed->span->count + feed->count > feed->span->room ||
            fd_span_end(feed->span) + feed->count > config->context)
            return fd_fail(error, FD_FAILED, "The model's context of %zu tokens is full.",
                           config->context);
        for (size_t i = 0; i < feed->count; i++)
            if (feed->tokens[i] < 0 || (size_t)feed->tokens[i] >= config->vocab)
                return fd_fail(error, FD_BAD_FILE,
                               "Token %zu of the text is not in the model's vocabulary.", i);
        *rows += feed->count;
    }
    return true;
}

static void free_pass(pass *self) {
    free(self->rows);
    free(self->stream);
    free(self->normed);
    free(self->wide);
    free(self->scores);
    free(self->x);
    free(self->x_scale);
}

static bool new_pass(pass *self, const fd_feed *feeds, size_t count, fd_error *error) {
    const fd_config *config = &self->model->weights.config;
    size_t width = config->width, rows = self->count, filled = 0;
    const char *what = "the model's work";
    self->rows = fd_alloc(rows, sizeof(row), what, error);
    self->stream = fd_alloc(rows * width, sizeof(float), what, error);
    self->normed = fd_alloc(rows * width, sizeof(float), what, error);
    self->wide = fd_alloc(rows * width * 4, sizeof(float), what, error);
    self->scores = fd_alloc(self->threads * config->context, sizeof(float), what, error);
    self->x = fd_alloc(rows * width * 4, sizeof(int16_t), what, error);
    self->x_scale = fd_alloc(rows, sizeof(float), what, error);
    if (!self->rows || !self->stream || !self->normed || !self->wide || !self->scores || !self->x ||
        !self->x_scale)
        return false;
    for (size_t f = 0; f < count; f++)
        for (size_t i = 0; i < feeds[f].count; i++) {
            row here = {&feeds[f], i, fd_span_end(feeds[f].span) + i};
            float *stream = self->stream + filled * width;
            const float *position = self->model->weights.positions + here.position * width;
            fd_weights_embed(&self->model->weights, feeds[f].tokens[i], stream);
            for (size_t c = 0; c < width; c++)
                stream[c] += position[c];
            self->rows[filled++] = here;
        }
    return true;
}

bool fd_model_read(const fd_model *model, const fd_feed *feeds, size_t count, size_t threads,
                   fd_error *error) {
    pass self = {.model = model, .threads = threads ? threads : 1};
    if (!check_feeds(model, feeds, count, &self.count, error))
        return false;
    bool ok = new_pass(&self, feeds, count, error);
    for (size_t l = 0; ok && l < model->weights.config.layers; l++)
        ok = run_layer(&self, l, error);
    if (ok) {
        normalise(&self, &model->weights.last);
        ok = give_logits(&self, feeds, count, error);
    }
    for (size_t f = 0; ok && f < count; f++)
        feeds[f].span->count += feeds[f].count;
    free_pass(&self);
    return ok;
}
