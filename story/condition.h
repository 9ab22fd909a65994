/* condition.h - the conditions of a passage parsed into a tree; story.h tells what they look like.
 */
#ifndef FD_STORY_CONDITION_H
#define FD_STORY_CONDITION_H

#include "story/scan.h"
#include "story/story.h"

/* The condition that stands at the parser; NULL and an error when none does. */
fd_condition *fd_condition_parse(fd_scan *self);
void fd_condition_free(fd_condition *condition); /* or NULL */

#endif
