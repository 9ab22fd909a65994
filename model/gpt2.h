/* gpt2.h - a GPT-2 that reads tokens and gives logits, with a key and value cache that sequences
 * share.
 *
 * A span is a run of tokens the model has read, continuing its parent span or starting at position
 * 0. Many spans may continue one parent, which is then finished: that is how one prompt carries
 * many samples. A quantised model computes exactly: the logits of a token are the same bits
 * whether its sequence is fed whole or token by token, alone or among others, with any number of
 * threads, on any CPU. A float model goes through OpenBLAS and makes no such promise. */
#ifndef FD_MODEL_GPT2_H
#define FD_MODEL_GPT2_H

#include <stdint.h>

#include "model/kernels.h"
#include "model/parallel.h"
#include "model/tokenizer.h"
#include "model/weights.h"

typedef struct fd_model fd_model; /* immutable: any number of threads may use one */
typedef struct fd_span fd_span;   /* belongs to one thread at a time */

/* Loads config.json, model.safetensors, vocab.json and merges.txt. `isa` forces the kernels
 * (kernels.h) or is NULL. */
fd_model *fd_model_load(const char *directory, const char *isa, fd_error *error);
void fd_model_free(fd_model *model);

const fd_config *fd_model_config(const fd_model *model);
const fd_tokenizer *fd_model_tokenizer(const fd_model *model);
const fd_weights *fd_model_weights(const fd_model *model);
const fd_kernels *fd_model_kernels(const fd_model *model);

/* An empty span with room for `room` tokens, after `parent` or, when NULL, at the start. The
 * parent must outlive it. NULL when memory is short. */
fd_span *fd_span_new(const fd_model *model, const fd_span *parent, size_t room, fd_error *error);
void fd_span_free(fd_span *span);
size_t fd_span_end(const fd_span *span); /* position after its last token */

/* Tokens to be read. */
typedef struct fd_feed {
    fd_span *span;
    const int32_t *tokens;
    size_t count;  /* at least 1 */
    float *logits; /* out: [vocab] after the last token, [count][vocab] when `every`; or NULL */
    bool every;
} fd_feed;

/* Reads the tokens of all feeds in one go; no span occurs twice, none is another's parent. Fails
 * (and leaves the spans as they were) when a token is not in the vocabulary (FD_BAD_FILE), or a
 * span's room or the model's context is full. */
bool fd_model_read(const fd_model *model, const fd_feed *feeds, size_t count, size_t threads,
                   fd_error *error);

/* fd_pool_run on the threads that read for this model. False when memory is short. */
bool fd_model_run(const fd_model *model, size_t threads, fd_task *run, void *context, size_t pieces,
                  fd_error *error);

#endif
