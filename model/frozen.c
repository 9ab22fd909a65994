#include "model/frozen.h"

#include <stdlib.h>
#include <string.h>

#include "model/checkpoint.h"

/* The tensors of float weights in file order. */
static void list_weights(const fd_weights *weights, const float **next) {
    *next++ = weights->tokens.f;
    *next++ = weights->positions;
    for (size_t l = 0; l < weights->config.layers; l++) {
        const fd_layer *layer = &weights->layers[l];
        const float *tensors[] = {layer->before_attention.gain,
                                  layer->before_attention.bias,
                                  layer->qkv.f,
                                  layer->qkv.bias,
                                  layer->projection.f,
                                  layer->projection.bias,
                                  layer->before_mlp.gain,
                                  layer->before_mlp.bias,
                                  layer->up.f,
                                  layer->up.bias,
                                  layer->down.f,
                                  layer->down.bias};
        memcpy(next, tensors, sizeof tensors);
        next += sizeof tensors / sizeof tensors[0];
    }
    *next++ = weights->last.gain;
    *next = weights->last.bias;
}

static bool is_tied(const fd_weights *weights) {
    size_t count = weights->config.vocab * weights->config.width;
    return weights->head.f == weights->tokens.f ||
           memcmp(weights->head.f, weights->tokens.f, count * sizeof(float)) == 0;
}

/* A quantised model as floats. */
static bool list_floats(const char *directory, fd_frozen *frozen, fd_error *error) {
    fd_weights_close(&frozen->weights);
    frozen->floats = fd_checkpoint_load(directory, &frozen->config, error);
    for (size_t i = 0; frozen->floats && i < fd_parameter_count(&frozen->config); i++)
        frozen->values[i] = frozen->floats + fd_parameter_at(&frozen->config, i).offset;
    return frozen->floats != NULL;
}

bool fd_frozen_load(const char *directory, fd_frozen *frozen, fd_error *error) {
    *frozen = (fd_frozen){.values = NULL};
    if (!fd_weights_load(directory, &frozen->weights, error))
        return false;
    frozen->config = frozen->weights.config;
    frozen->values =
        fd_alloc(fd_parameter_count(&frozen->config), sizeof(float *), "the model", error);
    bool ok = frozen->values != NULL;
    if (ok && frozen->weights.quantised) {
        ok = list_floats(directory, frozen, error);
    } else if (ok) {
        list_weights(&frozen->weights, frozen->values);
        ok = is_tied(&frozen->weights) ||
             fd_fail(error, FD_BAD_FILE,
                     "%s has an output matrix of its own (lm_head.weight): it can be played on, "
                     "but not trained on.",
                     directory);
    }
    if (!ok)
        fd_frozen_close(frozen);
    return ok;
}

void fd_frozen_close(fd_frozen *frozen) {
    free(frozen->values);
    free(frozen->floats);
    fd_weights_close(&frozen->weights);
    *frozen = (fd_frozen){.values = NULL};
}
