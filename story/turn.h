/* turn.h - one turn of a story as it was told: what the player did, every word shown, the choices
 * it left, and what the story remembers after it. */
#ifndef FD_STORY_TURN_H
#define FD_STORY_TURN_H

#include <cjson/cJSON.h>

#include "story/state.h"
#include "story/weave.h"

typedef enum fd_action_kind {
    FD_ACT_START,
    FD_ACT_CHOOSE, /* choice */
    FD_ACT_TYPE,   /* text, where the turn offers typing */
    FD_ACT_ANSWER, /* text, to the turn's question */
    /* Of the player's own accord (narrator.h), at any turn that offers choices: */
    FD_ACT_DO,    /* text */
    FD_ACT_SAY,   /* text */
    FD_ACT_GO_ON, /* the narrator goes on */
} fd_action_kind;

typedef struct fd_action {
    fd_action_kind kind;
    size_t choice; /* from 0, among the turn's choices */
    char *text;    /* owned, or NULL */
} fd_action;

bool fd_action_equal(const fd_action *a, const fd_action *b);
bool fd_action_is_free(const fd_action *action); /* do, say, go on */

typedef enum fd_voice {
    FD_AUTHORED,
    FD_DREAMED,
    FD_PLAYER,
    FD_EDITED /* dreamed, and then rewritten by the player */
} fd_voice;

/* A stretch of text in one voice: UTF-8, paragraphs apart by a blank line. One that does not go on
 * in the line of the stretch before it begins with a blank line: the text of a turn is its
 * stretches, one after the other. */
typedef struct fd_stretch {
    fd_voice voice;
    char *text;
} fd_stretch;

typedef struct fd_turn {
    fd_action action;
    size_t attempt; /* 0, and one more for each retry */
    size_t passage;
    fd_stretch *stretches;
    size_t stretch_count, stretch_capacity;
    fd_choice *choices;
    size_t choice_count;
    fd_question *question; /* to be answered before the passage is told, or NULL */
    bool ending;
    bool carried;      /* its dreams were told under an earlier edition of the story (carry.h) */
    fd_picked *picked; /* what chance and conditions told, and */
    size_t picked_count;
    size_t dreams; /* stretches a dream stands in, or its fallback: of a turn read back, neither */
    fd_state state;
    char *pinned;      /* facts that were pinned when it was told (facts.h), or NULL */
    char key[65];      /* SHA-256 in hex of seed, story and every action up to this one */
    char check[17];    /* of every word and choice up to and with this turn */
    char unedited[17]; /* the check before the player rewrote anything, or "" */
} fd_turn;

void fd_turn_free(fd_turn *turn);

/* Overwrites *to, which holds nothing yet. */
bool fd_choices_copy(const fd_choice *from, size_t count, fd_choice **to, size_t *copied,
                     fd_error *error);

fd_turn *fd_turn_copy(const fd_turn *turn, fd_error *error); /* freed like one that was told */

/* Adds text to the turn, in the line of the stretch before it when `joined`. */
bool fd_turn_add_stretch(fd_turn *turn, fd_voice voice, bool joined, const char *text,
                         fd_error *error);

/* Sets turn->check, which continues the check of the turn before ("" for the first). */
bool fd_turn_seal(fd_turn *turn, const char *check_before, fd_error *error);

/* What the player did to get to a turn after `before` (NULL for none), in words: the label chosen,
 * the text typed; "" where the turn itself tells it. */
const char *fd_turn_deed(const fd_turn *turn, const fd_turn *before);

/* What was read in the turn, in one text. NULL when memory is short. */
char *fd_turn_text(const fd_turn *turn, fd_error *error);

/* The newest stretch that a model wrote, edited or not; turn->stretch_count when there is none. */
size_t fd_turn_dreamed(const fd_turn *turn);

/* Replaces the words of a stretch, keeping how it is joined to the one before, and makes it
 * FD_EDITED. The text is tidied: no control characters, one blank line between paragraphs at most.
 * Key and check are then no longer true (narrator.h). */
bool fd_turn_rewrite(fd_turn *turn, size_t stretch, const char *text, fd_error *error);

/* Words of the turn's text. */
size_t fd_turn_words(const fd_turn *turn);

/* One JSON object; passages by name. Reading refuses (FD_BAD_FILE) what is malformed or names a
 * passage that the story lacks. */
cJSON *fd_turn_write(const fd_turn *turn, const fd_story *story);
bool fd_turn_read(const cJSON *json, const fd_story *story, fd_turn *turn, fd_error *error);

#endif
