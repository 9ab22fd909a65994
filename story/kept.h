/* kept.h - a candidate that a writer keeps, as a passage: its name, and in its header's metadata
 * how it was made, so that it can be made again.
 *
 * The metadata is Twee 3's JSON object with one key of ours, which other programs leave alone:
 *   {"dreamed":{"model":"embedded","model_hash":"…","at":"The Hall","path":["…"],"seed":"…",
 *    "candidate":3,"words":60,"choice":8,"temperature":0.7,"top_k":40,"top_p":0.9,
 *    "repetition_penalty":1.15,"opening":"…","hash":"…","hands":[["writer",12],["model",310],["edit",9]]}}
 * "hash" is the first half of the SHA-256 of what was dreamed, opening included, before any edit;
 * "hands" are bytes of the text in whose hand they are, in order. */
#ifndef FD_STORY_KEPT_H
#define FD_STORY_KEPT_H

#include <cjson/cJSON.h>

#include "story/preview.h"
#include "story/twee.h"

/* How a candidate is made; texts belong to whoever fills it. */
typedef struct fd_making {
    const char *model, *model_hash;
    const char *at, *seed, *opening; /* opening may be "" */
    const char *const *path;         /* names of passages, the last is `at` */
    size_t path_count;
    size_t number, words; /* number from 0 */
    size_t choice;        /* preview.h; 1 where the metadata has none */
    fd_sampling sampling;
    char hash[33]; /* of the dreamed text */
} fd_making;

bool fd_making_hash(const char *text, char hash[33], fd_error *error);

/* Fills a passage that fd_passage_free frees: tags "dreamed" and "ending"
 * (nothing follows it yet), metadata, and the draft as text, in
 * which what would be markup is made plain. `position` is Twine's "x,y" for it, or "". */
bool fd_kept_passage(const fd_making *making, const fd_script *draft, const char *name,
                     const char *position, fd_passage *passage, fd_error *error);

/* A making read back. The texts are `json`'s, which the caller frees with cJSON_Delete and the
 * path, with free. FD_BAD_FILE when the passage was not dreamed or says so in another way. */
bool fd_kept_read(const fd_passage *passage, const char *source, cJSON **json, fd_making *making,
                  fd_error *error);

/* The text of a kept passage as it was before it was made plain. */
bool fd_kept_plain(const char *text, fd_buffer *into, fd_error *error);

#endif
