/* quantize.h - a float model made small: int8 weights, one scale for each output.
 *
 * GPT-2 has outlier channels: some gains of its layer norms are a hundred times others, and the
 * weights that meet them a hundredth. A row with one scale would round those weights to nothing.
 * So every channel is balanced first, by SmoothQuant's equivalence (Xiao et al. 2023, "SmoothQuant:
 * accurate and efficient post-training quantization for large language models"): a layer norm's
 * gain and bias are divided, and the row of the next matrix multiplied, by one factor; likewise the
 * columns of attention's values and the rows of attn.c_proj. SmoothQuant moves half of the
 * difference, having 8 bits on either side. Activations have 15 bits here (kernels.h), so all of it
 * moves to them: the factors even out the root mean squares of the rows, and need no data. They are
 * powers of two, hence the balanced model is the same function, exactly. */
#ifndef FD_MODEL_QUANTIZE_H
#define FD_MODEL_QUANTIZE_H

#include "model/config.h"

/* Reads the model in `from` (F32, F16 or BF16) and writes one into the existing directory `to`
 * whose matrices are I8, rows of outputs [out][in], each with NAME.scale (F32, [out]): the
 * nearest of 127 steps to either side of zero. Gains, biases and positions stay F32; the
 * tokenizer's files are copied. One tensor is in memory at a time. Refuses a model that is
 * quantised already. */
bool fd_quantize(const char *from, const char *to, fd_error *error);

#endif
