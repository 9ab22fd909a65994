#include "game/loop.h"

#include <stdio.h>
#include <string.h>

#include "game/turns.h"
#include "game/view_settings.h"
#include "game/views.h"

enum { LOOK_MS = 300 /* how often what goes on beside is looked after */ };

/* The action an event means at the last turn; false when it means none. `text` holds an answer. */
static bool action_for(const fd_play *self, fd_event *event, fd_action *action) {
    const fd_turn *here = fd_path_last(&self->session->path);
    if (event->kind == FD_EVENT_TYPE && here->question) {
        bool blank = strspn(event->text, " \t") == strlen(event->text);
        *action = (fd_action){FD_ACT_ANSWER, 0, blank ? here->question->fallback : event->text};
        return true;
    }
    size_t plain = 0;
    for (size_t i = 0; i < here->choice_count; i++) {
        bool typed = here->choices[i].typed;
        if (typed && event->kind == FD_EVENT_TYPE && event->text[0]) {
            *action = (fd_action){FD_ACT_TYPE, i, event->text};
            return true;
        }
        if (!typed && event->kind == FD_EVENT_CHOOSE && plain++ == event->choice) {
            *action = (fd_action){FD_ACT_CHOOSE, i, NULL};
            return true;
        }
    }
    return false;
}

/* What the player does of their own accord. */
static bool act_freely(fd_play *self, fd_event *event, fd_error *error) {
    const fd_turn *here = fd_path_last(&self->session->path);
    fd_action action = {event->kind == FD_EVENT_DO    ? FD_ACT_DO
                        : event->kind == FD_EVENT_SAY ? FD_ACT_SAY
                                                      : FD_ACT_GO_ON,
                        0, event->kind == FD_EVENT_GO_ON ? NULL : event->text};
    bool blank = action.text && strspn(action.text, " \t\"") == strlen(action.text);
    if (fd_narrator_may_act(&self->session->narrator, here) && !blank)
        return fd_play_advance(self, &action, error);
    self->table->notice(self->screen, !self->session->model
                                          ? "Without a model nobody could answer that; choose."
                                      : blank ? "Type what you do or say."
                                              : "Here only the story goes on.");
    return true;
}

/* Tells all of another story that is now played. */
static bool restart(fd_play *self, size_t shown, fd_error *error) {
    static const fd_action start = {FD_ACT_START, 0, NULL};
    fd_path *path = &self->session->path;
    self->table->forget(self->screen, shown);
    if (path->count == 0)
        return fd_play_advance(self, &start, error);
    return fd_play_show(self, 0, true, error) &&
           fd_foresight_look(self->session->foresight, path, error);
}

static bool change_story(fd_play *self, fd_error *error) {
    size_t shown = self->session->path.count;
    bool switched = false;
    fd_buffer note = FD_BUFFER(1 << 12);
    bool ok =
        fd_view_saves(self, &switched, &note, error) && (!switched || restart(self, shown, error));
    if (ok && note.length)
        self->table->notice(self->screen, fd_buffer_text(&note));
    fd_buffer_free(&note);
    return ok;
}

/* A setting holds as soon as it is changed; the model's, from the next story on. */
static bool adopt(void *context, const char *name, fd_error *error) {
    fd_play *self = context;
    return fd_session_adopt(self->session, name, error) &&
           (!self->offer || fd_offer_adopt(self->offer, name, error)) &&
           (!self->table->adopt || self->table->adopt(self->screen, name, error));
}

static bool change_settings(fd_play *self, fd_error *error) {
    const fd_settings_watch watch = {adopt, self};
    if (!fd_view_settings(self->table, self->screen, &watch, error))
        return false;
    self->table->notice(self->screen, "");
    return true;
}

static bool respond(fd_play *self, fd_event *event, fd_error *error) {
    fd_action action;
    switch (event->kind) {
    case FD_EVENT_CHOOSE:
    case FD_EVENT_TYPE:
        if (action_for(self, event, &action))
            return fd_play_advance(self, &action, error);
        self->table->notice(self->screen, "There is no such choice here.");
        return true;
    case FD_EVENT_DO:
    case FD_EVENT_SAY:
    case FD_EVENT_GO_ON:
        return act_freely(self, event, error);
    case FD_EVENT_UNDO:
        return fd_play_undo(self, error);
    case FD_EVENT_REDO:
        return fd_play_redo(self, error);
    case FD_EVENT_RETRY:
        return fd_play_retry(self, error);
    case FD_EVENT_OTHERS:
        return fd_play_others(self, error);
    case FD_EVENT_EDIT:
        return fd_play_edit(self, error);
    case FD_EVENT_MAP:
        return fd_play_map(self, error);
    case FD_EVENT_MEMORY:
        return fd_view_memory(self, error);
    case FD_EVENT_CONTEXT:
        return fd_view_context(self, error);
    case FD_EVENT_EXPORT:
        return fd_view_export(self, error);
    case FD_EVENT_SAVES:
        return change_story(self, error);
    case FD_EVENT_SETTINGS:
        return change_settings(self, error);
    case FD_EVENT_SAVE: { /* every turn is on the disk already */
        char sentence[PATH_MAX + 32];
        (void)snprintf(sentence, sizeof sentence, "Saved in %s", self->session->save);
        self->table->notice(self->screen,
                            self->session->save[0] ? sentence : "This story is not kept.");
        return true;
    }
    case FD_EVENT_QUIT:
        self->quit = true;
        return true;
    case FD_EVENT_NONE:
        break;
    }
    return true;
}

bool fd_loop_tell_again(fd_session *session, const fd_frontend *table, void *screen,
                        fd_error *error) {
    fd_play self = {.session = session, .table = table, .screen = screen};
    return fd_play_show(&self, 0, true, error);
}

bool fd_loop_run(fd_session *session, const fd_frontend *table, void *screen, const char *note,
                 fd_offer *offer, fd_error *error) {
    fd_play here = {.session = session, .table = table, .screen = screen, .offer = offer};
    fd_play *self = &here;
    const fd_action start = {FD_ACT_START, 0, NULL};
    fd_path *path = &self->session->path;
    fd_status_line status = fd_play_status(self);
    /* The first turn is told while the title is read. */
    bool ok = path->count ? fd_foresight_look(self->session->foresight, path, error)
                          : fd_foresight_ask(self->session->foresight, path, &start, 0, error);
    ok = ok && self->table->title(self->screen, &status, note, &self->quit, error);
    if (ok && !self->quit)
        ok = fd_loop_tell_again(session, table, screen, error);
    if (ok && !self->quit && path->count == 0)
        ok = fd_play_advance(self, &start, error);
    while (ok && !self->quit) {
        fd_event event = {.kind = FD_EVENT_NONE};
        bool goes_on = offer && fd_offer_look(offer, table, screen);
        ok = self->table->read(self->screen, goes_on ? LOOK_MS : -1, &event, error) &&
             respond(self, &event, error);
    }
    return ok;
}
