#include "game/view_settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/settings.h"

enum { MOST_WORDS = 8, LINE = FD_SETTING_SIZE + 64, TEXT = 512 };

/* What is said of a setting. */
typedef struct entry {
    char label[LINE], text[TEXT], value[FD_SETTING_SIZE];
} entry;

typedef struct view {
    const fd_frontend *table;
    void *screen;
    const fd_settings_watch *watch;
    size_t count, selected;
    const fd_setting *settings;
    entry *entries;
    fd_item *items;
    char hint[TEXT]; /* why what was written was not taken, or what the keys do */
} view;

static bool describe(view *self, fd_error *error) {
    for (size_t i = 0; i < self->count; i++) {
        const fd_setting *setting = &self->settings[i];
        entry *one = &self->entries[i];
        if (!fd_setting_get(setting->name, one->value, error))
            return false;
        (void)snprintf(one->label, sizeof one->label, "%s = %s", setting->name, one->value);
        (void)snprintf(one->text, sizeof one->text, "%s (%s).", setting->meaning, setting->values);
        bool as_ever = strcmp(one->value, setting->otherwise) == 0;
        self->items[i] =
            (fd_item){.label = one->label, .text = one->text, .detail = as_ever ? "" : "changed"};
    }
    return true;
}

/* The values of a setting that has nothing but words, cut at their bars inside `room`; 0 where
 * anything else may stand. */
static size_t words_of(const fd_setting *setting, char room[FD_SETTING_SIZE],
                       const char *words[MOST_WORDS]) {
    size_t count = 0;
    (void)snprintf(room, FD_SETTING_SIZE, "%s", setting->values);
    for (char *at = room; at && *at;) {
        char *bar = strchr(at, '|');
        if (bar)
            *bar = '\0';
        if (isupper((unsigned char)*at) || isdigit((unsigned char)*at) || count == MOST_WORDS)
            return 0;
        words[count++] = at;
        at = bar ? bar + 1 : NULL;
    }
    return count;
}

static bool put(view *self, const fd_setting *setting, const char *value, fd_error *error) {
    fd_error refused = {FD_OK, ""};
    if (fd_setting_put(setting->name, value, &refused))
        return self->watch->changed(self->watch->context, setting->name, error);
    (void)snprintf(self->hint, sizeof self->hint, "%s", refused.message);
    return refused.status == FD_USAGE || fd_fail(error, refused.status, "%s", refused.message);
}

static bool pick_word(view *self, const fd_setting *setting, const char *const *words, size_t count,
                      const char *now, fd_error *error) {
    fd_item items[MOST_WORDS];
    fd_list list = {.title = setting->name,
                    .hint = "Enter takes it   q back",
                    .keys = "",
                    .items = items,
                    .count = count};
    size_t picked;
    char key;
    for (size_t i = 0; i < count; i++) {
        items[i] = (fd_item){words[i], "", "", 0, strcmp(words[i], now) == 0};
        if (items[i].marked)
            list.selected = i;
    }
    return self->table->pick(self->screen, &list, &picked, &key, error) &&
           (picked >= count || put(self, setting, words[picked], error));
}

static bool write_value(view *self, const fd_setting *setting, const char *now, fd_error *error) {
    char title[TEXT];
    fd_buffer text = FD_BUFFER(FD_SETTING_SIZE);
    bool kept = false;
    (void)snprintf(title, sizeof title, "%s (%s)", setting->name, setting->values);
    bool ok = fd_buffer_add_text(&text, now, error) &&
              self->table->write(self->screen, title, &text, FD_SETTING_SIZE - 1, &kept, error);
    if (ok && kept) {
        size_t end = strlen(fd_buffer_text(&text));
        while (end > 0 && isspace((unsigned char)text.data[end - 1]))
            text.data[--end] = '\0';
        ok = put(self, setting, fd_buffer_text(&text), error);
    }
    fd_buffer_free(&text);
    return ok;
}

static bool change(view *self, size_t index, fd_error *error) {
    const fd_setting *setting = &self->settings[index];
    const char *now = self->entries[index].value, *words[MOST_WORDS];
    char room[FD_SETTING_SIZE];
    size_t count = words_of(setting, room, words);
    if (count == 0)
        return write_value(self, setting, now, error);
    if (count == 2)
        return put(self, setting, words[strcmp(now, words[0]) == 0], error);
    return pick_word(self, setting, words, count, now, error);
}

/* Shows the list once; *more is false when the reader went back. */
static bool show(view *self, bool *more, fd_error *error) {
    char key;
    if (!describe(self, error))
        return false;
    const fd_list list = {.title = "Settings",
                          .hint = self->hint[0] ? self->hint
                                                : "Enter changes it   d as it was made   q back",
                          .keys = "d",
                          .items = self->items,
                          .count = self->count,
                          .selected = self->selected};
    size_t picked;
    bool ok = self->table->pick(self->screen, &list, &picked, &key, error);
    *more = ok && picked < self->count;
    self->hint[0] = '\0';
    if (!*more)
        return ok;
    self->selected = picked;
    return key == 'd' ? put(self, &self->settings[picked], NULL, error)
                      : change(self, picked, error);
}

bool fd_view_settings(const fd_frontend *table, void *screen, const fd_settings_watch *watch,
                      fd_error *error) {
    view self = {.table = table, .screen = screen, .watch = watch};
    bool more = true;
    self.settings = fd_settings(&self.count);
    self.entries = fd_alloc(self.count, sizeof *self.entries, "the settings", error);
    self.items = fd_alloc(self.count, sizeof *self.items, "the settings", error);
    bool ok = self.entries && self.items;
    while (ok && more)
        ok = show(&self, &more, error);
    free(self.entries);
    free(self.items);
    return ok;
}
