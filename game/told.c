#include "game/told.h"

#include <stdlib.h>
#include <string.h>

#include "game/sanitise.h"

void fd_told_free(fd_told *told) {
    for (size_t i = 0; i < told->choice_count; i++)
        free(told->choices[i]);
    free(told->choices);
    free(told->action);
    free(told->text);
    free(told->marks);
    free(told->typing);
    free(told->question);
    free(told->fallback);
    *told = (fd_told){0};
}

static bool copy_line(char **copy, const char *text, fd_error *error) {
    *copy = text ? fd_sanitise_line(text, error) : NULL;
    return !text || *copy;
}

static bool copy_action(char **copy, const char *action, fd_error *error) {
    char *clean = fd_sanitise_line(action ? action : "", error);
    if (!clean)
        return false;
    size_t size = strlen(clean) + 3;
    *copy = fd_alloc(size, 1, "a scene", error);
    if (*copy)
        (void)snprintf(*copy, size, "%s%s", clean[0] ? "> " : "", clean);
    free(clean);
    return *copy != NULL;
}

static bool copy_text(fd_told *copy, const fd_scene *scene, fd_error *error) {
    copy->marks = fd_alloc(scene->stretch_count, sizeof *copy->marks, "a scene", error);
    if (!copy->marks)
        return false;
    fd_buffer text = FD_BUFFER((size_t)-1);
    bool ok = fd_buffer_add_text(&text, "", error);
    for (size_t i = 0; ok && i < scene->stretch_count; i++) {
        const fd_stretch *stretch = &scene->stretches[i];
        char *clean = fd_sanitise(stretch->text, strlen(stretch->text), error);
        ok = clean && fd_buffer_add_text(&text, clean, error);
        free(clean);
        copy->marks[copy->mark_count++] = (fd_mark){text.length, stretch->voice};
    }
    copy->text = text.data;
    return ok;
}

static bool copy_choices(fd_told *copy, const fd_scene *scene, fd_error *error) {
    copy->choices = fd_alloc(scene->choice_count, sizeof *copy->choices, "a scene", error);
    if (!copy->choices)
        return false;
    for (; copy->choice_count < scene->choice_count; copy->choice_count++)
        if (!copy_line(&copy->choices[copy->choice_count], scene->choices[copy->choice_count],
                       error))
            return false;
    return true;
}

bool fd_told_copy(fd_told *copy, const fd_scene *scene, fd_error *error) {
    *copy = (fd_told){.free = scene->free, .ending = scene->ending};
    return copy_action(&copy->action, scene->action, error) && copy_text(copy, scene, error) &&
           copy_choices(copy, scene, error) && copy_line(&copy->typing, scene->typing, error) &&
           copy_line(&copy->question, scene->question, error) &&
           copy_line(&copy->fallback, scene->fallback, error);
}

size_t fd_told_options(const fd_told *told) {
    return told->question ? 0 : told->choice_count + (told->typing != NULL);
}
