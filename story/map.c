#include "story/map.h"

#include <stdlib.h>
#include <string.h>

#define NOWHERE ((size_t)-1)
enum { TEXT_MOST = 4096 };

/* ---- conditions in words ---- */

static bool add_condition(fd_buffer *into, const fd_condition *it, bool inner, fd_error *error) {
    bool both = it->kind == FD_IS_AND || it->kind == FD_IS_OR;
    switch (it->kind) {
    case FD_IS_VALUE:
        return fd_buffer_add_text(into, it->name, error);
    case FD_IS_VISITED:
        return fd_buffer_addf(into, error, "visited(%s)", it->name);
    case FD_IS_COMPARED:
        return it->text
                   ? fd_buffer_addf(into, error, "%s %s \"%s\"", it->name, it->compare, it->text)
                   : fd_buffer_addf(into, error, "%s %s %lld", it->name, it->compare,
                                    (long long)it->number);
    case FD_IS_NOT:
        return fd_buffer_add_text(into, "not ", error) &&
               add_condition(into, it->left, true, error);
    case FD_IS_AND:
    case FD_IS_OR:
        break;
    }
    return (!inner || fd_buffer_add_text(into, "(", error)) &&
           add_condition(into, it->left, both, error) &&
           fd_buffer_add_text(into, it->kind == FD_IS_AND ? " and " : " or ", error) &&
           add_condition(into, it->right, both, error) &&
           (!inner || fd_buffer_add_text(into, ")", error));
}

/* ---- links ---- */

typedef struct collector {
    fd_story_map *map;
    size_t passage;
    fd_error *error;
} collector;

static bool collect(const collector *self, const fd_branch *branch, const char *terms, bool chance);

/* `before` and one more term, in *into. */
static bool begin_terms(fd_buffer *into, const char *before, fd_error *error) {
    *into = FD_BUFFER((size_t)-1);
    return fd_buffer_addf(into, error, "%s%s", before, *before ? ", " : "");
}

static bool collect_if(const collector *self, const fd_node *node, const char *terms, bool chance) {
    bool ok = true;
    for (size_t b = 0; ok && b < node->branch_count; b++) {
        fd_buffer more;
        ok = begin_terms(&more, terms, self->error) &&
             fd_buffer_add_text(&more, b ? "unless " : "if ", self->error) &&
             add_condition(&more, node->condition, false, self->error) &&
             collect(self, &node->branches[b], fd_buffer_text(&more), chance);
        fd_buffer_free(&more);
    }
    return ok;
}

/* "2 in 3" for what chance weighs, the way of going on for the other kinds. */
static bool add_turn(fd_buffer *into, const fd_node *node, size_t branch, fd_error *error) {
    long long all = 0;
    if (node->mode == '%')
        return fd_buffer_add_text(into, "shuffled", error);
    if (node->mode != '~')
        return fd_buffer_addf(into, error, "on visit %zu", branch + 1);
    for (size_t b = 0; b < node->branch_count; b++)
        all += node->branches[b].weight;
    return fd_buffer_addf(into, error, "%lld in %lld", (long long)node->branches[branch].weight,
                          all);
}

static bool collect_vary(const collector *self, const fd_node *node, const char *terms,
                         bool chance) {
    bool ok = true;
    for (size_t b = 0; ok && b < node->branch_count; b++) {
        fd_buffer more;
        ok = begin_terms(&more, terms, self->error) && add_turn(&more, node, b, self->error) &&
             collect(self, &node->branches[b], fd_buffer_text(&more),
                     chance || strchr("~%", node->mode));
        fd_buffer_free(&more);
    }
    return ok;
}

/* The text of a label: of alternatives the first, of values their names. */
static bool add_label(fd_buffer *into, const fd_branch *branch, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < branch->count; i++) {
        const fd_node *node = &branch->nodes[i];
        if (node->kind == FD_NODE_TEXT)
            ok = fd_buffer_add_text(into, node->text, error);
        else if (node->kind == FD_NODE_SLOT)
            ok = fd_buffer_addf(into, error, "{$%s}", node->name);
        else if (node->branch_count)
            ok = add_label(into, &node->branches[0], error);
    }
    return ok;
}

/* Adds one of several texts, in full or not at all. */
static bool add_one_more(fd_buffer *into, const char *text, const char *between, fd_error *error) {
    if (into->length && (strstr(fd_buffer_text(into), text) || into->length > TEXT_MOST))
        return true;
    return fd_buffer_addf(into, error, "%s%s", into->length ? between : "", text);
}

static bool add_way(const collector *self, const fd_node *link, const char *target,
                    const char *terms, bool chance) {
    fd_story_map *map = self->map;
    size_t to = fd_story_find(map->story, target), at = map->first[self->passage];
    while (map->links[at].to != to)
        at++;
    fd_map_link *it = &map->links[at];
    fd_buffer label = FD_BUFFER((size_t)-1);
    bool ok = add_label(&label, &link->branches[0], self->error) &&
              add_one_more(&it->label, fd_buffer_text(&label), " / ", self->error) &&
              (!*terms || add_one_more(&it->terms, terms, "; or ", self->error));
    map->passages[self->passage].chance |= chance;
    fd_buffer_free(&label);
    return ok;
}

static bool collect_target(const collector *self, const fd_node *link, const fd_node *target,
                           const char *terms, bool chance) {
    if (target->kind == FD_NODE_TEXT)
        return add_way(self, link, target->text, terms, chance);
    bool ok = true;
    for (size_t b = 0; ok && b < target->branch_count; b++) {
        fd_buffer more;
        ok = begin_terms(&more, terms, self->error) && add_turn(&more, target, b, self->error) &&
             collect_target(self, link, target->branches[b].nodes, fd_buffer_text(&more), true);
        fd_buffer_free(&more);
    }
    return ok;
}

static bool collect(const collector *self, const fd_branch *branch, const char *terms,
                    bool chance) {
    bool ok = true;
    for (size_t i = 0; ok && i < branch->count; i++) {
        const fd_node *node = &branch->nodes[i];
        self->map->passages[self->passage].dreams |= node->kind == FD_NODE_DREAM;
        if (node->kind == FD_NODE_IF)
            ok = collect_if(self, node, terms, chance);
        else if (node->kind == FD_NODE_VARY)
            ok = collect_vary(self, node, terms, chance);
        else if (node->kind == FD_NODE_LINK || node->kind == FD_NODE_TYPE)
            ok = collect_target(self, node, node->branches[1].nodes, terms, chance);
    }
    return ok;
}

/* ---- the map ---- */

static bool fill(fd_story_map *map, fd_error *error) {
    const fd_story *story = map->story;
    bool ok = true;
    for (size_t p = 0; p < story->twee.count; p++) {
        const fd_passage *it = &story->twee.passages[p];
        map->passages[p] = (fd_map_passage){.name = it->name,
                                            .told = fd_story_is_told(story, p),
                                            .start = p == story->start,
                                            .ending = story->endings[p],
                                            .dreams = fd_passage_has_tag(it, "dreamed")};
        for (size_t t = 0; t < story->targets[p].count; t++)
            map->links[map->first[p] + t] = (fd_map_link){
                p, story->targets[p].passages[t], FD_BUFFER((size_t)-1), FD_BUFFER((size_t)-1), 0};
    }
    for (size_t p = 0; ok && p < story->twee.count; p++)
        ok = collect(&(collector){map, p, error}, &story->bodies[p], "", false);
    return ok;
}

fd_story_map *fd_story_map_new(const fd_story *story, fd_error *error) {
    fd_story_map *map = fd_alloc(1, sizeof *map, "the map", error);
    if (!map)
        return NULL;
    size_t count = story->twee.count;
    map->story = story;
    map->passages = fd_alloc(count, sizeof *map->passages, "the map", error);
    map->first = fd_alloc(count + 1, sizeof *map->first, "the map", error);
    for (size_t p = 0; map->first && p < count; p++)
        map->first[p + 1] = map->first[p] + story->targets[p].count;
    map->links =
        map->first ? fd_alloc(map->first[count], sizeof *map->links, "the map", error) : NULL;
    map->link_count = map->links ? map->first[count] : 0;
    if (map->passages && map->links && fill(map, error))
        return map;
    fd_story_map_free(map);
    return NULL;
}

void fd_story_map_free(fd_story_map *map) {
    if (!map)
        return;
    for (size_t i = 0; i < map->link_count; i++) {
        fd_buffer_free(&map->links[i].label);
        fd_buffer_free(&map->links[i].terms);
    }
    free(map->passages);
    free(map->links);
    free(map->first);
    free(map);
}

/* ---- dot ---- */

static bool add_quoted(fd_buffer *page, const char *text, fd_error *error) {
    bool ok = fd_buffer_add_text(page, "\"", error);
    for (; ok && *text; text++)
        ok = *text == '\n' ? fd_buffer_add_text(page, "\\n", error)
                           : fd_buffer_addf(page, error,
                                            *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    return ok && fd_buffer_add_text(page, "\"", error);
}

static bool add_dot_passage(const fd_story_map *map, const fd_map_passage *it, fd_buffer *page,
                            fd_error *error) {
    const char *shape = it->ending ? "doubleoctagon" : it->chance ? "diamond" : "box";
    const char *style = it->dreams ? "dashed" : "solid";
    bool ok = fd_buffer_add_text(page, "  ", error) && add_quoted(page, it->name, error) &&
              fd_buffer_addf(page, error, " [shape=%s, style=\"%s%s\"", shape, style,
                             it->start ? ",bold" : "");
    if (ok && map->plays)
        ok = fd_buffer_addf(page, error, ", xlabel=\"%zu\"", it->visits);
    return ok && fd_buffer_add_text(page, "];\n", error);
}

static bool add_dot_link(const fd_story_map *map, const fd_map_link *it, fd_buffer *page,
                         fd_error *error) {
    bool ok = fd_buffer_add_text(page, "  ", error) &&
              add_quoted(page, map->passages[it->from].name, error) &&
              fd_buffer_add_text(page, " -> ", error) &&
              add_quoted(page, map->passages[it->to].name, error) &&
              fd_buffer_add_text(page, " [tooltip=", error) &&
              add_quoted(page, fd_buffer_text(&it->label), error);
    if (ok && it->terms.length)
        ok = fd_buffer_add_text(page, ", label=", error) &&
             add_quoted(page, fd_buffer_text(&it->terms), error);
    if (ok && map->plays)
        ok = fd_buffer_addf(page, error, ", taillabel=\"%zu\"%s", it->taken,
                            it->taken ? "" : ", style=dotted");
    return ok && fd_buffer_add_text(page, "];\n", error);
}

bool fd_map_write_dot(const fd_story_map *map, fd_buffer *page, fd_error *error) {
    bool ok = fd_buffer_add_text(page, "digraph story {\n  rankdir=LR;\n", error);
    for (size_t p = 0; ok && p < map->story->twee.count; p++)
        ok = !map->passages[p].told || add_dot_passage(map, &map->passages[p], page, error);
    for (size_t i = 0; ok && i < map->link_count; i++)
        ok = add_dot_link(map, &map->links[i], page, error);
    return ok && fd_buffer_add_text(page, "}\n", error);
}
