#include "story/player.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "story/person.h"

/* The text without blank space at its ends. */
static const char *trimmed(const char *text, size_t *length) {
    while (isspace((unsigned char)*text))
        text++;
    *length = strlen(text);
    while (*length && isspace((unsigned char)text[*length - 1]))
        --*length;
    return text;
}

static bool ends_sentence(const fd_buffer *told) {
    const char *text = fd_buffer_text(told);
    size_t end = told->length;
    while (end && strchr("\"')", text[end - 1]))
        end--;
    bool ellipsis = end >= 3 && memcmp(text + end - 3, "\xe2\x80\xa6", 3) == 0;
    return ellipsis || (end && strchr(".!?", text[end - 1]));
}

static void raise_letter(fd_buffer *told, size_t at) {
    if (at < told->length)
        told->data[at] = (char)toupper((unsigned char)told->data[at]);
}

bool fd_player_says(const char *text, fd_buffer *into, fd_error *error) {
    size_t length;
    text = trimmed(text, &length);
    bool ok = fd_buffer_add_text(into, "You say, \"", error);
    size_t said = into->length;
    for (size_t i = 0; ok && i < length; i++) {
        bool outer = text[i] == '"' && (i == 0 || i + 1 == length);
        if (!outer)
            ok = fd_buffer_add(into, text[i] == '"' ? "'" : text + i, 1, error);
    }
    if (!ok)
        return false;
    raise_letter(into, said);
    return (ends_sentence(into) || fd_buffer_add_text(into, ".", error)) &&
           fd_buffer_add_text(into, "\"", error);
}

static bool begins_with(const char *text, size_t length, const char *word) {
    size_t wide = strlen(word);
    return length > wide && strncasecmp(text, word, wide) == 0 &&
           !isalpha((unsigned char)text[wide]);
}

bool fd_player_does(const char *text, fd_buffer *into, fd_error *error) {
    size_t length, begun = into->length;
    text = trimmed(text, &length);
    if (length && text[0] == '"')
        return fd_player_says(text, into, error);
    fd_buffer retold = FD_BUFFER((size_t)1 << 20);
    bool named = begins_with(text, length, "you") || begins_with(text, length, "i");
    bool ok = fd_buffer_add_text(&retold, named ? "" : "You ", error) &&
              fd_buffer_add(&retold, text, length, error);
    if (ok && !named && length > 1 && !isupper((unsigned char)text[1]))
        retold.data[4] = (char)tolower((unsigned char)retold.data[4]);
    if (ok && named && text[0] == 'i')
        retold.data[0] = 'I';
    ok = ok && fd_person_second(retold.data, retold.length, into, error);
    fd_buffer_free(&retold);
    if (!ok)
        return false;
    raise_letter(into, begun);
    return ends_sentence(into) || fd_buffer_add_text(into, ".", error);
}

bool fd_player_answers(const char *text, fd_buffer *into, fd_error *error) {
    size_t length, begun = into->length;
    text = trimmed(text, &length);
    if (length > 1 && text[length - 1] == '.' && islower((unsigned char)text[length - 2]))
        length--;
    fd_buffer told = FD_BUFFER((size_t)1 << 20);
    bool ok = fd_person_second(text, length, &told, error) &&
              fd_buffer_add_text(into, fd_buffer_text(&told), error);
    fd_buffer_free(&told);
    /* A first word that changed was raised as a sentence's; this stands within one. */
    if (ok && length && into->data[begun] != text[0])
        into->data[begun] = (char)tolower((unsigned char)into->data[begun]);
    return ok;
}
