/* sharded.h - a Hugging Face model that is kept in several safetensors files. */
#ifndef FD_MODEL_SHARDED_H
#define FD_MODEL_SHARDED_H

#include "model/error.h"

#define FD_SHARDED_INDEX "model.safetensors.index.json"

/* Joins the files that `from`/model.safetensors.index.json names into `to`/model.safetensors. Only
 * what a model is made of is taken (F32, F16, BF16, I8). FD_BAD_FILE names the file. */
bool fd_sharded_join(const char *from, const char *to, fd_error *error);

#endif
