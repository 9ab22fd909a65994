/* format.h - the story formats whose markup a Twee file may hold: ours, and those of Twine and
 * Tweego, which are read (foreign.h) and not run. */
#ifndef FD_STORY_FORMAT_H
#define FD_STORY_FORMAT_H

#include "story/twee.h"

typedef enum fd_format {
    FD_FORMAT_OURS,
    FD_FORMAT_SUGARCUBE, /* and Twine 1's Sugarcane, Jonah and Responsive */
    FD_FORMAT_HARLOWE,
    FD_FORMAT_CHAPBOOK,
    FD_FORMAT_SNOWMAN,
} fd_format;

/* The format that StoryData names (`named`, or NULL); for a name that is not known, or none, the
 * one of which the passages hold two commands or more, and most. Otherwise ours. */
fd_format fd_format_of(const fd_twee *twee, const char *named);

/* Whether a passage is part of the story: not StoryTitle, StoryData, a script or a stylesheet, nor
 * in another format what that format runs beside the story (StoryInit, widgets, headers). */
bool fd_format_tells(fd_format format, const fd_passage *passage);

#endif
