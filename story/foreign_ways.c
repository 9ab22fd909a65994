/* foreign_ways.c - where macros of Twine's other formats lead, as far as their names tell. */
#include <ctype.h>
#include <string.h>

#include "story/foreign.h"

size_t fd_foreign_named(const fd_twee *twee, const char *text, size_t *at) {
    while (text[ *at += strcspn(text + *at, "\"'")]) {
        char quote = text[(*at)++];
        size_t length = strcspn(text + *at, (const char[]){quote, '\n', '\0'});
        for (size_t i = 0; i < twee->count; i++)
            if (text[*at + length] == quote && strlen(twee->passages[i].name) == length &&
                memcmp(twee->passages[i].name, text + *at, length) == 0) {
                *at += length + 1;
                return i;
            }
    }
    return (size_t)-1;
}

/* How macros begin, and those that go where no name stands, or tell a passage inside another. */
typedef struct language {
    const char *opens, *ends;  /* ends: signs behind a name */
    const char *moves, *shows; /* names in small letters, without - and _, between blanks */
} language;

static const language languages[] = {
    [FD_FORMAT_SUGARCUBE] = {"<<", " \t\n>", " goto return back ", " include display "},
    [FD_FORMAT_HARLOWE] = {"(", ":)\n", " goto linkgoto undo linkundo iconundo ", " display "},
    [FD_FORMAT_CHAPBOOK] = {"{", ":,}\n", " backlink linkto ", " embedpassage embedpassagenamed "},
    [FD_FORMAT_SNOWMAN] = {"story.", "(\n", " show ", " render "}};

/* Whether the macro that is opened just before `text` is one of them. */
static bool is_one_of(const char *names, const char *text, const char *ends) {
    char name[28] = " ";
    size_t length = 1;
    for (; *text && !strchr(ends, *text) && length + 2 < sizeof name; text++)
        if (isalnum((unsigned char)*text))
            name[length++] = (char)tolower((unsigned char)*text);
    name[length++] = ' ';
    return length > 2 && (!*text || strchr(ends, *text)) && strstr(names, name);
}

bool fd_foreign_moves(fd_format format, const char *text) {
    const language *it = &languages[format];
    if (format == FD_FORMAT_OURS)
        return false;
    while ((text = strstr(text, it->opens)) != NULL) {
        text += strlen(it->opens);
        if (is_one_of(it->moves, text, it->ends))
            return true;
    }
    return false;
}

size_t fd_foreign_shown(fd_format format, const fd_twee *twee, const char *text, size_t *at) {
    const language *it = &languages[format];
    const char *next;
    while (format != FD_FORMAT_OURS && (next = strstr(text + *at, it->opens)) != NULL) {
        *at = (size_t)(next - text) + strlen(it->opens);
        size_t name = *at;
        if (!is_one_of(it->shows, text + name, it->ends))
            continue;
        size_t quote = name + strcspn(text + name, "\"'\n"), behind = quote;
        size_t passage = fd_foreign_named(twee, text, &behind);
        if (passage != (size_t)-1 && behind == quote + strlen(twee->passages[passage].name) + 2) {
            *at = behind;
            return passage;
        }
    }
    return (size_t)-1;
}
