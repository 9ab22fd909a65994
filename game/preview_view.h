/* preview_view.h - how the writer's desk looks: the passage and the way to it on one side, the
 * candidates on the other, or one below the other on a narrow screen. */
#ifndef FD_GAME_PREVIEW_VIEW_H
#define FD_GAME_PREVIEW_VIEW_H

#include "game/layout.h"
#include "game/terminal.h"
#include "story/preview.h"

/* A candidate on the desk. */
typedef struct fd_card {
    fd_candidate candidate; /* once it is drawn */
    fd_script opening;      /* what it was drawn from */
    char *dreamed;          /* its text as drawn, before any edit */
    fd_buffer live;         /* while it is drawn: what came so far */
    bool drawn, kept;
} fd_card;

typedef struct fd_desk_view {
    const fd_card *cards;
    size_t count, selected, best; /* best: none when it is not below count */
    size_t word;                  /* of the selected one that is looked into, or (size_t)-1 */
    size_t top;                   /* the first row of the cards that is seen */
    bool follow;                  /* the selected card and word are brought into sight */
    const char *told;             /* the passage, and what was read before it */
    const char *title, *settings; /* lines on top of each side */
    const char *way;              /* behind the title: where one comes from */
    const char *hint;             /* the last line ... */
    const char *notice;           /* ... or lines, where this is not "" */
} fd_desk_view;

/* Draws a frame; moves view->top by `scroll` rows, or, to follow, no further than needed. */
bool fd_desk_draw(fd_terminal *terminal, fd_desk_view *view, int scroll, fd_error *error);

#endif
