#include "game/paste.h"

#include <stdlib.h>
#include <string.h>

#include "game/sanitise.h"

enum { MOST = 1 << 20 };
static const char end[] = "\033[201~";

void fd_paste_begin(fd_paste *paste) {
    fd_paste_free(paste);
    *paste = (fd_paste){FD_BUFFER(MOST), 0};
}

void fd_paste_free(fd_paste *paste) {
    fd_buffer_free(&paste->bytes);
}

/* The end begins with a byte that it has only once: what did not become it starts anew. */
bool fd_paste_take(fd_paste *paste, char byte) {
    if (byte != end[paste->matched]) {
        (void)fd_buffer_add(&paste->bytes, end, paste->matched, NULL);
        paste->matched = 0;
    }
    if (byte == end[paste->matched])
        paste->matched++;
    else
        (void)fd_buffer_add(&paste->bytes, &byte, 1, NULL);
    return end[paste->matched] == '\0';
}

char *fd_paste_text(const fd_paste *paste) {
    fd_buffer lines = FD_BUFFER(MOST);
    const char *bytes = fd_buffer_text(&paste->bytes);
    bool ok = true;
    for (size_t i = 0; ok && i < paste->bytes.length; i++) {
        bool twice = bytes[i] == '\n' && i > 0 && bytes[i - 1] == '\r';
        ok = twice || fd_buffer_add(&lines, bytes[i] == '\r' ? "\n" : &bytes[i], 1, NULL);
    }
    char *text = ok ? fd_sanitise(fd_buffer_text(&lines), lines.length, NULL) : NULL;
    fd_buffer_free(&lines);
    return text;
}
