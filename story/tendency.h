/* tendency.h - which choice this reader will likely take, from what was taken so far.
 *
 * The likelihood of the n-th choice is (t + 1) / (o + 2), of o turns of the path that offered an
 * n-th choice and t that it was taken in (Laplace's rule of succession), halved when it leads to a
 * passage that was visited already. Of equals, the one listed first. */
#ifndef FD_STORY_TENDENCY_H
#define FD_STORY_TENDENCY_H

#include "story/path.h"

/* The choices of the path's last turn that are no typing, likeliest first, at most `most` of them,
 * into `order`, which has room for all choices. Returns how many. */
size_t fd_tendency_order(const fd_path *path, size_t *order, size_t most);

#endif
