/* preview_branches.c - `feverdream preview --depth`: a tree grown, printed and kept. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "game/json.h"
#include "game/preview.h"
#include "game/preview_tree.h"
#include "game/sanitise.h"

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal) {
    (void)signal;
    stop_asked = 1;
}

static bool watch(void *context, const fd_tree *tree, size_t percent) {
    const bool *terminal = context;
    if (*terminal)
        fprintf(stderr, "\r%zu of %zu passages, %zu %% of the next   ", tree->drawn, tree->count,
                percent);
    return !stop_asked;
}

/* ---- what is printed ---- */

static cJSON *describe(const fd_tree *self, size_t parent) {
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < self->count; i++) {
        const fd_branching *one = &self->branches[i];
        if (one->parent != parent)
            continue;
        cJSON *it = cJSON_CreateObject();
        cJSON_AddStringToObject(it, "id", one->id);
        cJSON_AddStringToObject(it, "name", one->name);
        cJSON_AddStringToObject(it, "text", fd_buffer_text(&one->text.text));
        cJSON_AddNumberToObject(it, "logprob_per_word", one->per_word);
        cJSON_AddStringToObject(it, "faults", one->faults);
        cJSON_AddStringToObject(it, "label", one->label);
        cJSON_AddBoolToObject(it, "kept", one->kept);
        cJSON_AddItemToObject(it, "children", describe(self, i));
        cJSON_AddItemToArray(list, it);
    }
    return list;
}

static bool print(const fd_tree *self, bool json, fd_error *error) {
    bool ok = true;
    if (json) {
        cJSON *result = cJSON_CreateObject();
        cJSON_AddStringToObject(result, "at", self->writing->at);
        cJSON_AddStringToObject(result, "model", self->writing->model_name);
        cJSON_AddStringToObject(result, "seed", self->writing->seed);
        cJSON_AddNumberToObject(result, "passages", (double)self->count);
        cJSON_AddItemToObject(result, "tree", describe(self, FD_TREE_ROOT));
        return fd_print_json(result, error);
    }
    for (size_t i = 0; ok && i < self->count; i++) {
        const fd_branching *one = &self->branches[i];
        int indent = (int)(one->depth - 1) * 4;
        ok = fd_showf(stdout, error, "%*s%s%s  %.2f a word%s%s\n%*s%s\n\n", indent, "", one->id,
                      one->kept ? " kept" : "", one->per_word, *one->faults ? "; " : "",
                      one->faults, indent, "", fd_buffer_text(&one->text.text));
    }
    return ok;
}

/* Says what it takes, and grows it until it is whole or Ctrl-C is pressed. */
static bool grow(fd_tree *tree, fd_error *error) {
    char words[256];
    bool terminal = isatty(STDERR_FILENO) == 1;
    struct sigaction action = {.sa_handler = ask_stop}, before;
    (void)sigemptyset(&action.sa_mask);
    stop_asked = 0;
    (void)sigaction(SIGINT, &action, &before);
    bool ok = fd_tree_estimate(tree, words, sizeof words, error);
    if (ok) {
        fprintf(stderr, "%s\n", words);
        ok = fd_tree_grow(tree, watch, &terminal, error);
        if (terminal)
            fputc('\n', stderr);
    }
    (void)sigaction(SIGINT, &before, NULL);
    if (!ok && error && error->status == FD_CANCELLED)
        return fd_fail(error, FD_CANCELLED,
                       "Stopped with %zu of %zu passages; the same command goes on from there.",
                       tree->drawn, tree->count);
    return ok;
}

bool fd_preview_tree(fd_writing *writing, const fd_tree_options *options, fd_error *error) {
    fd_tree tree;
    bool ok = fd_tree_begin(&tree, writing, options->depth, options->breadth, options->name, error);
    ok = ok && (tree.drawn == tree.count || grow(&tree, error)) &&
         (!options->keep ||
          (fd_tree_mark(&tree, options->keep, error) && fd_tree_keep(&tree, error))) &&
         print(&tree, options->json, error);
    fd_tree_free(&tree);
    return ok;
}
