#include "model/evaluate.h"

#include <stdlib.h>

enum { BLOCK = 64 };

/* One window, a block at a time: logits of a large vocabulary for a whole window are large. */
static bool evaluate_window(const fd_model *model, const int32_t *tokens, size_t count,
                            size_t threads, float *logits, double *nll, fd_error *error) {
    size_t vocab = fd_model_config(model)->vocab;
    fd_span *span = fd_span_new(model, NULL, count, error);
    bool ok = span != NULL;
    for (size_t at = 0; ok && at + 1 < count; at += BLOCK) {
        size_t block = count - 1 - at < BLOCK ? count - 1 - at : BLOCK;
        fd_feed feed = {span, tokens + at, block, logits, true};
        ok = fd_model_read(model, &feed, 1, threads, error);
        for (size_t i = 0; ok && i < block; i++) {
            const float *row = logits + i * vocab;
            *nll +=
                fd_model_kernels(model)->log_sum_exp(row, vocab) - (double)row[tokens[at + i + 1]];
        }
    }
    fd_span_free(span);
    return ok;
}

bool fd_model_evaluate(const fd_model *model, const int32_t *tokens, size_t count, size_t threads,
                       double *nll, size_t *predicted, fd_error *error) {
    size_t context = fd_model_config(model)->context;
    size_t vocab = fd_model_config(model)->vocab;
    float *logits = fd_alloc(BLOCK * vocab, sizeof(float), "the evaluation", error);
    bool ok = logits != NULL;
    *nll = 0.0;
    *predicted = 0;
    for (size_t i = 0; ok && i < count; i++)
        if (tokens[i] < 0 || (size_t)tokens[i] >= vocab)
            ok = fd_fail(error, FD_BAD_FILE,
                         "Token %zu of the text is not in the model's vocabulary.", i);
    for (size_t at = 0; ok && at + 1 < count; at += context) {
        size_t window = count - at < context ? count - at : context;
        ok = evaluate_window(model, tokens + at, window, threads, logits, nll, error);
        *predicted += window - 1;
    }
    free(logits);
    return ok;
}

static double logprob_of(const fd_model *model, const float *row, int32_t token) {
    return (double)row[token] -
           fd_model_kernels(model)->log_sum_exp(row, fd_model_config(model)->vocab);
}

static size_t longest_of(const fd_tokens *ends, size_t count) {
    size_t longest = 1;
    for (size_t i = 0; i < count; i++)
        longest = ends[i].count > longest ? ends[i].count : longest;
    return longest;
}

/* Adds up what comes after `start`; `rest` has room for the logits after all but the last token. */
static bool weigh(const fd_model *model, const fd_span *start, const float *logits,
                  const fd_tokens *end, size_t threads, float *rest, double *logprob,
                  fd_error *error) {
    size_t vocab = fd_model_config(model)->vocab, read = end->count ? end->count - 1 : 0;
    fd_span *span = read ? fd_span_new(model, start, read, error) : NULL;
    const fd_feed feed = {span, end->ids, read, rest, true};
    bool ok = !read || (span && fd_model_read(model, &feed, 1, threads, error));
    *logprob = 0.0;
    for (size_t i = 0; ok && i < end->count; i++)
        *logprob += logprob_of(model, i ? rest + (i - 1) * vocab : logits, end->ids[i]);
    fd_span_free(span);
    return ok;
}

bool fd_model_weigh_after(const fd_model *model, const fd_span *start, const float *logits,
                          const fd_tokens *ends, size_t count, size_t threads, double *logprobs,
                          fd_error *error) {
    float *rest = fd_alloc((longest_of(ends, count) - 1) * fd_model_config(model)->vocab,
                           sizeof *rest, "the evaluation", error);
    bool ok = rest != NULL;
    for (size_t i = 0; ok && i < count; i++)
        ok = weigh(model, start, logits, &ends[i], threads, rest, &logprobs[i], error);
    free(rest);
    return ok;
}

bool fd_model_weigh(const fd_model *model, const fd_tokens *start, const fd_tokens *ends,
                    size_t count, size_t threads, double *logprobs, fd_error *error) {
    if (start->count + longest_of(ends, count) - 1 > fd_model_config(model)->context)
        return fd_fail(error, FD_USAGE, "This is more than the model can hold.");
    float *logits =
        fd_alloc(fd_model_config(model)->vocab, sizeof *logits, "the evaluation", error);
    fd_span *span = logits ? fd_span_new(model, NULL, start->count, error) : NULL;
    const fd_feed feed = {span, start->ids, start->count, logits, false};
    bool ok = span && fd_model_read(model, &feed, 1, threads, error) &&
              fd_model_weigh_after(model, span, logits, ends, count, threads, logprobs, error);
    fd_span_free(span);
    free(logits);
    return ok;
}
