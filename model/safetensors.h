/* safetensors.h - reading and writing the safetensors format
 * (https://huggingface.co/docs/safetensors, format section), refusing what it forbids: holes,
 * overlaps, sizes that disagree with shapes, bytes after the end. */
#ifndef FD_MODEL_SAFETENSORS_H
#define FD_MODEL_SAFETENSORS_H

#include <stdint.h>

#include "model/file.h"

typedef enum fd_dtype { FD_F32, FD_F16, FD_BF16, FD_I8, FD_DTYPE_OTHER } fd_dtype;

typedef struct fd_tensor {
    char name[256];
    fd_dtype dtype;
    size_t rank; /* at most 4 */
    size_t shape[4];
    size_t count;        /* elements */
    const uint8_t *data; /* inside the map */
    size_t bytes;
} fd_tensor;

typedef struct fd_safetensors {
    fd_map map;
    fd_tensor *tensors;
    size_t count;
} fd_safetensors;

/* Maps the file and checks every rule of the format; tensors of unknown dtypes are listed as
 * FD_DTYPE_OTHER. FD_BAD_FILE names the file, the tensor and what was expected. */
bool fd_safetensors_open(const char *path, fd_safetensors *file, fd_error *error);
void fd_safetensors_close(fd_safetensors *file);

/* The tensor of that name, with or without a "transformer." prefix; NULL if there is none. */
const fd_tensor *fd_safetensors_find(const fd_safetensors *file, const char *name);

/* Converts `tensor` (F32, F16 or BF16) to `count` floats; false if dtype or count differ. */
bool fd_tensor_to_f32(const fd_tensor *tensor, float *values, size_t count, fd_error *error);

/* A tensor to be written: F32 or I8, [rows][columns], a vector when `columns` is 0. `data` stays
 * the caller's; NULL when it is added later. A name that is too long is cut. */
fd_tensor fd_tensor_of(const char *name, fd_dtype dtype, size_t rows, size_t columns,
                       const void *data);

/* Begins a file of the tensors (name, dtype, rank, shape and bytes of each are read) with its
 * header, padded so that the data begins at a multiple of 64 bytes. The caller then adds the data
 * of each tensor in this order and ends the replacement (file.h).
 * `metadata` is a NULL-terminated list of key, value, key, value, ... or NULL. */
bool fd_safetensors_begin(fd_replacement *file, const char *path, const fd_tensor *tensors,
                          size_t count, const char *const *metadata, fd_error *error);

/* The whole of that, where the data of all tensors is at hand. */
bool fd_safetensors_write(const char *path, const fd_tensor *tensors, size_t count,
                          const char *const *metadata, fd_error *error);

#endif
