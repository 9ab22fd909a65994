/* evaluate.h - how well a model, as it generates, predicts a text. */
#ifndef FD_MODEL_EVALUATE_H
#define FD_MODEL_EVALUATE_H

#include "model/gpt2.h"

/* Sum of -log p in nats of tokens[0..count) in windows of the full context without overlap, the
 * first token of each window given; *predicted is how many tokens that sum is over. */
bool fd_model_evaluate(const fd_model *model, const int32_t *tokens, size_t count, size_t threads,
                       double *nll, size_t *predicted, fd_error *error);

/* logprobs[i] is the sum of log p of the tokens of ends[i], read after `start`, which has at least
 * one token. An end that the context has no room for is FD_USAGE. */
bool fd_model_weigh(const fd_model *model, const fd_tokens *start, const fd_tokens *ends,
                    size_t count, size_t threads, double *logprobs, fd_error *error);

/* The same where `start` has been read and `logits` [vocab] are those after it. */
bool fd_model_weigh_after(const fd_model *model, const fd_span *start, const float *logits,
                          const fd_tokens *ends, size_t count, size_t threads, double *logprobs,
                          fd_error *error);

#endif
