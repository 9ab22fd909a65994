#include "story/path.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "story/log.h"

bool fd_path_set_header(fd_path *path, const fd_path_header *header, fd_error *error) {
    const fd_path_header from = *header;
    fd_path_header fresh = {0};
    const char *name;
    for (size_t i = 0; fd_log_field(&fresh, i, &name); i++) {
        fd_path_header source = from;
        char **field = fd_log_field(&fresh, i, &name);
        const char *text = *fd_log_field(&source, i, &name);
        *field = fd_copy_text(text ? text : "", error);
        if (!*field) {
            fd_path_header_free(&fresh);
            return false;
        }
    }
    fd_path_header_free(&path->header);
    path->header = fresh;
    return true;
}

/* Sets the line to what leads to a step, and where redoing leads along it. */
static bool stand(fd_path *path, size_t step, fd_error *error) {
    size_t count = 0;
    for (size_t at = step; at != FD_NO_STEP; at = path->steps[at].parent)
        count++;
    if (!fd_grow((void **)&path->turns, &path->capacity, count, sizeof(fd_turn *), "the path",
                 error))
        return false;
    path->here = step;
    path->count = count;
    for (size_t at = step; at != FD_NO_STEP; at = path->steps[at].parent) {
        size_t parent = path->steps[at].parent;
        path->turns[--count] = path->steps[at].turn;
        *(parent == FD_NO_STEP ? &path->later : &path->steps[parent].later) = at;
    }
    return true;
}

bool fd_path_go(fd_path *path, size_t step, fd_error *error) {
    if (step == path->here)
        return true;
    return fd_log_go(path->file, step, error) && stand(path, step, error);
}

bool fd_path_add_under(fd_path *path, size_t parent, fd_turn *turn, fd_error *error) {
    size_t told = fd_path_find(path, parent, turn->key);
    bool ok =
        told == FD_NO_STEP && fd_grow((void **)&path->steps, &path->step_capacity,
                                      path->step_count + 1, sizeof(fd_step), "the path", error);
    if (!ok) {
        fd_turn_free(turn);
        free(turn);
        return told != FD_NO_STEP && fd_path_go(path, told, error);
    }
    path->steps[path->step_count++] = (fd_step){turn, parent, FD_NO_STEP};
    bool beside = parent != path->here;
    return stand(path, path->step_count - 1, error) &&
           fd_log_turn(path->file, turn, path->story, beside, parent, error);
}

bool fd_path_add(fd_path *path, fd_turn *turn, fd_error *error) {
    return fd_path_add_under(path, path->here, turn, error);
}

bool fd_path_take_back(fd_path *path, size_t turns, fd_error *error) {
    size_t step = path->here;
    for (; turns > 0 && step != FD_NO_STEP; turns--)
        step = path->steps[step].parent;
    return fd_path_go(path, step, error);
}

size_t fd_path_later(const fd_path *path) {
    return path->here == FD_NO_STEP ? path->later : path->steps[path->here].later;
}

size_t fd_path_find(const fd_path *path, size_t parent, const char *key) {
    for (size_t i = 0; i < path->step_count; i++)
        if (path->steps[i].parent == parent && strcmp(path->steps[i].turn->key, key) == 0)
            return i;
    return FD_NO_STEP;
}

size_t fd_path_next_attempt(const fd_path *path, size_t parent, const fd_action *action) {
    size_t next = 0;
    for (size_t i = 0; i < path->step_count; i++) {
        const fd_turn *turn = path->steps[i].turn;
        if (path->steps[i].parent == parent && fd_action_equal(&turn->action, action) &&
            turn->attempt >= next)
            next = turn->attempt + 1;
    }
    return next;
}

bool fd_path_pin(fd_path *path, const char *facts, fd_error *error) {
    char *copy = *facts ? fd_copy_text(facts, error) : NULL;
    if ((*facts && !copy) || !fd_log_pin(path->file, facts, error)) {
        free(copy);
        return false;
    }
    free(path->pinned);
    path->pinned = copy;
    return true;
}

const fd_turn *fd_path_last(const fd_path *path) {
    return path->count ? path->turns[path->count - 1] : NULL;
}

fd_path fd_path_before(const fd_path *path) {
    fd_path before = *path;
    const fd_turn *last = fd_path_last(path);
    if (last) {
        before.count--;
        before.here = path->steps[path->here].parent;
        before.pinned = last->pinned;
    }
    return before;
}

void fd_path_free(fd_path *path) {
    for (size_t i = 0; i < path->step_count; i++) {
        fd_turn_free(path->steps[i].turn);
        free(path->steps[i].turn);
    }
    free(path->steps);
    free(path->turns);
    free(path->pinned);
    fd_path_header_free(&path->header);
    if (path->file >= 0)
        close(path->file);
    *path = FD_PATH;
}
