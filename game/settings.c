#define _POSIX_C_SOURCE 200809L
#include "game/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "game/paths.h"
#include "model/file.h"

static const fd_setting table[] = {
    {"model", "NAME", FD_EMBEDDED,
     "The model of `play` without --model, from your next story on: a name of `feverdream model "
     "list`, or a directory"},
    {"fetch", "ask|no|NAME", "ask",
     "The published model that `play` fetches meanwhile, from its next start on, until it is here"},
    {"network", "ask|never", "ask", "With never, `play` neither fetches a model nor asks about it"},
    {"foresight", "off|1..64", "16",
     "How many of the open choices are told ahead while you read; the words stay the same"},
    {"voices", "on|off", "off",
     "With on, plain mode says (dreamed) before what a model wrote, (rewritten) before what you "
     "did"},
    {"threads", "auto|1..256", "auto",
     "Processors that the model may use; auto is half of them, so that the rest stays yours"},
    {"theme", "auto|dark|light|none", "auto",
     "The ground that colours have to be read on; auto takes colours for both where it is not "
     "known"},
    {"calm", "on|off", "off", "With on, nothing on the screen moves or changes by itself"},
    {"justify", "on|off", "off", "With on, the lines of the text are all of the same length"},
    {"mouse", "on|off", "on",
     "Clicks and the wheel; with off they stay the terminal's, for marking text"},
};

enum { SETTINGS = sizeof table / sizeof table[0] };

static const char preamble[] =
    "# Feverdream's settings, one `name = value` a line; # begins a comment. What is not set here\n"
    "# has the value that stands in the comment. `feverdream settings` lists and changes them.\n";

const fd_setting *fd_settings(size_t *count) {
    *count = SETTINGS;
    return table;
}

const fd_setting *fd_setting_find(const char *name) {
    for (size_t i = 0; i < SETTINGS; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

static const fd_setting *find(const char *name, fd_error *error) {
    const fd_setting *found = fd_setting_find(name);
    if (!found)
        fd_fail(error, FD_USAGE, "There is no setting \"%.60s\"; `feverdream settings` lists them.",
                name);
    return found;
}

/* --- values --- */

/* Whether `value` is within a range such as 1..64. */
static bool within(const char *range, const char *value) {
    char *dots;
    unsigned long long least = strtoull(range, &dots, 10), most = strtoull(dots + 2, NULL, 10);
    size_t length = strlen(value);
    if (length == 0 || length > 18 || strspn(value, "0123456789") != length)
        return false;
    unsigned long long number = strtoull(value, NULL, 10);
    return number >= least && number <= most;
}

bool fd_setting_allows(const fd_setting *setting, const char *value, fd_error *error) {
    const char *at = setting->values;
    size_t given = strlen(value);
    while (*at) {
        size_t length = strcspn(at, "|");
        bool text = isupper((unsigned char)*at), range = isdigit((unsigned char)*at);
        bool fits = text    ? given > 0 && given < FD_SETTING_SIZE && !strpbrk(value, "\r\n")
                    : range ? within(at, value)
                            : given == length && memcmp(at, value, length) == 0;
        if (fits)
            return true;
        at += length + (at[length] == '|');
    }
    return fd_fail(error, FD_USAGE, "%s is %s, not \"%.60s\".", setting->name, setting->values,
                   value);
}

/* --- lines --- */

/* A line of the file. */
typedef struct line {
    const char *start;
    size_t length;            /* with its newline */
    bool comment;             /* name and value are of what stands behind the # */
    const char *name, *value; /* NULL: there are none */
    size_t name_length, value_length;
} line;

static void trim(const char **text, size_t *length) {
    while (*length > 0 && strchr(" \t\r", **text))
        ++*text, --*length;
    while (*length > 0 && strchr(" \t\r", (*text)[*length - 1]))
        --*length;
}

/* The line at *text, which moves past it. False for one that is neither blank, comment nor setting.
 */
static bool next_line(const char **text, line *found) {
    const char *content = *text;
    size_t rest = strcspn(content, "\n");
    *found = (line){.start = content, .length = rest + (content[rest] == '\n')};
    *text += found->length;
    trim(&content, &rest);
    if (rest > 0 && (found->comment = *content == '#'))
        content++, rest--;
    const char *equals = memchr(content, '=', rest);
    if (!equals)
        return rest == 0 || found->comment;
    found->name = content;
    found->name_length = (size_t)(equals - content);
    found->value = equals + 1;
    found->value_length = rest - found->name_length - 1;
    trim(&found->name, &found->name_length);
    trim(&found->value, &found->value_length);
    return found->comment || (found->name_length > 0 && found->value_length < FD_SETTING_SIZE);
}

static bool is_of(const line *here, const char *name) {
    return here->name && here->name_length == strlen(name) &&
           memcmp(here->name, name, here->name_length) == 0;
}

static void copy_value(const line *here, char value[FD_SETTING_SIZE]) {
    memcpy(value, here->value, here->value_length);
    value[here->value_length] = '\0';
}

static bool read_file(char path[PATH_MAX], fd_buffer *text, fd_error *error) {
    return fd_settings_path(path, error) &&
           ((access(path, F_OK) != 0 && errno == ENOENT) || fd_file_read(path, text, error));
}

bool fd_setting_get(const char *name, char value[FD_SETTING_SIZE], fd_error *error) {
    char path[PATH_MAX], given[FD_SETTING_SIZE];
    fd_buffer text = FD_BUFFER(1 << 16);
    const fd_setting *setting = find(name, error);
    bool ok = setting && read_file(path, &text, error);
    const char *at = fd_buffer_text(&text);
    strcpy(value, setting ? setting->otherwise : "");
    while (ok && *at) {
        line here;
        if (!next_line(&at, &here) || here.comment || !is_of(&here, name))
            continue;
        copy_value(&here, given);
        if (fd_setting_allows(setting, given, NULL))
            strcpy(value, given);
    }
    fd_buffer_free(&text);
    return ok;
}

/* --- writing --- */

static bool add_comment(fd_buffer *out, const fd_setting *setting, fd_error *error) {
    return fd_buffer_addf(out, error, "\n# %s = %s\n#   %s (%s).\n", setting->name,
                          setting->otherwise, setting->meaning, setting->values);
}

static bool add_new_file(fd_buffer *out, fd_error *error) {
    bool ok = fd_buffer_add_text(out, preamble, error);
    for (size_t i = 0; ok && i < SETTINGS; i++)
        ok = add_comment(out, &table[i], error);
    return ok;
}

static bool add_line(fd_buffer *out, const line *here, fd_error *error) {
    bool whole = here->length > 0 && here->start[here->length - 1] == '\n';
    return fd_buffer_add(out, here->start, here->length, error) &&
           (whole || fd_buffer_add(out, "\n", 1, error));
}

/* Whether a setting has a line in the file, and its comment where a line could be added. */
static void look_for(const char *text, const char *name, bool *set, bool *told) {
    *set = *told = false;
    while (*text) {
        line here;
        if (next_line(&text, &here) && is_of(&here, name))
            *(here.comment ? told : set) = true;
    }
}

/* The file with the setting's first line changed and its others gone; where it had none, below its
 * comment, or at the end with one. */
static bool rewrite(const char *text, const fd_setting *setting, const char *value, fd_buffer *out,
                    fd_error *error) {
    bool set, told, below = false, ok = true;
    look_for(text, setting->name, &set, &told);
    bool changed = !value;
    while (ok && *text) {
        line here;
        bool known = next_line(&text, &here);
        bool its = known && is_of(&here, setting->name);
        if (below && !here.comment && !changed)
            changed = ok = fd_buffer_addf(out, error, "%s = %s\n", setting->name, value);
        below = here.comment && (below || (its && !set));
        if (ok && its && !here.comment && !changed)
            changed = ok = fd_buffer_addf(out, error, "%s = %s\n", setting->name, value);
        else if (ok && !(its && !here.comment))
            ok = add_line(out, &here, error);
    }
    if (ok && !changed && !told)
        ok = add_comment(out, setting, error);
    return ok && (changed || fd_buffer_addf(out, error, "%s = %s\n", setting->name, value));
}

bool fd_setting_put(const char *name, const char *value, fd_error *error) {
    char path[PATH_MAX];
    fd_buffer text = FD_BUFFER(1 << 16), out = FD_BUFFER(1 << 17);
    const fd_setting *setting = find(name, error);
    bool ok = setting && (!value || fd_setting_allows(setting, value, error)) &&
              read_file(path, &text, error) && (text.length > 0 || add_new_file(&text, error)) &&
              rewrite(fd_buffer_text(&text), setting, value, &out, error) &&
              fd_file_replace(path, out.data, out.length, error);
    fd_buffer_free(&text);
    fd_buffer_free(&out);
    return ok;
}

bool fd_settings_begin(bool *made, fd_error *error) {
    char path[PATH_MAX];
    fd_buffer text = FD_BUFFER(1 << 16);
    bool ok = read_file(path, &text, error);
    *made = ok && text.length == 0;
    if (*made)
        ok = add_new_file(&text, error) && fd_file_replace(path, text.data, text.length, error);
    fd_buffer_free(&text);
    return ok;
}

/* --- what is wrong with the file --- */

static bool check_line(const line *here, bool known, fd_error *error) {
    char name[FD_SETTING_SIZE], value[FD_SETTING_SIZE];
    if (!known)
        return fd_fail(error, FD_BAD_FILE,
                       "expected a setting, such as \"network = never\", or a comment that begins "
                       "with #.");
    if (here->comment || !here->name)
        return true;
    (void)snprintf(name, sizeof name, "%.*s", (int)here->name_length, here->name);
    copy_value(here, value);
    const fd_setting *setting = find(name, error);
    return setting && fd_setting_allows(setting, value, error);
}

bool fd_settings_problems(fd_buffer *problems, fd_error *error) {
    char path[PATH_MAX];
    fd_buffer text = FD_BUFFER(1 << 16);
    bool ok = read_file(path, &text, error);
    const char *at = fd_buffer_text(&text);
    for (size_t number = 1; ok && *at; number++) {
        line here;
        fd_error problem;
        bool known = next_line(&at, &here);
        if (!check_line(&here, known, &problem))
            ok = fd_buffer_addf(problems, error, "%s:%zu: %s\n", path, number, problem.message);
    }
    fd_buffer_free(&text);
    return ok;
}
