#include "game/copying.h"

#include <stdio.h>
#include <stdlib.h>

#include "game/sanitise.h"
#include "model/generate.h"

enum { ROUNDS = 5, AT_ONCE = 10, TOKENS = 120, STREAM_COPYING = 43 };

/* Ten segments: more at a time would take more memory than training did. */
static bool measure_round(const fd_model *model, uint64_t round, size_t threads,
                          fd_overlap *overlap, fd_error *error) {
    fd_sample samples[AT_ONCE] = {0};
    size_t context = fd_model_config(model)->context;
    const fd_generation plan = {.samples = AT_ONCE,
                                .max_tokens = context < TOKENS ? context : TOKENS,
                                .end_stops = true,
                                .min_tokens = 1,
                                .sampling = FD_SAMPLING,
                                .key = {round, STREAM_COPYING},
                                .threads = threads};
    bool ok = fd_generate(model, &plan, samples, NULL, error);
    for (size_t i = 0; ok && i < AT_ONCE; i++)
        ok = fd_overlap_add(overlap, fd_buffer_text(&samples[i].text), samples[i].text.length,
                            error);
    fd_samples_free(samples, AT_ONCE);
    return ok;
}

bool fd_copying_measure(const char *directory, const fd_buffer *text, size_t threads,
                        fd_overlap *overlap, fd_error *error) {
    fd_model *model = fd_model_load(directory, NULL, error);
    bool ok = fd_overlap_init(overlap, fd_buffer_text(text), text->length, error) && model;
    for (uint64_t round = 0; ok && round < ROUNDS; round++)
        ok = measure_round(model, round, threads, overlap, error);
    fd_model_free(model);
    return ok;
}

void fd_copying_report(const fd_overlap *overlap) {
    fprintf(stderr,
            "Of %d segments it wrote, %zu of %zu runs of %d words (%.1f %%) stand in the text it "
            "learned from%s\n",
            ROUNDS * AT_ONCE, overlap->copied, overlap->runs, FD_OVERLAP_WORDS,
            100.0 * fd_overlap_share(overlap), overlap->examples[0].text ? "; the longest:" : ".");
    for (size_t i = 0; i < FD_OVERLAP_EXAMPLES && overlap->examples[i].text; i++) {
        char *line = fd_sanitise_line(overlap->examples[i].text, NULL);
        fprintf(stderr, "  %zu words: \"%s\"\n", overlap->examples[i].words, line ? line : "");
        free(line);
    }
}
