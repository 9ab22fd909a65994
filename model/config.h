/* config.h - the shape of a GPT-2, from a Hugging Face config.json, and its parameter list. */
#ifndef FD_MODEL_CONFIG_H
#define FD_MODEL_CONFIG_H

#include <stddef.h>

#include "model/error.h"

typedef struct fd_config {
    size_t layers;
    size_t heads;
    size_t width;   /* a multiple of heads */
    size_t context; /* positions */
    size_t vocab;
    float epsilon; /* of the layer norms */
} fd_config;

#define FD_GPT2_EPSILON 1e-5f

/* Reads `directory`/config.json (n_layer, n_head, n_embd, n_positions or n_ctx, vocab_size or
 * n_vocab, layer_norm_epsilon). Refuses other architectures, variants of GPT-2 that compute
 * something else, and shapes past: layers 64, width 8192, context 4096, vocabulary 100000.
 * FD_BAD_FILE names the field. */
bool fd_config_load(const char *directory, fd_config *config, fd_error *error);

/* The same from a file of another name, such as OpenAI's hparams.json. */
bool fd_config_read(const char *path, fd_config *config, fd_error *error);

/* Writes config.json as Hugging Face's GPT2LMHeadModel reads it. */
bool fd_config_save(const fd_config *config, const char *directory, fd_error *error);

/* True, or false with the sentence saying what is out of bounds. */
bool fd_config_check(const fd_config *config, fd_error *error);

/* The parameter tensors of GPT-2 in file order: wte, wpe, then per layer ln_1.weight, ln_1.bias,
 * attn.c_attn.weight, .bias, attn.c_proj.weight, .bias, ln_2.weight, .bias, mlp.c_fc.weight,
 * .bias, mlp.c_proj.weight, .bias, then ln_f.weight, ln_f.bias. Linear weights are [in, out]. */
typedef struct fd_parameter {
    char name[64];   /* without the "transformer." prefix */
    size_t shape[2]; /* shape[1] is 0 for a vector */
    size_t count;    /* elements */
    size_t offset;   /* elements before it in that order */
    bool linear;     /* a matrix inside a block, as opposed to an embedding, gain or bias */
} fd_parameter;

size_t fd_parameter_count(const fd_config *config); /* tensors: 12 per layer + 4 */
fd_parameter fd_parameter_at(const fd_config *config, size_t index);
size_t fd_parameter_total(const fd_config *config); /* elements of all tensors together */

#endif
