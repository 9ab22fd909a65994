#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/layout.h"
#include "game/paths.h"
#include "game/sanitise.h"
#include "game/views.h"
#include "model/file.h"
#include "story/transcript.h"

enum { DETAIL = 64 };

/* The saves as a list's items. */
typedef struct shown {
    fd_item *items;
    char (*details)[DETAIL];
    size_t here; /* the one that is played; shelf->count when it is elsewhere */
} shown;

static void free_shown(shown *self) {
    free(self->items);
    free(self->details);
}

static bool list_saves(const fd_play *self, const fd_shelf *shelf, shown *list, fd_error *error) {
    list->items = fd_alloc(shelf->count, sizeof *list->items, "the saves", error);
    list->details = fd_alloc(shelf->count, sizeof *list->details, "the saves", error);
    list->here = shelf->count;
    if (!list->items || !list->details)
        return false;
    for (size_t i = 0; i < shelf->count; i++) {
        const fd_save *save = &shelf->saves[i];
        char date[32];
        bool here = strcmp(save->file, self->session->save) == 0;
        fd_save_date(save, date);
        (void)snprintf(list->details[i], DETAIL, "%zu turns, %s", save->turns, date);
        list->items[i] = (fd_item){save->name, save->problem ? save->problem : save->excerpt,
                                   list->details[i], 0, here};
        list->here = here ? i : list->here;
    }
    return true;
}

/* Asks for a name; *kept is false when none was given. */
static bool ask_name(fd_play *self, const char *title, const char *old, fd_buffer *name, bool *kept,
                     fd_error *error) {
    enum { NAME_MOST = 100 };
    if (!fd_buffer_add_text(name, old, error) ||
        !self->table->write(self->screen, title, name, NAME_MOST, kept, error))
        return false;
    if (name->data) /* one line of it */
        name->data[name->length = strcspn(name->data, "\n")] = '\0';
    *kept = *kept && strcmp(fd_buffer_text(name), old) != 0;
    return true;
}

/* Whether it worked, said to the reader. What did not is no failure of the game. */
static void say(fd_play *self, bool worked, const char *sentence, const fd_error *why) {
    self->table->notice(self->screen, worked ? sentence : why->message);
}

static bool rename_save(fd_play *self, const fd_save *save, bool here, fd_error *error) {
    fd_buffer name = FD_BUFFER(1 << 12);
    fd_error why = {FD_OK, ""};
    char file[PATH_MAX];
    bool kept = false, ok = ask_name(self, "The save's new name", save->name, &name, &kept, error);
    if (ok && kept) {
        bool renamed = fd_save_rename(save->file, fd_buffer_text(&name), file, &why);
        if (renamed && here)
            (void)snprintf(self->session->save, sizeof self->session->save, "%s", file);
        say(self, renamed, "Renamed.", &why);
    }
    fd_buffer_free(&name);
    return ok;
}

static bool copy_save(fd_play *self, const fd_save *save, fd_error *error) {
    fd_buffer name = FD_BUFFER(1 << 12);
    fd_error why = {FD_OK, ""};
    bool kept = false, ok = ask_name(self, "The copy's name", save->name, &name, &kept, error);
    if (ok && kept)
        say(self, fd_save_copy(save->file, fd_buffer_text(&name), &why), "Copied.", &why);
    fd_buffer_free(&name);
    return ok;
}

static bool remove_save(fd_play *self, const fd_save *save, fd_error *error) {
    const fd_item answers[] = {{"Keep it", "", "", 0, false},
                               {"Delete it for good", "", "", 0, false}};
    char title[160], key;
    size_t picked = 0;
    fd_error why = {FD_OK, ""};
    (void)snprintf(title, sizeof title, "Delete %.100s?", save->name);
    const fd_list list = {title, "Enter takes an answer", "", answers, 2, 0, NULL};
    if (!self->table->pick(self->screen, &list, &picked, &key, error))
        return false;
    if (picked == 1)
        say(self, fd_save_remove(save->file, &why), "Deleted.", &why);
    return true;
}

static bool load(fd_play *self, const fd_save *save, bool *switched, fd_buffer *note,
                 fd_error *error) {
    fd_error why = {FD_OK, ""};
    char file[PATH_MAX];
    if (save->problem) {
        self->table->notice(self->screen, save->problem);
        return true;
    }
    if (!fd_file_path(file, error, "%s", save->file) ||
        !fd_session_switch(self->session, file, note, &why, error))
        return false;
    *switched = why.status == FD_OK;
    if (!*switched)
        self->table->notice(self->screen, why.message);
    return true;
}

/* Shows the list once; *open says whether it is to be shown again. */
static bool show_saves(fd_play *self, size_t *selected, bool *open, bool *switched, fd_buffer *note,
                       fd_error *error) {
    fd_shelf shelf;
    shown list = {0};
    size_t picked = 0;
    char key = '\n';
    if (!fd_shelf_read(&shelf, error))
        return false;
    bool ok = list_saves(self, &shelf, &list, error);
    const fd_list menu = {"Saved stories",
                          "Enter plays one, r renames, c copies, d deletes, Esc goes back",
                          "rcd",
                          list.items,
                          shelf.count,
                          *selected < shelf.count   ? *selected
                          : list.here < shelf.count ? list.here
                                                    : 0,
                          NULL};
    ok = ok && self->table->pick(self->screen, &menu, &picked, &key, error);
    *open = ok && picked < shelf.count;
    *selected = picked;
    if (*open) {
        const fd_save *save = &shelf.saves[picked];
        bool here = picked == list.here;
        if (key == '\n') {
            *open = false;
            ok = here || load(self, save, switched, note, error);
        } else {
            ok = key == 'r'   ? rename_save(self, save, here, error)
                 : key == 'c' ? copy_save(self, save, error)
                              : remove_save(self, save, error);
        }
    }
    free_shown(&list);
    fd_shelf_free(&shelf);
    return ok;
}

bool fd_view_saves(fd_play *self, bool *switched, fd_buffer *note, fd_error *error) {
    bool open = true, ok = true;
    size_t selected = (size_t)-1;
    *switched = false;
    while (ok && open)
        ok = show_saves(self, &selected, &open, switched, note, error);
    return ok;
}

/* ---- the story as a file ---- */

/* The name that a transcript has without its ending: the save's, else the seed's. */
static void transcript_name(const fd_session *session, char name[128]) {
    const char *slash = strrchr(session->save, '/');
    const char *from = session->save[0] ? (slash ? slash + 1 : session->save) : session->seed;
    size_t length = fd_text_cut(from, strcspn(from, session->save[0] ? "." : "/"), 100);
    (void)snprintf(name, 128, "%.*s", length ? (int)length : 5, length ? from : "story");
    for (char *at = name; *at; at++)
        if (*at == '/' || (unsigned char)*at <= ' ')
            *at = '-';
}

static bool export_as(fd_play *self, fd_transcript_format format, fd_error *error) {
    char name[128], inside[PATH_MAX], file[PATH_MAX], sentence[PATH_MAX + 32];
    fd_buffer text = FD_BUFFER((size_t)1 << 30);
    fd_error why = {FD_OK, ""};
    transcript_name(self->session, name);
    bool ok = fd_file_path(inside, error, "transcripts/%s%s", name, fd_transcript_ending(format)) &&
              fd_home_path(inside, file, error) &&
              fd_transcript(&self->session->path, format, &text, error);
    bool written = ok && fd_file_replace(file, text.data, text.length, &why);
    (void)snprintf(sentence, sizeof sentence, "Written to %s", file);
    if (ok)
        say(self, written, sentence, &why);
    fd_buffer_free(&text);
    return ok;
}

bool fd_view_export(fd_play *self, fd_error *error) {
    static const fd_item formats[] = {
        {"A page for a browser",
         "One HTML file with the whole save in it, to be read anywhere and "
         "replayed by this program.",
         "", 0, false},
        {"Text", "", "", 0, false},
        {"Markdown", "", "", 0, false}};
    static const fd_transcript_format order[] = {FD_TRANSCRIPT_HTML, FD_TRANSCRIPT_TEXT,
                                                 FD_TRANSCRIPT_MARKDOWN};
    const fd_list list = {
        "The story so far, as a file", "Enter writes it, Esc goes back", "", formats, 3, 0, NULL};
    size_t picked = 3;
    char key;
    return self->table->pick(self->screen, &list, &picked, &key, error) &&
           (picked >= 3 || export_as(self, order[picked], error));
}
