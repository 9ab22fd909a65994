/* bundle.h - reading a TensorFlow checkpoint, a "tensor bundle": PREFIX.index, a table of names and
 * descriptions (tensorflow/core/protobuf/tensor_bundle.proto), and the values in
 * PREFIX.data-00000-of-00001, or more files of that kind. */
#ifndef FD_MODEL_BUNDLE_H
#define FD_MODEL_BUNDLE_H

#include "model/safetensors.h"

/* `tensor.data` points into a map. What holds no floats, has more than 4 dimensions or is kept in
 * slices has the dtype FD_DTYPE_OTHER and no data. */
typedef struct fd_bundle_tensor {
    fd_tensor tensor;
    size_t shard; /* the data file it is in */
    uint32_t sum; /* masked CRC-32C of its bytes */
} fd_bundle_tensor;

typedef struct fd_bundle {
    char prefix[PATH_MAX];
    fd_map *shards;
    size_t shard_count;
    fd_bundle_tensor *tensors; /* sorted by name */
    size_t count, capacity;
} fd_bundle;

/* Maps the files and checks every description against them. FD_BAD_FILE names file and place. */
bool fd_bundle_open(const char *prefix, fd_bundle *bundle, fd_error *error);
void fd_bundle_close(fd_bundle *bundle);

/* NULL if there is none. */
const fd_bundle_tensor *fd_bundle_find(const fd_bundle *bundle, const char *name);

/* Verifies the tensor's checksum and converts it (F32, F16 or BF16) to its tensor.count floats. */
bool fd_bundle_read(const fd_bundle *bundle, const fd_bundle_tensor *tensor, float *values,
                    fd_error *error);

#endif
