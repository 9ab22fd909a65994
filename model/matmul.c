#include "model/matmul.h"

#include <cblas.h>

void fd_matmul(size_t rows, size_t columns, size_t inner, float alpha, fd_matrix a, fd_matrix b,
               float beta, float *out, size_t out_stride) {
    cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
                b.transposed ? CblasTrans : CblasNoTrans, (blasint)rows, (blasint)columns,
                (blasint)inner, alpha, a.data, (blasint)a.stride, b.data, (blasint)b.stride, beta,
                out, (blasint)out_stride);
}

void fd_matmul_threads(int threads) {
    openblas_set_num_threads(threads);
}

/* Where share `share` of `count` things begins: at a multiple of a vector register's lanes. */
static size_t band(size_t count, size_t share, size_t threads) {
    enum { GRAIN = 16 };
    size_t grains = (count + GRAIN - 1) / GRAIN, first = grains * share / threads * GRAIN;
    return first < count ? first : count;
}

fd_tile fd_tile_of(size_t rows, size_t columns, size_t share, size_t threads) {
    bool by_rows = rows > columns;
    size_t count = by_rows ? rows : columns;
    size_t from = band(count, share, threads), to = band(count, share + 1, threads);
    return by_rows ? (fd_tile){from, to - from, 0, columns} : (fd_tile){0, rows, from, to - from};
}

void fd_matmul_tile(fd_tile tile, size_t inner, float alpha, fd_matrix a, fd_matrix b, float beta,
                    float *out, size_t out_stride) {
    if (tile.rows == 0 || tile.columns == 0)
        return;
    a.data += a.transposed ? tile.row : tile.row * a.stride;
    b.data += b.transposed ? tile.column * b.stride : tile.column;
    fd_matmul(tile.rows, tile.columns, inner, alpha, a, b, beta,
              out + tile.row * out_stride + tile.column, out_stride);
}
