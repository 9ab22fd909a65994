/* bench_dreams.c - what temperature, nucleus, penalty and the number of candidates do to dreams.
 *
 * usage: bench_dreams [--model M] [--segments N] [--threads N] [--show N] [--books FILE]
 *                     [--temperature X] [--top-p P] [--repetition-penalty R] [--candidates N]
 *        (from the repository's root)
 * Random readers play both stories with the model; every turn is told under each setting, from the
 * same prompt, until N segments were dreamed. Prints a table in Markdown, and again after every
 * hundred segments: of how many each defect (dream_defects.h) holds, in percent with its standard
 * error. With --show, the first N segments as they are, none left out. With any of the last four
 * options that one setting is measured, else the table of them here, the settings of a turn on as
 * many threads.
 * --books names a text of the words that exist: `cat ../shared/corpus/train/1-*`. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dream_defects.h"
#include "game/options.h"
#include "game/paths.h"
#include "model/file.h"
#include "model/parallel.h"
#include "story/narrator.h"

enum { STORIES = 2, TURNS = 40, STREAM_CHOICES = 41, SEEN_ENOUGH = 3, COMMON = 400, EVERY = 100 };
static const char *const story_files[STORIES] = {"assets/stories/the-well-house.twee",
                                                 "assets/stories/lip-service.twee"};

typedef struct setting {
    double temperature, top_p, penalty;
    size_t candidates;
} setting;

/* The first is how the program dreams. */
static const setting settings[] = {
    {0.95, 0.9, 1.05, 8}, {0.95, 0.9, 1.05, 32}, {0.95, 0.9, 1.05, 16},
    {0.95, 0.9, 1.05, 1}, {0.8, 0.9, 1.05, 8},   {0.65, 0.9, 1.05, 8},
    {1.1, 0.9, 1.05, 8},  {0.95, 0.97, 1.05, 8}, {0.95, 0.9, 1.15, 8},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

typedef struct sums {
    size_t segments, with[DEFECT_COUNT], clean, talks, words, sentences, hollow, stock;
    double agreement, agreement_squares;
    fd_run_set pairs;
    size_t pair_count;
} sums;

/* How one setting fares. */
typedef struct trial {
    setting how;
    fd_prefix *kept;
    fd_turn *told; /* the turn under way */
    fd_error error;
    sums all;
} trial;

typedef struct bench {
    fd_story *stories[STORIES];
    defect_books books[STORIES]; /* `known` and `common` are the first one's */
    fd_model *model;
    fd_pool *pool;
    size_t threads, segments, show;
    trial trials[SETTINGS];
    size_t count;
} bench;

/* The turn that is told under each setting. */
typedef struct scene {
    bench *bench;
    size_t story;
    char seed[32];
    fd_situation situation;
    fd_action action;
} scene;

static void tell(void *context, size_t piece, size_t worker) {
    const scene *where = context;
    bench *self = where->bench;
    trial *one = &self->trials[piece];
    fd_sampling sampling = FD_DREAMING;
    (void)worker;
    sampling.temperature = one->how.temperature;
    sampling.top_p = one->how.top_p;
    sampling.repetition_penalty = one->how.penalty;
    const fd_narrator narrator = {.story = self->stories[where->story],
                                  .model = self->model,
                                  .seed = where->seed,
                                  .candidates = one->how.candidates,
                                  .sampling = sampling,
                                  .threads = self->count == 1 ? self->threads : 1,
                                  .kept = one->kept};
    one->told =
        fd_narrator_tell(&narrator, &where->situation, &where->action, 0, NULL, &one->error);
}

/* ---- words ------------------------------------------------------------------------------ */

typedef struct counted {
    uint64_t run;
    size_t count;
} counted;

static int by_run(const void *a, const void *b) {
    uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

static int by_count(const void *a, const void *b) {
    size_t one = ((const counted *)a)->count, two = ((const counted *)b)->count;
    return (two > one) - (two < one);
}

/* Words that stand SEEN_ENOUGH times in the books are known, the COMMON most frequent common. */
static bool learn_words(const fd_words *words, defect_books *books, fd_error *error) {
    uint64_t *runs = fd_alloc(words->count, sizeof *runs, "the books", error);
    counted *kinds = fd_alloc(words->count, sizeof *kinds, "the books", error);
    size_t count = 0;
    bool ok = runs && kinds;
    for (size_t i = 0; ok && i < words->count; i++)
        runs[i] = fd_words_run(&words->items[i], 1);
    if (ok)
        qsort(runs, words->count, sizeof *runs, by_run);
    for (size_t i = 0; ok && i < words->count; i++) {
        if (i == 0 || runs[i] != runs[i - 1])
            kinds[count++].run = runs[i];
        kinds[count - 1].count++;
    }
    if (ok)
        qsort(kinds, count, sizeof *kinds, by_count);
    for (size_t i = 0; ok && i < count && kinds[i].count >= SEEN_ENOUGH; i++)
        ok = fd_run_set_add(&books->known, kinds[i].run, error) &&
             (i >= COMMON || fd_run_set_add(&books->common, kinds[i].run, error));
    free(kinds);
    free(runs);
    return ok;
}

static bool read_words(const char *path, fd_words *words, fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)1 << 30);
    bool ok =
        fd_file_read(path, &text, error) && fd_words_add(text.data, text.length, words, error);
    fd_buffer_free(&text);
    return ok;
}

static bool load(bench *self, const char *model, const char *books, fd_error *error) {
    fd_words words = {0};
    bool ok = (self->model = fd_model_named(model, error)) != NULL;
    ok = ok && (!books || read_words(books, &words, error));
    for (size_t s = 0; ok && s < STORIES; s++) {
        fd_words own = {0};
        ok = (self->stories[s] = fd_story_load(story_files[s], error)) != NULL &&
             read_words(story_files[s], &own, error) &&
             defect_runs(&own, DEFECT_COPY_RUN, &self->books[s].story, error) &&
             (!books || defect_runs(&own, 1, &self->books[0].known, error));
        fd_words_free(&own);
    }
    for (size_t i = 0; ok && i < self->count; i++)
        ok = (self->trials[i].kept = fd_prefix_new(self->model, error)) != NULL;
    ok = ok && (self->pool = fd_pool_new(self->threads, error)) != NULL;
    ok = ok && (!books || learn_words(&words, &self->books[0], error));
    for (size_t s = 1; s < STORIES; s++) {
        self->books[s].known = self->books[0].known;
        self->books[s].common = self->books[0].common;
    }
    fd_words_free(&words);
    return ok;
}

static void unload(bench *self) {
    fd_pool_free(self->pool);
    for (size_t i = 0; i < self->count; i++) {
        fd_prefix_free(self->trials[i].kept);
        fd_run_set_free(&self->trials[i].all.pairs);
    }
    fd_run_set_free(&self->books[0].known);
    fd_run_set_free(&self->books[0].common);
    for (size_t s = 0; s < STORIES; s++) {
        fd_run_set_free(&self->books[s].story);
        fd_story_free(self->stories[s]);
    }
    fd_model_free(self->model);
}

/* ---- measuring -------------------------------------------------------------------------- */

static bool count_pairs(const char *text, sums *all, fd_error *error) {
    fd_words words = {0};
    bool ok = fd_words_add(text, strlen(text), &words, error) &&
              defect_runs(&words, 2, &all->pairs, error);
    all->pair_count += words.count ? words.count - 1 : 0;
    fd_words_free(&words);
    return ok;
}

static bool count_segment(const bench *self, const scene *where, const char *text, const char *told,
                          sums *all, fd_error *error) {
    defects found;
    if (!defects_of(text, told, &self->books[where->story], &found, error) ||
        !count_pairs(text, all, error))
        return false;
    bool clean = true;
    for (size_t d = 0; d < DEFECT_COUNT; d++) {
        all->with[d] += found.has[d];
        clean &= !found.has[d];
    }
    all->segments++;
    all->clean += clean;
    all->talks += found.talks;
    all->words += found.words;
    all->sentences += found.sentences;
    all->hollow += found.hollow;
    all->stock += found.stock;
    all->agreement += found.agreement;
    all->agreement_squares += found.agreement * found.agreement;
    return true;
}

/* Counts the dreams of a turn, and shows them; what came before each of them is `told`. */
static bool count_turn(const bench *self, const scene *where, const fd_turn *turn, sums *all,
                       fd_error *error) {
    fd_buffer told = FD_BUFFER((size_t)1 << 24);
    size_t dreamed = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < where->situation.segment_count; i++)
        ok = fd_buffer_addf(&told, error, "%s\n\n", where->situation.segments[i]);
    for (size_t i = 0; ok && i < turn->stretch_count; i++) {
        const char *text = turn->stretches[i].text;
        while (isspace((unsigned char)*text))
            text++;
        if (turn->stretches[i].voice == FD_DREAMED) {
            dreamed++;
            ok = count_segment(self, where, text, fd_buffer_text(&told), all, error);
            if (all->segments <= self->show)
                printf("> %s\n> (seed \"%s\", %s)\n\n", text, where->seed,
                       self->stories[where->story]->twee.passages[turn->passage].name);
        }
        ok = ok && fd_buffer_add_text(&told, turn->stretches[i].text, error);
    }
    all->segments += turn->dreams - dreamed;
    all->with[DEFECT_FALLBACK] += turn->dreams - dreamed;
    fd_buffer_free(&told);
    return ok;
}

static void print_share(size_t some, size_t all) {
    double share = (double)some / (double)all;
    printf(" %.1f ± %.1f |", 100.0 * share, 100.0 * sqrt(share * (1.0 - share) / (double)all));
}

static void print_row(const setting *how, const sums *all) {
    double n = (double)(all->segments - all->with[DEFECT_FALLBACK]), mean = all->agreement / n;
    printf("| %g | %g | %g | %zu |", how->temperature, how->top_p, how->penalty, how->candidates);
    print_share(all->clean, all->segments);
    for (size_t d = 0; d < DEFECT_COUNT; d++)
        print_share(all->with[d], all->segments);
    print_share(all->talks, all->segments);
    printf(" %.1f ± %.1f | %.1f | %.1f | %.3f | %.1f | %.1f |\n", 100.0 * mean,
           100.0 * sqrt((all->agreement_squares / n - mean * mean) / n),
           100.0 * (double)all->hollow / (double)all->words,
           100.0 * (double)all->stock / (double)all->words,
           (double)all->pairs.count / (double)all->pair_count, (double)all->words / n,
           (double)all->words / (double)all->sentences);
}

static void print_head(void) {
    printf("| temperature | p | penalty | candidates | clean |");
    for (size_t d = 0; d < DEFECT_COUNT; d++)
        printf(" %s |", defect_names[d]);
    printf(" talk | agreement | hollow | stock | distinct pairs | words | a sentence |\n|");
    for (size_t i = 0; i < 12 + DEFECT_COUNT; i++)
        printf("---|");
    printf("\n");
}

/* ---- playing ---------------------------------------------------------------------------- */

/* What the reader does at this turn; false at an ending. */
static bool act(const fd_turn *here, fd_random_key key, size_t turn, fd_action *action) {
    static char word[] = "I am here";
    if (!here) {
        *action = (fd_action){FD_ACT_START, 0, NULL};
    } else if (here->question) {
        *action = (fd_action){FD_ACT_ANSWER, 0, here->question->fallback};
    } else if (here->choice_count) {
        size_t choice = (size_t)fd_random_below(key, turn, here->choice_count);
        bool typed = here->choices[choice].typed;
        *action = (fd_action){typed ? FD_ACT_TYPE : FD_ACT_CHOOSE, choice, typed ? word : NULL};
    } else {
        return false;
    }
    return true;
}

/* Tells the turn under every setting and counts its dreams; the path takes the first one's. */
static bool tell_under_all(scene *where, fd_path *path, fd_error *error) {
    bench *self = where->bench;
    if (!fd_situation_of(path, &where->situation, error))
        return false;
    fd_pool_run(self->pool, tell, where, self->count);
    fd_situation_free(&where->situation);
    bool ok = true;
    for (size_t i = 0; i < self->count; i++) {
        trial *one = &self->trials[i];
        if (ok && !one->told)
            *error = one->error;
        ok = ok && one->told && count_turn(self, where, one->told, &one->all, error);
        if (i > 0 && one->told)
            fd_turn_free(one->told);
        if (i > 0)
            free(one->told);
    }
    return ok && fd_path_add(path, self->trials[0].told, error);
}

static bool play(bench *self, size_t number, fd_error *error) {
    scene where = {.bench = self, .story = number % STORIES};
    const fd_random_key key = {number, STREAM_CHOICES};
    const size_t *dreamed = &self->trials[0].all.segments;
    fd_path path = FD_PATH;
    bool ok = true;
    (void)snprintf(where.seed, sizeof where.seed, "dreams %zu", number);
    for (size_t turn = 0; ok && turn < TURNS && *dreamed < self->segments; turn++) {
        if (!act(fd_path_last(&path), key, turn, &where.action))
            break;
        ok = tell_under_all(&where, &path, error);
    }
    fd_path_free(&path);
    if (!self->show)
        fprintf(stderr, "%zu of %zu\n", *dreamed, self->segments);
    return ok;
}

static void print_table(const bench *self) {
    printf("After %zu segments:\n\n", self->trials[0].all.segments);
    print_head();
    for (size_t i = 0; i < self->count; i++)
        print_row(&self->trials[i].how, &self->trials[i].all);
    printf("\n");
    (void)fflush(stdout);
}

static bool run(int argc, char **argv, fd_error *error) {
    bench self = {.threads = fd_processors(), .segments = 500};
    setting one = settings[0];
    const char *model = NULL, *books = NULL;
    const fd_option options[] = {{"--model", FD_TEXT, &model},
                                 {"--books", FD_TEXT, &books},
                                 {"--segments", FD_COUNT, &self.segments},
                                 {"--threads", FD_COUNT, &self.threads},
                                 {"--show", FD_COUNT, &self.show},
                                 {"--temperature", FD_REAL, &one.temperature},
                                 {"--top-p", FD_REAL, &one.top_p},
                                 {"--repetition-penalty", FD_REAL, &one.penalty},
                                 {"--candidates", FD_COUNT, &one.candidates}};
    int given;
    if (!fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &given, error))
        return false;
    bool alone = memcmp(&one, &settings[0], sizeof one) != 0 || self.show;
    if (self.show)
        self.segments = self.show;
    self.count = alone ? 1 : SETTINGS;
    for (size_t i = 0; i < self.count; i++)
        self.trials[i].how = alone ? one : settings[i];
    bool ok = load(&self, model, books, error);
    const size_t *dreamed = &self.trials[0].all.segments;
    size_t due = EVERY;
    for (size_t n = 0; ok && *dreamed < self.segments; n++) {
        ok = play(&self, n, error);
        if (ok && !self.show && (*dreamed >= due || *dreamed >= self.segments)) {
            print_table(&self);
            due += EVERY;
        }
    }
    unload(&self);
    return ok;
}

int main(int argc, char **argv) {
    fd_error error = {FD_OK, ""};
    (void)setenv("FEVERDREAM_ASSETS", "assets", 0);
    if (run(argc, argv, &error))
        return 0;
    fprintf(stderr, "bench_dreams: %s\n", error.message);
    return (int)error.status;
}
