/* judge.h - which of several dreamed stretches is worth telling. */
#ifndef FD_STORY_JUDGE_H
#define FD_STORY_JUDGE_H

#include "model/memory.h"

/* Cuts a stretch after its last whole sentence at or before about `words` words (a little more is
 * let pass), closes what must be closed, tidies white space. False when no whole sentence is
 * left. `text` is changed in place. */
bool fd_judge_trim(fd_buffer *text, size_t words);

/* How good it is; higher is better and below FD_JUDGE_POOR is not worth telling. `logprob` is the
 * mean log probability of its tokens; `wanted` how many words there should be; `told` is everything
 * the reader has read, whose names a dream may use. */
#define FD_JUDGE_POOR (-12.0)
double fd_judge_score(const char *text, double logprob, size_t wanted, const char *told);

#endif
