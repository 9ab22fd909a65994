/* copying.h - what a taught model repeats word for word of what it learned from. */
#ifndef FD_GAME_COPYING_H
#define FD_GAME_COPYING_H

#include "story/overlap.h"

/* Has the model in `directory` write 50 segments, and measures them against the text it learned
 * from. `overlap` is freed by the caller whatever happens. */
bool fd_copying_measure(const char *directory, const fd_buffer *text, size_t threads,
                        fd_overlap *overlap, fd_error *error);

/* Says it on stderr, with the longest examples. */
void fd_copying_report(const fd_overlap *overlap);

#endif
