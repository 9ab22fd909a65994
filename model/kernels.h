/* kernels.h - the exact matrix product: int8 weights times 15-bit activations, summed in integers,
 * which do not round, so every instruction set gives the same result. The 15 bits stay in one
 * 16-bit number: multiply-and-add of 16-bit pairs is one pass, for one row and for many, where two
 * int8 planes through a float product would be two. */
#ifndef FD_MODEL_KERNELS_H
#define FD_MODEL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "model/error.h"

/* Activations are whole numbers from -FD_ACTIVATION_MAX to FD_ACTIVATION_MAX: the sum of 1024
 * products with int8 weights then fits 32 bits. */
enum { FD_ACTIVATION_MAX = 16256, FD_INNER_MAX = 4 * 8192 };

typedef struct fd_int_product {
    const int16_t *x;     /* [rows][inner] */
    const float *x_scale; /* [rows] */
    size_t rows, inner;   /* inner at most FD_INNER_MAX */
    const int8_t *w;      /* [outs][inner] */
    const float *w_scale; /* [outs] */
    const float *bias;    /* [outs] or NULL */
    size_t outs;
    float *y; /* [rows][outs] */
} fd_int_product;

/* Computes outputs from <= o < to of every row. */
typedef void fd_int_kernel(const fd_int_product *product, size_t from, size_t to);

/* The fastest kernel of this machine, or the one called `isa` (portable, avx2, avx512, neon);
 * NULL and FD_USAGE when this machine lacks it. *name, if not NULL, becomes its name. */
fd_int_kernel *fd_int_kernel_choose(const char *isa, const char **name, fd_error *error);

/* Quantises one row: values[i] is about scale * x[i]. */
void fd_quantise_activations(const float *values, size_t count, int16_t *x, float *scale);

#endif
