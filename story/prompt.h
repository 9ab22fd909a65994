/* prompt.h - the path as the model reads it. */
#ifndef FD_STORY_PROMPT_H
#define FD_STORY_PROMPT_H

#include "model/tokenizer.h"

/* Segments (oldest first), each ended by "<|endoftext|>", then `open`, the text to be continued.
 * When that is more than `limit` tokens the oldest are left out, at the end of a segment where
 * possible. */
bool fd_prompt(const fd_tokenizer *tokenizer, const char *const *segments, size_t count,
               const char *open, size_t limit, fd_tokens *tokens, fd_error *error);

#endif
