/* lora.h - low-rank adapters beside the four matrices of every block (Hu et al. 2021, "LoRA").
 *
 * A layer's frozen matrix W [ins][outs] acts as W + alpha / rank * (B A)', A being [rank][ins] and
 * B [outs][rank]. All adapters are one array of floats: for each layer and each of c_attn,
 * attention c_proj, c_fc and mlp c_proj, A then B. Files are those of Hugging Face's PEFT library:
 * adapter_config.json and adapter_model.safetensors. */
#ifndef FD_MODEL_LORA_H
#define FD_MODEL_LORA_H

#include <limits.h>
#include <stdint.h>

#include "model/config.h"

enum { FD_LORA_MATRICES = 4, FD_LORA_MOST_RANK = 1024 };

typedef struct fd_lora {
    size_t rank; /* 1 to FD_LORA_MOST_RANK */
    double alpha;
    char base[PATH_MAX]; /* the directory of the model that is adapted */
} fd_lora;

size_t fd_lora_count(const fd_config *config); /* tensors: 8 per layer */
size_t fd_lora_total(const fd_config *config, size_t rank);

/* Tensor `index`, named as PEFT names it after "base_model.model.transformer.". */
fd_parameter fd_lora_parameter(const fd_config *config, size_t rank, size_t index);

/* The index (config.h) of the matrix that adapter tensor `index` adapts. */
size_t fd_lora_adapted(size_t index);

/* A uniform within 1 / sqrt(ins), B zero: the adapted model is the model. */
void fd_lora_fresh(const fd_config *config, size_t rank, uint64_t seed, float *adapters);

/* Adds the adapters to the model's parameters, an array as config.h orders it. */
void fd_lora_merge(const fd_config *config, const fd_lora *lora, const float *adapters,
                   float *parameters);

bool fd_lora_save(const char *directory, const fd_config *config, const fd_lora *lora,
                  const float *adapters, fd_error *error);

/* Reads adapter_model.safetensors into fd_lora_total floats. */
bool fd_lora_load(const char *directory, const fd_config *config, const fd_lora *lora,
                  float *adapters, fd_error *error);

#endif
