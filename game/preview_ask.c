/* preview_ask.c - what the writer's desk asks for: a line, an editor, a passage, a way to it. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "game/line.h"
#include "game/modal.h"
#include "game/preview_screen.h"
#include "model/file.h"

/* ---- a line ---- */

static void draw_line(fd_desk_screen *self, const char *question, const fd_editor *line) {
    int y = fd_terminal_height(self->terminal) - 1, width = fd_terminal_width(self->terminal);
    fd_terminal_use(self->terminal, FD_LOOK_PLAIN);
    for (int x = 0; x < width; x++)
        (void)fd_terminal_put(self->terminal, y, x, width, " ", 1);
    int x = fd_line_draw(self->terminal, y, 2, width - 1, question, line, "");
    fd_terminal_show(self->terminal, y, x);
}

bool fd_desk_ask(fd_desk_screen *self, const char *question, const char *initial,
                 char line[FD_TYPED_LIMIT + 1]) {
    fd_editor typed = {0};
    size_t length = fd_text_cut(initial, strlen(initial), FD_TYPED_LIMIT);
    memcpy(typed.text, initial, length);
    typed.length = typed.at = length;
    for (;;) {
        fd_key k;
        draw_line(self, question, &typed);
        if (!fd_terminal_key(self->terminal, FD_KEY_WAIT_MS, &k)) {
            self->left = true;
            return false;
        }
        if (k.kind == FD_KEY_ESCAPE || fd_key_is_control(k, 'c'))
            return false;
        if (k.kind == FD_KEY_ENTER) {
            memcpy(line, typed.text, typed.length);
            line[typed.length] = '\0';
            return true;
        }
        (void)fd_line_obey(&typed, k);
    }
}

/* ---- an editor outside ---- */

static int run_editor(const char *path) {
    const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");
    const char *program = visual && *visual ? visual : editor && *editor ? editor : "vi";
    pid_t child = fork();
    if (child == 0) {
        /* The shell splits what the variable holds, as other programs have it done. */
        execl("/bin/sh", "sh", "-c", "exec $0 \"$1\"", program, path, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && status == -1)
        ;
    return status;
}

bool fd_desk_edit_outside(fd_desk_screen *self, fd_error *error) {
    char folder[PATH_MAX], path[PATH_MAX];
    const char *where = getenv("TMPDIR");
    const fd_buffer *text = &self->cards[self->selected].candidate.draft.text;
    fd_buffer changed = FD_BUFFER(60000);
    if (!fd_file_path(folder, error, "%s/feverdream.XXXXXX", where && *where ? where : "/tmp"))
        return false;
    if (!mkdtemp(folder))
        return fd_desk_forgive(
            self, fd_fail(error, FD_FAILED, "%s cannot be made; nothing was changed.", folder),
            error);
    bool ok = fd_file_path(path, error, "%s/candidate.txt", folder) &&
              fd_file_replace(path, fd_buffer_text(text), text->length, error);
    if (ok) {
        fd_terminal_close(self->terminal);
        int status = run_editor(path);
        if (!fd_desk_open(self, error))
            return fd_fail(error, FD_FAILED, "The terminal cannot be drawn on any more.");
        ok = status == 0 || fd_fail(error, FD_FAILED, "The editor failed; nothing was changed.");
    }
    ok = ok && fd_file_read(path, &changed, error);
    while (changed.length && strchr(" \n\r\t", changed.data[changed.length - 1]))
        changed.data[--changed.length] = '\0';
    ok = ok && fd_desk_edited(self, fd_buffer_text(&changed), error);
    (void)unlink(path);
    (void)rmdir(folder);
    fd_buffer_free(&changed);
    return fd_desk_forgive(self, ok, error);
}

/* ---- another passage ---- */

bool fd_desk_go(fd_desk_screen *self, fd_error *error) {
    fd_writing *on = self->writing;
    const fd_story *story = on->manuscript.story;
    fd_item *items = fd_alloc(story->twee.count, sizeof *items, "the passages", error);
    size_t count = 0, picked, selected = 0;
    char key;
    if (!items)
        return false;
    for (size_t i = 0; i < story->twee.count; i++) {
        const fd_passage *it = &story->twee.passages[i];
        if (!fd_story_is_told(story, i))
            continue;
        bool here = strcmp(it->name, on->at) == 0;
        selected = here ? count : selected;
        items[count++] =
            (fd_item){it->name, "", fd_passage_has_tag(it, "dreamed") ? "dreamed" : "", 0, here};
    }
    const fd_list list = {
        "Passages", "Enter goes there   / search   q back", "", items, count, selected, NULL};
    bool ok = fd_modal_pick(self->terminal, &list, &picked, &key, error);
    if (ok && picked < count && strcmp(items[picked].label, on->at) != 0) {
        char before[sizeof self->at];
        const char *via = on->via;
        memcpy(before, self->at, sizeof before);
        (void)snprintf(self->at, sizeof self->at, "%s", items[picked].label);
        on->via = NULL;
        ok = fd_writing_look(on, error);
        if (!ok) {
            memcpy(self->at, before, sizeof before);
            on->via = via;
        } else {
            fd_desk_restart(self);
        }
        ok = fd_desk_forgive(self, ok, error);
    }
    free(items);
    return ok;
}

/* The shortest way to a passage and on to this one, as "A, B, C". */
static char *tell_way(const fd_writing *on, size_t passage, fd_error *error) {
    fd_route route;
    fd_buffer way = FD_BUFFER((size_t)1 << 20);
    const fd_passage *all = on->manuscript.story->twee.passages;
    bool ok = fd_route_to(on->manuscript.story, all[passage].name, NULL, on->seed, &route, error);
    for (size_t i = 0; ok && i < route.count; i++)
        ok = fd_buffer_addf(&way, error, "%s, ", all[route.passages[i]].name);
    ok = ok && fd_buffer_add_text(&way, on->at, error);
    char *copy = ok ? fd_copy_text(fd_buffer_text(&way), error) : NULL;
    fd_route_free(&route);
    fd_buffer_free(&way);
    return copy;
}

/* Takes over a way. */
static bool come_by(fd_desk_screen *self, char *way, fd_error *error) {
    fd_writing *on = self->writing;
    const char *before = on->via;
    on->via = way;
    if (!fd_writing_look(on, error)) {
        on->via = before;
        free(way);
        return false;
    }
    free(self->way);
    self->way = way;
    fd_desk_restart(self);
    return true;
}

bool fd_desk_come(fd_desk_screen *self, fd_error *error) {
    const fd_writing *on = self->writing;
    const fd_story *story = on->manuscript.story;
    size_t at = fd_story_find(story, on->at), count = 0, selected = 0, picked;
    fd_item *items = fd_alloc(story->twee.count, sizeof *items, "the ways", error);
    char **ways = fd_alloc(story->twee.count, sizeof *ways, "the ways", error), key;
    bool ok = items && ways;
    for (size_t i = 0; ok && i < story->twee.count; i++) {
        if (!fd_story_leads(story, i, at))
            continue;
        ok = (ways[count] = tell_way(on, i, error)) != NULL;
        bool here = on->route.count > 1 &&
                    strcmp(on->names[on->route.count - 2], story->twee.passages[i].name) == 0;
        selected = here ? count : selected;
        items[count] = (fd_item){story->twee.passages[i].name, ways[count], "", 0, here};
        count += ok;
    }
    const fd_list list = {"Where one comes from",
                          "Enter comes from there   q back",
                          "",
                          items,
                          count,
                          selected,
                          NULL};
    if (ok && !count)
        fd_desk_say(self, "No link leads here.");
    else if (ok && (ok = fd_modal_pick(self->terminal, &list, &picked, &key, error)) &&
             picked < count) {
        ok = fd_desk_forgive(self, come_by(self, ways[picked], error), error);
        ways[picked] = NULL;
    }
    for (size_t i = 0; i < count; i++)
        free(ways[i]);
    free(ways);
    free(items);
    return ok;
}
