#define _POSIX_C_SOURCE 200809L
#include "game/preview_tree.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "game/paths.h"
#include "model/digest.h"
#include "model/file.h"

enum { NODES_MOST = 4000, DEPTH_MOST = 8, BREADTH_MOST = 8, STATE_BYTES = 1 << 26 };

typedef struct growth {
    fd_tree *tree;
    fd_tree_observer *observer;
    void *context;
} growth;

/* ---- the shape ---- */

/* Adds the children of a branch, and theirs, before anything is drawn. */
static bool add_children(fd_tree *self, size_t parent, size_t depth, const char *base,
                         fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && depth <= self->depth && i < self->breadth; i++) {
        fd_branching *one = &self->branches[self->count];
        fd_buffer name = FD_BUFFER(2000);
        *one = (fd_branching){.parent = parent, .depth = depth, .number = i, .text = FD_SCRIPT};
        const char *above = parent == FD_TREE_ROOT ? "" : self->branches[parent].id;
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

/* Whether a passage is called as if it were a branch of a tree of that name. */
static bool is_taken(const fd_twee *twee, const fd_buffer *base) {
    for (size_t i = 0; i < twee->count; i++) {
        const char *name = twee->passages[i].name;
        if (strncmp(name, base->data, base->length) == 0 && name[base->length] == ' ' &&
            isdigit((unsigned char)name[base->length + 1]))
            return true;
    }
    return false;
}

/* A name for the tree that no other one has. */
static bool find_base(const fd_writing *on, fd_buffer *base, fd_error *error) {
    bool ok = fd_writing_name(on, base, error);
    for (size_t length = base->length, i = 2; ok && is_taken(&on->manuscript.story->twee, base);
         i++) {
        base->length = length;
        ok = fd_buffer_addf(base, error, " %zu", i);
    }
    return ok;
}

static bool make_shape(fd_tree *self, fd_error *error) {
    size_t level = 1, wanted = 0;
    fd_buffer base = FD_BUFFER(1000);
    for (size_t d = 0; d < self->depth && wanted <= NODES_MOST; d++)
        wanted += level *= self->breadth;
    if (wanted > NODES_MOST)
        return fd_fail(error, FD_USAGE, "A tree has at most %d passages; this one would have more.",
                       NODES_MOST);
    self->branches = fd_alloc(wanted, sizeof *self->branches, "a tree", error);
    bool ok = self->branches &&
              (self->base ? fd_buffer_add_text(&base, self->base, error)
                          : find_base(self->writing, &base, error)) &&
              add_children(self, FD_TREE_ROOT, 1, fd_buffer_text(&base), error);
    fd_buffer_free(&base);
    return ok;
}

/* ---- what has grown, on the disk ---- */

static bool find_state(fd_tree *self, fd_error *error) {
    const fd_writing *on = self->writing;
    fd_buffer all = FD_BUFFER((size_t)1 << 26);
    fd_digest digest;
    char hex[65], file[96];
    bool ok = fd_buffer_addf(&all, error, "3\n%s\n%s\n%zu %zu %zu %.17g\n%s", on->model_hash,
                             on->seed, on->words, on->choice, self->breadth,
                             on->sampling.temperature, fd_buffer_text(&on->opening.text));
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

static bool save_state(const fd_tree *self, fd_error *error) {
    cJSON *all = cJSON_CreateObject();
    for (size_t i = 0; i < self->count; i++) {
        const fd_branching *one = &self->branches[i];
        if (!one->grown)
            continue;
        cJSON *it = cJSON_AddObjectToObject(all, one->id);
        cJSON_AddStringToObject(it, "text", fd_buffer_text(&one->text.text));
        cJSON_AddNumberToObject(it, "logprob_per_word", one->per_word);
        cJSON_AddStringToObject(it, "faults", one->faults);
        cJSON_AddStringToObject(it, "label", one->label);
    }
    char *text = cJSON_PrintUnformatted(all);
    bool ok = text ? fd_file_replace(self->state, text, strlen(text), error)
                   : fd_fail_memory(error, "a tree");
    cJSON_free(text);
    cJSON_Delete(all);
    return ok;
}

/* What is not there, or cannot be read, grows again. */
static bool load_state(fd_tree *self, fd_error *error) {
    fd_buffer text = FD_BUFFER(STATE_BYTES);
    bool there = access(self->state, R_OK) == 0, ok = true;
    cJSON *all =
        there && fd_file_read(self->state, &text, NULL) ? cJSON_Parse(fd_buffer_text(&text)) : NULL;
    for (size_t i = 0; ok && i < self->count; i++) {
        fd_branching *one = &self->branches[i];
        const cJSON *it = cJSON_GetObjectItemCaseSensitive(all, one->id);
        const cJSON *words = cJSON_GetObjectItemCaseSensitive(it, "text");
        const cJSON *faults = cJSON_GetObjectItemCaseSensitive(it, "faults");
        const cJSON *per_word = cJSON_GetObjectItemCaseSensitive(it, "logprob_per_word");
        const cJSON *label = cJSON_GetObjectItemCaseSensitive(it, "label");
        if (!cJSON_IsString(words) || !cJSON_IsString(faults) || !cJSON_IsNumber(per_word) ||
            !cJSON_IsString(label))
            continue;
        size_t opening = one->parent == FD_TREE_ROOT ? self->writing->opening.text.length : 0;
        size_t length = strlen(words->valuestring);
        opening = opening < length ? opening : length;
        ok = fd_script_add(&one->text, words->valuestring, opening, FD_HAND_WRITER, error) &&
             fd_script_add(&one->text, words->valuestring + opening, length - opening,
                           FD_HAND_MODEL, error) &&
             (one->faults = fd_copy_text(faults->valuestring, error)) != NULL;
        one->per_word = per_word->valuedouble;
        (void)snprintf(one->label, sizeof one->label, "%s", label->valuestring);
        one->grown = ok;
        self->drawn += ok;
    }
    cJSON_Delete(all);
    fd_buffer_free(&text);
    return ok;
}

/* ---- growing ---- */

/* The branches that lead to one, from the root on; returns how many. */
static size_t find_way(const fd_tree *self, size_t to, size_t *way) {
    size_t count = to == FD_TREE_ROOT ? 0 : self->branches[to].depth;
    for (size_t i = count; i-- > 0; to = self->branches[to].parent)
        way[i] = to;
    return count;
}

static bool watch(void *context, const fd_sample *samples, size_t count, size_t done,
                  size_t wanted) {
    const growth *self = context;
    (void)samples;
    (void)count;
    return !self->observer ||
           self->observer(self->context, self->tree, wanted ? 100 * done / wanted : 0);
}

/* What comes before the children of a branch: its texts, or its names. */
static const char **read_way(const fd_tree *self, size_t parent, bool names, size_t *count,
                             fd_error *error) {
    const fd_writing *on = self->writing;
    size_t way[DEPTH_MOST], depth = find_way(self, parent, way);
    *count = on->route.count + depth;
    const char **all = fd_alloc(*count, sizeof *all, "a tree", error);
    for (size_t i = 0; all && i < on->route.count; i++)
        all[i] = names ? on->names[i] : on->route.texts[i];
    for (size_t i = 0; all && i < depth; i++) {
        const fd_branching *one = &self->branches[way[i]];
        all[on->route.count + i] = names ? one->name : fd_buffer_text(&one->text.text);
    }
    return all;
}

/* Draws all children of a branch in one batch. children[i] are their places. */
static bool draw_children(const growth *under, size_t parent, const size_t *children,
                          fd_error *error) {
    fd_tree *self = under->tree;
    size_t breadth = self->breadth;
    fd_candidate all[BREADTH_MOST];
    fd_preview plan = fd_writing_plan(self->writing);
    const char **segments = read_way(self, parent, false, &plan.segment_count, error);
    bool ok = segments != NULL;
    plan.segments = segments;
    plan.opening = parent == FD_TREE_ROOT ? &self->writing->opening : NULL;
    plan.observer = watch;
    plan.context = (void *)under;
    if (ok) {
        ok = fd_preview_draw(&plan, 0, breadth, all, NULL, error);
        for (size_t i = 0; ok && i < breadth; i++) {
            fd_branching *one = &self->branches[children[i]];
            ok = fd_label_propose(&plan, fd_buffer_text(&all[i].draft.text), one->label, error);
            one->text = all[i].draft;
            one->faults = all[i].faults;
            one->per_word = all[i].per_word;
            one->grown = ok;
            all[i].draft = FD_SCRIPT;
            all[i].faults = NULL;
            self->drawn += ok;
        }
        fd_candidates_free(all, breadth);
    }
    free(segments);
    return ok && save_state(self, error);
}

bool fd_tree_estimate(const fd_tree *self, char *words, size_t size, fd_error *error) {
    size_t left = self->count - self->drawn, breadth = self->breadth;
    fd_candidate all[BREADTH_MOST];
    fd_timing timing;
    fd_preview plan = fd_writing_plan(self->writing);
    plan.words = 8;
    plan.choice = 1;
    bool ok = fd_preview_draw(&plan, 0, breadth, all, &timing, error);
    fd_candidates_free(all, breadth);
    if (!ok)
        return false;
    double rate = (double)timing.drawn_tokens / (timing.decode_s + 1e-9);
    double drawing = (double)(left * self->writing->words) * 1.4 / rate; /* tokens a word */
    if (self->writing->choice > 1) /* each is read again by who chooses */
        drawing *= 1.5 * (double)self->writing->choice;
    double reading = timing.prefill_s * (double)(left / breadth) * 0.5;
    double seconds = drawing + reading;
    (void)snprintf(words, size,
                   "%zu passages, about %zu words, about %.0f s at %.0f tokens a "
                   "second%s",
                   left, left * self->writing->words, seconds < 1.0 ? 1.0 : seconds, rate,
                   self->drawn ? "; the others have grown already" : "");
    return true;
}

/* In the order they are told: the children of a branch, then what comes after each of them. */
static bool grow(const growth *under, size_t parent, fd_error *error) {
    fd_tree *self = under->tree;
    size_t children[BREADTH_MOST], count = 0;
    for (size_t i = parent == FD_TREE_ROOT ? 0 : parent + 1; i < self->count; i++)
        if (self->branches[i].parent == parent && count < BREADTH_MOST)
            children[count++] = i;
    bool grown = count == 0 || self->branches[children[0]].grown, ok = true;
    for (size_t i = 0; i < count; i++)
        grown = grown && self->branches[children[i]].grown;
    if (!grown)
        ok = draw_children(under, parent, children, error);
    for (size_t i = 0; ok && i < count; i++)
        ok = grow(under, children[i], error);
    return ok;
}

bool fd_tree_grow(fd_tree *self, fd_tree_observer *observer, void *context, fd_error *error) {
    const growth under = {self, observer, context};
    fd_error own = {FD_OK, ""};
    bool ok = grow(&under, FD_TREE_ROOT, &own);
    if (!ok && own.status == FD_CANCELLED)
        return fd_fail(error, FD_CANCELLED, "Stopped with %zu of %zu passages.", self->drawn,
                       self->count);
    if (!ok && error)
        *error = own;
    return ok;
}

/* ---- keeping ---- */

static bool is_at_or_below(const char *id, const char *root) {
    size_t length = strlen(root);
    return strncmp(id, root, length) == 0 && (!id[length] || id[length] == '.');
}

bool fd_tree_mark(fd_tree *self, const char *list, fd_error *error) {
    while (*list) {
        char id[40];
        size_t length = strcspn(list, ","), found = 0;
        bool out = *list == '-', all;
        (void)snprintf(id, sizeof id, "%.*s", (int)(length - out < 39 ? length - out : 39),
                       list + out);
        all = strcmp(id, "all") == 0;
        for (size_t i = 0; i < self->count; i++) {
            fd_branching *one = &self->branches[i];
            if (!all && (out ? !is_at_or_below(one->id, id) : strcmp(one->id, id) != 0))
                continue;
            found++;
            one->kept = !out;
            for (size_t up = one->parent; !out && up != FD_TREE_ROOT;
                 up = self->branches[up].parent)
                self->branches[up].kept = true;
        }
        if (!found)
            return fd_fail(error, FD_USAGE, "The tree has no branch \"%s\".", id);
        list += length + (list[length] == ',');
    }
    return true;
}

bool fd_tree_keep(const fd_tree *self, fd_error *error) {
    fd_writing *on = self->writing;
    size_t count = 0;
    fd_keeping *all = fd_alloc(self->count, sizeof *all, "a tree", error);
    fd_making *makings = fd_alloc(self->count, sizeof *makings, "a tree", error);
    bool ok = all && makings;
    for (size_t i = 0; ok && i < self->count; i++) {
        const fd_branching *one = &self->branches[i];
        if (!one->kept)
            continue;
        fd_making *making = &makings[count];
        const char *text = fd_buffer_text(&one->text.text);
        const char *opening = one->parent == FD_TREE_ROOT ? fd_buffer_text(&on->opening.text) : "";
        const char **names = NULL;
        size_t way = 0;
        ok = fd_writing_making(on, opening, one->number, text, making, error) &&
             (names = read_way(self, one->parent, true, &way, error)) != NULL;
        making->path = names;
        making->path_count = way;
        making->at = ok ? names[way - 1] : "";
        all[count++] = (fd_keeping){making, &one->text, making->at, one->name, one->label};
    }
    ok = ok && (count || fd_fail(error, FD_USAGE, "Nothing of the tree is to be kept.")) &&
         fd_keep(&on->manuscript, all, count, &on->backed_up, error);
    for (size_t i = 0; i < count; i++)
        free((void *)makings[i].path);
    free(all);
    free(makings);
    return ok;
}

bool fd_tree_begin(fd_tree *self, fd_writing *writing, size_t depth, size_t breadth,
                   const char *base, fd_error *error) {
    *self = (fd_tree){.writing = writing, .depth = depth, .breadth = breadth, .base = base};
    if (depth > DEPTH_MOST || breadth > BREADTH_MOST)
        return fd_fail(error, FD_USAGE, "A tree is at most %d deep and %d wide.", DEPTH_MOST,
                       BREADTH_MOST);
    return make_shape(self, error) && find_state(self, error) && load_state(self, error);
}

void fd_tree_free(fd_tree *self) {
    for (size_t i = 0; i < self->count; i++) {
        free(self->branches[i].name);
        free(self->branches[i].faults);
        fd_script_free(&self->branches[i].text);
    }
    free(self->branches);
    *self = (fd_tree){0};
}
