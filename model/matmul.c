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
