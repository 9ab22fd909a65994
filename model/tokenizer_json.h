/* tokenizer_json.h - the tokenizer as Hugging Face's newer programs keep it, in one file. */
#ifndef FD_MODEL_TOKENIZER_JSON_H
#define FD_MODEL_TOKENIZER_JSON_H

#include "model/error.h"

/* Writes the vocabulary and the merges of a tokenizer.json (of type BPE; merges as "a b" or as
 * ["a", "b"]) as vocab.json and merges.txt into `to`. Added tokens are part of the vocabulary.
 * FD_BAD_FILE names what was expected. */
bool fd_tokenizer_json_split(const char *path, const char *to, fd_error *error);

#endif
