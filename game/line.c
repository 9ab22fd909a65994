#include "game/line.h"

#include <string.h>

#include "game/layout.h"

bool fd_line_obey(fd_editor *e, fd_key k) {
    if (k.kind == FD_KEY_LEFT || fd_key_is_control(k, 'b'))
        e->at = fd_editor_before(e);
    else if (k.kind == FD_KEY_RIGHT || fd_key_is_control(k, 'f'))
        e->at = fd_editor_after(e);
    else if (k.kind == FD_KEY_WORD_LEFT)
        e->at = fd_editor_word(e);
    else if (k.kind == FD_KEY_HOME || fd_key_is_control(k, 'a'))
        e->at = 0;
    else if (k.kind == FD_KEY_END || fd_key_is_control(k, 'e'))
        e->at = e->length;
    else if (k.kind == FD_KEY_BACKSPACE)
        fd_editor_remove(e, fd_editor_before(e), e->at);
    else if (k.kind == FD_KEY_DELETE || fd_key_is_control(k, 'd'))
        fd_editor_remove(e, e->at, fd_editor_after(e));
    else if (fd_key_is_control(k, 'u'))
        fd_editor_remove(e, 0, e->at);
    else if (fd_key_is_control(k, 'k'))
        fd_editor_remove(e, e->at, e->length);
    else if (fd_key_is_control(k, 'w'))
        fd_editor_remove(e, fd_editor_word(e), e->at);
    else if (k.kind == FD_KEY_PASTE)
        fd_editor_insert(e, k.text);
    else if (k.kind == FD_KEY_CHAR && k.code >= ' ')
        fd_editor_type(e, k.code);
    else
        return false;
    return true;
}

int fd_line_draw(fd_terminal *t, int y, int left, int limit, const char *prompt, const fd_editor *e,
                 const char *hint) {
    fd_terminal_use(t, FD_LOOK_STRONG);
    int x = fd_terminal_put(t, y, left, limit, prompt, strlen(prompt));
    size_t room = limit > x + 1 ? (size_t)(limit - x - 1) : 1, from = 0, width;
    while (fd_text_width(e->text + from, e->at - from) > room)
        from += fd_grapheme(e->text + from, e->length - from, &width);
    fd_terminal_use(t, FD_LOOK_PLAYER);
    (void)fd_terminal_put(t, y, x, limit, e->text + from, e->length - from);
    if (e->length == 0) {
        fd_terminal_use(t, FD_LOOK_FAINT);
        (void)fd_terminal_put_cut(t, y, x + 1, limit, hint);
    }
    return x + (int)fd_text_width(e->text + from, e->at - from);
}
