/* generate.h - text from a model: one prompt, several samples drawn together. */
#ifndef FD_MODEL_GENERATE_H
#define FD_MODEL_GENERATE_H

#include "model/gpt2.h"
#include "model/prefix.h"
#include "model/sampler.h"

/* Called before each token; `done` of at most `wanted` tokens of each sample are drawn, and the
 * caller's samples hold what is drawn so far. Returning false cancels (FD_CANCELLED). */
typedef bool fd_generate_observer(void *context, size_t done, size_t wanted);

/* Whether a sample's text, not empty, is all that was wanted. Any thread may call it. */
typedef bool fd_generate_whole(const char *text, size_t length);

typedef struct fd_generation {
    const int32_t *prompt; /* when there is none, "<|endoftext|>" stands for it */
    size_t prompt_count;
    size_t samples;           /* at least 1 */
    size_t first;             /* number of the first of them: which draws it is made of */
    size_t max_tokens;        /* at least 1 */
    const char *const *stops; /* a sample ends before the first of these texts */
    size_t stop_count;
    fd_generate_whole *whole; /* a sample ends as soon as it is so; or NULL */
    bool end_stops;           /* "<|endoftext|>" ends a sample (it is then not part of it) ... */
    size_t min_tokens;        /* ... once it has this many tokens; before that it is not drawn */
    fd_sampling sampling;
    fd_random_key key; /* token t of sample number s is drawn with s * 2^32 + t */
    size_t threads;
    fd_generate_observer *observer; /* or NULL */
    void *context;
    fd_prefix
        *kept; /* what earlier prompts had in common with this one is not read again; or NULL */
} fd_generation;

typedef struct fd_sample {
    fd_tokens tokens;
    fd_buffer text;
    double logprob; /* natural log of the tokens' probability under the model itself, and */
    float *each;    /* [tokens.count] that of each of them */
    size_t each_capacity;
    bool ended; /* whole, by a stop or "<|endoftext|>", not by max_tokens */
} fd_sample;

typedef struct fd_timing {
    size_t prompt_tokens, drawn_tokens;
    double prefill_s, decode_s;
} fd_timing;

/* Fills samples[0..samples), which the caller frees with fd_samples_free whatever happens. A
 * prompt longer than the context is cut at its front; when a sample fills the context, the window
 * slides: the later half of the context is read again and the sample goes on. `timing` may be
 * NULL. */
bool fd_generate(const fd_model *model, const fd_generation *plan, fd_sample *samples,
                 fd_timing *timing, fd_error *error);
void fd_samples_free(fd_sample *samples, size_t count);

#endif
