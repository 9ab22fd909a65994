#include "game/editor.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "game/layout.h"
#include "game/sanitise.h"

static void insert(fd_editor *e, const char *bytes, size_t length) {
    if (e->length + length > FD_TYPED_LIMIT)
        return;
    memmove(e->text + e->at + length, e->text + e->at, e->length - e->at + 1);
    memcpy(e->text + e->at, bytes, length);
    e->length += length;
    e->at += length;
}

/* What was typed goes through the same door as everything else. */
void fd_editor_type(fd_editor *e, uint32_t character) {
    char bytes[4];
    utf8proc_ssize_t length =
        utf8proc_encode_char((utf8proc_int32_t)character, (utf8proc_uint8_t *)bytes);
    char *clean = length > 0 ? fd_sanitise(bytes, (size_t)length, NULL) : NULL;
    if (clean && clean[0] != '\n')
        insert(e, clean, strlen(clean));
    free(clean);
}

void fd_editor_insert(fd_editor *e, const char *text) {
    char *line = fd_sanitise_line(text, NULL);
    size_t length = line ? strlen(line) : 0;
    while (length > 0 && line[length - 1] == ' ')
        length--;
    if (line)
        insert(e, line, fd_text_cut(line, length, FD_TYPED_LIMIT - e->length));
    free(line);
}

void fd_editor_remove(fd_editor *e, size_t from, size_t to) {
    memmove(e->text + from, e->text + to, e->length - to + 1);
    e->length -= to - from;
    e->at = from;
}

size_t fd_editor_before(const fd_editor *e) {
    return fd_grapheme_before(e->text, e->at);
}

size_t fd_editor_after(const fd_editor *e) {
    size_t width;
    return e->at + fd_grapheme(e->text + e->at, e->length - e->at, &width);
}

size_t fd_editor_word(const fd_editor *e) {
    size_t at = e->at;
    while (at > 0 && e->text[at - 1] == ' ')
        at--;
    while (at > 0 && e->text[at - 1] != ' ')
        at--;
    return at;
}
