/* story.c - `feverdream story`: what writers ask of a story without playing it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/commands.h"
#include "game/coverage.h"
#include "game/json.h"
#include "game/loop.h"
#include "game/options.h"
#include "game/paths.h"
#include "game/sanitise.h"
#include "game/story_corpus.h"
#include "story/check.h"
#include "story/map.h"

typedef struct request {
    const char *seed, *model, *person, *format, *only;
    size_t times, plays, threads;
    bool dream, json, explain, strict;
} request;

/* One file of the command; `asked` is what the options said. */
typedef bool action(const request *asked, const char *file, fd_error *error);

/* Findings on their way to the user. */
typedef struct findings {
    const request *asked;
    const fd_story *story;
    cJSON *list; /* NULL: they are printed */
    size_t weak, proof;
    bool ok;
} findings;

/* Whether a list of names parted by commas, or none, holds the name. */
static bool is_wanted(const char *list, const char *name) {
    size_t length = strlen(name);
    for (const char *at = list; at && *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ','))
        if (strcspn(at, ",") == length && strncmp(at, name, length) == 0)
            return true;
    return !list;
}

static void tell_finding(void *context, const fd_finding *it) {
    findings *self = context;
    const fd_passage *passage = &self->story->twee.passages[it->passage];
    if (!is_wanted(self->asked->only, fd_finding_name(it->kind)))
        return;
    *(fd_finding_is_weak(it->kind) ? &self->weak : &self->proof) += 1;
    if (!self->list) {
        self->ok &= fd_showf(stdout, NULL, "%s:%zu: %s\n", passage->source, it->line, it->message);
        return;
    }
    cJSON *json = cJSON_CreateObject();
    self->ok &= cJSON_AddStringToObject(json, "kind", fd_finding_name(it->kind)) &&
                cJSON_AddStringToObject(json, "file", passage->source) &&
                cJSON_AddNumberToObject(json, "line", (double)it->line) &&
                cJSON_AddStringToObject(json, "passage", passage->name) &&
                cJSON_AddStringToObject(json, "message", it->message) &&
                cJSON_AddBoolToObject(json, "weak", fd_finding_is_weak(it->kind)) &&
                cJSON_AddItemToArray(self->list, json);
}

static bool check_names(const char *list, fd_error *error) {
    for (const char *at = list; at && *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
        size_t length = strcspn(at, ",");
        int kind = 0;
        while (kind < FD_FIND_KINDS &&
               (strlen(fd_finding_name((fd_finding_kind)kind)) != length ||
                strncmp(at, fd_finding_name((fd_finding_kind)kind), length) != 0))
            kind++;
        if (kind == FD_FIND_KINDS)
            return fd_fail(
                error, FD_USAGE,
                "--only takes names such as alike,quotes; there is no \"%.*s\". They are "
                "unreachable, stuck, loop, ask, dead, alike, name, person, tense, quotes, "
                "length and link.",
                (int)length, at);
    }
    return true;
}

static bool check(const request *asked, const char *file, fd_error *error) {
    fd_story *story = check_names(asked->only, error) ? fd_story_load(file, error) : NULL;
    if (!story)
        return false;
    cJSON *json = asked->json ? cJSON_CreateObject() : NULL;
    findings found = {.asked = asked, .story = story, .ok = true};
    found.list = cJSON_AddArrayToObject(json, "findings");
    bool ok = (!asked->json || found.list) || fd_fail_memory(error, "the findings");
    ok = ok && fd_story_check(story, tell_finding, &found, error) &&
         fd_story_proofread(story, tell_finding, &found, error);
    ok = ok && (found.ok || fd_fail(error, FD_FAILED, "The findings could not be written."));
    if (ok && json)
        ok = fd_print_json(json, error);
    else
        cJSON_Delete(json);
    fd_story_free(story);
    if (ok && found.weak)
        return fd_fail(error, FD_BAD_FILE, "%s has %zu weak place%s.", file, found.weak,
                       found.weak == 1 ? "" : "s");
    if (ok && found.proof && asked->strict)
        return fd_fail(error, FD_BAD_FILE, "%s has %zu places that a proof-reader would ask about.",
                       file, found.proof);
    return ok;
}

/* Plays once, at random, without a screen. */
static bool play_once(const request *asked, const char *file, size_t number, fd_coverage *seen,
                      fd_error *error) {
    enum { MOST_TURNS = 400 };
    char seed[128];
    fd_session session;
    const fd_frontend *table;
    (void)snprintf(seed, sizeof seed, "%s %zu", asked->seed ? asked->seed : "", number);
    const fd_session_options options = {.story = file,
                                        .seed = seed,
                                        .model = asked->model,
                                        .no_dream = !asked->dream,
                                        .threads = asked->threads};
    void *reader = fd_null_open(number, MOST_TURNS, &table, error);
    bool ok = reader != NULL && fd_session_begin(&session, &options, "", error);
    ok = ok && fd_loop_run(&session, table, reader, "", NULL, error) &&
         fd_coverage_add(seen, &session.path, error);
    if (reader) {
        fd_session_end(&session);
        table->close(reader);
    }
    return ok;
}

/* What so many random readings met. */
static fd_coverage *play_all(const request *asked, const fd_story *story, const char *file,
                             size_t times, fd_error *error) {
    fd_coverage *seen = fd_coverage_new(story, error);
    bool ok = seen != NULL;
    for (size_t i = 0; ok && i < times; i++)
        ok = play_once(asked, file, i, seen, error);
    if (ok)
        return seen;
    fd_coverage_free(seen);
    return NULL;
}

static bool play(const request *asked, const char *file, fd_error *error) {
    fd_story *story = fd_story_load(file, error);
    fd_coverage *seen = story ? play_all(asked, story, file, asked->times, error) : NULL;
    bool ok = seen && (asked->json ? fd_print_json(fd_coverage_json(seen), error)
                                   : fd_coverage_print(seen, error));
    fd_coverage_free(seen);
    fd_story_free(story);
    return ok;
}

/* ---- counts ---- */

static bool print_stats(const fd_story_stats *n, const fd_coverage *seen, fd_error *error) {
    fd_buffer page = FD_BUFFER((size_t)-1);
    bool ok = fd_buffer_addf(&page, error,
                             "%zu passages, %zu words and %zu in dreams, %zu links, %zu endings, "
                             "%zu passages that dream, %zu variations\n",
                             n->passages, n->words, n->dream_words, n->links, n->endings,
                             n->dreaming, n->variations) &&
              fd_coverage_add_turns(seen, &page, error) &&
              fd_buffer_add_text(&page, "; their endings:\n", error) &&
              fd_coverage_add_endings(seen, &page, error) &&
              fd_show(stdout, fd_buffer_text(&page), page.length, error);
    fd_buffer_free(&page);
    return ok;
}

static cJSON *stats_json(const fd_story_stats *n, const fd_coverage *seen) {
    const struct {
        const char *name;
        size_t value;
    } numbers[] = {{"passages", n->passages},       {"words", n->words},
                   {"dream_words", n->dream_words}, {"links", n->links},
                   {"endings", n->endings},         {"dreaming", n->dreaming},
                   {"variations", n->variations}};
    cJSON *json = cJSON_CreateObject(), *readings = fd_coverage_json(seen);
    bool ok = cJSON_AddItemToObject(json, "readings", readings);
    if (!ok)
        cJSON_Delete(readings);
    for (size_t i = 0; ok && i < sizeof numbers / sizeof numbers[0]; i++)
        ok = cJSON_AddNumberToObject(json, numbers[i].name, (double)numbers[i].value) != NULL;
    if (ok)
        return json;
    cJSON_Delete(json);
    return NULL;
}

static bool stats(const request *asked, const char *file, fd_error *error) {
    enum { PLAYS = 200 };
    fd_story *story = fd_story_load(file, error);
    fd_coverage *seen =
        story ? play_all(asked, story, file, asked->plays ? asked->plays : PLAYS, error) : NULL;
    bool ok = seen != NULL;
    if (ok) {
        fd_story_stats n = fd_story_count(story);
        ok =
            asked->json ? fd_print_json(stats_json(&n, seen), error) : print_stats(&n, seen, error);
    }
    fd_coverage_free(seen);
    fd_story_free(story);
    return ok;
}

/* ---- the map ---- */

static fd_map_writer *find_writer(const char *format) {
    static const struct {
        const char *name;
        fd_map_writer *write;
    } formats[] = {{"dot", fd_map_write_dot},
                   {"text", fd_map_write_text},
                   {"svg", fd_map_write_svg},
                   {"html", fd_map_write_html}};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (!format || strcmp(format, formats[i].name) == 0)
            return formats[i].write;
    return NULL;
}

static void count_plays(fd_story_map *map, const fd_coverage *seen, size_t plays) {
    map->plays = plays;
    for (size_t p = 0; p < map->story->twee.count; p++) {
        map->passages[p].visits = fd_coverage_visits(seen, p);
        for (size_t i = map->first[p]; i < map->first[p + 1]; i++)
            map->links[i].taken = fd_coverage_steps(seen, p, i - map->first[p]);
    }
}

static bool map(const request *asked, const char *file, fd_error *error) {
    fd_map_writer *write = find_writer(asked->format);
    if (!write)
        return fd_fail(error, FD_USAGE, "--format is dot, text, svg or html, not \"%s\".",
                       asked->format);
    fd_story *story = fd_story_load(file, error);
    fd_story_map *it = story ? fd_story_map_new(story, error) : NULL;
    fd_coverage *seen = NULL;
    fd_buffer page = FD_BUFFER((size_t)-1);
    bool ok = it != NULL;
    if (ok && asked->plays)
        ok = (seen = play_all(asked, story, file, asked->plays, error)) != NULL;
    if (ok && seen)
        count_plays(it, seen, asked->plays);
    if (ok && asked->json)
        ok = fd_print_json(fd_map_json(it, false), error);
    else if (ok)
        ok = write(it, &page, error) && fd_show(stdout, fd_buffer_text(&page), page.length, error);
    fd_buffer_free(&page);
    fd_coverage_free(seen);
    fd_story_map_free(it);
    fd_story_free(story);
    return ok;
}

bool fd_command_story(int argc, char **argv, fd_error *error) {
    static const struct {
        const char *name;
        action *run;
    } actions[] = {{"check", check}, {"stats", stats}, {"map", map}, {"play", play}};
    request asked = {.times = 1, .threads = 1};
    const fd_option options[] = {
        {"--seed", FD_TEXT, &asked.seed},        {"--model", FD_TEXT, &asked.model},
        {"--person", FD_TEXT, &asked.person},    {"--format", FD_TEXT, &asked.format},
        {"--times", FD_COUNT, &asked.times},     {"--plays", FD_COUNT, &asked.plays},
        {"--threads", FD_COUNT, &asked.threads}, {"--dream", FD_FLAG, &asked.dream},
        {"--json", FD_FLAG, &asked.json},        {"--explain", FD_FLAG, &asked.explain},
        {"--only", FD_TEXT, &asked.only},        {"--strict", FD_FLAG, &asked.strict}};
    int plain;
    if (!fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &plain, error))
        return false;
    if (plain >= 2 && strcmp(argv[1], "corpus") == 0)
        return fd_story_corpus(asked.person, asked.explain, argv + 2, (size_t)plain - 1, error);
    for (size_t i = 0; plain >= 2 && i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(argv[1], actions[i].name) == 0) {
            bool ok = true;
            for (int f = 2; ok && f <= plain; f++)
                ok = actions[i].run(&asked, argv[f], error);
            return ok;
        }
    return fd_fail(error, FD_USAGE,
                   "story wants one of check, stats, map, play and corpus, then story files.");
}
