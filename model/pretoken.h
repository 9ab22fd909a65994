/* pretoken.h - GPT-2's pre-tokeniser (Radford et al. 2019), the regular expression
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 * by hand. */
#ifndef FD_MODEL_PRETOKEN_H
#define FD_MODEL_PRETOKEN_H

#include <stddef.h>

/* The end of the first pre-token of text[0..length) (length > 0): what the regular expression
 * above matches at its start. A byte that is no UTF-8 counts as a character that is neither a
 * letter nor a number nor a space. */
size_t fd_pretoken_end(const char *text, size_t length);

#endif
