#include "model/backprop.h"

#include <math.h>
#include <stdlib.h>

#include "model/matmul.h"
#include "model/memory.h"
#include "model/ops.h"

/* Rows of logits that exist at one time. */
enum { HEAD_ROWS = 256 };

/* The twelve tensors of a block in file order, as offsets into the parameter array. */
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
    float *attended; /* [rows][width] heads side by side */
    float *middle;   /* [rows][width] residual stream after attention */
    float *fc;       /* [rows][4 * width] before the GELU */
} block_state;

struct fd_backprop {
    fd_config config;
    size_t batch;
    size_t length;
    float *memory; /* everything below points into it */
    block_state *blocks;
    float *output;   /* [rows][width] residual stream after the last block */
    float *normed;   /* [rows][width] */
    float *wide;     /* [rows][4 * width] */
    float *d_stream; /* [rows][width] gradient of the residual stream */
    float *d_normed; /* [rows][width] */
    float *d_wide;   /* [rows][4 * width] */
    float *scores;   /* [length][length] one head's attention */
    float *d_scores; /* [length][length] */
    float *logits;   /* [HEAD_ROWS][vocab] */
    size_t offsets[4 + 64 * BLOCK_TENSORS];
};

static fd_matrix plain(const float *data, size_t stride) {
    return (fd_matrix){data, stride, false};
}

static fd_matrix turned(const float *data, size_t stride) {
    return (fd_matrix){data, stride, true};
}

static float *take(float **next, size_t count) {
    float *part = *next;
    *next += count;
    return part;
}

fd_backprop *fd_backprop_new(const fd_config *config, size_t batch, size_t length,
                             fd_error *error) {
    if (!fd_config_check(config, error))
        return NULL;
    if (batch == 0 || length == 0 || length > config->context || batch > 4096) {
        fd_fail(error, FD_USAGE, "A batch of %zu windows of %zu tokens is not possible here.",
                batch, length);
        return NULL;
    }
    fd_backprop *work = fd_alloc(1, sizeof *work, "training", error);
    if (!work)
        return NULL;
    size_t rows = batch * length, width = config->width;
    size_t total = config->layers * rows * width * 10 + rows * width * 12 + 2 * length * length +
                   HEAD_ROWS * config->vocab;
    work->config = *config;
    work->batch = batch;
    work->length = length;
    work->memory = fd_alloc(total, sizeof(float), "the activations of a training batch", error);
    work->blocks = fd_alloc(config->layers, sizeof *work->blocks, "training", error);
    if (!work->memory || !work->blocks) {
        fd_backprop_free(work);
        return NULL;
    }
    float *next = work->memory;
    for (size_t layer = 0; layer < config->layers; layer++) {
        block_state *block = &work->blocks[layer];
        block->input = take(&next, rows * width);
        block->qkv = take(&next, rows * width * 3);
        block->attended = take(&next, rows * width);
        block->middle = take(&next, rows * width);
        block->fc = take(&next, rows * width * 4);
    }
    work->output = take(&next, rows * width);
    work->normed = take(&next, rows * width);
    work->wide = take(&next, rows * width * 4);
    work->d_stream = take(&next, rows * width);
    work->d_normed = take(&next, rows * width);
    work->d_wide = take(&next, rows * width * 4);
    work->scores = take(&next, length * length);
    work->d_scores = take(&next, length * length);
    work->logits = take(&next, HEAD_ROWS * config->vocab);
    for (size_t i = 0; i < fd_parameter_count(config); i++)
        work->offsets[i] = fd_parameter_at(config, i).offset;
    return work;
}

void fd_backprop_free(fd_backprop *work) {
    if (!work)
        return;
    free(work->memory);
    free(work->blocks);
    free(work);
}

static size_t block_offset(const fd_backprop *work, size_t layer, size_t tensor) {
    return work->offsets[2 + layer * BLOCK_TENSORS + tensor];
}

static size_t final_offset(const fd_backprop *work, size_t tensor) {
    return work->offsets[2 + work->config.layers * BLOCK_TENSORS + tensor];
}

/* Mean and reciprocal deviation of one row. */
static void row_moments(const float *row, size_t width, float epsilon, float *mean, float *rstd) {
    float sum = 0.0f, squares = 0.0f;
    for (size_t i = 0; i < width; i++)
        sum += row[i];
    *mean = sum / (float)width;
    for (size_t i = 0; i < width; i++)
        squares += (row[i] - *mean) * (row[i] - *mean);
    *rstd = 1.0f / sqrtf(squares / (float)width + epsilon);
}

static void layer_norm(const fd_backprop *work, const float *in, const float *gain,
                       const float *bias, float *out) {
    size_t width = work->config.width;
    for (size_t r = 0; r < work->batch * work->length; r++) {
        const float *x = in + r * width;
        float *y = out + r * width, mean, rstd;
        row_moments(x, width, work->config.epsilon, &mean, &rstd);
        for (size_t i = 0; i < width; i++)
            y[i] = (x[i] - mean) * rstd * gain[i] + bias[i];
    }
}

/* d_in += the gradient through the norm; d_gain and d_bias are added to. */
static void layer_norm_back(const fd_backprop *work, const float *in, const float *gain,
                            const float *d_out, float *d_in, float *d_gain, float *d_bias) {
    size_t width = work->config.width;
    for (size_t r = 0; r < work->batch * work->length; r++) {
        const float *x = in + r * width, *dy = d_out + r * width;
        float *dx = d_in + r * width, mean, rstd, sum = 0.0f, dot = 0.0f;
        row_moments(x, width, work->config.epsilon, &mean, &rstd);
        for (size_t i = 0; i < width; i++) {
            float hat = (x[i] - mean) * rstd, d_hat = dy[i] * gain[i];
            sum += d_hat;
            dot += d_hat * hat;
            d_gain[i] += dy[i] * hat;
            d_bias[i] += dy[i];
        }
        sum /= (float)width;
        dot /= (float)width;
        for (size_t i = 0; i < width; i++)
            dx[i] += rstd * (dy[i] * gain[i] - sum - (x[i] - mean) * rstd * dot);
    }
}

/* out[rows][outs] = in[rows][ins] * weight + bias, or out += that with `add`. */
static void linear(size_t rows, size_t ins, size_t outs, const float *in, const float *weight,
                   const float *bias, bool add, float *out) {
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < outs; i++)
            out[r * outs + i] = (add ? out[r * outs + i] : 0.0f) + bias[i];
    fd_matmul(rows, outs, ins, 1.0f, plain(in, ins), plain(weight, outs), 1.0f, out, outs);
}

/* d_in = d_out * weight'; the gradients of weight and bias are added to. */
static void linear_back(size_t rows, size_t ins, size_t outs, const float *in, const float *weight,
                        const float *d_out, float *d_in, float *d_weight, float *d_bias) {
    fd_matmul(rows, ins, outs, 1.0f, plain(d_out, outs), turned(weight, outs), 0.0f, d_in, ins);
    fd_matmul(ins, outs, rows, 1.0f, turned(in, ins), plain(d_out, outs), 1.0f, d_weight, outs);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < outs; i++)
            d_bias[i] += d_out[r * outs + i];
}

/* GELU(x) = x * s with s = sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3): the tanh form. */
static void gelu_back(const float *in, float *gradient, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float x = in[i], s = fd_gelu_gate(x);
        float slope = 1.59576912f * (1.0f + 3.0f * 0.044715f * x * x);
        gradient[i] *= s + x * s * (1.0f - s) * slope;
    }
}

/* One head's causal attention weights into work->scores; above the diagonal they are zero. */
static void attention_weights(fd_backprop *work, const float *query, const float *key) {
    size_t length = work->length, stride = 3 * work->config.width;
    size_t head = work->config.width / work->config.heads;
    fd_matmul(length, length, head, 1.0f / sqrtf((float)head), plain(query, stride),
              turned(key, stride), 0.0f, work->scores, length);
    for (size_t t = 0; t < length; t++) {
        float *row = work->scores + t * length, largest = row[0], sum = 0.0f;
        for (size_t i = 1; i <= t; i++)
            largest = row[i] > largest ? row[i] : largest;
        for (size_t i = 0; i <= t; i++)
            row[i] = fd_exp(row[i] - largest);
        for (size_t i = 0; i <= t; i++)
            sum += row[i];
        for (size_t i = 0; i <= t; i++)
            row[i] /= sum;
        for (size_t i = t + 1; i < length; i++)
            row[i] = 0.0f;
    }
}

static void attention(fd_backprop *work, const block_state *block) {
    size_t width = work->config.width, head = width / work->config.heads, length = work->length;
    for (size_t b = 0; b < work->batch; b++)
        for (size_t h = 0; h < work->config.heads; h++) {
            const float *query = block->qkv + b * length * 3 * width + h * head;
            attention_weights(work, query, query + width);
            fd_matmul(length, head, length, 1.0f, plain(work->scores, length),
                      plain(query + 2 * width, 3 * width), 0.0f,
                      block->attended + b * length * width + h * head, width);
        }
}

/* d_qkv [rows][3 * width] from d_attended [rows][width]. */
static void attention_back(fd_backprop *work, const block_state *block, const float *d_attended,
                           float *d_qkv) {
    size_t width = work->config.width, head = width / work->config.heads, length = work->length;
    size_t stride = 3 * width;
    float root = 1.0f / sqrtf((float)head);
    for (size_t b = 0; b < work->batch; b++)
        for (size_t h = 0; h < work->config.heads; h++) {
            size_t at = b * length * stride + h * head;
            const float *query = block->qkv + at, *key = query + width, *value = key + width;
            const float *d_out = d_attended + b * length * width + h * head;
            float *d_query = d_qkv + at, *d_key = d_query + width, *d_value = d_key + width;
            attention_weights(work, query, key);
            fd_matmul(length, head, length, 1.0f, turned(work->scores, length), plain(d_out, width),
                      0.0f, d_value, stride);
            fd_matmul(length, length, head, 1.0f, plain(d_out, width), turned(value, stride), 0.0f,
                      work->d_scores, length);
            for (size_t t = 0; t < length; t++) {
                const float *weight = work->scores + t * length;
                float *d_row = work->d_scores + t * length, dot = 0.0f;
                for (size_t i = 0; i <= t; i++)
                    dot += weight[i] * d_row[i];
                for (size_t i = 0; i < length; i++)
                    d_row[i] = weight[i] * (d_row[i] - dot) * root;
            }
            fd_matmul(length, head, length, 1.0f, plain(work->d_scores, length), plain(key, stride),
                      0.0f, d_query, stride);
            fd_matmul(length, head, length, 1.0f, turned(work->d_scores, length),
                      plain(query, stride), 0.0f, d_key, stride);
        }
}

static void embed(fd_backprop *work, const float *parameters, const int32_t *inputs,
                  const size_t *starts) {
    size_t width = work->config.width;
    const float *positions = parameters + work->offsets[1];
    float *stream = work->config.layers ? work->blocks[0].input : work->output;
    for (size_t r = 0; r < work->batch * work->length; r++) {
        const float *token = parameters + (size_t)inputs[r] * width;
        size_t position = starts[r / work->length] + r % work->length;
        for (size_t i = 0; i < width; i++)
            stream[r * width + i] = token[i] + positions[position * width + i];
    }
}

static void block_forward(fd_backprop *work, const float *parameters, size_t layer) {
    size_t rows = work->batch * work->length, width = work->config.width;
    block_state *block = &work->blocks[layer];
    const float *p[BLOCK_TENSORS];
    for (size_t i = 0; i < BLOCK_TENSORS; i++)
        p[i] = parameters + block_offset(work, layer, i);
    float *after = layer + 1 < work->config.layers ? block[1].input : work->output;
    layer_norm(work, block->input, p[LN1_GAIN], p[LN1_BIAS], work->normed);
    linear(rows, width, 3 * width, work->normed, p[QKV_WEIGHT], p[QKV_BIAS], false, block->qkv);
    attention(work, block);
    memcpy(block->middle, block->input, rows * width * sizeof(float));
    linear(rows, width, width, block->attended, p[PROJ_WEIGHT], p[PROJ_BIAS], true, block->middle);
    layer_norm(work, block->middle, p[LN2_GAIN], p[LN2_BIAS], work->normed);
    linear(rows, width, 4 * width, work->normed, p[FC_WEIGHT], p[FC_BIAS], false, block->fc);
    fd_gelu(block->fc, work->wide, rows * 4 * width);
    memcpy(after, block->middle, rows * width * sizeof(float));
    linear(rows, 4 * width, width, work->wide, p[OUT_WEIGHT], p[OUT_BIAS], true, after);
}

static void block_backward(fd_backprop *work, const float *parameters, float *gradient,
                           size_t layer) {
    size_t rows = work->batch * work->length, width = work->config.width;
    block_state *block = &work->blocks[layer];
    const float *p[BLOCK_TENSORS];
    float *d[BLOCK_TENSORS];
    for (size_t i = 0; i < BLOCK_TENSORS; i++) {
        p[i] = parameters + block_offset(work, layer, i);
        d[i] = gradient + block_offset(work, layer, i);
    }
    fd_gelu(block->fc, work->wide, rows * 4 * width);
    linear_back(rows, 4 * width, width, work->wide, p[OUT_WEIGHT], work->d_stream, work->d_wide,
                d[OUT_WEIGHT], d[OUT_BIAS]);
    gelu_back(block->fc, work->d_wide, rows * 4 * width);
    layer_norm(work, block->middle, p[LN2_GAIN], p[LN2_BIAS], work->normed);
    linear_back(rows, width, 4 * width, work->normed, p[FC_WEIGHT], work->d_wide, work->d_normed,
                d[FC_WEIGHT], d[FC_BIAS]);
    layer_norm_back(work, block->middle, p[LN2_GAIN], work->d_normed, work->d_stream, d[LN2_GAIN],
                    d[LN2_BIAS]);
    linear_back(rows, width, width, block->attended, p[PROJ_WEIGHT], work->d_stream, work->d_normed,
                d[PROJ_WEIGHT], d[PROJ_BIAS]);
    attention_back(work, block, work->d_normed, work->d_wide);
    layer_norm(work, block->input, p[LN1_GAIN], p[LN1_BIAS], work->normed);
    linear_back(rows, width, 3 * width, work->normed, p[QKV_WEIGHT], work->d_wide, work->d_normed,
                d[QKV_WEIGHT], d[QKV_BIAS]);
    layer_norm_back(work, block->input, p[LN1_GAIN], work->d_normed, work->d_stream, d[LN1_GAIN],
                    d[LN1_BIAS]);
}

/* Turns one row of logits into its gradient (probability minus target, times scale) and returns
 * -log p(target). */
static double cross_entropy(float *row, size_t vocab, int32_t target, float scale) {
    if (target < 0) {
        memset(row, 0, vocab * sizeof *row);
        return 0.0;
    }
    float largest = row[0], at_target = row[target];
    double sum = 0.0;
    for (size_t i = 1; i < vocab; i++)
        largest = row[i] > largest ? row[i] : largest;
    for (size_t i = 0; i < vocab; i++) {
        row[i] = fd_exp(row[i] - largest);
        sum += (double)row[i];
    }
    float factor = scale / (float)sum;
    for (size_t i = 0; i < vocab; i++)
        row[i] *= factor;
    row[target] -= scale;
    return log(sum) - (double)(at_target - largest);
}

/* The output matrix and the loss, a few rows at a time; leaves the gradient of the normed stream
 * in d_normed. */
static double head(fd_backprop *work, const float *parameters, const int32_t *targets, float scale,
                   float *gradient) {
    size_t rows = work->batch * work->length, width = work->config.width;
    size_t vocab = work->config.vocab;
    double loss = 0.0;
    for (size_t first = 0; first < rows; first += HEAD_ROWS) {
        size_t count = rows - first < HEAD_ROWS ? rows - first : HEAD_ROWS;
        const float *normed = work->normed + first * width;
        fd_matmul(count, vocab, width, 1.0f, plain(normed, width), turned(parameters, width), 0.0f,
                  work->logits, vocab);
        for (size_t r = 0; r < count; r++)
            loss += cross_entropy(work->logits + r * vocab, vocab, targets[first + r], scale);
        if (!gradient)
            continue;
        fd_matmul(count, width, vocab, 1.0f, plain(work->logits, vocab), plain(parameters, width),
                  0.0f, work->d_normed + first * width, width);
        fd_matmul(vocab, width, count, 1.0f, turned(work->logits, vocab), plain(normed, width),
                  1.0f, gradient, width);
    }
    return loss;
}

static void embed_back(fd_backprop *work, const int32_t *inputs, const size_t *starts,
                       float *gradient) {
    size_t width = work->config.width;
    float *d_positions = gradient + work->offsets[1];
    for (size_t r = 0; r < work->batch * work->length; r++) {
        float *d_token = gradient + (size_t)inputs[r] * width;
        size_t position = starts[r / work->length] + r % work->length;
        for (size_t i = 0; i < width; i++) {
            d_token[i] += work->d_stream[r * width + i];
            d_positions[position * width + i] += work->d_stream[r * width + i];
        }
    }
}

double fd_backprop_run(fd_backprop *work, const float *parameters, const int32_t *inputs,
                       const int32_t *targets, const size_t *starts, float scale, float *gradient) {
    size_t layers = work->config.layers, gain = final_offset(work, 0), bias = final_offset(work, 1);
    embed(work, parameters, inputs, starts);
    for (size_t layer = 0; layer < layers; layer++)
        block_forward(work, parameters, layer);
    layer_norm(work, work->output, parameters + gain, parameters + bias, work->normed);
    double loss = head(work, parameters, targets, scale, gradient);
    if (!gradient)
        return loss;
    memset(work->d_stream, 0, work->batch * work->length * work->config.width * sizeof(float));
    layer_norm_back(work, work->output, parameters + gain, work->d_normed, work->d_stream,
                    gradient + gain, gradient + bias);
    for (size_t layer = layers; layer-- > 0;)
        block_backward(work, parameters, gradient, layer);
    embed_back(work, inputs, starts, gradient);
    return loss;
}
