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

static inline fd_matrix fd_matrix_of(const float *data, size_t stride) {
    return (fd_matrix){data, stride, false};
}

static inline fd_matrix fd_transpose_of(const float *data, size_t stride) {
    return (fd_matrix){data, stride, true};
}

/* out[rows][columns] = alpha * a * b + beta * out, `inner` being the shared dimension. */
void fd_matmul(size_t rows, size_t columns, size_t inner, float alpha, fd_matrix a, fd_matrix b,
               float beta, float *out, size_t out_stride);

/* How many threads each product uses. Set it before any thread of ours computes. */
void fd_matmul_threads(int threads);

/* A rectangle of a product's result. */
typedef struct fd_tile {
    size_t row, rows;
    size_t column, columns;
} fd_tile;

/* What share `share` of `threads` of a result [rows][columns] is: a band of whole columns, or of
 * whole rows when there are more of them. The bands are disjoint and cover the result; some may
 * be empty. Several threads of ours with a band each are as fast as one product by the library's
 * own threads, which would wait, spinning, on cores that ours need. */
fd_tile fd_tile_of(size_t rows, size_t columns, size_t share, size_t threads);

/* fd_matmul for one tile of the result; a, b and out are the whole matrices. */
void fd_matmul_tile(fd_tile tile, size_t inner, float alpha, fd_matrix a, fd_matrix b, float beta,
                    float *out, size_t out_stride);

#endif
