/* clean.h - a writer's text as plain prose: one kind of quote and dash, no markup, no links. */
#ifndef FD_STORY_CLEAN_H
#define FD_STORY_CLEAN_H

#include "model/memory.h"

/* Appends text[0..length), of the file `source`, in Unicode's composed form (NFC): straight quotes,
 * dashes as "—" without spaces around them, "..." and plain spaces; without control and invisible
 * characters; without HTML tags and entities, Twine's links (a label inside a sentence stays) and
 * macros, Markdown's links, images, emphasis, bullets and footnote marks, and addresses of the web.
 * "<|endoftext|>" and the number of lines stay as they are. FD_BAD_FILE names the line that is no
 * UTF-8; `line` is the number of the first. */
bool fd_clean_text(const char *source, size_t line, const char *text, size_t length,
                   fd_buffer *into, fd_error *error);

/* How many bytes of Markdown's or Twine's marks of emphasis, a bullet or a quotation's mark stand
 * at text[at]; and of an HTML entity, which becomes *by. */
size_t fd_clean_mark(const char *text, size_t length, size_t at);
size_t fd_clean_entity(const char *text, size_t length, size_t at, const char **by);

#endif
