/* transcript.h - a told story as something to be read elsewhere: the line of a path as plain text,
 * as Markdown (CommonMark), or as one HTML page that needs nothing else. What the model dreamed,
 * what the player did and what the player rewrote are told apart. The page holds the whole save
 * (page.h), so that it can be replayed. */
#ifndef FD_STORY_TRANSCRIPT_H
#define FD_STORY_TRANSCRIPT_H

#include "story/path.h"

typedef enum fd_transcript_format {
    FD_TRANSCRIPT_TEXT,
    FD_TRANSCRIPT_MARKDOWN,
    FD_TRANSCRIPT_HTML
} fd_transcript_format;

/* The format called "text", "markdown" or "html"; FD_USAGE for another name. */
bool fd_transcript_named(const char *name, fd_transcript_format *format, fd_error *error);

/* What such a file's name ends with: ".txt", ".md", ".html". */
const char *fd_transcript_ending(fd_transcript_format format);

bool fd_transcript(const fd_path *path, fd_transcript_format format, fd_buffer *into,
                   fd_error *error);

#endif
