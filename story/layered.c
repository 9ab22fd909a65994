#include "story/layered.h"

#include <stdlib.h>
#include <string.h>

#include "model/memory.h"

#define NOWHERE ((size_t)-1)
#define BEND_BREADTH 6.0
enum { ORDER_SWEEPS = 24, PLACE_SWEEPS = 24 };

/* A node, or the bend of a link in one layer. */
typedef struct vertex {
    size_t layer, place; /* place: in the order of its layer */
    double breadth, at, wish, weight;
} vertex;

/* Who stands next to whom: the neighbours of v are to[first[v]] up to to[first[v + 1]]. */
typedef struct neighbours {
    size_t *first, *to;
} neighbours;

typedef struct pair {
    size_t a, b;
} pair;

typedef struct drawing {
    fd_layered *graph;
    vertex *vertices;
    size_t count, capacity;
    pair *steps; /* a in one layer, b in the next */
    size_t step_count, step_capacity;
    neighbours before, after;
    size_t *order, *best; /* vertices, layer by layer */
    size_t *first;        /* [layers + 1] where a layer begins in them */
    size_t *tree;         /* [count + 1] for counting */
    fd_error *error;
} drawing;

static bool connect(neighbours *into, size_t count, const pair *pairs, size_t pair_count,
                    bool backwards, fd_error *error) {
    into->first = fd_alloc(count + 2, sizeof *into->first, "the map", error);
    into->to = fd_alloc(pair_count, sizeof *into->to, "the map", error);
    if (!into->first || !into->to)
        return false;
    for (size_t i = 0; i < pair_count; i++)
        into->first[(backwards ? pairs[i].b : pairs[i].a) + 2]++;
    for (size_t v = 1; v < count + 2; v++)
        into->first[v] += into->first[v - 1];
    for (size_t i = 0; i < pair_count; i++)
        into->to[into->first[(backwards ? pairs[i].b : pairs[i].a) + 1]++] =
            backwards ? pairs[i].a : pairs[i].b;
    return true;
}

static void disconnect(neighbours *it) {
    free(it->first);
    free(it->to);
}

/* ---- layers ---- */

/* Gives every node that `from` reaches and that has no layer one more than who led there. `queue`
 * has room for all nodes; returns how many it holds now. */
static size_t flood(fd_layered *graph, const neighbours *links, size_t from, size_t *queue,
                    size_t held) {
    if (graph->nodes[from].layer != NOWHERE)
        return held;
    graph->nodes[from].layer = 0;
    queue[held++] = from;
    for (size_t at = held - 1; at < held; at++)
        for (size_t i = links->first[queue[at]]; i < links->first[queue[at] + 1]; i++)
            if (graph->nodes[links->to[i]].layer == NOWHERE) {
                graph->nodes[links->to[i]].layer = graph->nodes[queue[at]].layer + 1;
                queue[held++] = links->to[i];
            }
    return held;
}

/* Sets the nodes' layers, and lists the nodes in the order in which they were reached. */
static bool find_layers(fd_layered *graph, size_t *queue, fd_error *error) {
    neighbours links = {0};
    pair *pairs = fd_alloc(graph->link_count, sizeof *pairs, "the map", error);
    for (size_t i = 0; pairs && i < graph->link_count; i++)
        pairs[i] = (pair){graph->links[i].from, graph->links[i].to};
    bool ok = pairs && connect(&links, graph->node_count, pairs, graph->link_count, false, error);
    for (size_t i = 0; i < graph->node_count; i++)
        graph->nodes[i].layer = NOWHERE;
    size_t held = 0;
    for (size_t i = 0; ok && i <= graph->node_count; i++)
        if (i || graph->start < graph->node_count)
            held = flood(graph, &links, i ? i - 1 : graph->start, queue, held);
    graph->layers = 0;
    for (size_t i = 0; ok && i < graph->node_count; i++)
        if (graph->nodes[i].layer >= graph->layers)
            graph->layers = graph->nodes[i].layer + 1;
    disconnect(&links);
    free(pairs);
    return ok;
}

/* ---- vertices and steps ---- */

static bool add_vertex(drawing *self, size_t layer, double breadth) {
    if (!fd_grow((void **)&self->vertices, &self->capacity, self->count + 1, sizeof *self->vertices,
                 "the map", self->error))
        return false;
    self->vertices[self->count++] = (vertex){.layer = layer, .breadth = breadth};
    return true;
}

static bool add_step(drawing *self, size_t a, size_t b) {
    if (!fd_grow((void **)&self->steps, &self->step_capacity, self->step_count + 1,
                 sizeof *self->steps, "the map", self->error))
        return false;
    bool on = self->vertices[a].layer < self->vertices[b].layer;
    self->steps[self->step_count++] = on ? (pair){a, b} : (pair){b, a};
    return true;
}

/* The steps of a link, with a vertex for each bend, the first of which is returned in *bend. */
static bool add_link(drawing *self, fd_layered_link *link, size_t *bend) {
    size_t from = self->graph->nodes[link->from].layer, to = self->graph->nodes[link->to].layer;
    size_t span = from < to ? to - from : from - to, last = link->from;
    link->bends = span && span - 1 <= FD_LAYERED_BENDS ? span - 1 : 0;
    *bend = self->count;
    if (!span || span - 1 > FD_LAYERED_BENDS)
        return true;
    for (size_t i = 1; i < span; i++) {
        if (!add_vertex(self, from < to ? from + i : from - i, BEND_BREADTH) ||
            !add_step(self, last, self->count - 1))
            return false;
        last = self->count - 1;
    }
    return add_step(self, last, link->to);
}

/* ---- orders ---- */

static void number_places(drawing *self) {
    for (size_t layer = 0; layer < self->graph->layers; layer++)
        for (size_t i = self->first[layer]; i < self->first[layer + 1]; i++)
            self->vertices[self->order[i]].place = i - self->first[layer];
}

static bool first_order(drawing *self, const size_t *queue) {
    size_t layers = self->graph->layers, nodes = self->graph->node_count;
    self->first = fd_alloc(layers + 2, sizeof *self->first, "the map", self->error);
    self->order = fd_alloc(self->count, sizeof *self->order, "the map", self->error);
    self->best = fd_alloc(self->count, sizeof *self->best, "the map", self->error);
    self->tree = fd_alloc(self->count + 1, sizeof *self->tree, "the map", self->error);
    if (!self->first || !self->order || !self->best || !self->tree)
        return false;
    for (size_t v = 0; v < self->count; v++)
        self->first[self->vertices[v].layer + 2]++;
    for (size_t layer = 1; layer < layers + 2; layer++)
        self->first[layer] += self->first[layer - 1];
    for (size_t v = 0; v < self->count; v++) {
        size_t it = v < nodes ? queue[v] : v;
        self->order[self->first[self->vertices[it].layer + 1]++] = it;
    }
    number_places(self);
    return true;
}

static int by_number(const void *a, const void *b) {
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left > right) - (left < right);
}

/* Crossings between the layer and the next: ends of its steps, taken in the order of their
 * beginnings, that stand before an end that was taken earlier. The tree is Fenwick's. */
static size_t crossings_after(const drawing *self, size_t layer, size_t *ends) {
    size_t taken = 0, crossings = 0, wide = self->first[layer + 2] - self->first[layer + 1];
    memset(self->tree, 0, (wide + 1) * sizeof *self->tree);
    for (size_t i = self->first[layer]; i < self->first[layer + 1]; i++) {
        size_t v = self->order[i], from = self->after.first[v], to = self->after.first[v + 1];
        for (size_t k = from; k < to; k++)
            ends[k - from] = self->vertices[self->after.to[k]].place;
        qsort(ends, to - from, sizeof *ends, by_number);
        for (size_t k = 0; k < to - from; k++) {
            size_t upto = 0;
            for (size_t t = ends[k] + 1; t; t &= t - 1)
                upto += self->tree[t];
            crossings += taken++ - upto;
            for (size_t t = ends[k] + 1; t <= wide; t += t & (~t + 1))
                self->tree[t]++;
        }
    }
    return crossings;
}

static size_t count_crossings(const drawing *self, size_t *room) {
    size_t sum = 0;
    for (size_t layer = 0; layer + 1 < self->graph->layers; layer++)
        sum += crossings_after(self, layer, room);
    return sum;
}

/* The median of the neighbours' places; of two in the middle, the mean. */
static double median_place(const drawing *self, const neighbours *of, size_t v, size_t *room) {
    size_t from = of->first[v], count = of->first[v + 1] - from;
    if (!count)
        return (double)self->vertices[v].place;
    for (size_t k = 0; k < count; k++)
        room[k] = self->vertices[of->to[from + k]].place;
    qsort(room, count, sizeof *room, by_number);
    return 0.5 * ((double)room[(count - 1) / 2] + (double)room[count / 2]);
}

/* Sorts a layer by its vertices' wishes; equal ones stay as they were. */
static void sort_layer(drawing *self, size_t layer) {
    size_t *order = self->order + self->first[layer];
    size_t count = self->first[layer + 1] - self->first[layer];
    for (size_t i = 1; i < count; i++) {
        size_t moving = order[i], k = i;
        for (; k && self->vertices[order[k - 1]].wish > self->vertices[moving].wish; k--)
            order[k] = order[k - 1];
        order[k] = moving;
    }
    for (size_t i = 0; i < count; i++)
        self->vertices[order[i]].place = i;
}

static bool find_orders(drawing *self) {
    size_t layers = self->graph->layers;
    size_t *room = fd_alloc(self->step_count, sizeof *room, "the map", self->error);
    if (!room)
        return false;
    size_t least = count_crossings(self, room);
    memcpy(self->best, self->order, self->count * sizeof *self->order);
    for (size_t sweep = 0; sweep < ORDER_SWEEPS && least; sweep++) {
        bool on = sweep % 2 == 0;
        for (size_t i = 1; i < layers; i++) {
            size_t layer = on ? i : layers - 1 - i;
            for (size_t k = self->first[layer]; k < self->first[layer + 1]; k++)
                self->vertices[self->order[k]].wish =
                    median_place(self, on ? &self->before : &self->after, self->order[k], room);
            sort_layer(self, layer);
        }
        size_t crossings = count_crossings(self, room);
        if (crossings < least) {
            least = crossings;
            memcpy(self->best, self->order, self->count * sizeof *self->order);
        }
    }
    memcpy(self->order, self->best, self->count * sizeof *self->order);
    number_places(self);
    self->graph->crossings = least;
    free(room);
    return true;
}

/* ---- places ---- */

/* A run of vertices that stand as close as they may: `wish` is the weighted mean of their own. */
typedef struct block {
    double wish, weight;
    size_t count;
} block;

/* How far the middle of the layer's i-th vertex is from that of the one before. */
static double distance(const drawing *self, const size_t *order, size_t i) {
    const vertex *a = &self->vertices[order[i - 1]], *b = &self->vertices[order[i]];
    return 0.5 * (a->breadth + b->breadth) + self->graph->gap;
}

/* Places a layer as near to the wishes as order and gaps let it. */
static void place_layer(drawing *self, size_t layer, block *blocks) {
    const size_t *order = self->order + self->first[layer];
    size_t count = self->first[layer + 1] - self->first[layer], held = 0;
    double offset = 0.0;
    for (size_t i = 0; i < count; i++) {
        const vertex *it = &self->vertices[order[i]];
        offset += i ? distance(self, order, i) : 0.0;
        blocks[held++] = (block){it->wish - offset, it->weight, 1};
        for (; held > 1 && blocks[held - 2].wish > blocks[held - 1].wish; held--) {
            block *a = &blocks[held - 2], *b = &blocks[held - 1];
            a->wish = (a->wish * a->weight + b->wish * b->weight) / (a->weight + b->weight);
            a->weight += b->weight;
            a->count += b->count;
        }
    }
    offset = 0.0;
    for (size_t b = 0, i = 0; b < held; b++)
        for (size_t k = 0; k < blocks[b].count; k++, i++) {
            offset += i ? distance(self, order, i) : 0.0;
            self->vertices[order[i]].at = blocks[b].wish + offset;
        }
}

static void add_wishes(const drawing *self, const neighbours *of, size_t v, double *sum,
                       double *count) {
    for (size_t k = of->first[v]; k < of->first[v + 1]; k++) {
        *sum += self->vertices[of->to[k]].at;
        *count += 1.0;
    }
}

static bool find_places(drawing *self) {
    block *blocks = fd_alloc(self->count, sizeof *blocks, "the map", self->error);
    if (!blocks)
        return false;
    size_t layers = self->graph->layers;
    for (size_t sweep = 0; sweep < PLACE_SWEEPS; sweep++)
        for (size_t i = 0; i < layers; i++) {
            size_t layer = sweep % 2 ? layers - 1 - i : i;
            for (size_t k = self->first[layer]; k < self->first[layer + 1]; k++) {
                vertex *it = &self->vertices[self->order[k]];
                double sum = 0.0, count = 0.0;
                if (sweep) {
                    add_wishes(self, &self->before, self->order[k], &sum, &count);
                    add_wishes(self, &self->after, self->order[k], &sum, &count);
                }
                it->wish = count > 0.0 ? sum / count : it->at;
                it->weight = 1.0 + count;
            }
            place_layer(self, layer, blocks);
        }
    free(blocks);
    return true;
}

/* Tells the caller's nodes and links, moved so that the first stands at the edge. */
static void tell_places(drawing *self, const size_t *bends) {
    fd_layered *graph = self->graph;
    double least = 0.0, most = 0.0;
    for (size_t v = 0; v < self->count; v++) {
        double low = self->vertices[v].at - 0.5 * self->vertices[v].breadth;
        double high = low + self->vertices[v].breadth;
        least = !v || low < least ? low : least;
        most = !v || high > most ? high : most;
    }
    for (size_t v = 0; v < graph->node_count; v++)
        graph->nodes[v].at = self->vertices[v].at - least;
    for (size_t i = 0; i < graph->link_count; i++)
        for (size_t k = 0; k < graph->links[i].bends; k++)
            graph->links[i].at[k] = self->vertices[bends[i] + k].at - least;
    graph->breadth = most - least;
}

bool fd_layered_place(fd_layered *graph, fd_error *error) {
    drawing self = {.graph = graph, .error = error};
    size_t *queue = fd_alloc(graph->node_count, sizeof *queue, "the map", error);
    size_t *bends = fd_alloc(graph->link_count, sizeof *bends, "the map", error);
    bool ok = queue && bends && find_layers(graph, queue, error);
    for (size_t i = 0; ok && i < graph->node_count; i++)
        ok = add_vertex(&self, graph->nodes[i].layer, graph->nodes[i].breadth);
    for (size_t i = 0; ok && i < graph->link_count; i++)
        ok = add_link(&self, &graph->links[i], &bends[i]);
    ok = ok && connect(&self.after, self.count, self.steps, self.step_count, false, error) &&
         connect(&self.before, self.count, self.steps, self.step_count, true, error) &&
         first_order(&self, queue) && find_orders(&self) && find_places(&self);
    if (ok)
        tell_places(&self, bends);
    disconnect(&self.before);
    disconnect(&self.after);
    free(self.vertices);
    free(self.steps);
    free(self.order);
    free(self.best);
    free(self.first);
    free(self.tree);
    free(queue);
    free(bends);
    return ok;
}
