/* markup.h - the text of a passage parsed into a tree; story.h tells what markup there is. */
#ifndef FD_STORY_MARKUP_H
#define FD_STORY_MARKUP_H

#include "story/story.h"

enum {
    FD_MARKUP_DEPTH = 32,        /* markup within markup goes no deeper */
    FD_MARKUP_ALTERNATIVES = 64, /* of one {~ {> {& {! {% at most: a node has 64 draws */
};

/* Parses the passage's text into *body. A target is one node: the name as text, trimmed, or chance
 * between targets. FD_BAD_FILE with the line on malformed markup; then *body is empty. */
bool fd_markup_parse(const fd_passage *passage, fd_branch *body, fd_error *error);
void fd_branch_free(fd_branch *branch);

#endif
