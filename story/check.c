#include "story/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *fd_finding_name(fd_finding_kind kind) {
    static const char *const names[FD_FIND_KINDS] = {"unreachable", "stuck",  "loop",   "ask",
                                                     "dead",        "alike",  "name",   "person",
                                                     "tense",       "quotes", "length", "link"};
    return names[kind];
}

bool fd_finding_is_weak(fd_finding_kind kind) {
    return kind < FD_FIND_ALIKE;
}

typedef struct checker {
    const fd_story *story;
    fd_finding_report *report;
    void *context;
    size_t passage;                           /* that is looked at */
    bool *reached, *leaving, *ahead, *behind; /* sets of passages */
} checker;

static void tell_about(checker *self, fd_finding_kind kind, size_t passage, const char *what) {
    char message[256];
    const fd_passage *it = &self->story->twee.passages[passage];
    (void)snprintf(message, sizeof message, "\"%s\" %s", it->name, what);
    self->report(self->context, &(fd_finding){kind, passage, it->line, message});
}

/* Whether any link of the passage leads into the set. */
static bool leads_into(const fd_targets *links, const bool *set) {
    for (size_t i = 0; i < links->count; i++)
        if (set[links->passages[i]])
            return true;
    return false;
}

/* Grows the set by all that can be reached from it or, backwards, by all that can reach it. */
static void spread(const fd_story *story, bool *set, bool backwards) {
    for (bool grew = true; grew;) {
        grew = false;
        for (size_t i = 0; i < story->twee.count; i++) {
            const fd_targets *links = &story->targets[i];
            if (backwards && !set[i] && leads_into(links, set))
                set[i] = grew = true;
            for (size_t k = 0; !backwards && set[i] && k < links->count; k++)
                if (!set[links->passages[k]])
                    set[links->passages[k]] = grew = true;
        }
    }
}

static void spread_from(const fd_story *story, size_t passage, bool *set, bool backwards) {
    memset(set, 0, story->twee.count * sizeof *set);
    set[passage] = true;
    spread(story, set, backwards);
}

/* Reports the loop that begins at `passage`, if all that lies ahead also leads back to it. */
static void check_loop(checker *self, size_t passage) {
    size_t size = 0, count = self->story->twee.count;
    spread_from(self->story, passage, self->ahead, false);
    spread_from(self->story, passage, self->behind, true);
    for (size_t i = 0; i < count; i++) {
        if (self->ahead[i] && !self->behind[i])
            return;
        size += self->ahead[i];
    }
    char what[128];
    if (size == 1)
        (void)snprintf(what, sizeof what, "leads only to itself; no choice leaves it.");
    else
        (void)snprintf(what, sizeof what,
                       "is in a loop of %zu passages that no choice leaves, and none is an ending.",
                       size);
    tell_about(self, FD_FIND_LOOP, passage, what);
    for (size_t i = 0; i < count; i++) /* the loop has been told about: it counts as left */
        self->leaving[i] = self->leaving[i] || self->ahead[i];
}

static bool check_ask(void *context, const fd_node *node) {
    const checker *self = context;
    char message[256];
    if (node->kind == FD_NODE_ASK && !node->other) {
        (void)snprintf(message, sizeof message, "The question for \"%s\" has no default.",
                       node->name);
        self->report(self->context, &(fd_finding){FD_FIND_ASK, self->passage, node->line, message});
    }
    return true;
}

/* In another format macros lead on as well: what a passage names as a string may be reached. */
static void find_named(const fd_story *story, bool *reached) {
    const fd_twee *twee = &story->twee;
    for (size_t i = 0; story->format != FD_FORMAT_OURS && i < twee->count; i++)
        for (size_t at = 0, named;
             (named = fd_foreign_named(twee, twee->passages[i].text, &at)) != (size_t)-1;)
            reached[named] = true;
}

static void check_all(checker *self) {
    const fd_story *story = self->story;
    self->reached[story->start] = true;
    find_named(story, self->reached);
    memcpy(self->leaving, story->unseen, story->twee.count * sizeof *self->leaving);
    spread(story, self->reached, false);
    for (size_t i = 0; i < story->twee.count; i++) {
        if (!fd_story_is_told(story, i))
            continue;
        bool ending = story->endings[i];
        bool stuck = !story->targets[i].count && !ending && !self->leaving[i];
        self->leaving[i] = self->leaving[i] || ending || stuck;
        if (!self->reached[i])
            tell_about(self, FD_FIND_UNREACHABLE, i, "cannot be reached from the start.");
        if (stuck)
            tell_about(self, FD_FIND_STUCK, i, "has no way out and is not tagged [ending].");
        self->passage = i;
        (void)fd_branch_walk(&story->bodies[i], check_ask, self);
    }
    spread(story, self->leaving, true);
    for (size_t i = 0; i < story->twee.count; i++)
        if (fd_story_is_told(story, i) && !self->leaving[i])
            check_loop(self, i);
    for (size_t i = 0; i < story->loose.count; i++) {
        const fd_loose_end *end = &story->loose.items[i];
        self->report(self->context, &(fd_finding){end->dead ? FD_FIND_DEAD : FD_FIND_LINK,
                                                  end->passage, end->line, end->what});
    }
}

bool fd_story_check(const fd_story *story, fd_finding_report *report, void *context,
                    fd_error *error) {
    size_t count = story->twee.count;
    bool *sets = fd_alloc(4 * count, sizeof *sets, "a check", error);
    checker self = {story, report, context, 0, sets, NULL, NULL, NULL};
    if (!sets)
        return false;
    self.leaving = sets + count;
    self.ahead = sets + 2 * count;
    self.behind = sets + 3 * count;
    check_all(&self);
    free(sets);
    return true;
}
