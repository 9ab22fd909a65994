/* weights.h - a GPT-2's weights as inference reads them: a Hugging Face directory, mapped, floats
 * or int8. Float tensors stored as F32 and all int8 tensors are used where the file lies. */
#ifndef FD_MODEL_WEIGHTS_H
#define FD_MODEL_WEIGHTS_H

#include "model/config.h"
#include "model/safetensors.h"

/* y = W x + b. Exactly one of `q` and `f` is there. */
typedef struct fd_linear {
    size_t inner, outs;
    const int8_t *q;    /* [outs][inner], each row times its scale */
    const float *scale; /* [outs] */
    const float *f;     /* [inner][outs], or [outs][inner] when `rows` */
    bool rows;
    const float *bias; /* [outs] or NULL */
} fd_linear;

typedef struct fd_norm {
    const float *gain, *bias; /* [width] */
} fd_norm;

typedef struct fd_layer {
    fd_norm before_attention, before_mlp;
    fd_linear qkv, projection, up, down;
} fd_layer;

typedef struct fd_weights {
    fd_config config;
    bool quantised;
    fd_linear tokens;       /* [vocab] rows of width: the embedding */
    const float *positions; /* [context][width] */
    fd_layer *layers;
    fd_norm last;
    fd_linear head;      /* the embedding again, unless the file has lm_head.weight */
    fd_safetensors file; /* what the pointers point into */
    float **converted;   /* tensors that were not F32 in the file */
    size_t converted_count, converted_capacity;
} fd_weights;

/* FD_BAD_FILE names a tensor that is missing or misshapen. */
bool fd_weights_load(const char *directory, fd_weights *weights, fd_error *error);
void fd_weights_close(fd_weights *weights);

/* Row `token` of the embedding, as floats. */
void fd_weights_embed(const fd_weights *weights, int32_t token, float *values);

#endif
