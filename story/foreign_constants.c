#include "story/foreign_constants.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "story/foreign_parts.h"

#define BLANKS " \t\n"

static fd_constant *find(const fd_constants *constants, const char *name, size_t length) {
    for (size_t i = 0; i < constants->count; i++)
        if (strlen(constants->items[i].name) == length &&
            memcmp(constants->items[i].name, name, length) == 0)
            return &constants->items[i];
    return NULL;
}

const char *fd_constants_find(const fd_constants *constants, const char *name, size_t length) {
    const fd_constant *it = constants ? find(constants, name, length) : NULL;
    return it ? it->text : NULL;
}

void fd_constants_free(fd_constants *constants) {
    for (size_t i = 0; i < constants->count; i++) {
        free(constants->items[i].name);
        free(constants->items[i].text);
    }
    free(constants->items);
    *constants = (fd_constants){0};
}

static char *copy(const char *text, size_t length, fd_error *error) {
    fd_buffer all = FD_BUFFER((size_t)1 << 20);
    char *copied = fd_buffer_add(&all, text, length, error) ? all.data : NULL;
    if (!copied)
        fd_buffer_free(&all);
    return copied;
}

/* The value is given `text`, or something that is not known (NULL). */
static bool note(fd_constants *constants, const char *name, size_t length, const char *text,
                 size_t size, fd_error *error) {
    fd_constant *it = find(constants, name, length);
    if (it) {
        bool same =
            it->text && text && strlen(it->text) == size && memcmp(it->text, text, size) == 0;
        if (!same) {
            free(it->text);
            it->text = NULL;
        }
        return true;
    }
    if (!fd_grow((void **)&constants->items, &constants->capacity, constants->count + 1,
                 sizeof *constants->items, "a story's values", error))
        return false;
    fd_constant one = {copy(name, length, error), text ? copy(text, size, error) : NULL};
    if (!one.name || (text && !one.text)) {
        free(one.name);
        free(one.text);
        return false;
    }
    constants->items[constants->count++] = one;
    return true;
}

static size_t name_length(const char *at) {
    size_t length = 0;
    while (!isdigit((unsigned char)at[0]) &&
           (isalnum((unsigned char)at[length]) || at[length] == '_'))
        length++;
    return length;
}

/* A text in quotes or a number, and nothing behind it but what ends an assignment: its length, and
 * where it begins; 0 when there is none. */
static size_t read_literal(const char *at, const char **from) {
    size_t length;
    at += strspn(at, BLANKS);
    if (*at == '"' || *at == '\'') {
        *from = at + 1;
        length = strcspn(at + 1, (const char[]){*at, '\\', '$', '\n', '\0'});
        if (at[1 + length] != *at)
            return 0;
        at += length + 2;
    } else {
        *from = at;
        length = strspn(at, "-0123456789.");
        if (strcspn(at, "0123456789") >= length || at[length - 1] == '.')
            return 0;
        at += length;
    }
    at += strspn(at, " \t");
    bool ends = strchr(",;)]\n", *at) || strncmp(at, ">>", 2) == 0;
    return ends ? length : 0;
}

/* Where what an assignment gives begins, behind `to` or `=`; NULL when it is none. *other: it is
 * one, but of something that is not known. */
static const char *read_operator(const char *at, bool *other) {
    *other = (strchr("+-*/%", *at) && *at && at[1] == '=') || strncmp(at, "++", 2) == 0 ||
             strncmp(at, "--", 2) == 0;
    if (strncmp(at, "to", 2) == 0 && strchr(BLANKS, at[2]) && at[2])
        return at + 2;
    return at[0] == '=' && at[1] != '=' ? at + 1 : NULL;
}

/* Whether a macro that stands before `at` gives the value what it likes: (put: 1 into $a),
 * (input: bind $a), <<textbox "$a" "">>. */
static bool is_given(const char *text, const char *at, const char *behind) {
    static const char *const words[] = {"into", "bind", "each", "unset"};
    if (at > text && strchr("\"'", at[-1]) && at[-1] == *behind)
        return true;
    const char *end = at;
    while (end > text && strchr(BLANKS, end[-1]))
        end--;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(end - text) >= length && strncmp(end - length, words[i], length) == 0)
            return true;
    }
    return false;
}

/* Whether a macro or a link's setter is open there: elsewhere "to" is a word of the prose. */
static bool is_code(const char *text, const char *at) {
    size_t closed = 0;
    for (; at > text; at--) {
        const char *two = at - 1;
        if (strncmp(two, "<<", 2) == 0 || strncmp(two, "][", 2) == 0)
            return true;
        if (strncmp(two, ">>", 2) == 0 || strncmp(two, "]]", 2) == 0)
            return false;
        closed += *two == ')';
        if (*two == '(' && closed)
            closed--;
        else if (*two == '(' && at[strcspn(at, ":() \n")] == ':')
            return true;
    }
    return false;
}

/* $name to "text", and whatever else is done to it. */
static bool read_dollars(const char *text, fd_constants *constants, fd_error *error) {
    bool ok = true;
    for (const char *at = text; ok && (at = strchr(at, '$')) != NULL; at++) {
        size_t length = name_length(at + 1);
        const char *behind = at + 1 + length, *from = NULL;
        if (!length)
            continue;
        bool other;
        const char *given = read_operator(behind + strspn(behind, BLANKS), &other);
        if (given) {
            size_t size = read_literal(given, &from);
            if (size || is_code(text, at))
                ok = note(constants, at + 1, length, size ? from : NULL, size, error);
        } else if (other || is_given(text, at, behind)) {
            ok = note(constants, at + 1, length, NULL, 0, error);
        }
    }
    for (const char *at = text; ok && (at = strstr(at, "variables")) != NULL;) { /* in scripts */
        at += strlen("variables");
        at += *at == '(' && at[1] == ')' ? 2 : 0;
        const char *name = at + (*at == '.' ? 1 : *at == '[' ? 2 : 0);
        size_t length = name > at ? name_length(name) : 0;
        ok = !length || note(constants, name, length, NULL, 0, error);
    }
    return ok;
}

/* Chapbook's lines "name: 'text'" before the text, and inserts that ask for a value. */
static bool read_variables(const char *text, fd_constants *constants, fd_error *error) {
    const fd_over over = {.text = text};
    size_t end = fd_over_variables(&over, strlen(text));
    bool ok = true;
    for (size_t at = 0; ok && at < end; at += strcspn(text + at, "\n") + 1) {
        size_t length = name_length(text + at), stop = at + strcspn(text + at, "\n");
        const char *colon = memchr(text + at, ':', stop - at), *from = NULL;
        if (!length || !colon || text[at + length] == '.')
            continue;
        size_t size = read_literal(colon + 1, &from);
        ok = note(constants, text + at, length, size ? from : NULL, size, error);
    }
    for (const char *at = text; ok && (at = strstr(at, " for:")) != NULL;) {
        at += strlen(" for:");
        const char *name = at + strspn(at, BLANKS "\"'");
        size_t length = name_length(name);
        ok = !length || note(constants, name, length, NULL, 0, error);
    }
    return ok;
}

/* Whether a script gives it something: name = ... */
static bool is_written(const char *text, const char *name) {
    size_t length = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at += length) {
        bool other, whole = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
        const char *behind = at + length;
        if (whole && name_length(at) == length &&
            ((read_operator(behind + strspn(behind, BLANKS), &other) &&
              behind[strspn(behind, BLANKS)] == '=') ||
             other))
            return true;
    }
    return false;
}

bool fd_constants_read(fd_format format, const fd_twee *twee, fd_constants *constants,
                       fd_error *error) {
    bool chapbook = format == FD_FORMAT_CHAPBOOK, ok = true;
    *constants = (fd_constants){0};
    for (size_t i = 0; ok && i < twee->count; i++) {
        const char *text = twee->passages[i].text;
        if (chapbook)
            ok = read_variables(text, constants, error);
        else if (format == FD_FORMAT_SUGARCUBE || format == FD_FORMAT_HARLOWE)
            ok = read_dollars(text, constants, error);
    }
    for (size_t i = 0; chapbook && i < constants->count; i++)
        for (size_t p = 0; constants->items[i].text && p < twee->count; p++)
            if (is_written(twee->passages[p].text, constants->items[i].name)) {
                free(constants->items[i].text);
                constants->items[i].text = NULL;
            }
    return ok;
}
