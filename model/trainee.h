/* trainee.h - a model in training: where each of its tensors is, and which of them move. */
#ifndef FD_MODEL_TRAINEE_H
#define FD_MODEL_TRAINEE_H

#include "model/layers.h"
#include "model/lora.h"

typedef struct fd_trainee {
    fd_config config;
    const float **values;  /* [fd_parameter_count] the model's tensors, in file order */
    size_t rank;           /* of adapters; 0 when there are none */
    float scale;           /* of adapters: alpha / rank */
    float *moving;         /* [total] the parameters that training moves; belongs to the caller */
    fd_parameter *tensors; /* [count] what they are; offsets into `moving` and its gradient */
    size_t count, total;
    size_t first; /* the first moving tensor's index in file order, without adapters */
} fd_trainee;

/* All of a model's parameters (config.h) move, or with `freeze` only those inside blocks: the
 * embeddings and the last norm stay (gpt-2-simple's only_train_transformer_layers). */
bool fd_trainee_whole(fd_trainee *self, const fd_config *config, float *parameters, bool freeze,
                      fd_error *error);

/* Adapters (lora.h) move, the model's tensors `values` [fd_parameter_count] do not. */
bool fd_trainee_adapted(fd_trainee *self, const fd_config *config, const float *const *values,
                        const fd_lora *lora, float *adapters, fd_error *error);

void fd_trainee_free(fd_trainee *self);

/* Where in `gradient`, laid out as `moving`, the gradient of the model's tensor `index` is; NULL
 * when it does not move or `gradient` is NULL. */
float *fd_trainee_gradient(const fd_trainee *self, float *gradient, size_t index);

/* The adapter beside matrix `matrix` (0 to 3) of a layer, without working memory. */
fd_adapter fd_trainee_adapter(const fd_trainee *self, float *gradient, size_t layer, size_t matrix);

#endif
