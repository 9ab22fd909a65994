/* preview.c - `feverdream preview`: what a model would write after a passage, and keeping it. */
#define _POSIX_C_SOURCE 200809L
#include "game/preview.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "game/commands.h"
#include "game/json.h"
#include "game/options.h"
#include "game/paths.h"
#include "game/sanitise.h"
#include "story/label.h"
#include "story/narrator.h"

typedef struct request {
    const char *opening, *name, *label, *again;
    size_t keep, depth, breadth;
    const char *keep_list;
    bool json, undo, plain, watch;
} request;

/* ---- what is printed ---- */

static size_t best_of(const fd_candidate *all, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (all[i].score > all[best].score)
            best = i;
    return best;
}

static cJSON *describe_one(const fd_candidate *one, bool best) {
    cJSON *it = cJSON_CreateObject();
    const char *text = fd_buffer_text(&one->draft.text);
    cJSON_AddNumberToObject(it, "candidate", (double)(one->number + 1));
    cJSON_AddStringToObject(it, "text", text);
    cJSON_AddNumberToObject(it, "words", (double)one->word_count);
    cJSON_AddNumberToObject(it, "logprob_per_word", one->per_word);
    cJSON_AddNumberToObject(it, "score", one->score);
    cJSON_AddStringToObject(it, "faults", one->faults);
    cJSON_AddBoolToObject(it, "whole", one->whole);
    cJSON_AddBoolToObject(it, "best", best);
    cJSON *words = cJSON_AddArrayToObject(it, "word_logprobs");
    for (size_t w = 0; w < one->word_count; w++) {
        fd_buffer word = FD_BUFFER(FD_SCRIPT_LIMIT);
        if (isnan(one->words[w].logprob)) /* the opening's */
            continue;
        cJSON *pair = cJSON_CreateArray();
        (void)fd_buffer_add(&word, text + one->words[w].start,
                            one->words[w].end - one->words[w].start, NULL);
        cJSON_AddItemToArray(pair, cJSON_CreateString(fd_buffer_text(&word)));
        cJSON_AddItemToArray(pair, cJSON_CreateNumber(one->words[w].logprob));
        cJSON_AddItemToArray(words, pair);
        fd_buffer_free(&word);
    }
    return it;
}

static cJSON *describe(const fd_writing *self, const fd_candidate *all, const char *name,
                       const char *label) {
    cJSON *result = cJSON_CreateObject();
    size_t best = best_of(all, self->samples);
    cJSON_AddStringToObject(result, "story", self->manuscript.files[0].path);
    cJSON_AddStringToObject(result, "at", self->at);
    cJSON *path = cJSON_AddArrayToObject(result, "path");
    for (size_t i = 0; i < self->route.count; i++)
        cJSON_AddItemToArray(path, cJSON_CreateString(self->names[i]));
    cJSON_AddStringToObject(result, "model", self->model_name);
    cJSON_AddStringToObject(result, "seed", self->seed);
    cJSON_AddNumberToObject(result, "words", (double)self->words);
    cJSON_AddNumberToObject(result, "choice", (double)self->choice);
    cJSON_AddNumberToObject(result, "temperature", self->sampling.temperature);
    cJSON_AddStringToObject(result, "opening", fd_buffer_text(&self->opening.text));
    cJSON *list = cJSON_AddArrayToObject(result, "candidates");
    for (size_t i = 0; i < self->samples; i++)
        cJSON_AddItemToArray(list, describe_one(&all[i], i == best));
    if (name) {
        cJSON *kept = cJSON_AddObjectToObject(result, "kept");
        cJSON_AddStringToObject(kept, "name", name);
        cJSON_AddStringToObject(kept, "label", label);
    }
    return result;
}

static bool print_all(const fd_writing *self, const fd_candidate *all, fd_error *error) {
    size_t best = best_of(all, self->samples);
    bool ok = true;
    for (size_t i = 0; ok && i < self->samples; i++)
        ok = fd_showf(stdout, error, "%zu) %zu words, %.2f a word%s%s%s\n%s\n\n", all[i].number + 1,
                      all[i].word_count, all[i].per_word, *all[i].faults ? "; " : "", all[i].faults,
                      i == best ? " (ranked first)" : "", fd_buffer_text(&all[i].draft.text));
    return ok;
}

/* ---- the command's ways ---- */

static bool show(fd_writing *self, const request *asked, fd_error *error) {
    fd_candidate *all = fd_alloc(self->samples, sizeof *all, "the candidates", error);
    const fd_preview plan = fd_writing_plan(self);
    fd_buffer own_name = FD_BUFFER(1000);
    char own_label[FD_LABEL_SIZE];
    const char *name = asked->name, *label = asked->label, *text = "";
    if (!all)
        return false;
    bool ok = fd_preview_draw(&plan, 0, self->samples, all, NULL, error);
    if (ok && asked->keep) {
        const fd_candidate *one = &all[asked->keep - 1];
        text = fd_buffer_text(&one->draft.text);
        ok = (name || fd_writing_free_name(self, &own_name, error)) &&
             (label || fd_label_propose(&plan, text, own_label, error));
        name = name ? name : fd_buffer_text(&own_name);
        label = label ? label : own_label;
        ok = ok && fd_writing_keep(self, fd_buffer_text(&self->opening.text), one, text, name,
                                   label, error);
    }
    ok = ok &&
         (asked->json ? fd_print_json(describe(self, all, asked->keep ? name : NULL, label), error)
          : asked->keep
              ? fd_showf(stdout, error, "%s\n\nKept as \"%s\", linked from \"%s\" by \"%s\".\n",
                         text, name, self->at, label)
              : print_all(self, all, error));
    fd_candidates_free(all, self->samples);
    free(all);
    fd_buffer_free(&own_name);
    return ok;
}

static bool undo(fd_writing *self, const request *asked, fd_error *error) {
    fd_buffer names = FD_BUFFER((size_t)1 << 20);
    bool ok = fd_keep_undo(&self->manuscript, &names, error);
    if (ok && asked->json) {
        cJSON *result = cJSON_CreateObject();
        cJSON_AddStringToObject(result, "taken_back", fd_buffer_text(&names));
        ok = fd_print_json(result, error);
    } else if (ok) {
        ok = fd_showf(stdout, error, "Taken back: %s.\n", fd_buffer_text(&names));
    }
    fd_buffer_free(&names);
    return ok;
}

/* Makes a kept passage again, as its metadata says, and compares. */
static bool again(fd_writing *self, const request *asked, fd_error *error) {
    cJSON *json = NULL;
    fd_making making = {0};
    fd_buffer via = FD_BUFFER((size_t)1 << 20);
    fd_candidate one = {.draft = FD_SCRIPT};
    char hash[33];
    const char *source = self->manuscript.files[0].path;
    const fd_passage *passage = fd_twee_find(&self->manuscript.story->twee, asked->again);
    bool ok = passage ? fd_kept_read(passage, source, &json, &making, error)
                      : fd_fail(error, FD_USAGE, "There is no passage \"%s\" in %s.", asked->again,
                                source);
    for (size_t i = 0; ok && i < making.path_count; i++)
        ok = fd_buffer_addf(&via, error, "%s%s", i ? ", " : "", making.path[i]);
    if (ok) {
        self->model_name = making.model;
        self->at = making.at;
        self->seed = making.seed;
        self->via = fd_buffer_text(&via);
        self->words = making.words;
        self->choice = making.choice;
        self->sampling = making.sampling;
        ok = fd_writing_load(self, error) && fd_writing_look(self, error) &&
             fd_script_add(&self->opening, making.opening, strlen(making.opening), FD_HAND_WRITER,
                           error);
    }
    const fd_preview plan = fd_writing_plan(self);
    ok = ok && fd_preview_draw(&plan, making.number, 1, &one, NULL, error) &&
         fd_making_hash(fd_buffer_text(&one.draft.text), hash, error) &&
         fd_showf(stdout, error, "%s\n", fd_buffer_text(&one.draft.text));
    if (ok && strcmp(hash, making.hash) != 0)
        ok = fd_fail(error, FD_DIVERGED,
                     "\"%s\" is told in other words now: the %s differs from what it was made "
                     "with.",
                     asked->again,
                     strcmp(making.model_hash, self->model_hash) != 0 ? "model"
                                                                      : "way to its passage");
    fd_candidates_free(&one, 1);
    fd_buffer_free(&via);
    free((void *)making.path);
    self->at = self->seed = self->via = ""; /* they were the metadata's */
    cJSON_Delete(json);
    return ok;
}

static bool run(fd_writing *self, const request *asked, char **files, size_t count,
                fd_error *error) {
    bool screen = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !asked->plain && !asked->json &&
                  !asked->keep_list && !asked->depth;
    if (!fd_manuscript_open(files, count, &self->manuscript, error))
        return false;
    if (asked->undo)
        return undo(self, asked, error);
    if (asked->again)
        return again(self, asked, error);
    if (!self->at)
        self->at = self->manuscript.story->twee.passages[self->manuscript.story->start].name;
    if (!fd_writing_look(self, error) || !fd_writing_load(self, error))
        return false;
    if (asked->depth) {
        const fd_tree_options tree = {asked->depth, asked->breadth, asked->keep_list, asked->name,
                                      asked->json};
        return fd_preview_tree(self, &tree, error);
    }
    return screen ? fd_preview_screen(self, asked->watch, error) : show(self, asked, error);
}

/* What does not go together, or is out of bounds. */
static bool check(const fd_writing *self, request *asked, int files, fd_error *error) {
    if (!files)
        return fd_fail(error, FD_USAGE, "preview wants a story's file, files or folder.");
    if (!self->at && !asked->undo && !asked->again && (asked->json || asked->keep_list))
        return fd_fail(error, FD_USAGE, "preview wants --at PASSAGE.");
    if (self->samples > 64 || self->words > 1000 || self->choice > FD_CHOICE_MOST)
        return fd_fail(error, FD_USAGE, "-n is at most 64, --words at most 1000, --choice %d.",
                       FD_CHOICE_MOST);
    if (self->sampling.temperature > 10.0)
        return fd_fail(error, FD_USAGE, "--temperature is at most 10.");
    if (asked->depth > 8 || asked->breadth > 8)
        return fd_fail(error, FD_USAGE, "--depth and --breadth are at most 8.");
    if (asked->keep_list && !asked->depth) {
        char *end;
        unsigned long keep = strtoul(asked->keep_list, &end, 10);
        if (*end || keep < 1 || keep > self->samples)
            return fd_fail(error, FD_USAGE,
                           "--keep wants the number of a candidate, 1 to %zu, not \"%s\".",
                           self->samples, asked->keep_list);
        asked->keep = keep;
    }
    return (!asked->name || fd_twee_name_check(asked->name, error)) &&
           (!asked->label || fd_label_check(asked->label, error));
}

bool fd_command_preview(int argc, char **argv, fd_error *error) {
    fd_writing self = {.seed = "",
                       .model_name = FD_EMBEDDED,
                       .samples = 4,
                       .words = 60,
                       .choice = 1,
                       .threads = fd_processors(),
                       .sampling = FD_DREAMING,
                       .opening = FD_SCRIPT};
    request asked = {.opening = "", .breadth = 2};
    const fd_option options[] = {{"--at", FD_TEXT, &self.at},
                                 {"--path", FD_TEXT, &self.via},
                                 {"-n", FD_COUNT, &self.samples},
                                 {"--seed", FD_TEXT, &self.seed},
                                 {"--words", FD_COUNT, &self.words},
                                 {"--choice", FD_COUNT, &self.choice},
                                 {"--temperature", FD_REAL, &self.sampling.temperature},
                                 {"--opening", FD_TEXT, &asked.opening},
                                 {"--model", FD_TEXT, &self.model_name},
                                 {"--threads", FD_COUNT, &self.threads},
                                 {"--keep", FD_TEXT, &asked.keep_list},
                                 {"--as", FD_TEXT, &asked.name},
                                 {"--label", FD_TEXT, &asked.label},
                                 {"--depth", FD_COUNT, &asked.depth},
                                 {"--breadth", FD_COUNT, &asked.breadth},
                                 {"--again", FD_TEXT, &asked.again},
                                 {"--undo", FD_FLAG, &asked.undo},
                                 {"--watch", FD_FLAG, &asked.watch},
                                 {"--plain", FD_FLAG, &asked.plain},
                                 {"--json", FD_FLAG, &asked.json}};
    int plain;
    bool ok =
        fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &plain, error) &&
        check(&self, &asked, plain, error) &&
        fd_script_add(&self.opening, asked.opening, strlen(asked.opening), FD_HAND_WRITER, error) &&
        run(&self, &asked, argv + 1, (size_t)plain, error);
    fd_writing_free(&self);
    return ok;
}
