/* quantize.h - a float model made small: int8 weights, one scale for each output. */
#ifndef FD_MODEL_QUANTIZE_H
#define FD_MODEL_QUANTIZE_H

#include "model/config.h"

/* Reads the model in `from` (F32, F16 or BF16) and writes one into the existing directory `to`
 * whose matrices are I8, rows of outputs [out][in], each with NAME.scale (F32, [out]): the
 * nearest of 127 steps to either side of zero. Gains, biases and positions stay F32; the
 * tokenizer's files are copied. Refuses a model that is quantised already. */
bool fd_quantize(const char *from, const char *to, fd_error *error);

#endif
