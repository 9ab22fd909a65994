#include "story/script.h"

#include <stdlib.h>
#include <string.h>

bool fd_script_add(fd_script *script, const char *text, size_t length, fd_hand hand,
                   fd_error *error) {
    if (!length)
        return true;
    bool goes_on = script->count && script->runs[script->count - 1].hand == hand;
    if (!fd_grow((void **)&script->runs, &script->capacity, script->count + 1, sizeof *script->runs,
                 "a script", error) ||
        !fd_buffer_add(&script->text, text, length, error))
        return false;
    if (!goes_on)
        script->runs[script->count++].hand = hand;
    script->runs[script->count - 1].end = script->text.length;
    return true;
}

void fd_script_cut(fd_script *script, size_t end) {
    if (end >= script->text.length)
        return;
    script->text.length = end;
    script->text.data[end] = '\0';
    while (script->count && (script->count > 1 ? script->runs[script->count - 2].end : 0) >= end)
        script->count--;
    if (script->count)
        script->runs[script->count - 1].end = end;
}

/* Adds from[start..end) in the hands it is in. */
static bool add_part(const fd_script *from, size_t start, size_t end, fd_script *to,
                     fd_error *error) {
    bool ok = true;
    for (size_t i = 0, at = 0; ok && i < from->count; at = from->runs[i++].end) {
        size_t a = at > start ? at : start, b = from->runs[i].end < end ? from->runs[i].end : end;
        if (a < b)
            ok = fd_script_add(to, from->text.data + a, b - a, from->runs[i].hand, error);
    }
    return ok;
}

bool fd_script_copy(const fd_script *from, fd_script *to, fd_error *error) {
    *to = FD_SCRIPT;
    return add_part(from, 0, from->text.length, to, error);
}

void fd_script_free(fd_script *script) {
    fd_buffer_free(&script->text);
    free(script->runs);
    *script = FD_SCRIPT;
}

static bool is_inside(char byte) { /* of a character of several bytes */
    return ((unsigned char)byte & 0xc0) == 0x80;
}

bool fd_script_edit(fd_script *script, const char *text, fd_error *error) {
    const char *old = fd_buffer_text(&script->text);
    size_t before = 0, after = 0, a = script->text.length, b = strlen(text);
    while (before < a && before < b && old[before] == text[before])
        before++;
    while (before && (is_inside(old[before]) || is_inside(text[before])))
        before--;
    while (after < a - before && after < b - before && old[a - 1 - after] == text[b - 1 - after])
        after++;
    while (after && is_inside(text[b - after]))
        after--;
    fd_script edited = FD_SCRIPT;
    bool ok = add_part(script, 0, before, &edited, error) &&
              fd_script_add(&edited, text + before, b - before - after, FD_HAND_EDIT, error) &&
              add_part(script, a - after, a, &edited, error);
    if (!ok) {
        fd_script_free(&edited);
        return false;
    }
    fd_script_free(script);
    *script = edited;
    return true;
}

const char *fd_hand_name(fd_hand hand) {
    static const char *const names[] = {"writer", "model", "edit"};
    return names[hand];
}

bool fd_script_has(const fd_script *script, fd_hand hand) {
    for (size_t i = 0; i < script->count; i++)
        if (script->runs[i].hand == hand)
            return true;
    return false;
}
