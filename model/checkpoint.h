/* checkpoint.h - float parameters from and to a Hugging Face GPT-2 directory. */
#ifndef FD_MODEL_CHECKPOINT_H
#define FD_MODEL_CHECKPOINT_H

#include "model/config.h"
#include "model/safetensors.h"

/* Reads config.json and model.safetensors (F32, F16, BF16, or a quantised model; names with or
 * without the "transformer." prefix; attention-mask buffers ignored) into one new array of
 * fd_parameter_total floats, which the caller frees. NULL on failure: FD_BAD_FILE names the
 * tensor that is missing or has another shape than config.json says. */
float *fd_checkpoint_load(const char *directory, fd_config *config, fd_error *error);

/* One of these parameters from the open file, which is called `path`, as wanted.count floats. */
bool fd_checkpoint_read(const fd_safetensors *file, const char *path, fd_parameter wanted,
                        float *values, fd_error *error);

/* Writes config.json and model.safetensors (F32) into `directory`, which exists. */
bool fd_checkpoint_save(const char *directory, const fd_config *config, const float *parameters,
                        fd_error *error);

/* Copies vocab.json and merges.txt, so that what is in `to` is a whole model. */
bool fd_checkpoint_copy_tokenizer(const char *from, const char *to, fd_error *error);

#endif
