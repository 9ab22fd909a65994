/* log.h - the lines of a path's file (path.h). Each function makes one; with a descriptor below 0
 * it does nothing. A line is appended whole and synced: of one that does not fit nothing stays. */
#ifndef FD_STORY_LOG_H
#define FD_STORY_LOG_H

#include "story/path.h"

/* The header's texts in the order they are written, with their names; NULL past the last. The last
 * one may be missing. */
enum { FD_LOG_FIELDS = 7, FD_LOG_NEEDED = FD_LOG_FIELDS - 1 };
char **fd_log_field(fd_path_header *header, size_t index, const char **name);

/* The whole lines of a file, or (`*page`) of the save inside a page; what follows the last line end
 * is left out, and *torn says so. `text` may hold FD_SAVE_MOST bytes. */
enum { FD_SAVE_MOST = 1 << 28 };
bool fd_log_read(const char *file, fd_buffer *text, bool *page, bool *torn, fd_error *error);

bool fd_log_turn(int file, const fd_turn *turn, const fd_story *story, bool beside, size_t parent,
                 fd_error *error); /* with "under" when it stands `beside` */
bool fd_log_go(int file, size_t step, fd_error *error);
bool fd_log_pin(int file, const char *facts, fd_error *error);

#endif
