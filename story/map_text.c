/* map_text.c - the map as an indented tree: each passage stands once, under the first of those
 * that lead to it by the fewest choices; where it is led to otherwise, an arrow names it. */
#include <stdlib.h>
#include <string.h>

#include "story/map.h"

#define NOWHERE ((size_t)-1)

typedef struct tree {
    const fd_story_map *map;
    size_t *parent; /* [passages] NOWHERE: a root */
    fd_buffer *page, bars;
    fd_error *error;
} tree;

static void grow_from(tree *self, size_t root, bool *reached, size_t *queue) {
    size_t held = 0;
    reached[root] = true;
    queue[held++] = root;
    for (size_t at = 0; at < held; at++)
        for (size_t i = self->map->first[queue[at]]; i < self->map->first[queue[at] + 1]; i++) {
            size_t to = self->map->links[i].to;
            if (reached[to])
                continue;
            reached[to] = true;
            self->parent[to] = queue[at];
            queue[held++] = to;
        }
}

static bool add_marks(const tree *self, const fd_map_passage *it) {
    return (!it->start || fd_buffer_add_text(self->page, "  [start]", self->error)) &&
           (!it->dreams || fd_buffer_add_text(self->page, "  [dreams]", self->error)) &&
           (!it->chance || fd_buffer_add_text(self->page, "  [chance]", self->error)) &&
           (!it->ending || fd_buffer_add_text(self->page, "  [ending]", self->error));
}

static bool begin_line(const tree *self, size_t count, const char *branch) {
    return (!self->map->plays || fd_buffer_addf(self->page, self->error, "%8zu  ", count)) &&
           fd_buffer_addf(self->page, self->error, "%s%s", fd_buffer_text(&self->bars), branch);
}

static bool add_terms(const tree *self, const fd_map_link *link) {
    return !link || !link->terms.length ||
           fd_buffer_addf(self->page, self->error, "  (%s)", fd_buffer_text(&link->terms));
}

static bool add_passage(tree *self, size_t passage, const fd_map_link *by, const char *branch);

/* The ways from a passage: those that the tree goes first of all, then arrows. */
static bool add_ways(tree *self, size_t passage) {
    const fd_story_map *map = self->map;
    size_t left = map->first[passage + 1] - map->first[passage];
    bool ok = true;
    for (int arrows = 0; arrows < 2; arrows++)
        for (size_t i = map->first[passage]; ok && i < map->first[passage + 1]; i++) {
            const fd_map_link *link = &map->links[i];
            bool below = self->parent[link->to] == passage;
            if (below == (arrows == 1))
                continue;
            const char *branch = --left ? "├─ " : "└─ ";
            if (below)
                ok = add_passage(self, link->to, link, branch);
            else
                ok =
                    begin_line(self, link->taken, branch) &&
                    fd_buffer_addf(self->page, self->error, "→ %s", map->passages[link->to].name) &&
                    add_terms(self, link) && fd_buffer_add_text(self->page, "\n", self->error);
        }
    return ok;
}

static bool add_passage(tree *self, size_t passage, const fd_map_link *by, const char *branch) {
    const fd_map_passage *it = &self->map->passages[passage];
    size_t before = self->bars.length;
    bool ok = begin_line(self, it->visits, branch) &&
              fd_buffer_add_text(self->page, it->name, self->error) && add_marks(self, it) &&
              add_terms(self, by) && fd_buffer_add_text(self->page, "\n", self->error) &&
              (!*branch ||
               fd_buffer_add_text(&self->bars, strncmp(branch, "└", strlen("└")) ? "│  " : "   ",
                                  self->error)) &&
              add_ways(self, passage);
    self->bars.length = before;
    if (self->bars.data)
        self->bars.data[before] = '\0';
    return ok;
}

bool fd_map_write_text(const fd_story_map *map, fd_buffer *page, fd_error *error) {
    size_t count = map->story->twee.count;
    tree self = {map, fd_alloc(count, sizeof(size_t), "the map", error), page,
                 FD_BUFFER((size_t)-1), error};
    bool *reached = fd_alloc(count, sizeof *reached, "the map", error);
    size_t *queue = fd_alloc(count, sizeof *queue, "the map", error);
    bool ok = self.parent && reached && queue;
    for (size_t p = 0; ok && p < count; p++)
        self.parent[p] = NOWHERE;
    for (size_t p = 0; ok && p <= count; p++) {
        size_t root = p ? p - 1 : map->story->start;
        if (!map->passages[root].told || reached[root])
            continue;
        grow_from(&self, root, reached, queue);
        ok = add_passage(&self, root, NULL, "");
    }
    fd_buffer_free(&self.bars);
    free(self.parent);
    free(reached);
    free(queue);
    return ok;
}
