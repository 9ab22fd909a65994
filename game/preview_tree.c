/* preview_tree.c - a whole tree of branches from a passage: every candidate is gone on from, down
 * to a depth. What has grown is kept in a file, so that a tree that was stopped goes on. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "game/json.h"
#include "game/paths.h"
#include "game/preview.h"
#include "game/sanitise.h"
#include "model/clock.h"
#include "model/digest.h"
#include "model/file.h"

enum { NODES_MOST = 4000, STATE_BYTES = 1 << 26 };
#define ROOT ((size_t)-1)

typedef struct branch {
    size_t parent;  /* its place among the branches, or ROOT */
    size_t depth;   /* from 1 */
    size_t number;  /* among its siblings, from 0 */
    char id[40];    /* "1.2.1" */
    char *name;     /* of the passage it becomes */
    fd_script text; /* as drawn */
    double per_word;
    char *faults;
    bool grown, kept;
} branch;

typedef struct tree {
    fd_writing *writing;
    const fd_tree_options *options;
    branch *branches; /* in the order they are told: parents before children */
    size_t count, wanted, drawn;
    char state[PATH_MAX];
    double began;
    bool terminal;
} tree;

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal) {
    (void)signal;
    stop_asked = 1;
}

/* ---- the shape ---- */

/* Adds the children of a branch, and theirs, before anything is drawn. */
static bool add_children(tree *self, size_t parent, size_t depth, const char *base,
                         fd_error *error) {
    const fd_tree_options *asked = self->options;
    bool ok = true;
    for (size_t i = 0; ok && depth <= asked->depth && i < asked->breadth; i++) {
        branch *one = &self->branches[self->count];
        fd_buffer name = FD_BUFFER(2000);
        *one = (branch){.parent = parent, .depth = depth, .number = i, .text = FD_SCRIPT};
        const char *above = parent == ROOT ? "" : self->branches[parent].id;
        (void)snprintf(one->id, sizeof one->id, "%.20s%s%u", above, *above ? "." : "",
                       (unsigned)(i % 10 + 1));
        size_t here = self->count++;
        ok = fd_buffer_addf(&name, error, "%s %s", base, one->id) &&
             (one->name = fd_copy_text(fd_buffer_text(&name), error)) != NULL &&
             add_children(self, here, depth + 1, base, error);
        fd_buffer_free(&name);
    }
    return ok;
}

static bool make_shape(tree *self, fd_error *error) {
    size_t level = 1;
    fd_buffer base = FD_BUFFER(1000);
    for (size_t d = 0; d < self->options->depth && self->wanted <= NODES_MOST; d++)
        self->wanted += level *= self->options->breadth;
    if (self->wanted > NODES_MOST)
        return fd_fail(error, FD_USAGE, "A tree has at most %d passages; this one would have more.",
                       NODES_MOST);
    self->branches = fd_alloc(self->wanted, sizeof *self->branches, "a tree", error);
    bool ok =
        self->branches &&
        (self->options->name ? fd_buffer_add_text(&base, self->options->name, error)
                             : fd_buffer_addf(&base, error, "%s, dreamed", self->writing->at)) &&
        add_children(self, ROOT, 1, fd_buffer_text(&base), error);
    fd_buffer_free(&base);
    return ok;
}

/* ---- what has grown, on the disk ---- */

static bool find_state(tree *self, fd_error *error) {
    const fd_writing *on = self->writing;
    fd_buffer all = FD_BUFFER((size_t)1 << 26);
    fd_digest digest;
    char hex[65], file[96];
    bool ok = fd_buffer_addf(&all, error, "%s\n%s\n%s\n%zu %zu %.17g\n%s\n%s", on->model_hash,
                             on->at, on->seed, on->words, self->options->breadth,
                             on->sampling.temperature, fd_buffer_text(&on->opening.text),
                             self->options->name ? self->options->name : "");
    for (size_t i = 0; ok && i < on->route.count; i++)
        ok = fd_buffer_addf(&all, error, "\n%s", on->route.texts[i]);
    ok = ok && fd_digest_of(fd_buffer_text(&all), all.length, &digest, error);
    fd_buffer_free(&all);
    if (!ok)
        return false;
    fd_digest_hex(&digest, hex);
    (void)snprintf(file, sizeof file, "preview/tree-%.16s.json", hex);
    return fd_home_path(file, self->state, error);
}

static bool save_state(const tree *self, fd_error *error) {
    cJSON *all = cJSON_CreateObject();
    for (size_t i = 0; i < self->count; i++) {
        const branch *one = &self->branches[i];
        if (!one->grown)
            continue;
        cJSON *it = cJSON_AddObjectToObject(all, one->id);
        cJSON_AddStringToObject(it, "text", fd_buffer_text(&one->text.text));
        cJSON_AddNumberToObject(it, "logprob_per_word", one->per_word);
        cJSON_AddStringToObject(it, "faults", one->faults);
    }
    char *text = cJSON_PrintUnformatted(all);
    bool ok = text ? fd_file_replace(self->state, text, strlen(text), error)
                   : fd_fail_memory(error, "a tree");
    cJSON_free(text);
    cJSON_Delete(all);
    return ok;
}

/* What is not there, or cannot be read, grows again. */
static bool load_state(tree *self, fd_error *error) {
    fd_buffer text = FD_BUFFER(STATE_BYTES);
    bool there = access(self->state, R_OK) == 0, ok = true;
    cJSON *all =
        there && fd_file_read(self->state, &text, NULL) ? cJSON_Parse(fd_buffer_text(&text)) : NULL;
    for (size_t i = 0; ok && i < self->count; i++) {
        branch *one = &self->branches[i];
        const cJSON *it = cJSON_GetObjectItemCaseSensitive(all, one->id);
        const cJSON *words = cJSON_GetObjectItemCaseSensitive(it, "text");
        const cJSON *faults = cJSON_GetObjectItemCaseSensitive(it, "faults");
        const cJSON *per_word = cJSON_GetObjectItemCaseSensitive(it, "logprob_per_word");
        if (!cJSON_IsString(words) || !cJSON_IsString(faults) || !cJSON_IsNumber(per_word))
            continue;
        size_t opening = one->parent == ROOT ? self->writing->opening.text.length : 0;
        size_t length = strlen(words->valuestring);
        opening = opening < length ? opening : length;
        ok = fd_script_add(&one->text, words->valuestring, opening, FD_HAND_WRITER, error) &&
             fd_script_add(&one->text, words->valuestring + opening, length - opening,
                           FD_HAND_MODEL, error) &&
             (one->faults = fd_copy_text(faults->valuestring, error)) != NULL;
        one->per_word = per_word->valuedouble;
        one->grown = ok;
        self->drawn += ok;
    }
    cJSON_Delete(all);
    fd_buffer_free(&text);
    return ok;
}

/* ---- growing ---- */

/* The branches that lead to one, from the root on; returns how many. */
static size_t find_way(const tree *self, size_t to, size_t *way) {
    size_t count = to == ROOT ? 0 : self->branches[to].depth;
    for (size_t i = count; i-- > 0; to = self->branches[to].parent)
        way[i] = to;
    return count;
}

static bool watch(void *context, const fd_sample *samples, size_t count, size_t done,
                  size_t wanted) {
    const tree *self = context;
    (void)samples;
    (void)count;
    if (self->terminal && wanted)
        fprintf(stderr, "\r%zu of %zu passages, %zu %% of the next   ", self->drawn, self->wanted,
                100 * done / wanted);
    return !stop_asked;
}

/* What comes before the children of a branch. */
static bool read_way(const tree *self, size_t parent, const char ***segments, const char ***names,
                     size_t *count, fd_error *error) {
    const fd_writing *on = self->writing;
    size_t way[8], depth = find_way(self, parent, way);
    *count = on->route.count + depth;
    *segments = fd_alloc(*count, sizeof **segments, "a tree", error);
    *names = fd_alloc(*count, sizeof **names, "a tree", error);
    if (!*segments || !*names)
        return false;
    for (size_t i = 0; i < *count; i++) {
        bool own = i >= on->route.count;
        const branch *one = own ? &self->branches[way[i - on->route.count]] : NULL;
        (*segments)[i] = own ? fd_buffer_text(&one->text.text) : on->route.texts[i];
        (*names)[i] = own ? one->name : on->names[i];
    }
    return true;
}

/* Draws all children of a branch in one batch. children[i] are their places. */
static bool draw_children(tree *self, size_t parent, const size_t *children, fd_error *error) {
    size_t breadth = self->options->breadth;
    const char **segments = NULL, **names = NULL;
    fd_candidate all[8];
    fd_preview plan = fd_writing_plan(self->writing);
    bool ok = read_way(self, parent, &segments, &names, &plan.segment_count, error);
    plan.segments = segments;
    plan.at = ok ? names[plan.segment_count - 1] : "";
    plan.opening = parent == ROOT ? &self->writing->opening : NULL;
    plan.observer = watch;
    plan.context = self;
    if (ok) {
        ok = fd_preview_draw(&plan, 0, breadth, all, NULL, error);
        for (size_t i = 0; ok && i < breadth; i++) {
            branch *one = &self->branches[children[i]];
            one->text = all[i].draft;
            one->faults = all[i].faults;
            one->per_word = all[i].per_word;
            one->grown = true;
            all[i].draft = FD_SCRIPT;
            all[i].faults = NULL;
            self->drawn++;
        }
        fd_candidates_free(all, breadth);
    }
    free(segments);
    free(names);
    return ok && save_state(self, error);
}

/* Says what is to come, from the speed of a few words after the same prompt. */
static bool estimate(tree *self, fd_error *error) {
    size_t left = self->wanted - self->drawn, breadth = self->options->breadth;
    fd_candidate all[8];
    fd_timing timing;
    fd_preview plan = fd_writing_plan(self->writing);
    plan.words = 8;
    bool ok = fd_preview_draw(&plan, 0, breadth, all, &timing, error);
    fd_candidates_free(all, breadth);
    if (!ok)
        return false;
    double rate = (double)timing.drawn_tokens / (timing.decode_s + 1e-9);
    double reading = timing.prefill_s * (double)(left / breadth);
    double seconds = (double)(left * self->writing->words) * 1.4 / rate + reading * 0.5;
    fprintf(stderr, "%zu passages, about %zu words, about %.0f s at %.0f tokens a second%s\n", left,
            left * self->writing->words, seconds < 1.0 ? 1.0 : seconds, rate,
            self->drawn ? " (the others have grown already)" : "");
    return true;
}

/* In the order they are told: the children of a branch, then what comes after each of them. */
static bool grow(tree *self, size_t parent, fd_error *error) {
    size_t children[8], count = 0;
    for (size_t i = parent == ROOT ? 0 : parent + 1; i < self->count; i++)
        if (self->branches[i].parent == parent && count < 8)
            children[count++] = i;
    bool grown = count == 0 || self->branches[children[0]].grown, ok = true;
    for (size_t i = 0; i < count; i++)
        grown = grown && self->branches[children[i]].grown;
    if (!grown)
        ok = draw_children(self, parent, children, error);
    for (size_t i = 0; ok && i < count; i++)
        ok = grow(self, children[i], error);
    return ok;
}

/* ---- keeping ---- */

static bool is_at_or_below(const char *id, const char *root) {
    size_t length = strlen(root);
    return strncmp(id, root, length) == 0 && (!id[length] || id[length] == '.');
}

/* Marks what "all,-1.2" or "1.1,2" means; what is kept keeps what leads to it. */
static bool mark(tree *self, const char *list, fd_error *error) {
    while (*list) {
        char id[40];
        size_t length = strcspn(list, ","), found = 0;
        bool out = *list == '-', all;
        (void)snprintf(id, sizeof id, "%.*s", (int)(length - out < 39 ? length - out : 39),
                       list + out);
        all = strcmp(id, "all") == 0;
        for (size_t i = 0; i < self->count; i++) {
            branch *one = &self->branches[i];
            if (!all && (out ? !is_at_or_below(one->id, id) : strcmp(one->id, id) != 0))
                continue;
            found++;
            one->kept = !out;
            for (size_t up = one->parent; !out && up != ROOT; up = self->branches[up].parent)
                self->branches[up].kept = true;
        }
        if (!found)
            return fd_fail(error, FD_USAGE, "The tree has no branch \"%s\".", id);
        list += length + (list[length] == ',');
    }
    return true;
}

static bool keep(tree *self, fd_error *error) {
    fd_writing *on = self->writing;
    size_t count = 0;
    fd_keeping *all = fd_alloc(self->count, sizeof *all, "a tree", error);
    fd_making *makings = fd_alloc(self->count, sizeof *makings, "a tree", error);
    fd_buffer *labels = fd_alloc(self->count, sizeof *labels, "a tree", error);
    bool ok = all && makings && labels && mark(self, self->options->keep, error);
    for (size_t i = 0; ok && i < self->count; i++) {
        const branch *one = &self->branches[i];
        const char **segments = NULL;
        if (!one->kept)
            continue;
        fd_making *making = &makings[count];
        const char *text = fd_buffer_text(&one->text.text);
        const char *opening = one->parent == ROOT ? fd_buffer_text(&on->opening.text) : "";
        const char **names = NULL;
        size_t way = 0;
        labels[count] = FD_BUFFER(1000);
        ok = fd_writing_making(on, opening, one->number, text, making, error) &&
             read_way(self, one->parent, &segments, &names, &way, error) &&
             fd_kept_label(text, &labels[count], error);
        making->path = names;
        making->path_count = way;
        making->at = ok ? names[way - 1] : "";
        all[count] =
            (fd_keeping){making, &one->text, making->at, one->name, fd_buffer_text(&labels[count])};
        free(segments);
        count++;
    }
    ok = ok && (count || fd_fail(error, FD_USAGE, "Nothing of the tree is to be kept.")) &&
         fd_keep(&on->manuscript, all, count, &on->backed_up, error);
    for (size_t i = 0; i < count; i++) {
        free((void *)makings[i].path);
        fd_buffer_free(&labels[i]);
    }
    free(all);
    free(makings);
    free(labels);
    return ok;
}

/* ---- what is printed ---- */

static cJSON *describe(const tree *self, size_t parent) {
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < self->count; i++) {
        const branch *one = &self->branches[i];
        if (one->parent != parent)
            continue;
        cJSON *it = cJSON_CreateObject();
        cJSON_AddStringToObject(it, "id", one->id);
        cJSON_AddStringToObject(it, "name", one->name);
        cJSON_AddStringToObject(it, "text", fd_buffer_text(&one->text.text));
        cJSON_AddNumberToObject(it, "logprob_per_word", one->per_word);
        cJSON_AddStringToObject(it, "faults", one->faults);
        cJSON_AddBoolToObject(it, "kept", one->kept);
        cJSON_AddItemToObject(it, "children", describe(self, i));
        cJSON_AddItemToArray(list, it);
    }
    return list;
}

static bool print(const tree *self, fd_error *error) {
    bool ok = true;
    if (self->options->json) {
        cJSON *result = cJSON_CreateObject();
        cJSON_AddStringToObject(result, "at", self->writing->at);
        cJSON_AddStringToObject(result, "model", self->writing->model_name);
        cJSON_AddStringToObject(result, "seed", self->writing->seed);
        cJSON_AddNumberToObject(result, "passages", (double)self->count);
        cJSON_AddItemToObject(result, "tree", describe(self, ROOT));
        return fd_print_json(result, error);
    }
    for (size_t i = 0; ok && i < self->count; i++) {
        const branch *one = &self->branches[i];
        int indent = (int)(one->depth - 1) * 4;
        ok = fd_showf(stdout, error, "%*s%s%s  %.2f a word%s%s\n%*s%s\n\n", indent, "", one->id,
                      one->kept ? " kept" : "", one->per_word, *one->faults ? "; " : "",
                      one->faults, indent, "", fd_buffer_text(&one->text.text));
    }
    return ok;
}

bool fd_preview_tree(fd_writing *writing, const fd_tree_options *options, fd_error *error) {
    tree self = {.writing = writing, .options = options, .terminal = isatty(STDERR_FILENO) == 1};
    struct sigaction action = {.sa_handler = ask_stop}, before;
    bool ok = make_shape(&self, error) && find_state(&self, error) && load_state(&self, error);
    (void)sigemptyset(&action.sa_mask);
    stop_asked = 0;
    (void)sigaction(SIGINT, &action, &before);
    ok = ok && (self.drawn == self.wanted || estimate(&self, error)) && grow(&self, ROOT, error);
    (void)sigaction(SIGINT, &before, NULL);
    if (self.terminal && self.drawn)
        fputc('\n', stderr);
    if (!ok && error && error->status == FD_CANCELLED)
        ok = fd_fail(error, FD_CANCELLED,
                     "Stopped with %zu of %zu passages; the same command goes on from there.",
                     self.drawn, self.wanted);
    ok = ok && (!options->keep || keep(&self, error)) && print(&self, error);
    for (size_t i = 0; i < self.count; i++) {
        free(self.branches[i].name);
        free(self.branches[i].faults);
        fd_script_free(&self.branches[i].text);
    }
    free(self.branches);
    return ok;
}
