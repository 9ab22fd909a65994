#define _POSIX_C_SOURCE 200809L
#include "game/settings.h"

#include <string.h>
#include <unistd.h>

#include "game/paths.h"
#include "model/file.h"

static const char preamble[] =
    "# Feverdream's settings, one `key = value` a line.\n"
    "#   model = NAME      the model of `play` without --model\n"
    "#   fetch = NAME|no   the model that `play` fetches while you play, until it is here\n"
    "#   network = never   nothing is ever fetched by `play`, nor asked about\n";

typedef struct line {
    const char *start, *key, *value;
    size_t length, key_length, value_length;
} line;

static void trim(const char **text, size_t *length) {
    while (*length > 0 && strchr(" \t\r", **text))
        ++*text, --*length;
    while (*length > 0 && strchr(" \t\r", (*text)[*length - 1]))
        --*length;
}

/* The line at *text, which moves past it; a blank line or comment has no key. False for a line that
 * is none of these. */
static bool next_line(const char **text, line *found) {
    const char *start = *text, *content = start;
    size_t length = strcspn(start, "\n"), rest = length;
    *text = start + length + (start[length] == '\n');
    *found = (line){.start = start, .length = (size_t)(*text - start)};
    trim(&content, &rest);
    if (rest == 0 || *content == '#')
        return true;
    const char *equals = memchr(content, '=', rest);
    if (!equals)
        return false;
    found->key = content;
    found->key_length = (size_t)(equals - content);
    found->value = equals + 1;
    found->value_length = rest - found->key_length - 1;
    trim(&found->key, &found->key_length);
    trim(&found->value, &found->value_length);
    return found->key_length > 0 && found->value_length < FD_SETTING_SIZE;
}

static bool is_of(const line *here, const char *key) {
    return here->key && here->key_length == strlen(key) &&
           memcmp(here->key, key, here->key_length) == 0;
}

static bool read_file(char path[PATH_MAX], fd_buffer *text, fd_error *error) {
    return fd_settings_path(path, error) &&
           (access(path, F_OK) != 0 || fd_file_read(path, text, error));
}

static bool bad_line(const char *path, size_t number, fd_error *error) {
    return fd_fail(error, FD_BAD_FILE,
                   "%s:%zu: expected a setting, such as \"network = never\", or a comment that "
                   "begins with #.",
                   path, number);
}

bool fd_setting_get(const char *key, char value[FD_SETTING_SIZE], fd_error *error) {
    char path[PATH_MAX];
    fd_buffer text = FD_BUFFER(1 << 16);
    bool ok = read_file(path, &text, error);
    const char *at = fd_buffer_text(&text);
    value[0] = '\0';
    for (size_t number = 1; ok && *at; number++) {
        line here;
        ok = next_line(&at, &here) || bad_line(path, number, error);
        if (ok && is_of(&here, key)) {
            memcpy(value, here.value, here.value_length);
            value[here.value_length] = '\0';
        }
    }
    fd_buffer_free(&text);
    return ok;
}

bool fd_setting_put(const char *key, const char *value, fd_error *error) {
    char path[PATH_MAX];
    fd_buffer text = FD_BUFFER(1 << 16), out = FD_BUFFER(1 << 17);
    bool ok = read_file(path, &text, error), changed = false;
    const char *at = ok && text.length > 0 ? text.data : preamble;
    for (size_t number = 1; ok && *at; number++) {
        line here;
        ok = next_line(&at, &here) || bad_line(path, number, error);
        if (ok && is_of(&here, key) && !changed)
            changed = ok = fd_buffer_addf(&out, error, "%s = %s\n", key, value);
        else if (ok && !is_of(&here, key))
            ok = fd_buffer_add(&out, here.start, here.length, error);
    }
    if (ok && out.length > 0 && out.data[out.length - 1] != '\n')
        ok = fd_buffer_add(&out, "\n", 1, error);
    if (ok && !changed)
        ok = fd_buffer_addf(&out, error, "%s = %s\n", key, value);
    ok = ok && fd_file_replace(path, out.data, out.length, error);
    fd_buffer_free(&text);
    fd_buffer_free(&out);
    return ok;
}
