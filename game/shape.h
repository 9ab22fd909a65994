/* shape.h - GPT-2s of the published shapes with random weights, for measuring without a download.
 */
#ifndef FD_GAME_SHAPE_H
#define FD_GAME_SHAPE_H

#include "model/config.h"

/* The shape called 124M, 355M, 774M or 1558M; FD_USAGE for another name. */
bool fd_shape_find(const char *name, fd_config *config, fd_error *error);

/* Writes config.json and an int8 model.safetensors of that shape. It takes about twice the file's
 * size in memory. */
bool fd_shape_write(const fd_config *config, const char *directory, fd_error *error);

#endif
