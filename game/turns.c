#include "game/turns.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/layout.h"
#include "game/sanitise.h"

enum { MOST_CHOICES = 64 };

fd_status_line fd_play_status(const fd_play *self) {
    return (fd_status_line){self->session->story->title, self->session->seed,
                            self->session->path.header.model, self->session->path.count};
}

static bool show_one(fd_play *self, size_t index, bool known, fd_error *error) {
    const fd_path *path = &self->session->path;
    const fd_turn *turn = path->turns[index];
    const char *labels[MOST_CHOICES];
    fd_scene scene = {.action = fd_turn_deed(turn, index ? path->turns[index - 1] : NULL),
                      .stretches = turn->stretches,
                      .stretch_count = turn->stretch_count,
                      .choices = labels,
                      .free = fd_narrator_may_act(&self->session->narrator, turn),
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
    fd_status_line status = fd_play_status(self);
    return self->table->tell(self->screen, &scene, &status, error);
}

bool fd_play_show(fd_play *self, size_t from, bool known, fd_error *error) {
    bool ok = true;
    for (size_t i = from; ok && i < self->session->path.count; i++)
        ok = show_one(self, i, known, error);
    return ok;
}

static bool look(fd_play *self, fd_error *error) {
    return fd_foresight_look(self->session->foresight, &self->session->path, error);
}

/* ---- telling ---- */

/* Waits for the turn that was asked for, showing that the story thinks and obeying keys: quit
 * leaves, undo gives up waiting (*turn is then NULL). */
static bool await(fd_play *self, fd_turn **turn, fd_error *error) {
    size_t done = 0, wanted = 0;
    bool given_up = false;
    *turn = NULL;
    while (!*turn && !given_up) {
        if (!fd_foresight_take(self->session->foresight, 20, turn, &done, &wanted, error))
            return false;
        if (*turn)
            break;
        fd_event event = {FD_EVENT_NONE, 0, ""};
        self->table->think(self->screen, done, wanted + 1);
        if (!self->table->read(self->screen, 0, &event, error))
            return false;
        self->quit = event.kind == FD_EVENT_QUIT;
        given_up = self->quit || (event.kind == FD_EVENT_UNDO && self->session->path.count > 0);
    }
    self->table->think(self->screen, 0, 0);
    return true;
}

/* The step that `action` led to before, from where `from` ends; FD_NO_STEP when it did not. */
static bool find_told(const fd_play *self, const fd_path *from, const fd_action *action,
                      size_t attempt, size_t *step, fd_error *error) {
    fd_situation situation;
    char key[65];
    bool ok = fd_situation_of(from, &situation, error) &&
              fd_narrator_key(&self->session->narrator, &situation, action, attempt, key, error);
    if (ok)
        *step = fd_path_find(from, from->here, key);
    fd_situation_free(&situation);
    return ok;
}

/* Shows a turn just told, after or instead of the last. */
static bool take(fd_play *self, size_t parent, fd_turn *turn, bool known, fd_error *error) {
    fd_path *path = &self->session->path;
    bool instead = parent != path->here;
    if (!fd_path_add_under(path, parent, turn, error))
        return false;
    if (instead)
        self->table->forget(self->screen, 1);
    return fd_play_show(self, path->count - 1, known, error) && look(self, error);
}

/* Tells what the action leads to from where `from` ends: the path, or the path before its last
 * turn. Plain input has no one to show progress to: it waits. */
static bool tell_from(fd_play *self, const fd_path *from, const fd_action *action, size_t attempt,
                      fd_error *error) {
    fd_turn *turn = NULL;
    size_t told, parent = from->here;
    if (!find_told(self, from, action, attempt, &told, error))
        return false;
    if (told != FD_NO_STEP)
        return fd_play_go(self, told, error);
    if (!fd_foresight_ask(self->session->foresight, from, action, attempt, error) ||
        !await(self, &turn, error))
        return false;
    if (turn)
        return take(self, parent, turn, false, error);
    self->table->notice(self->screen, "");
    return look(self, error);
}

bool fd_play_advance(fd_play *self, const fd_action *action, fd_error *error) {
    return tell_from(self, &self->session->path, action, 0, error);
}

/* ---- back and elsewhere ---- */

bool fd_play_go(fd_play *self, size_t step, fd_error *error) {
    fd_path *path = &self->session->path;
    size_t shown = path->count, same = 0;
    fd_turn **before = fd_alloc(shown, sizeof *before, "the path", error);
    if (!before)
        return false;
    if (shown)
        memcpy(before, path->turns, shown * sizeof *before);
    bool ok = fd_path_go(path, step, error);
    while (ok && same < shown && same < path->count && before[same] == path->turns[same])
        same++;
    free(before);
    if (same == path->count && same > 0)
        same--; /* where the reader now stands is told again */
    if (ok && shown > same)
        self->table->forget(self->screen, shown - same);
    return ok && fd_play_show(self, same, true, error) && look(self, error);
}

bool fd_play_undo(fd_play *self, fd_error *error) {
    const fd_path *path = &self->session->path;
    if (path->count >= 2)
        return fd_play_go(self, path->steps[path->here].parent, error);
    self->table->notice(self->screen, "This is the beginning.");
    return true;
}

bool fd_play_redo(fd_play *self, fd_error *error) {
    size_t later = fd_path_later(&self->session->path);
    if (later != FD_NO_STEP)
        return fd_play_go(self, later, error);
    self->table->notice(self->screen, "Nothing was told after this.");
    return true;
}

/* ---- told differently ---- */

static bool may_differ(const fd_play *self) {
    const fd_turn *last = fd_path_last(&self->session->path);
    if (last && !last->question)
        return true;
    self->table->notice(self->screen, "There is nothing to tell differently here.");
    return false;
}

/* The path before its last turn, with what is pinned now. */
static fd_path before_last(const fd_play *self) {
    fd_path before = fd_path_before(&self->session->path);
    before.pinned = self->session->path.pinned;
    return before;
}

bool fd_play_retry(fd_play *self, fd_error *error) {
    if (!may_differ(self))
        return true;
    const fd_path before = before_last(self);
    const fd_action *action = &fd_path_last(&self->session->path)->action;
    return tell_from(self, &before, action, fd_path_next_attempt(&before, before.here, action),
                     error);
}

/* The ways a turn was told, of which one is to be picked. More are drawn while they are shown. */
typedef struct way {
    fd_turn *turn; /* owned when it is not yet a step */
    size_t step;   /* FD_NO_STEP: just drawn */
    char *text;    /* owned */
    char label[80], detail[32];
} way;

typedef struct ways {
    fd_play *play;
    fd_path before; /* the turn */
    way *items;
    size_t count, capacity;
    size_t attempt, left; /* the next one to be drawn, and how many */
    bool asked;           /* for it */
    fd_item *list;        /* of `listed` of them */
    size_t listed;
} ways;

static bool add_way(ways *self, fd_turn *turn, size_t step, fd_error *error) {
    bool again = false; /* told in the same words */
    for (size_t i = 0; i < self->count && step == FD_NO_STEP; i++)
        again |= strcmp(self->items[i].turn->check, turn->check) == 0;
    char *text = again ? NULL : fd_turn_text(turn, error);
    bool ok = again || (text && fd_grow((void **)&self->items, &self->capacity, self->count + 1,
                                        sizeof *self->items, "the ways", error));
    if (ok && !again) {
        self->items[self->count++] = (way){.turn = turn, .step = step, .text = text};
        return true;
    }
    free(text);
    if (step == FD_NO_STEP) {
        fd_turn_free(turn);
        free(turn);
    }
    return ok;
}

static void free_ways(ways *self) {
    for (size_t i = 0; i < self->count; i++) {
        way *one = &self->items[i];
        if (one->step == FD_NO_STEP && one->turn) {
            fd_turn_free(one->turn);
            free(one->turn);
        }
        free(one->text);
    }
    free(self->items);
    free(self->list);
}

/* How the turn was told so far. */
static bool recall(ways *self, const fd_action *action, fd_error *error) {
    enum { OTHERS = 4 };
    const fd_path *path = &self->play->session->path;
    bool ok = true;
    for (size_t i = 0; ok && i < path->step_count; i++)
        if (path->steps[i].parent == self->before.here &&
            fd_action_equal(&path->steps[i].turn->action, action))
            ok = add_way(self, path->steps[i].turn, i, error);
    self->attempt = fd_path_next_attempt(path, self->before.here, action);
    self->left = OTHERS;
    return ok;
}

/* Lets the next one be told. */
static bool ask_another(ways *self, fd_error *error) {
    const fd_action *action = &fd_path_last(&self->play->session->path)->action;
    self->asked = true;
    return fd_foresight_ask(self->play->session->foresight, &self->before, action, self->attempt,
                            error);
}

static bool take_another(ways *self, fd_turn *turn, fd_error *error) {
    self->asked = false;
    self->attempt++;
    self->left--;
    return add_way(self, turn, FD_NO_STEP, error);
}

/* Where two texts part, at the beginning of a word. */
static size_t parting(const char *a, const char *b) {
    size_t at = 0;
    while (a[at] && a[at] == b[at])
        at++;
    while (at > 0 && a[at - 1] != ' ' && a[at - 1] != '\n')
        at--;
    return at;
}

/* Names a way by its words from where it parts from the one that is most like it: before that
 * they tell nothing. It is shown from there on, too. */
static void name_way(ways *self, size_t index) {
    way *one = &self->items[index];
    fd_item *item = &self->list[index];
    size_t from = 0;
    for (size_t i = 0; i < self->listed; i++) {
        size_t here = i == index ? 0 : parting(one->text, self->items[i].text);
        from = here > from ? here : from;
    }
    const char *text = one->text + from;
    text += strspn(text, " \n");
    size_t room = sizeof one->label, length = strcspn(text, "\n");
    size_t cut = fd_text_cut(text, length, room - 7);
    (void)snprintf(one->label, room, "%s%.*s%s", from ? "..." : "", (int)cut, text,
                   cut < length ? "..." : "");
    (void)snprintf(one->detail, sizeof one->detail, "%zu words", fd_turn_words(one->turn));
    *item =
        (fd_item){one->label, text, one->detail, 0, one->step == self->play->session->path.here};
}

static bool list_ways(ways *self, fd_error *error) {
    free(self->list);
    self->list = fd_alloc(self->count, sizeof *self->list, "the ways", error);
    self->listed = self->list ? self->count : 0;
    for (size_t i = 0; i < self->listed; i++)
        name_way(self, i);
    return self->list != NULL;
}

/* Takes another way as soon as it is told: fd_coming's function. */
static bool look_for_ways(void *context, int wait_ms, const fd_item **items, size_t *count,
                          bool *more, fd_error *error) {
    ways *self = context;
    fd_turn *turn = NULL;
    size_t done, wanted;
    bool ok = self->left == 0 || self->asked || ask_another(self, error);
    ok = ok && (self->left == 0 || fd_foresight_take(self->play->session->foresight, wait_ms, &turn,
                                                     &done, &wanted, error));
    ok = ok && (!turn || take_another(self, turn, error));
    ok = ok && (self->listed == self->count || list_ways(self, error));
    *items = self->list;
    *count = self->listed;
    *more = ok && self->left > 0;
    return ok;
}

static bool pick_way(ways *self, size_t *picked, fd_error *error) {
    const fd_coming coming = {look_for_ways, self, "Another is being told..."};
    char key;
    if (!list_ways(self, error))
        return false;
    fd_list list = {"Other tellings",
                    "Enter takes one, Esc keeps what was told",
                    "",
                    self->list,
                    self->listed,
                    0,
                    self->left ? &coming : NULL};
    while (list.selected + 1 < list.count && !list.items[list.selected].marked)
        list.selected++;
    return self->play->table->pick(self->play->screen, &list, picked, &key, error);
}

bool fd_play_others(fd_play *self, fd_error *error) {
    if (!may_differ(self))
        return true;
    ways found = {.play = self, .before = before_last(self)};
    bool ok = recall(&found, &fd_path_last(&self->session->path)->action, error), given_up = false;
    while (ok && !given_up && found.count < 2 && found.left > 0) { /* there must be a choice */
        fd_turn *turn = NULL;
        ok = ask_another(&found, error) && await(self, &turn, error);
        given_up = !turn;
        ok = ok && (given_up || take_another(&found, turn, error));
    }
    size_t picked = (size_t)-1;
    if (ok && !given_up && found.count == 1)
        self->table->notice(self->screen, "It is told in no other way.");
    else if (ok && !given_up)
        ok = pick_way(&found, &picked, error);
    bool taken = ok && picked < found.count;
    if (taken && found.items[picked].step != FD_NO_STEP) {
        ok = fd_play_go(self, found.items[picked].step, error);
    } else if (taken) {
        fd_turn *turn = found.items[picked].turn;
        found.items[picked].turn = NULL; /* the path's now */
        ok = take(self, found.before.here, turn, true, error);
    } else if (ok) {
        ok = look(self, error);
    }
    free_ways(&found);
    return ok;
}

/* ---- rewritten ---- */

bool fd_play_edit(fd_play *self, fd_error *error) {
    enum { EDIT_MOST = 1 << 14 };
    const fd_path before = fd_path_before(&self->session->path);
    const fd_turn *last = fd_path_last(&self->session->path);
    size_t stretch = last ? fd_turn_dreamed(last) : 0;
    if (!last || stretch == last->stretch_count) {
        self->table->notice(self->screen, "No dream stands here to be rewritten.");
        return true;
    }
    const char *old = last->stretches[stretch].text;
    old += strspn(old, " \n");
    fd_buffer text = FD_BUFFER(EDIT_MOST + 1);
    bool kept = false;
    bool ok = fd_buffer_add_text(&text, old, error) &&
              self->table->write(self->screen, "Rewrite the dream", &text, EDIT_MOST, &kept, error);
    char *clean = ok ? fd_sanitise(fd_buffer_text(&text), text.length, error) : NULL;
    ok = clean != NULL;
    kept = kept && ok && strcmp(clean, old) != 0 && clean[strspn(clean, " \n")];
    if (ok && kept) {
        fd_situation situation;
        fd_turn *edited = fd_situation_of(&before, &situation, error)
                              ? fd_narrator_edit(&self->session->narrator, &situation, last,
                                                 stretch, clean, error)
                              : NULL;
        fd_situation_free(&situation);
        ok = edited && take(self, before.here, edited, true, error);
    } else if (ok) {
        self->table->notice(self->screen, "Nothing was changed.");
    }
    free(clean);
    fd_buffer_free(&text);
    return ok;
}

/* ---- the map ---- */

typedef struct map {
    const fd_path *path;
    fd_item *items;
    size_t *steps; /* of each item */
    size_t count, selected;
    fd_error *error;
} map;

/* The next child of a step after the child `after` (FD_NO_STEP: the first). */
static size_t next_child(const fd_path *path, size_t parent, size_t after) {
    for (size_t i = after == FD_NO_STEP ? 0 : after + 1; i < path->step_count; i++)
        if (path->steps[i].parent == parent)
            return i;
    return FD_NO_STEP;
}

static char *label_of(const fd_path *path, size_t step, fd_error *error) {
    const fd_turn *turn = path->steps[step].turn;
    size_t parent = path->steps[step].parent;
    fd_buffer label = FD_BUFFER(1 << 16);
    const char *deed = fd_turn_deed(turn, parent == FD_NO_STEP ? NULL : path->steps[parent].turn);
    const char *typed = turn->action.text ? turn->action.text : "";
    const char *words = *deed                               ? deed
                        : turn->action.kind == FD_ACT_START ? "The beginning"
                        : turn->action.kind == FD_ACT_GO_ON ? "It goes on"
                                                            : typed;
    bool ok = fd_buffer_add_text(&label, *words ? words : "...", error);
    if (ok && turn->attempt)
        ok = fd_buffer_addf(&label, error, " (told anew, %zu)", turn->attempt);
    if (ok && turn->unedited[0])
        ok = fd_buffer_add_text(&label, " (rewritten)", error);
    if (!ok)
        fd_buffer_free(&label);
    return label.data;
}

static bool add_item(map *self, size_t step, size_t indent, size_t depth) {
    char detail[32];
    (void)snprintf(detail, sizeof detail, "turn %zu", depth);
    fd_item *item = &self->items[self->count];
    bool here = step == self->path->here;
    self->selected = here ? self->count : self->selected;
    self->steps[self->count++] = step;
    *item = (fd_item){.indent = indent, .marked = here};
    return (item->label = label_of(self->path, step, self->error)) != NULL &&
           (item->text = fd_turn_text(self->path->steps[step].turn, self->error)) != NULL &&
           (item->detail = fd_copy_text(detail, self->error)) != NULL;
}

/* Lists a step and what came after it. Branches stand below the turn they leave, one step in, and
 * what was told there first goes on after them. */
static bool add_tree(map *self, size_t step, size_t indent, size_t depth) {
    while (step != FD_NO_STEP) {
        if (!add_item(self, step, indent, depth++))
            return false;
        size_t first = next_child(self->path, step, FD_NO_STEP);
        for (size_t other = first; other != FD_NO_STEP;) {
            other = next_child(self->path, step, other);
            if (other != FD_NO_STEP && !add_tree(self, other, indent + 1, depth))
                return false;
        }
        step = first;
    }
    return true;
}

static void free_map(map *self) {
    for (size_t i = 0; self->items && i < self->count; i++) {
        free((char *)(uintptr_t)self->items[i].label);
        free((char *)(uintptr_t)self->items[i].text);
        free((char *)(uintptr_t)self->items[i].detail);
    }
    free(self->items);
    free(self->steps);
}

bool fd_play_map(fd_play *self, fd_error *error) {
    const fd_path *path = &self->session->path;
    map here = {.path = path, .error = error};
    here.items = fd_alloc(path->step_count, sizeof *here.items, "the map", error);
    here.steps = fd_alloc(path->step_count, sizeof *here.steps, "the map", error);
    bool ok = here.items && here.steps;
    for (size_t first = FD_NO_STEP;
         ok && (first = next_child(path, FD_NO_STEP, first)) != FD_NO_STEP;)
        ok = add_tree(&here, first, 0, 1);
    const fd_list list = {"All that was told",
                          "Enter goes there, / searches, Esc stays here",
                          "",
                          here.items,
                          here.count,
                          here.selected,
                          NULL};
    size_t picked = here.count;
    char key;
    ok = ok && self->table->pick(self->screen, &list, &picked, &key, error);
    if (ok && picked < here.count && here.steps[picked] != path->here)
        ok = fd_play_go(self, here.steps[picked], error);
    free_map(&here);
    return ok;
}
