#include "game/coverage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/sanitise.h"
#include "model/memory.h"

/* What was met in a passage. */
typedef struct passage {
    size_t visits, endings; /* endings: readings that ended here */
    uint64_t *met;          /* [nodes] bit b: branch b was told; bit 0 of a link: it was taken */
    size_t nodes;
    size_t *steps; /* [targets] how often the next turn was there */
} passage;

struct fd_coverage {
    const fd_story *story;
    passage *passages; /* [story->twee.count] */
    size_t *lengths;   /* turns of each reading */
    size_t readings, capacity;
    size_t turns, dreaming, dreamed, words;
};

/* ---- the nodes of a passage ---- */

typedef void visitor(void *context, const fd_node *node);

/* Visits every node of what is told, in order. */
static void walk(const fd_branch *branch, visitor *visit, void *context) {
    for (size_t i = 0; i < branch->count; i++) {
        const fd_node *node = &branch->nodes[i];
        visit(context, node);
        bool leads = node->kind == FD_NODE_LINK || node->kind == FD_NODE_TYPE;
        for (size_t k = 0; k < (leads ? 1 : node->branch_count); k++)
            walk(&node->branches[k], visit, context);
    }
}

static void count_id(void *nodes, const fd_node *node) {
    if (node->id >= *(size_t *)nodes)
        *(size_t *)nodes = node->id + 1;
}

fd_coverage *fd_coverage_new(const fd_story *story, fd_error *error) {
    fd_coverage *coverage = fd_alloc(1, sizeof *coverage, "the counts", error);
    if (!coverage)
        return NULL;
    coverage->story = story;
    coverage->passages =
        fd_alloc(story->twee.count, sizeof *coverage->passages, "the counts", error);
    bool ok = coverage->passages != NULL;
    for (size_t p = 0; ok && p < story->twee.count; p++) {
        passage *it = &coverage->passages[p];
        walk(&story->bodies[p], count_id, &it->nodes);
        it->met = fd_alloc(it->nodes, sizeof *it->met, "the counts", error);
        it->steps = fd_alloc(story->targets[p].count, sizeof *it->steps, "the counts", error);
        ok = it->met && it->steps;
    }
    if (ok)
        return coverage;
    fd_coverage_free(coverage);
    return NULL;
}

void fd_coverage_free(fd_coverage *coverage) {
    if (!coverage)
        return;
    for (size_t p = 0; coverage->passages && p < coverage->story->twee.count; p++) {
        free(coverage->passages[p].met);
        free(coverage->passages[p].steps);
    }
    free(coverage->passages);
    free(coverage->lengths);
    free(coverage);
}

/* ---- counting ---- */

/* Counts that the reading went on from a passage to another. */
static void count_step(fd_coverage *self, size_t from, size_t to) {
    const fd_targets *targets = &self->story->targets[from];
    for (size_t k = 0; k < targets->count; k++)
        self->passages[from].steps[k] += targets->passages[k] == to;
}

static void count_turn(fd_coverage *self, const fd_turn *turn, const fd_turn *next) {
    passage *it = &self->passages[turn->passage];
    it->visits++;
    it->endings += turn->ending;
    self->turns++;
    self->words += fd_turn_words(turn);
    self->dreaming += turn->dreams > 0;
    for (size_t s = 0; s < turn->stretch_count; s++)
        self->dreamed += turn->stretches[s].voice == FD_DREAMED;
    for (size_t i = 0; i < turn->picked_count; i++)
        it->met[turn->picked[i].node] |= UINT64_C(1) << turn->picked[i].branch;
    if (next && (next->action.kind == FD_ACT_CHOOSE || next->action.kind == FD_ACT_TYPE)) {
        it->met[turn->choices[next->action.choice].node] |= 1;
        count_step(self, turn->passage, next->passage);
    }
}

bool fd_coverage_add(fd_coverage *self, const fd_path *path, fd_error *error) {
    if (!fd_grow((void **)&self->lengths, &self->capacity, self->readings + 1,
                 sizeof *self->lengths, "the counts", error))
        return false;
    size_t before = self->turns;
    for (size_t i = 0; i < path->count; i++)
        if (!path->turns[i]->question)
            count_turn(self, path->turns[i], i + 1 < path->count ? path->turns[i + 1] : NULL);
    self->lengths[self->readings++] = self->turns - before;
    return true;
}

size_t fd_coverage_visits(const fd_coverage *self, size_t p) {
    return self->passages[p].visits;
}

size_t fd_coverage_steps(const fd_coverage *self, size_t p, size_t k) {
    return self->passages[p].steps[k];
}

static int by_size(const void *a, const void *b) {
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left > right) - (left < right);
}

/* Least, median and most turns of a reading. */
typedef struct spread {
    size_t least, median, most;
} spread;

static spread lengths(const fd_coverage *self) {
    if (!self->readings)
        return (spread){0};
    qsort(self->lengths, self->readings, sizeof *self->lengths, by_size);
    return (spread){self->lengths[0], self->lengths[self->readings / 2],
                    self->lengths[self->readings - 1]};
}

static double share(size_t part, size_t whole) {
    return whole ? (double)part / (double)whole : 0.0;
}

/* ---- what was never met ---- */

typedef struct search {
    const char *source;
    const passage *passage;
    size_t links, alternatives; /* never met */
    fd_buffer *page;            /* NULL: they are only counted */
    fd_error *error;
    bool ok;
} search;

static void find_link(search *self, const fd_node *node) {
    self->links++;
    if (self->page && self->ok)
        self->ok = fd_buffer_addf(self->page, self->error, "%s:%zu: This link was never taken.\n",
                                  self->source, node->line);
}

static void find_branch(search *self, const fd_node *node, size_t branch) {
    self->alternatives++;
    if (self->page && self->ok)
        self->ok =
            fd_buffer_addf(self->page, self->error, "%s:%zu: Alternative %zu was never told.\n",
                           self->source, node->line, branch + 1);
}

static void look(void *context, const fd_node *node) {
    search *self = context;
    uint64_t met = self->passage->met[node->id];
    if ((node->kind == FD_NODE_LINK || node->kind == FD_NODE_TYPE) && !met)
        find_link(self, node);
    bool condition = node->kind == FD_NODE_IF; /* its else may be nothing */
    if (node->kind != FD_NODE_VARY && !condition)
        return;
    for (size_t b = 0; b < node->branch_count; b++)
        if (!(met >> b & 1) && (!condition || node->branches[b].count))
            find_branch(self, node, b);
}

/* Counts them, and adds a line for each to `page` unless that is NULL. */
static search find_unmet(const fd_coverage *self, fd_buffer *page, fd_error *error) {
    search found = {.page = page, .error = error, .ok = true};
    for (size_t p = 0; p < self->story->twee.count; p++) {
        found.passage = &self->passages[p];
        found.source = self->story->twee.passages[p].source;
        walk(&self->story->bodies[p], look, &found);
    }
    return found;
}

/* ---- telling ---- */

typedef struct totals {
    size_t told, visited, ended;
} totals;

static totals add_up(const fd_coverage *self) {
    totals sum = {0};
    for (size_t p = 0; p < self->story->twee.count; p++) {
        sum.told += fd_story_is_told(self->story, p);
        sum.visited += self->passages[p].visits > 0;
        sum.ended += self->passages[p].endings;
    }
    return sum;
}

static bool is_ending(const fd_coverage *self, size_t p) {
    return self->story->endings[p] || self->passages[p].endings > 0;
}

static double ending_share(const fd_coverage *self, size_t p) {
    return share(self->passages[p].endings, self->readings);
}

static bool add_passages(const fd_coverage *self, fd_buffer *page, fd_error *error) {
    const fd_twee *twee = &self->story->twee;
    bool ok = true;
    for (size_t p = 0; ok && p < twee->count; p++)
        if (fd_story_is_told(self->story, p))
            ok = fd_buffer_addf(page, error, "%8zu  %s\n", self->passages[p].visits,
                                twee->passages[p].name);
    return ok && fd_buffer_add_text(page, "\nEndings:\n", error);
}

bool fd_coverage_add_endings(const fd_coverage *self, fd_buffer *page, fd_error *error) {
    const fd_twee *twee = &self->story->twee;
    bool ok = true;
    for (size_t p = 0; ok && p < twee->count; p++)
        if (is_ending(self, p))
            ok = fd_buffer_addf(page, error, "%7.1f%%  %s\n", 100 * ending_share(self, p),
                                twee->passages[p].name);
    return ok;
}

bool fd_coverage_add_turns(const fd_coverage *self, fd_buffer *page, fd_error *error) {
    spread turns = lengths(self);
    return fd_buffer_addf(page, error, "%zu plays of %zu to %zu turns (median %zu)", self->readings,
                          turns.least, turns.most, turns.median);
}

bool fd_coverage_print(const fd_coverage *self, fd_error *error) {
    fd_buffer page = FD_BUFFER((size_t)-1);
    totals sum = add_up(self);
    bool ok = add_passages(self, &page, error) && fd_coverage_add_endings(self, &page, error) &&
              fd_buffer_add_text(&page, "\n", error);
    search unmet = find_unmet(self, ok ? &page : NULL, error);
    ok = ok && unmet.ok && fd_coverage_add_turns(self, &page, error) &&
         fd_buffer_addf(
             &page, error,
             ", %zu of them to an ending; %zu words;\n"
             "%.1f%% of the turns dream (%zu dreams told); of %zu passages %zu were visited;\n"
             "%zu links were never taken, %zu alternatives never told\n",
             sum.ended, self->words, 100 * share(self->dreaming, self->turns), self->dreamed,
             sum.told, sum.visited, unmet.links, unmet.alternatives) &&
         fd_show(stdout, fd_buffer_text(&page), page.length, error);
    fd_buffer_free(&page);
    return ok;
}

cJSON *fd_coverage_json(const fd_coverage *self) {
    const fd_twee *twee = &self->story->twee;
    search unmet = find_unmet(self, NULL, NULL);
    spread turns = lengths(self);
    totals sum = add_up(self);
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"plays", (double)self->readings},
                   {"turns", (double)self->turns},
                   {"turns_least", (double)turns.least},
                   {"turns_median", (double)turns.median},
                   {"turns_most", (double)turns.most},
                   {"words", (double)self->words},
                   {"dreams", (double)self->dreamed},
                   {"dreaming_share", share(self->dreaming, self->turns)},
                   {"endings", (double)sum.ended},
                   {"passages", (double)sum.told},
                   {"visited", (double)sum.visited},
                   {"links_untaken", (double)unmet.links},
                   {"alternatives_untold", (double)unmet.alternatives}};
    cJSON *json = cJSON_CreateObject();
    bool ok = json != NULL;
    for (size_t i = 0; ok && i < sizeof numbers / sizeof numbers[0]; i++)
        ok = cJSON_AddNumberToObject(json, numbers[i].name, numbers[i].value) != NULL;
    cJSON *shares = ok ? cJSON_AddObjectToObject(json, "ending_shares") : NULL;
    ok = shares != NULL;
    for (size_t p = 0; ok && p < twee->count; p++)
        if (is_ending(self, p))
            ok = cJSON_AddNumberToObject(shares, twee->passages[p].name, ending_share(self, p)) !=
                 NULL;
    if (ok)
        return json;
    cJSON_Delete(json);
    return NULL;
}
