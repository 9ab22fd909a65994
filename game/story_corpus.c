#include "game/story_corpus.h"

#include <stdio.h>
#include <string.h>

#include "game/sanitise.h"
#include "model/file.h"
#include "story/corpus.h"

static bool ends_with(const char *text, const char *ending) {
    size_t a = strlen(text), b = strlen(ending);
    return a >= b && strcmp(text + a - b, ending) == 0;
}

static bool add_file(fd_corpus *corpus, char *file, fd_error *error) {
    if (ends_with(file, ".twee") || ends_with(file, ".tw") || fd_folder_exists(file)) {
        fd_manuscript story;
        if (!fd_manuscript_open(&file, 1, &story, error))
            return false;
        bool ok = fd_corpus_add_story(corpus, &story, error);
        fd_manuscript_free(&story);
        return ok;
    }
    fd_buffer text = FD_BUFFER((size_t)1 << 30);
    bool ok = fd_file_read(file, &text, error) &&
              fd_corpus_add(corpus, file, fd_buffer_text(&text), text.length, error);
    fd_buffer_free(&text);
    return ok;
}

/* What became of it, on stderr; with `explain`, what was dropped. */
static void report(const fd_corpus *corpus, bool explain) {
    size_t dropped = 0;
    for (size_t d = 0; d < FD_DROPS; d++)
        dropped += corpus->dropped[d].count;
    fprintf(stderr, "%zu segments, %zu words; %zu lines dropped%s\n", corpus->segments,
            corpus->words, dropped, dropped && !explain ? ", --explain says why" : "");
    for (size_t d = 0; explain && d < FD_DROPS; d++) {
        const fd_dropped *why = &corpus->dropped[d];
        if (why->count)
            fprintf(stderr, "%zu %s\n", why->count, fd_drop_name((fd_drop)d));
        for (size_t i = 0; i < FD_DROP_EXAMPLES && why->examples[i]; i++)
            (void)fd_showf(stderr, NULL, "    %s\n", why->examples[i]);
        if (why->count > FD_DROP_EXAMPLES)
            fprintf(stderr, "    and %zu more\n", why->count - FD_DROP_EXAMPLES);
    }
}

bool fd_story_corpus(const char *person, bool explain, char **files, size_t count,
                     fd_error *error) {
    if (person && strcmp(person, "second") != 0)
        return fd_fail(error, FD_USAGE, "--person is second, not \"%s\".", person);
    fd_corpus corpus = fd_corpus_new(person != NULL);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = add_file(&corpus, files[i], error);
    ok = ok && fd_show(stdout, fd_buffer_text(&corpus.text), corpus.text.length, error);
    if (ok)
        report(&corpus, explain);
    fd_corpus_free(&corpus);
    return ok;
}
