/* judge.h - which of several dreamed stretches is worth telling. */
#ifndef FD_STORY_JUDGE_H
#define FD_STORY_JUDGE_H

#include "model/memory.h"

/* Cuts a stretch after its last whole sentence at or before about `words` words (a little more is
 * let pass), closes what must be closed, tidies white space. False when no whole sentence is
 * left. `text` is changed in place. */
bool fd_judge_trim(fd_buffer *text, size_t words);

/* Whether text[0..length) ends with a sentence, outside quotes. */
bool fd_judge_is_whole(const char *text, size_t length);

/* How much of a stretch that looks at; less than `length` when there is more than it will keep. */
size_t fd_judge_reach(const char *text, size_t length, size_t words);

/* What ranking looks at, counted. What stands in quotes may be in any person and tense. */
typedef struct fd_findings {
    size_t words, you, first_person, strangers, quotes;
    size_t loops;         /* four words that stood before, a word directly twice */
    size_t harping;       /* words of four letters or more that come again at once, or thrice */
    size_t copies;        /* four words that were told before */
    size_t stock;         /* phrases that say nothing: "a good deal", "the same" */
    size_t signs;         /* digits, brackets, stars: apparatus of printed books */
    size_t past, present; /* verbs that are plainly one or the other: was, had, saw; is, has, do */
    size_t winding;       /* words of sentences beyond their fifteenth, and */
    size_t clipped;       /* how many they lack of five */
    size_t refrains;      /* sentences that begin with the two words the one before began with */
    size_t bent;          /* "to you" and its like in sentences that begin with "You" */
    size_t pronouns;      /* he, she, it, they: nobody knows who that is */
    size_t limbs;         /* hands, eyes, mouths: a small model's favourite things */
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

/* How good it is; higher is better and below FD_JUDGE_POOR is not worth telling. `likelihood` is
 * the mean log probability of its tokens, or better fd_judge_likelihood. */
#define FD_JUDGE_POOR (-12.0)
double fd_judge_score(const char *text, double likelihood, const char *told);

/* What the score loses when there are less than half of the wanted words. */
double fd_judge_length(const char *text, size_t wanted);

/* How well tokens fit where they stand: likely, and likelier than they would be anywhere (Li et
 * al. 2016, maximum mutual information), so that what could be said of everything loses to what
 * belongs here. `logprob` and `alone` are the sums of the tokens' log probability after all that
 * was read, and after nothing. */
double fd_judge_likelihood(double logprob, double alone, size_t tokens);

#endif
