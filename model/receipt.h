/* receipt.h - the SHA-256 of a model's weights, known without reading them. A receipt beside the
 * weights, model.safetensors.sum, holds their size, the time of their last change and their sum,
 * and is believed as long as size and time are still these. */
#ifndef FD_MODEL_RECEIPT_H
#define FD_MODEL_RECEIPT_H

#include "model/error.h"

/* Writes the receipt of the weights in `directory`, whose sum is `hex`. */
bool fd_receipt_write(const char *directory, const char hex[65], fd_error *error);

/* The sum in hex: the receipt's, or else computed from the weights. */
bool fd_receipt_sum(const char *directory, char hex[65], fd_error *error);

#endif
