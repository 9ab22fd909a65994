/* tokenizer.h - GPT-2's byte-level byte-pair encoding, from a Hugging Face directory's vocab.json
 * and merges.txt (Sennrich et al. 2016; Radford et al. 2019, with GPT-2's pre-tokeniser
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+).
 *
 * Any bytes can be encoded, valid UTF-8 or not, and decode to the same bytes. A tokenizer is
 * immutable after loading and may be shared between threads. */
#ifndef FD_MODEL_TOKENIZER_H
#define FD_MODEL_TOKENIZER_H

#include <stdint.h>

#include "model/memory.h"

#define FD_END_OF_TEXT "<|endoftext|>"

typedef struct fd_tokenizer fd_tokenizer;

/* A growing list of token ids; start from {0}. */
typedef struct fd_tokens {
    int32_t *ids;
    size_t count;
    size_t capacity;
} fd_tokens;

bool fd_tokens_add(fd_tokens *tokens, int32_t id, fd_error *error);
void fd_tokens_free(fd_tokens *tokens);

/* NULL on failure: FD_BAD_FILE when a file is missing or malformed (ids not dense, a merge of
 * unknown pieces), naming file and line or key. */
fd_tokenizer *fd_tokenizer_load(const char *directory, fd_error *error);
void fd_tokenizer_free(fd_tokenizer *tokenizer);

size_t fd_tokenizer_size(const fd_tokenizer *tokenizer);         /* number of ids */
int32_t fd_tokenizer_end_of_text(const fd_tokenizer *tokenizer); /* -1 if it has none */

/* Appends the ids of text[0..length). With `special`, "<|endoftext|>" in the text becomes its one
 * id; otherwise it is encoded as the ordinary characters it is written with. */
bool fd_tokenizer_encode(const fd_tokenizer *tokenizer, const char *text, size_t length,
                         bool special, fd_tokens *tokens, fd_error *error);

/* The bytes of one token (not terminated; NULL when the id is out of range). */
const char *fd_tokenizer_bytes(const fd_tokenizer *tokenizer, int32_t id, size_t *length);

/* Appends the bytes of `count` ids; an id out of range is FD_BAD_FILE naming its position. */
bool fd_tokenizer_decode(const fd_tokenizer *tokenizer, const int32_t *ids, size_t count,
                         fd_buffer *text, fd_error *error);

#endif
