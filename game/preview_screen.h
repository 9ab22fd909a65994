/* preview_screen.h - what the files of the writer's desk share. */
#ifndef FD_GAME_PREVIEW_SCREEN_H
#define FD_GAME_PREVIEW_SCREEN_H

#include <stdint.h>

#include "game/editor.h"
#include "game/preview_view.h"
#include "game/preview_work.h"
#include "game/writing.h"

enum { FD_DESK_CARDS = 16, FD_DESK_STEPS = 64 };
#define FD_DESK_NOWHERE ((size_t)-1)

/* What undo goes back to: a card as it was, or that something was kept. */
typedef struct fd_step {
    size_t index;
    fd_card card;
    bool kept;
} fd_step;

typedef struct fd_desk_screen {
    fd_writing *writing;
    fd_terminal *terminal;
    fd_work *work;
    bool watch, left;
    char at[512], seed[256];
    char *way; /* that was picked, as fd_writing.via; or NULL */
    fd_card cards[FD_DESK_CARDS];
    size_t count, selected, top;
    int scroll;
    bool scrolled; /* by hand: what is selected need not be seen */
    size_t word;   /* looked at in the selected card, or FD_DESK_NOWHERE */
    fd_step steps[FD_DESK_STEPS];
    size_t step_count;
    char notice[600];
    /* The work under way: cards from `first` on, or one drawn again from `from`. */
    size_t first;
    bool replacing, weighing, labelling, stale, stopped;
    fd_script from;
    /* Asked for, to be done when the model is idle. */
    char seed_next[256];
    fd_script opening_next;
    bool opening_changed, reread;
    double looked; /* when the files were looked at last */
    uint64_t seen; /* and what they looked like (preview_follow.c) */
} fd_desk_screen;

bool fd_desk_open(fd_desk_screen *self, fd_error *error);     /* the terminal */
bool fd_desk_show(fd_desk_screen *self, fd_error *error);     /* the desk as it stands */
void fd_desk_say(fd_desk_screen *self, const char *sentence); /* in the last lines */
/* A failure that the writer reads and goes on from; always true. */
bool fd_desk_forgive(fd_desk_screen *self, bool ok, fd_error *error);

/* In preview_cards.c. */
void fd_card_free(fd_card *card);
void fd_desk_clear(fd_desk_screen *self); /* cards, and what undo goes back to */
/* The candidates are to be drawn anew: settings, passage or story changed. */
void fd_desk_restart(fd_desk_screen *self);
/* A card was kept (or FD_DESK_NOWHERE: something else): it can be taken back. */
void fd_desk_kept(fd_desk_screen *self, size_t index);
/* Takes over a drawn candidate; one it replaces can be gone back to. */
bool fd_desk_put(fd_desk_screen *self, size_t index, fd_candidate *candidate,
                 const fd_script *opening, fd_error *error);
/* The selected candidate's text becomes `text`. */
bool fd_desk_edited(fd_desk_screen *self, const char *text, fd_error *error);
bool fd_desk_undo(fd_desk_screen *self, fd_error *error);
void fd_desk_fewer(fd_desk_screen *self);

/* In preview_draw.c. Whether the model is; says so when it is not. */
bool fd_desk_idle(fd_desk_screen *self);
bool fd_desk_draw_missing(fd_desk_screen *self, fd_error *error);
/* Lets one candidate be drawn again from another opening. */
bool fd_desk_draw_again(fd_desk_screen *self, size_t index, const fd_script *opening,
                        fd_error *error);
bool fd_desk_weigh(fd_desk_screen *self, fd_error *error);     /* the word under the cursor */
bool fd_desk_label(fd_desk_screen *self, fd_error *error);     /* a link to the selected card */
bool fd_desk_look_live(fd_desk_screen *self, fd_error *error); /* what came so far */
bool fd_desk_collect(fd_desk_screen *self, fd_error *error);   /* what came of the work */

/* In preview_ask.c. A line typed at the bottom; false when it was given up. */
bool fd_desk_ask(fd_desk_screen *self, const char *question, const char *initial,
                 char line[FD_TYPED_LIMIT + 1]);
/* The selected candidate in the editor that VISUAL or EDITOR names. */
bool fd_desk_edit_outside(fd_desk_screen *self, fd_error *error);
/* Another passage; another way to this one. */
bool fd_desk_go(fd_desk_screen *self, fd_error *error);
bool fd_desk_come(fd_desk_screen *self, fd_error *error);

/* In preview_follow.c. Files as they are on the disk now are those that were read. */
void fd_desk_seen(fd_desk_screen *self);
/* Reads the story again if its files were changed since. */
bool fd_desk_follow(fd_desk_screen *self, fd_error *error);
bool fd_desk_reread(fd_desk_screen *self, fd_error *error); /* at any rate */

/* In preview_keys.c. */
bool fd_desk_obey(fd_desk_screen *self, fd_key key, fd_error *error);
/* Keeps the selected candidate, if the writer gives it a label, which is proposed, and a name. */
bool fd_desk_keep(fd_desk_screen *self, const char *label, fd_error *error);

/* In preview_grow.c: a tree, grown while keys are answered, walked, pruned and kept. */
bool fd_desk_tree(fd_desk_screen *self, fd_error *error);

#endif
