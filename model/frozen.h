/* frozen.h - a model's float tensors where they lie, to train beside and not to change. F32 files
 * stay mapped, so that they take no more memory than the system lends; tensors of other kinds are
 * converted. */
#ifndef FD_MODEL_FROZEN_H
#define FD_MODEL_FROZEN_H

#include "model/weights.h"

typedef struct fd_frozen {
    fd_config config;
    const float **values; /* [fd_parameter_count] in file order */
    fd_weights weights;   /* what they belong to */
    float *floats;        /* of a quantised model instead */
} fd_frozen;

/* Reads what fd_checkpoint_load reads, and refuses what it refuses. */
bool fd_frozen_load(const char *directory, fd_frozen *frozen, fd_error *error);
void fd_frozen_close(fd_frozen *frozen);

#endif
