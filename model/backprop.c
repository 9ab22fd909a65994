#include "model/backprop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/causal.h"
#include "model/clones.h"
#include "model/matmul.h"
#include "model/memory.h"
#include "model/ops.h"

/* Rows of logits that exist at one time. */
enum { HEAD_ROWS = 256 };

/* The twelve tensors of a block in file order. */
enum {
    LN1_GAIN,
    LN1_BIAS,
    QKV_WEIGHT,
    QKV_BIAS,
    PROJ_WEIGHT,
    PROJ_BIAS,
    LN2_GAIN,
    LN2_BIAS,
    FC_WEIGHT,
    FC_BIAS,
    OUT_WEIGHT,
    OUT_BIAS,
    BLOCK_TENSORS
};

/* What the way back needs of one block, for every row (token). */
typedef struct block_state {
    float *input;    /* [rows][width] residual stream entering the block */
    float *qkv;      /* [rows][3 * width] */
    float *log_sums; /* [batch * heads][length] of attention */
    float *attended; /* [rows][width] heads side by side */
    float *middle;   /* [rows][width] residual stream after attention */
    float *fc;       /* [rows][4 * width] before the GELU */
} block_state;

struct fd_backprop {
    fd_config config;
    size_t batch, length, rows;
    bool learns;
    fd_crew crew;
    float *memory; /* everything below points into it */
    block_state *blocks;
    float *output;    /* [rows][width] residual stream after the last block */
    float *normed;    /* [rows][width] */
    float *wide;      /* [rows][4 * width] */
    float *d_stream;  /* [rows][width] gradient of the residual stream */
    float *d_normed;  /* [rows][width] */
    float *d_wide;    /* [rows][4 * width] */
    float *attention; /* [threads][fd_causal_scratch] */
    float *partial;   /* [threads][2 * width] of norms */
    float *inner;     /* [rows][rank] of adapters */
    float *d_inner;   /* [rows][rank] */
    float *logits;    /* [head_rows][vocab] */
    double *losses;   /* [rows] */
    size_t head_rows;
    /* Of the run under way. */
    const fd_trainee *trainee;
    float *gradient;
    const int32_t *inputs, *targets;
    const size_t *starts;
    float scale;
};

/* Hands out the parts of one stretch of memory; only counts while there is none. */
static float *take(float *memory, size_t *used, size_t count) {
    float *part = memory ? memory + *used : NULL;
    *used += (count + 15) / 16 * 16;
    return part;
}

/* Places everything in `memory` and returns how many floats that takes; with NULL, only that. */
static size_t lay_out(fd_backprop *work, float *memory, size_t rank) {
    const fd_config *config = &work->config;
    size_t rows = work->rows, width = config->width, used = 0;
    for (size_t layer = 0; layer < config->layers; layer++) {
        block_state block;
        if (!work->learns)
            used = 0; /* a block writes what the next one reads over what itself needs no more */
        block.input = take(memory, &used, rows * width);
        block.qkv = take(memory, &used, rows * width * 3);
        block.log_sums = take(memory, &used, rows * config->heads);
        block.attended = take(memory, &used, rows * width);
        block.middle = take(memory, &used, rows * width);
        block.fc = take(memory, &used, rows * width * 4);
        if (memory)
            work->blocks[layer] = block;
    }
    work->output = take(memory, &used, rows * width);
    work->normed = take(memory, &used, rows * width);
    work->wide = take(memory, &used, rows * width * 4);
    size_t back = work->learns ? rows * width : 0;
    work->d_stream = take(memory, &used, back);
    work->d_normed = take(memory, &used, back);
    work->d_wide = take(memory, &used, back * 4);
    work->attention = take(memory, &used, work->crew.count * fd_causal_scratch(work->length));
    work->partial = take(memory, &used, work->crew.count * 2 * width);
    work->inner = take(memory, &used, rows * rank);
    work->d_inner = take(memory, &used, rows * rank);
    work->logits = take(memory, &used, work->head_rows * config->vocab);
    return used;
}

static fd_backprop shape_of(const fd_config *config, size_t batch, size_t length, size_t threads,
                            bool learns) {
    fd_backprop work = {.config = *config, .batch = batch, .length = length, .learns = learns};
    work.crew.count = threads;
    work.rows = batch * length;
    work.head_rows = work.rows < HEAD_ROWS ? work.rows : HEAD_ROWS;
    return work;
}

size_t fd_backprop_size(const fd_config *config, size_t batch, size_t length, size_t rank,
                        size_t threads, bool learns) {
    fd_backprop work = shape_of(config, batch, length, threads, learns);
    return lay_out(&work, NULL, rank);
}

fd_backprop *fd_backprop_new(const fd_config *config, size_t batch, size_t length, size_t rank,
                             size_t threads, bool learns, fd_error *error) {
    if (!fd_config_check(config, error))
        return NULL;
    if (batch == 0 || length == 0 || length > config->context || batch > 4096 || threads == 0 ||
        threads > 4096 || rank > FD_LORA_MOST_RANK) {
        fd_fail(error, FD_USAGE,
                "A batch of %zu windows of %zu tokens on %zu threads is not possible here.", batch,
                length, threads);
        return NULL;
    }
    fd_backprop *work = fd_alloc(1, sizeof *work, "training", error);
    if (!work)
        return NULL;
    *work = shape_of(config, batch, length, threads, learns);
    work->memory = fd_alloc(lay_out(work, NULL, rank), sizeof(float),
                            "the activations of a training batch", error);
    work->blocks = fd_alloc(config->layers, sizeof *work->blocks, "training", error);
    work->losses = fd_alloc(work->rows, sizeof *work->losses, "training", error);
    work->crew.pool = fd_pool_new(threads, error);
    if (work->memory && work->blocks && work->losses && work->crew.pool) {
        (void)lay_out(work, work->memory, rank);
        return work;
    }
    fd_backprop_free(work);
    return NULL;
}

void fd_backprop_free(fd_backprop *work) {
    if (!work)
        return;
    fd_pool_free(work->crew.pool);
    free(work->memory);
    free(work->blocks);
    free(work->losses);
    free(work);
}

static void share_out(fd_backprop *work, fd_share *run, void *context) {
    fd_pool_share(work->crew.pool, work->crew.count, run, context);
}

/* ---- the layers of a block -------------------------------------------------------------- */

/* Where a tensor of a block and its gradient are; the last norm's follow the last block's. */
static const float *value_of(const fd_backprop *work, size_t layer, size_t tensor) {
    return work->trainee->values[2 + layer * BLOCK_TENSORS + tensor];
}

static float *gradient_of(const fd_backprop *work, size_t layer, size_t tensor) {
    return fd_trainee_gradient(work->trainee, work->gradient, 2 + layer * BLOCK_TENSORS + tensor);
}

/* The norm whose gain is tensor `gain` of a block. */
static fd_norming norm_of(const fd_backprop *work, size_t layer, size_t gain, const float *in) {
    return (fd_norming){.rows = work->rows,
                        .width = work->config.width,
                        .crew = work->crew,
                        .epsilon = work->config.epsilon,
                        .in = in,
                        .gain = value_of(work, layer, gain),
                        .bias = value_of(work, layer, gain + 1),
                        .out = work->normed,
                        .d_out = work->d_normed,
                        .d_in = work->d_stream,
                        .d_gain = gradient_of(work, layer, gain),
                        .d_bias = gradient_of(work, layer, gain + 1),
                        .partial = work->partial};
}

/* The linear layer whose matrix is tensor `weight` of a block; `ins` and `outs` in widths. */
static fd_dense dense_of(const fd_backprop *work, size_t layer, size_t weight, size_t ins,
                         size_t outs, const float *in) {
    static const size_t matrices[BLOCK_TENSORS] = {
        [QKV_WEIGHT] = 0, [PROJ_WEIGHT] = 1, [FC_WEIGHT] = 2, [OUT_WEIGHT] = 3};
    fd_dense dense = {.rows = work->rows,
                      .ins = ins * work->config.width,
                      .outs = outs * work->config.width,
                      .crew = work->crew,
                      .in = in,
                      .weight = value_of(work, layer, weight),
                      .bias = value_of(work, layer, weight + 1),
                      .d_weight = gradient_of(work, layer, weight),
                      .d_bias = gradient_of(work, layer, weight + 1)};
    dense.adapter = fd_trainee_adapter(work->trainee, work->gradient, layer, matrices[weight]);
    dense.adapter.inner = work->inner;
    dense.adapter.d_inner = work->d_inner;
    return dense;
}

static fd_causal attention_of(const fd_backprop *work, const block_state *block) {
    return (fd_causal){.batch = work->batch,
                       .length = work->length,
                       .heads = work->config.heads,
                       .width = work->config.width,
                       .qkv = block->qkv,
                       .out = block->attended,
                       .log_sums = block->log_sums,
                       .scratch = work->attention};
}

static void attention_share(void *context, size_t share, size_t threads) {
    fd_causal_share(context, share, threads);
}

typedef struct attention_way_back {
    fd_causal forward;
    const float *d_out;
    float *d_qkv;
} attention_way_back;

static void attention_back_share(void *context, size_t share, size_t threads) {
    attention_way_back *self = context;
    fd_causal_back_share(&self->forward, self->d_out, self->d_qkv, share, threads);
}

static void block_forward(fd_backprop *work, size_t layer) {
    block_state *block = &work->blocks[layer];
    fd_norming first = norm_of(work, layer, LN1_GAIN, block->input);
    fd_norming second = norm_of(work, layer, LN2_GAIN, block->middle);
    fd_dense qkv = dense_of(work, layer, QKV_WEIGHT, 1, 3, work->normed);
    fd_causal attention = attention_of(work, block);
    fd_dense projection = dense_of(work, layer, PROJ_WEIGHT, 1, 1, block->attended);
    fd_dense up = dense_of(work, layer, FC_WEIGHT, 1, 4, work->normed);
    fd_dense down = dense_of(work, layer, OUT_WEIGHT, 4, 1, work->wide);
    qkv.out = block->qkv;
    projection.residual = block->input;
    projection.out = block->middle;
    up.out = block->fc;
    up.activated = work->wide;
    down.residual = block->middle;
    down.out = layer + 1 < work->config.layers ? block[1].input : work->output;
    fd_norm_forward(&first);
    fd_dense_forward(&qkv);
    share_out(work, attention_share, &attention);
    fd_dense_forward(&projection);
    fd_norm_forward(&second);
    fd_dense_forward(&up);
    fd_dense_forward(&down);
}

/* d_stream: from the gradient of the stream after the block to that before it. */
static void block_back(fd_backprop *work, size_t layer) {
    block_state *block = &work->blocks[layer];
    fd_norming first = norm_of(work, layer, LN1_GAIN, block->input);
    fd_norming second = norm_of(work, layer, LN2_GAIN, block->middle);
    fd_dense qkv = dense_of(work, layer, QKV_WEIGHT, 1, 3, work->normed);
    attention_way_back attention = {attention_of(work, block), work->d_normed, work->d_wide};
    fd_dense projection = dense_of(work, layer, PROJ_WEIGHT, 1, 1, block->attended);
    fd_dense up = dense_of(work, layer, FC_WEIGHT, 1, 4, work->normed);
    fd_dense down = dense_of(work, layer, OUT_WEIGHT, 4, 1, work->wide);
    down.d_out = projection.d_out = work->d_stream;
    down.d_in = work->d_wide;
    down.before = block->fc;
    up.d_out = qkv.d_out = work->d_wide;
    up.d_in = projection.d_in = qkv.d_in = work->d_normed;
    fd_gelu_shared(block->fc, work->wide, work->rows * 4 * work->config.width, work->crew);
    fd_dense_back(&down);
    fd_norm_forward(&second);
    fd_dense_back(&up);
    fd_norm_back(&second);
    fd_dense_back(&projection);
    share_out(work, attention_back_share, &attention);
    fd_norm_forward(&first);
    fd_dense_back(&qkv);
    fd_norm_back(&first);
}

/* ---- both ends -------------------------------------------------------------------------- */

static void embed_share(void *context, size_t share, size_t threads) {
    fd_backprop *work = context;
    size_t width = work->config.width;
    fd_tile tile = fd_tile_of(work->rows, 1, share, threads);
    for (size_t r = tile.row; r < tile.row + tile.rows; r++) {
        size_t position = work->starts[r / work->length] + r % work->length;
        const float *token = work->trainee->values[0] + (size_t)work->inputs[r] * width;
        const float *place = work->trainee->values[1] + position * width;
        float *stream = work->blocks[0].input + r * width;
        for (size_t i = 0; i < width; i++)
            stream[i] = token[i] + place[i];
    }
}

/* A share is a band of columns: a token may occur in several rows. */
static void embed_back_share(void *context, size_t share, size_t threads) {
    fd_backprop *work = context;
    size_t width = work->config.width;
    fd_tile band = fd_tile_of(1, width, share, threads);
    float *d_tokens = fd_trainee_gradient(work->trainee, work->gradient, 0) + band.column;
    float *d_places = fd_trainee_gradient(work->trainee, work->gradient, 1) + band.column;
    for (size_t r = 0; r < work->rows; r++) {
        size_t position = work->starts[r / work->length] + r % work->length;
        const float *d_stream = work->d_stream + r * width + band.column;
        float *d_token = d_tokens + (size_t)work->inputs[r] * width;
        float *d_place = d_places + position * width;
        for (size_t i = 0; i < band.columns; i++) {
            d_token[i] += d_stream[i];
            d_place[i] += d_stream[i];
        }
    }
}

/* Turns one row of logits into its gradient (probability minus target, times scale) and returns
 * -log p(target). */
FD_CLONES static double cross_entropy(float *row, size_t vocab, int32_t target, float scale) {
    float largest = fd_largest_lanes(row, vocab), at_target = row[target];
    float sum = fd_clone_exponentials(row, vocab, largest), factor = scale / sum;
    for (size_t i = 0; i < vocab; i++)
        row[i] *= factor;
    row[target] -= scale;
    return log((double)sum) - (double)(at_target - largest);
}

/* Some rows at the model's end. */
typedef struct head_rows {
    fd_backprop *work;
    size_t first, count;
} head_rows;

static void logits_share(void *context, size_t share, size_t threads) {
    const head_rows *self = context;
    fd_backprop *work = self->work;
    size_t width = work->config.width, vocab = work->config.vocab;
    fd_matmul_tile(fd_tile_of(self->count, vocab, share, threads), width, 1.0f,
                   fd_matrix_of(work->normed + self->first * width, width),
                   fd_transpose_of(work->trainee->values[0], width), 0.0f, work->logits, vocab);
}

static void loss_share(void *context, size_t share, size_t threads) {
    const head_rows *self = context;
    fd_backprop *work = self->work;
    size_t vocab = work->config.vocab;
    fd_tile tile = fd_tile_of(self->count, 1, share, threads);
    for (size_t r = tile.row; r < tile.row + tile.rows; r++) {
        float *row = work->logits + r * vocab;
        int32_t target = work->targets[self->first + r];
        double *loss = &work->losses[self->first + r];
        *loss = target < 0 ? 0.0 : cross_entropy(row, vocab, target, work->scale);
        if (target < 0)
            memset(row, 0, vocab * sizeof *row);
    }
}

static void head_back_share(void *context, size_t share, size_t threads) {
    const head_rows *self = context;
    fd_backprop *work = self->work;
    size_t width = work->config.width, vocab = work->config.vocab, at = self->first * width;
    float *d_tokens = fd_trainee_gradient(work->trainee, work->gradient, 0);
    fd_matmul_tile(fd_tile_of(self->count, width, share, threads), vocab, 1.0f,
                   fd_matrix_of(work->logits, vocab), fd_matrix_of(work->trainee->values[0], width),
                   0.0f, work->d_normed + at, width);
    if (d_tokens)
        fd_matmul_tile(fd_tile_of(vocab, width, share, threads), self->count, 1.0f,
                       fd_transpose_of(work->logits, vocab), fd_matrix_of(work->normed + at, width),
                       1.0f, d_tokens, width);
}

/* The output matrix and the loss, a few rows at a time; leaves the gradient of the normed stream
 * in d_normed. */
static void head(fd_backprop *work) {
    for (size_t first = 0; first < work->rows; first += work->head_rows) {
        size_t left = work->rows - first;
        head_rows part = {work, first, left < work->head_rows ? left : work->head_rows};
        share_out(work, logits_share, &part);
        share_out(work, loss_share, &part);
        if (work->gradient)
            share_out(work, head_back_share, &part);
    }
}

/* To the normed stream that the output matrix reads. */
static void forward(fd_backprop *work) {
    size_t layers = work->config.layers;
    fd_norming last = norm_of(work, layers, LN1_GAIN, work->output);
    share_out(work, embed_share, work);
    for (size_t layer = 0; layer < layers; layer++)
        block_forward(work, layer);
    fd_norm_forward(&last);
}

static void back(fd_backprop *work) {
    size_t layers = work->config.layers;
    fd_norming last = norm_of(work, layers, LN1_GAIN, work->output);
    memset(work->d_stream, 0, work->rows * work->config.width * sizeof(float));
    fd_norm_back(&last);
    for (size_t layer = layers; layer-- > 0;)
        block_back(work, layer);
    if (fd_trainee_gradient(work->trainee, work->gradient, 0))
        share_out(work, embed_back_share, work);
}

/* What one run is about. */
static void begin(fd_backprop *work, const fd_trainee *trainee, const int32_t *inputs,
                  const size_t *starts) {
    work->trainee = trainee;
    work->inputs = inputs;
    work->starts = starts;
    work->gradient = NULL;
    fd_matmul_threads(1); /* the threads are ours: none of the library's waits, spinning */
}

double fd_backprop_run(fd_backprop *work, const fd_trainee *trainee, const int32_t *inputs,
                       const int32_t *targets, const size_t *starts, float scale, float *gradient) {
    double loss = 0.0;
    begin(work, trainee, inputs, starts);
    work->gradient = gradient;
    work->targets = targets;
    work->scale = scale;
    forward(work);
    head(work);
    for (size_t r = 0; r < work->rows; r++)
        loss += work->losses[r];
    if (gradient)
        back(work);
    return loss;
}

const float *fd_backprop_predict(fd_backprop *work, const fd_trainee *trainee,
                                 const int32_t *inputs, const size_t *starts, size_t row) {
    head_rows last = {work, row, 1};
    begin(work, trainee, inputs, starts);
    forward(work);
    share_out(work, logits_share, &last);
    return work->logits;
}
