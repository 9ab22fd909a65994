/* bench_preview.c - what several candidates of the writer's desk cost beside one: both in turns,
 * the same passage of The Well House before them, the least time of each.
 *
 * usage: bench_preview [--model M | --shape 124M --vocabulary DIR] [--threads N] [--candidates N]
 *                      [--words W] [--times N]
 *        (from the repository's root; DIR has GPT-2's vocab.json and merges.txt)
 * With --shape the weights are random: all candidates are of about the same length. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "game/options.h"
#include "game/paths.h"
#include "model/clock.h"
#include "shaped.h"
#include "story/narrator.h"
#include "story/preview.h"
#include "story/route.h"

typedef struct cost {
    double all_s, writing_s;
    size_t tokens, before; /* written, and read before them */
} cost;

static bool draw(const fd_preview *plan, size_t count, cost *least, fd_error *error) {
    fd_candidate *all = fd_alloc(count, sizeof *all, "the candidates", error);
    fd_timing timing;
    double began = fd_clock_seconds();
    bool ok = all && fd_preview_draw(plan, 0, count, all, &timing, error);
    double all_s = fd_clock_seconds() - began;
    if (ok && all_s < least->all_s)
        *least = (cost){all_s, timing.decode_s, timing.drawn_tokens, timing.prompt_tokens};
    if (all)
        fd_candidates_free(all, count);
    free(all);
    return ok;
}

static bool run(int argc, char **argv, fd_error *error) {
    char folder[PATH_MAX] = "";
    const char *shape = NULL, *vocabulary = NULL, *name = NULL;
    size_t candidates = 8, words = 60, times = 5, threads = (fd_processors() + 1) / 2;
    const fd_option options[] = {{"--model", FD_TEXT, &name},
                                 {"--shape", FD_TEXT, &shape},
                                 {"--vocabulary", FD_TEXT, &vocabulary},
                                 {"--threads", FD_COUNT, &threads},
                                 {"--candidates", FD_COUNT, &candidates},
                                 {"--words", FD_COUNT, &words},
                                 {"--times", FD_COUNT, &times}};
    int given;
    if (!fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &given, error))
        return false;
    if (shape && !shaped_model(shape, vocabulary, folder, error))
        return false;
    fd_route route = {0};
    cost one = {INFINITY, 0, 0, 0}, several = one;
    bool found = shape || fd_model_path(name, folder, error);
    fd_model *model = found ? fd_model_load(folder, NULL, error) : NULL;
    fd_story *story = model ? fd_story_load("assets/stories/the-well-house.twee", error) : NULL;
    bool ok = story && fd_route_to(story, "The Hall", NULL, "bench", &route, error);
    fd_preview plan = {.model = model,
                       .segments = (const char *const *)route.texts,
                       .segment_count = route.count,
                       .seed = "bench",
                       .words = words,
                       .sampling = FD_DREAMING,
                       .threads = threads};
    plan.kept = ok ? fd_prefix_new(model, error) : NULL;
    ok = ok && plan.kept && draw(&plan, 1, &one, error); /* reads the prompt: the desk has, too */
    one.all_s = INFINITY;
    for (size_t i = 0; ok && i < times; i++)
        ok = draw(&plan, 1, &one, error) && draw(&plan, candidates, &several, error);
    if (ok)
        printf("1 of %zu words after %zu tokens: %.3f s, %zu tokens at %.0f a second\n"
               "%zu of them: %.3f s, %zu tokens at %.0f a second; %.2f times as long\n",
               words, one.before, one.all_s, one.tokens, (double)one.tokens / one.writing_s,
               candidates, several.all_s, several.tokens,
               (double)several.tokens / several.writing_s, several.all_s / one.all_s);
    fd_prefix_free(plan.kept);
    fd_route_free(&route);
    fd_story_free(story);
    fd_model_free(model);
    return ok;
}

int main(int argc, char **argv) {
    fd_error error = {FD_OK, ""};
    (void)setenv("FEVERDREAM_ASSETS", "assets", 0);
    if (run(argc, argv, &error))
        return 0;
    fprintf(stderr, "bench_preview: %s\n", error.message);
    return (int)error.status;
}
