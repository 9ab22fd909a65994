/* preview_grow.c - a tree on the writer's desk: grown in a thread of its own while keys are
 * answered, then walked, pruned and kept. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/modal.h"
#include "game/preview_screen.h"
#include "game/preview_tree.h"

enum { LIVE_MS = 40 };

typedef struct growing {
    fd_tree *tree;
    atomic_size_t drawn, percent;
    atomic_bool stop, costed, ended;
    char cost[256]; /* once `costed` */
    bool ok;
    fd_error error;
} growing;

static bool watch(void *context, const fd_tree *tree, size_t percent) {
    growing *self = context;
    atomic_store(&self->drawn, tree->drawn);
    atomic_store(&self->percent, percent);
    return !atomic_load(&self->stop);
}

static void *run(void *context) {
    growing *self = context;
    self->ok = fd_tree_estimate(self->tree, self->cost, sizeof self->cost, &self->error);
    atomic_store(&self->costed, true);
    self->ok = self->ok && fd_tree_grow(self->tree, watch, self, &self->error);
    atomic_store(&self->ended, true);
    return NULL;
}

static void draw(fd_desk_screen *desk, growing *self) {
    char words[128];
    size_t all = self->tree->count, drawn = atomic_load(&self->drawn);
    int height = fd_terminal_height(desk->terminal), left, columns;
    fd_measure(desk->terminal, &left, &columns);
    fd_modal_frame(desk->terminal, "A tree is growing",
                   atomic_load(&self->stop) ? "It stops ..." : "Esc stops it; it can go on later");
    (void)snprintf(words, sizeof words, "%zu of %zu passages, %zu %% of the next", drawn, all,
                   atomic_load(&self->percent));
    fd_terminal_use(desk->terminal, FD_LOOK_FAINT);
    if (height > 4 && atomic_load(&self->costed))
        (void)fd_terminal_put_cut(desk->terminal, 2, left, left + columns, self->cost);
    fd_terminal_use(desk->terminal, FD_LOOK_PLAIN);
    (void)fd_terminal_put_cut(desk->terminal, height > 5 ? 4 : 1, left, left + columns, words);
    fd_terminal_show(desk->terminal, -1, 0);
}

/* Grows the tree; false when it was stopped or failed, which the notice then says. */
static bool grow(fd_desk_screen *desk, fd_tree *tree) {
    growing self = {.tree = tree, .error = {FD_OK, ""}};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, &self) != 0) {
        fd_desk_say(desk, "A thread for the tree could not be started.");
        return false;
    }
    while (!atomic_load(&self.ended)) {
        fd_key k;
        draw(desk, &self);
        if (!fd_terminal_key(desk->terminal, LIVE_MS, &k)) {
            desk->left = true;
            atomic_store(&self.stop, true);
        }
        if (k.kind == FD_KEY_ESCAPE || fd_key_is(k, "q") || fd_key_is_control(k, 'c'))
            atomic_store(&self.stop, true);
    }
    (void)pthread_join(thread, NULL);
    if (!self.ok)
        (void)snprintf(desk->notice, sizeof desk->notice, "%s%s", self.error.message,
                       self.error.status == FD_CANCELLED ? " t goes on from there." : "");
    return self.ok;
}

/* Asks how large it shall be, each with what it takes. */
static bool pick_shape(fd_desk_screen *desk, size_t *depth, size_t *breadth, fd_error *error) {
    static const size_t shapes[][2] = {{2, 2}, {2, 3}, {3, 2}, {3, 3}, {4, 2}};
    enum { SHAPES = sizeof shapes / sizeof shapes[0] };
    char labels[SHAPES][64], details[SHAPES][32], key;
    fd_item items[SHAPES];
    size_t picked;
    for (size_t i = 0; i < SHAPES; i++) {
        size_t level = 1, all = 0;
        for (size_t d = 0; d < shapes[i][0]; d++)
            all += level *= shapes[i][1];
        (void)snprintf(labels[i], sizeof labels[i], "%zu deep, %zu branches from each",
                       shapes[i][0], shapes[i][1]);
        (void)snprintf(details[i], sizeof details[i], "%zu passages", all);
        items[i] = (fd_item){labels[i], "", details[i], 0, false};
    }
    const fd_list list = {
        "A tree of branches", "Enter grows it   q back", "", items, SHAPES, 0, NULL};
    bool ok = fd_modal_pick(desk->terminal, &list, &picked, &key, error);
    *depth = ok && picked < SHAPES ? shapes[picked][0] : 0;
    *breadth = ok && picked < SHAPES ? shapes[picked][1] : 0;
    return ok;
}

/* The tree as a list: Enter keeps a branch or leaves it out, K writes what is kept. */
static bool walk(fd_desk_screen *desk, fd_tree *tree, fd_error *error) {
    fd_item *items = fd_alloc(tree->count, sizeof *items, "a tree", error);
    char(*labels)[96] = fd_alloc(tree->count, sizeof *labels, "a tree", error);
    size_t picked = 0;
    char key = '\0';
    bool ok = items && labels, done = false;
    while (ok && !done && !desk->left) {
        for (size_t i = 0; i < tree->count; i++) {
            const fd_branching *it = &tree->branches[i];
            (void)snprintf(labels[i], sizeof labels[i], "%s %.20s %.60s", it->kept ? "+" : " ",
                           it->id, fd_buffer_text(&it->text.text));
            labels[i][strcspn(labels[i], "\n")] = '\0';
            items[i] = (fd_item){labels[i], fd_buffer_text(&it->text.text), it->faults,
                                 it->depth - 1, it->kept};
        }
        const fd_list list = {"The tree",  "Enter keeps or prunes   K writes what is kept   q back",
                              "K",         items,
                              tree->count, picked,
                              NULL};
        size_t now;
        ok = fd_modal_pick(desk->terminal, &list, &now, &key, error);
        done = now >= tree->count || key == 'K';
        if (ok && !done) {
            char change[48];
            picked = now;
            (void)snprintf(change, sizeof change, "%s%s", tree->branches[now].kept ? "-" : "",
                           tree->branches[now].id);
            ok = fd_tree_mark(tree, change, error);
        }
    }
    if (ok && key == 'K') {
        ok = fd_tree_keep(tree, error) && fd_writing_look(desk->writing, error);
        if (ok) {
            fd_desk_kept(desk, FD_DESK_NOWHERE);
            fd_desk_say(desk, "The tree's branches are kept. u takes them back.");
        }
        ok = fd_desk_forgive(desk, ok, error);
    }
    free(items);
    free(labels);
    return ok;
}

bool fd_desk_tree(fd_desk_screen *desk, fd_error *error) {
    fd_tree tree = {0};
    size_t depth, breadth;
    if (!pick_shape(desk, &depth, &breadth, error))
        return false;
    if (!depth)
        return true;
    bool begun = fd_tree_begin(&tree, desk->writing, depth, breadth, NULL, error), ok = true;
    if (!begun)
        ok = fd_desk_forgive(desk, false, error);
    else if (tree.drawn == tree.count || grow(desk, &tree))
        ok = walk(desk, &tree, error);
    fd_tree_free(&tree);
    return ok;
}
