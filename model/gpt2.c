#include "model/gpt2.h"

#include <stdlib.h>
#include <string.h>

#include "model/desk.h"
#include "model/kernels.h"
#include "model/matmul.h"
#include "model/span.h"

struct fd_model {
    fd_weights weights;
    fd_tokenizer *tokenizer;
    const fd_kernels *kernels;
    fd_desks *desks;
};

/* One token on its way through the model. */
typedef struct row {
    fd_span *span;
    size_t position; /* in its sequence */
    float *logits;   /* where those after it go, or NULL */
} row;

/* One call. */
typedef struct pass {
    const fd_model *model;
    const fd_kernels *kernels;
    const fd_desk *desk;
    row *rows;
    size_t count;
} pass;

fd_model *fd_model_load(const char *directory, const char *isa, fd_error *error) {
    fd_model *model = fd_alloc(1, sizeof *model, "the model", error);
    if (!model)
        return NULL;
    bool ok = fd_weights_load(directory, &model->weights, error) &&
              (model->tokenizer = fd_tokenizer_load(directory, error)) != NULL &&
              (model->kernels = fd_kernels_choose(isa, error)) != NULL &&
              (model->desks = fd_desks_new(&model->weights.config, error)) != NULL;
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
    fd_desks_free(model->desks);
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

const fd_kernels *fd_model_kernels(const fd_model *model) {
    return model->kernels;
}

/* What is done for fewer rows is not worth telling another thread about. */
enum { ROWS_AT_ONCE = 4 };

static size_t row_pieces(size_t rows) {
    return (rows + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
}

static size_t piece_end(size_t piece, size_t rows) {
    size_t end = (piece + 1) * ROWS_AT_ONCE;
    return end < rows ? end : rows;
}

/* What becomes of a product's results. */
typedef enum aftermath { KEEP, GELU, ADD_TO_STREAM } aftermath;

/* desk->lines[rows][outs] = in[rows][inner] * matrix + bias, and what follows. With a norm, `in` is
 * first made of the stream. */
typedef struct product {
    const pass *pass;
    const fd_norm *norm; /* or NULL */
    const fd_linear *matrix;
    float *in;
    size_t rows;
    aftermath then;
    size_t pieces;
} product;

static void prepare_piece(void *context, size_t piece, size_t worker) {
    const product *self = context;
    const fd_desk *desk = self->pass->desk;
    const fd_kernels *kernels = self->pass->kernels;
    size_t inner = self->matrix->inner;
    (void)worker;
    for (size_t r = piece * ROWS_AT_ONCE; r < piece_end(piece, self->rows); r++) {
        float *in = self->in + r * inner;
        if (self->norm)
            kernels->layer_norm(desk->stream + r * inner, self->norm->gain, self->norm->bias,
                                self->pass->model->weights.config.epsilon, inner, in);
        if (self->matrix->q)
            kernels->quantise(in, inner, desk->x + r * inner, &desk->x_scale[r]);
    }
}

static void follow_up(const product *self, size_t from, size_t to) {
    const fd_desk *desk = self->pass->desk;
    for (size_t r = 0; r < self->rows; r++) {
        float *line = desk->lines[r], *stream = desk->stream + r * self->matrix->outs;
        if (self->then == GELU)
            self->pass->kernels->gelu(line + from, to - from);
        for (size_t o = from; self->then == ADD_TO_STREAM && o < to; o++)
            stream[o] += line[o];
    }
}

/* Pieces begin at whole cache lines of results. */
static size_t first_out(const product *self, size_t piece) {
    size_t outs = self->matrix->outs;
    return piece == self->pieces ? outs : outs * piece / self->pieces / 16 * 16;
}

static void multiply_piece(void *context, size_t piece, size_t worker) {
    const product *self = context;
    const fd_linear *matrix = self->matrix;
    const fd_desk *desk = self->pass->desk;
    const fd_int_product job = {desk->x,       desk->x_scale, self->rows,
                                matrix->inner, matrix->q,     matrix->scale,
                                matrix->bias,  matrix->outs,  desk->lines};
    size_t from = first_out(self, piece), to = first_out(self, piece + 1);
    (void)worker;
    self->pass->kernels->multiply(&job, from, to);
    follow_up(self, from, to);
}

/* How many pieces a product is worth: of some microseconds each, and as many for every thread. */
static size_t product_pieces(const product *self) {
    enum { WORTH_A_PIECE = 1 << 16, LEAST_OUTS = 32, MOST_EACH = 32 };
    size_t threads = fd_pool_workers(self->pass->desk->pool), outs = self->matrix->outs;
    size_t work = self->rows * self->matrix->inner * outs / WORTH_A_PIECE;
    size_t most = outs / LEAST_OUTS < work ? outs / LEAST_OUTS : work;
    size_t each = most / threads < MOST_EACH ? most / threads : MOST_EACH;
    return each ? each * threads : 1;
}

/* Rows of results that lie one after the other are one product. */
static void multiply_floats(const product *self) {
    const fd_linear *matrix = self->matrix;
    size_t inner = matrix->inner, outs = matrix->outs;
    fd_matrix b = {matrix->f, matrix->rows ? inner : outs, matrix->rows};
    float **lines = self->pass->desk->lines;
    for (size_t r = 0; matrix->bias && r < self->rows; r++)
        memcpy(lines[r], matrix->bias, outs * sizeof(float));
    for (size_t r = 0, end = 1; r < self->rows; r = end++) {
        while (end < self->rows && lines[end] == lines[end - 1] + outs)
            end++;
        fd_matrix a = {self->in + r * inner, inner, false};
        fd_matmul(end - r, outs, inner, 1.0f, a, b, matrix->bias ? 1.0f : 0.0f, lines[r], outs);
    }
    follow_up(self, 0, outs);
}

static void multiply(const pass *self, const fd_norm *norm, const fd_linear *matrix, float *in,
                     aftermath then) {
    product job = {self, norm, matrix, in, self->count, then, 1};
    if (norm || matrix->q)
        fd_pool_run(self->desk->pool, prepare_piece, &job, row_pieces(job.rows));
    if (matrix->f) {
        multiply_floats(&job);
        return;
    }
    job.pieces = product_pieces(&job);
    fd_pool_run(self->desk->pool, multiply_piece, &job, job.pieces);
}

/* The same, out[rows][outs] being where the results go. */
static void apply(const pass *self, const fd_norm *norm, const fd_linear *matrix, float *in,
                  float *out, aftermath then) {
    for (size_t r = 0; r < self->count; r++)
        self->desk->lines[r] = out + r * matrix->outs;
    multiply(self, norm, matrix, in, then);
}

typedef struct attention {
    const pass *pass;
    size_t layer;
} attention;

/* One head of all rows, some at a time: the keys and values of a row are kept before it or a later
 * one looks. */
static void attend_piece(void *context, size_t head, size_t worker) {
    const attention *self = context;
    const pass *call = self->pass;
    const fd_config *config = &call->model->weights.config;
    const fd_desk *desk = call->desk;
    size_t width = config->width, size = width / config->heads;
    for (size_t r = 0; r < call->count;) {
        fd_look looks[FD_TOGETHER];
        size_t count = 0;
        for (; count < FD_TOGETHER && r < call->count; count++, r++) {
            const row *here = &call->rows[r];
            const float *query = desk->wide + r * 3 * width + head * size;
            size_t place = worker * FD_TOGETHER + count;
            int16_t *whole = desk->whole + place * desk->room;
            if (!fd_span_together(looks, count, here->span))
                break;
            fd_span_keep(here->span, call->kernels, self->layer, head, here->position,
                         query + width, query + 2 * width, whole);
            looks[count] = (fd_look){.span = here->span,
                                     .position = here->position,
                                     .query = query,
                                     .out = desk->normed + r * width + head * size,
                                     .scores = desk->scores + place * desk->room,
                                     .whole = whole,
                                     .sums = desk->sums + place * size};
        }
        fd_span_attend(looks, count, call->kernels, self->layer, head);
    }
}

/* The result replaces `normed`. */
static void attend(const pass *self, size_t layer) {
    attention job = {self, layer};
    fd_pool_run(self->desk->pool, attend_piece, &job, self->model->weights.config.heads);
}

/* Goes on with those rows alone whose logits were asked for. */
static void drop_unwanted(pass *self) {
    const fd_desk *desk = self->desk;
    size_t width = self->model->weights.config.width, kept = 0;
    for (size_t r = 0; r < self->count; r++)
        if (self->rows[r].logits) {
            memmove(desk->stream + kept * width, desk->stream + r * width, width * sizeof(float));
            memmove(desk->normed + kept * width, desk->normed + r * width, width * sizeof(float));
            self->rows[kept++] = self->rows[r];
        }
    self->count = kept;
}

static void run_layer(pass *self, size_t index) {
    const fd_layer *layer = &self->model->weights.layers[index];
    const fd_desk *desk = self->desk;
    apply(self, &layer->before_attention, &layer->qkv, desk->normed, desk->wide, KEEP);
    attend(self, index);
    if (index + 1 == self->model->weights.config.layers)
        drop_unwanted(self); /* no later token looks at what follows */
    apply(self, NULL, &layer->projection, desk->normed, desk->wide, ADD_TO_STREAM);
    apply(self, &layer->before_mlp, &layer->up, desk->normed, desk->wide, GELU);
    apply(self, NULL, &layer->down, desk->wide, desk->normed, ADD_TO_STREAM);
}

/* The logits of all rows, in one product: the head is the largest matrix. */
static void give_logits(const pass *self) {
    for (size_t r = 0; r < self->count; r++)
        self->desk->lines[r] = self->rows[r].logits;
    multiply(self, &self->model->weights.last, &self->model->weights.head, self->desk->normed,
             KEEP);
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

/* Token and position, summed, for every row. */
static void embed(pass *self, const fd_feed *feeds, size_t count) {
    const fd_weights *weights = &self->model->weights;
    size_t width = weights->config.width, r = 0;
    for (size_t f = 0; f < count; f++)
        for (size_t i = 0; i < feeds[f].count; i++, r++) {
            const fd_feed *feed = &feeds[f];
            size_t position = fd_span_end(feed->span) + i;
            size_t line = feed->every ? i * weights->config.vocab : 0;
            bool wanted = feed->logits && (feed->every || i + 1 == feed->count);
            float *stream = self->desk->stream + r * width;
            fd_weights_embed(weights, feed->tokens[i], stream);
            for (size_t c = 0; c < width; c++)
                stream[c] += weights->positions[position * width + c];
            self->rows[r] = (row){feed->span, position, wanted ? feed->logits + line : NULL};
        }
}

bool fd_model_read(const fd_model *model, const fd_feed *feeds, size_t count, size_t threads,
                   fd_error *error) {
    pass self = {.model = model, .kernels = model->kernels};
    if (!check_feeds(model, feeds, count, &self.count, error))
        return false;
    self.rows = fd_alloc(self.count, sizeof(row), "the model's work", error);
    fd_desk *desk =
        self.rows ? fd_desk_take(model->desks, threads ? threads : 1, self.count, error) : NULL;
    if (desk) {
        self.desk = desk;
        embed(&self, feeds, count);
        for (size_t l = 0; l < model->weights.config.layers; l++)
            run_layer(&self, l);
        give_logits(&self);
        for (size_t f = 0; f < count; f++)
            feeds[f].span->count += feeds[f].count;
        fd_desk_give(model->desks, desk);
    }
    free(self.rows);
    return desk != NULL;
}

bool fd_model_run(const fd_model *model, size_t threads, fd_task *run, void *context, size_t pieces,
                  fd_error *error) {
    fd_desk *desk = fd_desk_take(model->desks, threads ? threads : 1, 0, error);
    if (!desk)
        return false;
    fd_pool_run(desk->pool, run, context, pieces);
    fd_desk_give(model->desks, desk);
    return true;
}
