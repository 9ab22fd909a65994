/* page.h - a save inside an HTML page, in a script element that no browser runs: one JSON array,
 * one line of the save a line, with nothing in it that HTML would take for its own. */
#ifndef FD_STORY_PAGE_H
#define FD_STORY_PAGE_H

#include "model/memory.h"

/* Adds the element that holds the lines of a save (JSON Lines). */
bool fd_page_pack(const char *lines, fd_buffer *html, fd_error *error);

/* Whether a text is a page rather than a save. */
bool fd_page_is(const char *text);

/* Leaves of a page only the lines it holds; false when it holds none. */
bool fd_page_unpack(fd_buffer *page);

#endif
