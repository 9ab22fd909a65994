/* route.h - the way to a passage, and the words that are read on it. */
#ifndef FD_STORY_ROUTE_H
#define FD_STORY_ROUTE_H

#include "story/story.h"

/* Passages in the order they are read, the last being the one that was asked for. */
typedef struct fd_route {
    size_t *passages;
    char **texts; /* what is told in each */
    size_t count;
} fd_route;

/* The shortest way from the start by links (of equals, the one whose passages' links come first),
 * or the one given as "A, B, C", of which each leads to the next and the last to `at` (or is it).
 * Words are woven from `seed`; questions have their defaults for answers, dreams are told by the
 * author's words, for no model is asked. FD_USAGE when there is no such passage or way; a passage
 * that nothing leads to stands alone. */
bool fd_route_to(const fd_story *story, const char *at, const char *via, const char *seed,
                 fd_route *route, fd_error *error);
void fd_route_free(fd_route *route);

#endif
