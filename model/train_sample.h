/* train_sample.h - a few words from a model that is still learning. */
#ifndef FD_MODEL_TRAIN_SAMPLE_H
#define FD_MODEL_TRAIN_SAMPLE_H

#include "model/sampler.h"
#include "model/tokenizer.h"
#include "model/trainee.h"

/* Appends to `tokens`, which holds the beginning (at least one token), until there are `wanted` of
 * them or the context is full, or `end` (-1: nothing) is drawn, which is then not added. Reads all
 * of it again for each token: right for a line or two, and needs no second copy of the model. */
bool fd_train_sample(const fd_trainee *trainee, const fd_sampling *sampling, fd_random_key key,
                     size_t wanted, int32_t end, size_t threads, fd_tokens *tokens,
                     fd_error *error);

#endif
