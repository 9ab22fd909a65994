/* weave.h - one visit to a passage: variation drawn, conditions decided, slots filled. */
#ifndef FD_STORY_WEAVE_H
#define FD_STORY_WEAVE_H

#include "model/random.h"
#include "story/state.h"
#include "story/story.h"

typedef struct fd_choice {
    char *label;
    size_t target; /* passage */
    bool typed;    /* label is the prompt of free typing */
    size_t node;   /* the link's id in its passage; saves do not keep it */
} fd_choice;

typedef struct fd_question {
    char *name, *question, *fallback; /* the fallback may be "" */
} fd_question;

/* A stretch of the passage: text as it is told, or a dream to be written there. */
typedef struct fd_piece {
    bool dream;
    bool joined;    /* goes on in the line of the piece before it */
    char *text;     /* of a dream: its opening */
    char *fallback; /* of a dream, else NULL */
    size_t words;   /* of a dream */
} fd_piece;

/* Which branch of a VARY or IF was woven; nothing is listed for what wove none. */
typedef struct fd_picked {
    size_t node; /* its id */
    size_t branch;
} fd_picked;

typedef struct fd_woven {
    fd_piece *pieces;
    size_t piece_count, piece_capacity;
    fd_choice *choices;
    size_t choice_count, choice_capacity;
    fd_question *questions; /* not yet answered: when there are any, ask and weave again */
    size_t question_count, question_capacity;
    fd_picked *picked; /* in order */
    size_t picked_count, picked_capacity;
} fd_woven;

/* Weaves `passage` as visited in `state`, which it changes: counts the visit (visited() of the
 * passage itself is true only on later visits), runs sets, counts sequences. Every draw comes from
 * `key`, indexed by node, so the same (story, state, key) weaves the same. When questions are
 * unanswered (state lacks their name) they are listed and the state is not to be kept. Blank space
 * is tidied: no blank lines at the ends, at most one between paragraphs, runs of spaces made one;
 * a line with nothing but links leaves no hole, nor does one whose markup came to nothing. A link
 * inside a sentence leaves its label there. */
bool fd_weave(const fd_story *story, size_t passage, fd_random_key key, fd_state *state,
              fd_woven *woven, fd_error *error);
void fd_woven_free(fd_woven *woven);

/* Answers all of its questions, each by its fallback. */
bool fd_woven_answer(const fd_woven *woven, fd_state *state, fd_error *error);

#endif
