/* paste.h - a bracketed paste, byte after byte: what the terminal sends between ESC [200~ and
 * ESC [201~ is text, whatever bytes are in it. Knows no terminal. */
#ifndef FD_GAME_PASTE_H
#define FD_GAME_PASTE_H

#include "model/memory.h"

#define FD_PASTE_BEGINS "\033[200~"
#define FD_PASTE_ON "\033[?2004h" /* asks a terminal for it */
#define FD_PASTE_OFF "\033[?2004l"

typedef struct fd_paste {
    fd_buffer bytes; /* as they came; what is beyond its limit is dropped */
    size_t matched;  /* bytes of the end that just came */
} fd_paste;

void fd_paste_begin(fd_paste *paste);
void fd_paste_free(fd_paste *paste);

/* Takes the next byte; true when it was the last one of the end. */
bool fd_paste_take(fd_paste *paste, char byte);

/* The text: clean, as sanitise.h has it, each CR or CR LF a newline. Freed with free(); NULL when
 * memory is short. */
char *fd_paste_text(const fd_paste *paste);

#endif
