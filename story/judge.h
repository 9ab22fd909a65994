/* judge.h - which of several dreamed stretches is worth telling. */
#ifndef FD_STORY_JUDGE_H
#define FD_STORY_JUDGE_H

#include "model/memory.h"

/* Cuts a stretch after its last whole sentence at or before about `words` words (a little more is
 * let pass), closes what must be closed, tidies white space. False when no whole sentence is
 * left. `text` is changed in place. */
bool fd_judge_trim(fd_buffer *text, size_t words);

/* What ranking looks at, counted. What stands in quotes may be in any person and tense. */
typedef struct fd_findings {
    size_t words, you, first_person, strangers, quotes;
    size_t loops;         /* four words that stood before, a word directly twice */
    size_t harping;       /* words of four letters or more that come for the third time or later */
    size_t signs;         /* digits, brackets, stars: apparatus of printed books */
    size_t past, present; /* verbs that are plainly one or the other: was, had, saw; is, has, do */
    size_t hollow;        /* words that name and do nothing: it, there, something, been */
    size_t dangling;      /* sentences that end with a word none ends with: the, your, and */
    size_t echoes;        /* different words of four letters or more that were told lately */
} fd_findings;

/* `told` is everything the reader has read: its names are no strangers', and its last
 * FD_JUDGE_SCENE bytes are the scene that a dream may take words from. */
enum { FD_JUDGE_SCENE = 1600 };
void fd_judge_look(const char *text, const char *told, fd_findings *findings);

/* What is wrong with it, in a few words for a writer: "says I, repeats itself"; adds nothing when
 * nothing is. */
bool fd_judge_words(const fd_findings *findings, size_t wanted, fd_buffer *into, fd_error *error);

/* How good it is; higher is better and below FD_JUDGE_POOR is not worth telling. `logprob` is the
 * mean log probability of its tokens; `wanted` how many words there should be. */
#define FD_JUDGE_POOR (-12.0)
double fd_judge_score(const char *text, double logprob, size_t wanted, const char *told);

#endif
