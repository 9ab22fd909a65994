#define _POSIX_C_SOURCE 200809L
#include "model/quantize.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/checkpoint.h"
#include "model/file.h"

/* The factors of the channels that go into a matrix. */
typedef struct factors {
    size_t matrix; /* its index; NO_MATRIX: none yet */
    float *values; /* [width] */
} factors;

#define NO_MATRIX ((size_t)-1)

/* A model on its way from file to file. */
typedef struct job {
    const char *path; /* of the float model */
    fd_config config;
    fd_safetensors file;
    fd_parameter *parameters; /* of the model, and its own output matrix if it has one */
    size_t count;
    float *values; /* room for the largest tensor as floats ... */
    int8_t *rows;  /* ... and as int8, and for the scales of its rows */
    float *scales;
    fd_buffer after;       /* the float tensors, which follow the matrices in the file */
    double *squares;       /* [most outputs of a matrix] */
    factors known[2];      /* of the latest matrices: several tensors in a row need the same */
    size_t oldest;         /* of these */
    float *ones;           /* [width] factors of channels that stay as they are */
    const float *in, *out; /* [width] factors of the channels before a tensor and after it */
    fd_replacement to;
    fd_error *error;
} job;

/* The embedding and an output matrix keep rows of outputs; matrices inside blocks, of inputs. */
static bool is_table(const fd_parameter *parameter) {
    return !parameter->linear && parameter->shape[1] && strcmp(parameter->name, "wpe.weight") != 0;
}

static bool is_matrix(const fd_parameter *parameter) {
    return parameter->linear || is_table(parameter);
}

static size_t outs_of(const fd_parameter *parameter) {
    return parameter->shape[!is_table(parameter)];
}

static size_t inner_of(const fd_parameter *parameter) {
    return parameter->shape[is_table(parameter)];
}

/* Where the weight from input `i` to output `o` lies. */
static size_t place_of(const fd_parameter *parameter, size_t i, size_t o) {
    return is_table(parameter) ? o * parameter->shape[1] + i : i * parameter->shape[1] + o;
}

static bool read_values(const job *self, size_t index) {
    return fd_checkpoint_read(&self->file, self->path, self->parameters[index], self->values,
                              self->error);
}

/* ---- balancing -------------------------------------------------------------------------- */

/* The channels that may be rescaled: those that reach a matrix by nothing but a gain and a bias or
 * another matrix. GELU stands before mlp.c_proj, the whole stream before the embedding's other use
 * as the output matrix. */
typedef enum channels { NONE, ATTENTION, VALUES, MLP, OUTPUT } channels;

/* Which channels go into the inputs of a tensor, and which come from its last `width` outputs. */
static const struct site {
    const char *name;
    channels in, out;
} sites[] = {
    {"ln_1.weight", NONE, ATTENTION},
    {"ln_1.bias", NONE, ATTENTION},
    {"attn.c_attn.weight", ATTENTION, VALUES},
    {"attn.c_attn.bias", NONE, VALUES},
    {"attn.c_proj.weight", VALUES, NONE},
    {"ln_2.weight", NONE, MLP},
    {"ln_2.bias", NONE, MLP},
    {"mlp.c_fc.weight", MLP, NONE},
    {"ln_f.weight", NONE, OUTPUT},
    {"ln_f.bias", NONE, OUTPUT},
    {"lm_head.weight", OUTPUT, NONE},
};

static struct site site_of(const fd_parameter *parameter) {
    const char *name = parameter->name;
    if (strncmp(name, "h.", 2) == 0)
        name = strchr(name + 2, '.') + 1;
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++)
        if (strcmp(sites[i].name, name) == 0)
            return sites[i];
    return (struct site){name, NONE, NONE};
}

/* A power of two that brings `size` to between a half and one. */
static float factor_for(double size) {
    enum { FAR = 64 };
    int exponent = 0;
    if (size > 0.0 && isfinite(size))
        (void)frexp(size, &exponent);
    exponent = exponent > FAR ? FAR : exponent < -FAR ? -FAR : exponent;
    return (float)ldexp(1.0, -exponent);
}

/* Finds factors for the inputs of matrix `index`: they bring the root mean square of each input's
 * weights to between a half and one, where the weights to each output are in units of their own
 * root mean square, as they will have a scale of their own. Each depends on the other: a few rounds
 * settle it. */
static bool find_factors(const job *self, size_t index, float *values) {
    enum { ROUNDS = 3 };
    const fd_parameter *matrix = &self->parameters[index];
    size_t inner = inner_of(matrix), outs = outs_of(matrix);
    if (!read_values(self, index))
        return false;
    for (size_t i = 0; i < inner; i++)
        values[i] = 1.0f;
    for (size_t round = 0; round < ROUNDS; round++) {
        memset(self->squares, 0, outs * sizeof(double));
        for (size_t i = 0; i < inner; i++)
            for (size_t o = 0; o < outs; o++) {
                double value = (double)(self->values[place_of(matrix, i, o)] * values[i]);
                self->squares[o] += value * value / (double)inner;
            }
        for (size_t i = 0; i < inner; i++) {
            double sum = 0.0;
            for (size_t o = 0; o < outs; o++) {
                double value = (double)self->values[place_of(matrix, i, o)];
                sum += self->squares[o] > 0.0 ? value * value / self->squares[o] : 0.0;
            }
            values[i] = factor_for(sqrt(sum / (double)outs));
        }
    }
    return true;
}

/* The factors for the inputs of matrix `index`; NULL when it cannot be read. */
static const float *factors_of(job *self, size_t index) {
    for (size_t k = 0; k < 2; k++)
        if (self->known[k].matrix == index)
            return self->known[k].values;
    factors *fresh = &self->known[self->oldest];
    self->oldest = !self->oldest;
    fresh->matrix = NO_MATRIX;
    if (!find_factors(self, index, fresh->values))
        return NULL;
    fresh->matrix = index;
    return fresh->values;
}

/* Sets the factors before and after tensor `index`. Those after it are of the next matrix that the
 * channels go into. */
static bool balance(job *self, size_t index) {
    struct site here = site_of(&self->parameters[index]);
    self->in = here.in != NONE ? factors_of(self, index) : self->ones;
    self->out = self->ones;
    for (size_t t = index + 1; here.out != NONE && t < self->count; t++)
        if (site_of(&self->parameters[t]).in == here.out) {
            self->out = factors_of(self, t);
            break;
        }
    return self->in && self->out;
}

/* ---- writing ---------------------------------------------------------------------------- */

static void divide_last(const job *self, float *values, size_t count) {
    size_t width = self->config.width;
    for (size_t i = 0; count >= width && i < width; i++)
        values[count - width + i] /= self->out[i];
}

static bool keep_floats(job *self, const float *values, size_t count) {
    return fd_buffer_add(&self->after, values, count * sizeof(float), self->error);
}

static bool keep_vector(job *self, const fd_parameter *vector) {
    divide_last(self, self->values, vector->count);
    return keep_floats(self, self->values, vector->count);
}

/* The nearest of 127 steps to either side of zero, a scale to each row of outputs. */
static bool write_matrix(job *self, const fd_parameter *matrix) {
    size_t inner = inner_of(matrix), outs = outs_of(matrix);
    bool table = is_table(matrix), balanced = self->in != self->ones;
    size_t columns = matrix->shape[1];
    memset(self->scales, 0, outs * sizeof(float));
    for (size_t k = 0; k < matrix->count; k++) {
        size_t i = table ? k % columns : k / columns, o = table ? k / columns : k % columns;
        self->values[k] *= balanced ? self->in[i] : 1.0f;
        self->scales[o] = fmaxf(self->scales[o], fabsf(self->values[k]));
    }
    for (size_t o = 0; o < outs; o++)
        self->scales[o] = self->scales[o] > 0.0f ? self->scales[o] / 127.0f : 1.0f;
    for (size_t k = 0; k < matrix->count; k++) {
        size_t i = table ? k % columns : k / columns, o = table ? k / columns : k % columns;
        self->rows[o * inner + i] = (int8_t)lrintf(self->values[k] / self->scales[o]);
    }
    divide_last(self, self->scales, outs);
    return fd_replace_add(&self->to, self->rows, outs * inner, self->error) &&
           keep_floats(self, self->scales, outs);
}

static bool write_tensor(job *self, size_t index) {
    const fd_parameter *parameter = &self->parameters[index];
    bool ok = balance(self, index) && read_values(self, index);
    if (ok && is_matrix(parameter))
        ok = write_matrix(self, parameter);
    else if (ok)
        ok = keep_vector(self, parameter);
    fd_map_forget(&self->file.map);
    return ok;
}

/* The matrices come first: their sizes being multiples of 64 bytes, as all of GPT-2's are, every
 * row of them begins with a cache line, whatever the vectors' sizes. */
static bool begin(job *self, const char *path) {
    const char *const metadata[] = {"format", "pt", NULL};
    fd_tensor *tensors =
        fd_alloc(2 * self->count, sizeof *tensors, "the quantised model", self->error);
    size_t count = 0;
    if (!tensors)
        return false;
    for (size_t t = 0; t < self->count; t++) {
        const fd_parameter *one = &self->parameters[t];
        if (is_matrix(one))
            tensors[count++] = fd_tensor_of(one->name, FD_I8, outs_of(one), inner_of(one), NULL);
    }
    for (size_t t = 0; t < self->count; t++) {
        const fd_parameter *one = &self->parameters[t];
        char scale[96];
        (void)snprintf(scale, sizeof scale, "%s.scale", one->name);
        tensors[count++] =
            is_matrix(one) ? fd_tensor_of(scale, FD_F32, outs_of(one), 0, NULL)
                           : fd_tensor_of(one->name, FD_F32, one->shape[0], one->shape[1], NULL);
    }
    bool ok = fd_safetensors_begin(&self->to, path, tensors, count, metadata, self->error);
    free(tensors);
    return ok;
}

static bool list_parameters(job *self) {
    self->parameters = fd_alloc(fd_parameter_count(&self->config) + 1, sizeof *self->parameters,
                                "the quantised model", self->error);
    if (!self->parameters)
        return false;
    for (; self->count < fd_parameter_count(&self->config); self->count++)
        self->parameters[self->count] = fd_parameter_at(&self->config, self->count);
    if (fd_safetensors_find(&self->file, "lm_head.weight")) {
        fd_parameter *head = &self->parameters[self->count++];
        *head = self->parameters[0];
        (void)snprintf(head->name, sizeof head->name, "lm_head.weight");
    }
    return true;
}

static float *new_ones(size_t count, fd_error *error) {
    float *ones = fd_alloc(count, sizeof(float), "the quantised model", error);
    for (size_t i = 0; ones && i < count; i++)
        ones[i] = 1.0f;
    return ones;
}

static bool make_room(job *self) {
    const char *what = "the quantised model";
    size_t largest = 0, most = 0, width = self->config.width;
    for (size_t t = 0; t < self->count; t++) {
        const fd_parameter *one = &self->parameters[t];
        size_t outs = is_matrix(one) ? outs_of(one) : 0;
        largest = one->count > largest ? one->count : largest;
        most = outs > most ? outs : most;
    }
    return (self->values = fd_alloc(largest, sizeof(float), what, self->error)) &&
           (self->rows = fd_alloc(largest, 1, what, self->error)) &&
           (self->scales = fd_alloc(most, sizeof(float), what, self->error)) &&
           (self->squares = fd_alloc(most, sizeof(double), what, self->error)) &&
           (self->known[0].values = fd_alloc(width, sizeof(float), what, self->error)) &&
           (self->known[1].values = fd_alloc(width, sizeof(float), what, self->error)) &&
           (self->ones = new_ones(width, self->error));
}

static void finish(job *self) {
    fd_replace_cancel(&self->to);
    fd_safetensors_close(&self->file);
    free(self->parameters);
    free(self->values);
    free(self->rows);
    free(self->scales);
    fd_buffer_free(&self->after);
    free(self->squares);
    free(self->known[0].values);
    free(self->known[1].values);
    free(self->ones);
}

bool fd_quantize(const char *from, const char *to, fd_error *error) {
    char in[PATH_MAX], out[PATH_MAX];
    job self = {.path = in, .after = FD_BUFFER(SIZE_MAX), .to = {.file = -1}, .error = error};
    self.known[0].matrix = self.known[1].matrix = NO_MATRIX;
    if (!fd_file_path(in, error, "%s/model.safetensors", from) ||
        !fd_file_path(out, error, "%s/model.safetensors", to) ||
        !fd_config_load(from, &self.config, error) || !fd_safetensors_open(in, &self.file, error))
        return false;
    const fd_tensor *table = fd_safetensors_find(&self.file, "wte.weight");
    bool ok = !table || table->dtype != FD_I8 ||
              fd_fail(error, FD_BAD_FILE, "%s is quantised already: its weights are I8.", from);
    ok = ok && list_parameters(&self) && make_room(&self) && begin(&self, out);
    for (size_t t = 0; ok && t < self.count; t++)
        ok = write_tensor(&self, t);
    ok = ok && fd_replace_add(&self.to, self.after.data, self.after.length, error) &&
         fd_replace_end(&self.to, error) && fd_config_save(&self.config, to, error) &&
         fd_checkpoint_copy_tokenizer(from, to, error);
    finish(&self);
    return ok;
}
