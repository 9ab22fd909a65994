/* matmul.h - the floating-point matrix product, and the only file that calls cBLAS. */
#ifndef FD_MODEL_MATMUL_H
#define FD_MODEL_MATMUL_H

#include <stdbool.h>
#include <stddef.h>

/* A row-major matrix seen through its row stride: element (r, c) is data[r * stride + c]. */
typedef struct fd_matrix {
    const float *data;
    size_t stride;
    bool transposed; /* use its transpose */
} fd_matrix;

/* out[rows][columns] = alpha * a * b + beta * out, `inner` being the shared dimension. */
void fd_matmul(size_t rows, size_t columns, size_t inner, float alpha, fd_matrix a, fd_matrix b,
               float beta, float *out, size_t out_stride);

/* How many threads each product uses. Set it before any thread of ours computes. */
void fd_matmul_threads(int threads);

#endif
