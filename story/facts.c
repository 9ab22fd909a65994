#include "story/facts.h"

#include <string.h>

size_t fd_facts_count(const char *facts) {
    size_t count = *facts != '\0';
    for (; *facts; facts++)
        count += *facts == '\n';
    return count;
}

size_t fd_facts_at(const char *facts, size_t index, const char **fact) {
    for (; index > 0 && *facts; index--)
        facts += strcspn(facts, "\n") + (strchr(facts, '\n') != NULL);
    *fact = facts;
    return strcspn(facts, "\n");
}

/* Adds each line that has a word, without blank space at its ends and control characters in it. */
static bool add_lines(const char *text, size_t length, fd_buffer *into, fd_error *error) {
    bool ok = true;
    for (size_t at = 0; ok && at < length;) {
        size_t end = at, next;
        while (end < length && text[end] != '\n')
            end++;
        next = end + 1;
        while (at < end && (unsigned char)text[at] <= ' ')
            at++;
        while (end > at && (unsigned char)text[end - 1] <= ' ')
            end--;
        if (end > at && into->length)
            ok = fd_buffer_add(into, "\n", 1, error);
        for (; ok && at < end; at++) {
            bool plain = (unsigned char)text[at] >= ' ' && text[at] != 0x7f;
            ok = fd_buffer_add(into, plain ? text + at : " ", 1, error);
        }
        at = next;
    }
    return ok;
}

bool fd_facts_put(const char *facts, size_t index, const char *text, fd_buffer *into,
                  fd_error *error) {
    const char *fact;
    size_t count = fd_facts_count(facts);
    bool ok = fd_buffer_add_text(into, "", error);
    for (size_t i = 0; ok && i < count; i++) {
        size_t length = fd_facts_at(facts, i, &fact);
        ok = i == index ? add_lines(text, strlen(text), into, error)
                        : add_lines(fact, length, into, error);
    }
    return ok && (index < count || add_lines(text, strlen(text), into, error));
}
