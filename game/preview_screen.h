/* preview_screen.h - what the files of the writer's desk share. */
#ifndef FD_GAME_PREVIEW_SCREEN_H
#define FD_GAME_PREVIEW_SCREEN_H

#include <time.h>

#include "game/editor.h"
#include "game/preview_view.h"
#include "game/preview_work.h"

enum { FD_DESK_CARDS = 16, FD_DESK_STEPS = 64 };

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
    bool watch, colour, left;
    char at[512], seed[256];
    fd_card cards[FD_DESK_CARDS];
    size_t count, selected, top;
    int scroll;
    size_t word; /* looked at in the selected card, or (size_t)-1 */
    fd_step steps[FD_DESK_STEPS];
    size_t step_count;
    char notice[600];
    /* The work under way: cards from `first` on, or one drawn again from `from`. */
    size_t first;
    bool replacing, weighing, stale, stopped;
    fd_script from;
    /* Asked for, to be done when the model is idle. */
    char seed_next[256];
    fd_script opening_next;
    bool opening_changed;
    double looked; /* when the files were looked at last */
    struct timespec seen[64];
} fd_desk_screen;

void fd_card_free(fd_card *card);
void fd_desk_say(fd_desk_screen *self, const char *sentence);
bool fd_desk_forgive(fd_desk_screen *self, bool ok, fd_error *error);
void fd_desk_restart(fd_desk_screen *self);
bool fd_desk_idle(fd_desk_screen *self);
void fd_desk_kept(fd_desk_screen *self); /* something was: it can be taken back */
bool fd_desk_edited(fd_desk_screen *self, const char *text, fd_error *error);

/* In preview_ask.c. A line typed at the bottom; false when it was given up. */
bool fd_desk_ask(fd_desk_screen *self, const char *question, const char *initial,
                 char line[FD_TYPED_LIMIT + 1]);
/* The selected candidate in the editor that VISUAL or EDITOR names. */
bool fd_desk_edit_outside(fd_desk_screen *self, fd_error *error);
/* Another passage. */
bool fd_desk_go(fd_desk_screen *self, fd_error *error);
/* Files as they are on the disk now are those that were read. */
void fd_desk_seen(fd_desk_screen *self);
/* Reads files again that were changed since. */
bool fd_desk_follow(fd_desk_screen *self, fd_error *error);

/* In preview_grow.c: a tree, grown while keys are answered, walked, pruned and kept. */
bool fd_desk_tree(fd_desk_screen *self, fd_error *error);

#endif
