#include "game/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/view_settings.h"

enum { MOST_CHOICES = 64, LOOK_MS = 300 /* how often what goes on beside is looked after */ };

typedef struct play {
    fd_session *session;
    const fd_frontend *table;
    void *screen;
    bool quit;
} play;

static fd_status_line status_of(const play *self) {
    return (fd_status_line){self->session->story->title, self->session->seed,
                            self->session->path.header.model, self->session->path.count};
}

/* What the player did, in words: the label chosen or the text typed. */
static const char *action_of(const play *self, size_t turn) {
    const fd_action *action = &self->session->path.turns[turn]->action;
    if (action->kind == FD_ACT_CHOOSE && turn > 0)
        return self->session->path.turns[turn - 1]->choices[action->choice].label;
    return action->text ? action->text : "";
}

static bool show(play *self, size_t index, bool known, fd_error *error) {
    const fd_turn *turn = self->session->path.turns[index];
    const char *labels[MOST_CHOICES];
    fd_scene scene = {.action = action_of(self, index),
                      .stretches = turn->stretches,
                      .stretch_count = turn->stretch_count,
                      .choices = labels,
                      .free = self->session->model && !turn->question && !turn->ending,
                      .ending = turn->ending,
                      .known = known};
    for (size_t i = 0; i < turn->choice_count && scene.choice_count < MOST_CHOICES; i++)
        if (turn->choices[i].typed)
            scene.typing = turn->choices[i].label;
        else
            labels[scene.choice_count++] = turn->choices[i].label;
    if (turn->question) {
        scene.question = turn->question->question;
        scene.fallback = turn->question->fallback;
    }
    fd_status_line status = status_of(self);
    return self->table->tell(self->screen, &scene, &status, error);
}

/* The action an event means at the last turn; false when it means none. `text` holds an answer. */
static bool action_for(const play *self, fd_event *event, fd_action *action) {
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

/* Waits for the turn that was asked for, showing that the story thinks and obeying keys: quit
 * leaves, undo gives up waiting. */
static bool await(play *self, fd_turn **turn, fd_error *error) {
    size_t done = 0, wanted = 0;
    *turn = NULL;
    for (;;) {
        if (!fd_foresight_take(self->session->foresight, 20, turn, &done, &wanted, error))
            return false;
        if (*turn)
            break;
        fd_event event = {FD_EVENT_NONE, 0, ""};
        self->table->think(self->screen, done, wanted + 1);
        if (!self->table->read(self->screen, 0, &event, error))
            return false;
        if (event.kind == FD_EVENT_QUIT)
            self->quit = true;
        bool back = event.kind == FD_EVENT_UNDO && self->session->path.count > 0;
        if (self->quit || back)
            break;
    }
    self->table->think(self->screen, 0, 0);
    return true;
}

/* Tells the next turn and shows it. Plain input has no one to show progress to: it waits. */
static bool advance(play *self, const fd_action *action, size_t attempt, fd_error *error) {
    fd_turn *turn = NULL;
    fd_session *session = self->session;
    if (!fd_foresight_ask(session->foresight, &session->path, action, attempt, error) ||
        !await(self, &turn, error))
        return false;
    if (!turn) {
        self->table->notice(self->screen, "");
        return true;
    }
    return fd_path_add(&session->path, turn, error) &&
           show(self, session->path.count - 1, false, error) &&
           fd_foresight_look(session->foresight, &session->path, error);
}

static bool undo(play *self, fd_error *error) {
    fd_path *path = &self->session->path;
    if (path->count < 2) {
        self->table->notice(self->screen, "This is the beginning.");
        return true;
    }
    self->table->forget(self->screen, 2);
    return fd_path_take_back(path, 1, error) && show(self, path->count - 1, true, error) &&
           fd_foresight_look(self->session->foresight, path, error);
}

/* The same step once more: the last turn is taken back and its action told with another attempt. */
static bool retry(play *self, fd_error *error) {
    fd_path *path = &self->session->path;
    const fd_turn *last = fd_path_last(path);
    size_t attempt = last->attempt + 1;
    fd_action action = {last->action.kind, last->action.choice, NULL};
    if (last->question) {
        self->table->notice(self->screen, "There is nothing to tell differently here.");
        return true;
    }
    if (last->action.text && !(action.text = fd_copy_text(last->action.text, error)))
        return false;
    self->table->forget(self->screen, 1);
    bool ok = fd_path_take_back(path, 1, error) && advance(self, &action, attempt, error);
    free(action.text);
    return ok;
}

static bool settings(play *self, fd_error *error) {
    bool changed;
    if (!fd_view_settings(self->table, self->screen, &changed, error))
        return false;
    self->table->notice(self->screen, changed ? "Kept; it holds from the next start on." : "");
    return true;
}

static bool respond(play *self, fd_event *event, fd_error *error) {
    fd_action action;
    switch (event->kind) {
    case FD_EVENT_CHOOSE:
    case FD_EVENT_TYPE:
        if (action_for(self, event, &action))
            return advance(self, &action, 0, error);
        self->table->notice(self->screen, "There is no such choice here.");
        return true;
    case FD_EVENT_UNDO:
        return undo(self, error);
    case FD_EVENT_RETRY:
        return retry(self, error);
    case FD_EVENT_SAVE: { /* every turn is on the disk already */
        char sentence[PATH_MAX + 32];
        (void)snprintf(sentence, sizeof sentence, "Saved in %s", self->session->save);
        self->table->notice(self->screen, sentence);
        return true;
    }
    case FD_EVENT_QUIT:
        self->quit = true;
        return true;
    case FD_EVENT_NONE:
        return true;
    case FD_EVENT_DO:
    case FD_EVENT_SAY:
    case FD_EVENT_GO_ON:
    case FD_EVENT_REDO:
    case FD_EVENT_OTHERS:
    case FD_EVENT_EDIT:
    case FD_EVENT_MEMORY:
    case FD_EVENT_CONTEXT:
    case FD_EVENT_MAP:
    case FD_EVENT_SAVES:
    case FD_EVENT_EXPORT:
        break;
    case FD_EVENT_SETTINGS:
        return settings(self, error);
    }
    self->table->notice(self->screen, "Not here.");
    return true;
}

bool fd_loop_tell_again(fd_session *session, const fd_frontend *table, void *screen,
                        fd_error *error) {
    play self = {session, table, screen, false};
    bool ok = true;
    for (size_t i = 0; ok && i < session->path.count; i++)
        ok = show(&self, i, true, error);
    return ok;
}

bool fd_loop_run(fd_session *session, const fd_frontend *table, void *screen, const char *note,
                 fd_offer *offer, fd_error *error) {
    play here = {session, table, screen, false}, *self = &here;
    const fd_action start = {FD_ACT_START, 0, NULL};
    fd_path *path = &self->session->path;
    fd_status_line status = status_of(self);
    /* The first turn is told while the title is read. */
    bool ok = path->count ? fd_foresight_look(self->session->foresight, path, error)
                          : fd_foresight_ask(self->session->foresight, path, &start, 0, error);
    ok = ok && self->table->title(self->screen, &status, note, &self->quit, error);
    if (ok && !self->quit)
        ok = fd_loop_tell_again(session, table, screen, error);
    if (ok && !self->quit && path->count == 0)
        ok = advance(self, &start, 0, error);
    while (ok && !self->quit) {
        fd_event event = {FD_EVENT_NONE, 0, ""};
        bool goes_on = offer && fd_offer_look(offer, table, screen);
        ok = self->table->read(self->screen, goes_on ? LOOK_MS : -1, &event, error) &&
             respond(self, &event, error);
    }
    return ok;
}
