#define _POSIX_C_SOURCE 200809L
#include "game/teach.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "game/copying.h"
#include "game/forecast.h"
#include "game/json.h"
#include "game/lesson_view.h"
#include "game/loss_log.h"
#include "game/paths.h"
#include "game/pupil.h"
#include "game/reading.h"
#include "game/sanitise.h"
#include "model/checkpoint.h"
#include "model/clock.h"
#include "model/import.h"
#include "model/install.h"
#include "model/snapshot.h"
#include "model/tokenizer_train.h"
#include "model/train_sample.h"

enum { SAVE_SECONDS = 300, VOCABULARY_SAMPLE = 64 << 20, STREAM_SAMPLES = 44, SAMPLE_TOKENS = 48 };

/* Where what is taught lies. */
typedef struct places {
    char models[PATH_MAX], directory[PATH_MAX], snapshot[PATH_MAX];
    bool named; /* into the catalogue, too */
} places;

typedef struct run {
    fd_lesson *lesson;
    places at;
    fd_standing standing;
    fd_pupil *pupil;
    fd_reading reading;
    fd_optimiser optimiser;
    fd_loss_log log;
    fd_lesson_view view;
    double needed;    /* bytes of memory, at most */
    size_t pace;      /* steps between measurements */
    uint64_t first;   /* the step this run began with */
    uint64_t steps;   /* and the one it ended with */
    double started;   /* when learning began, as of clock.h */
    double second;    /* when the first step was made */
    double saved;     /* when it was last saved */
    double measuring; /* seconds that a measurement takes */
    int lock;         /* of the directory; -1: none */
    double last;      /* loss of the last step */
    double smoothed;  /* loss, exponentially smoothed */
    double bits;      /* bits a byte of the model that is kept, 0 when there was nothing held out */
    bool enough;      /* no better for a while */
    fd_overlap overlap;
    fd_error error; /* of what was done between two steps */
} run;

/* Ctrl-C reaches a program only through a signal handler, which sees nothing else. */
static volatile sig_atomic_t stop_asked = 0;

static void ask_stop(int number) {
    (void)number;
    stop_asked = 1;
}

/* ---- the directory ---------------------------------------------------------------------- */

static bool find_places(const fd_lesson *lesson, places *at, fd_error *error) {
    const char *out = lesson->out;
    at->named = !strchr(out, '/');
    if (at->named && (!fd_catalogue_is_name(out) || fd_catalogue_has(out)))
        return fd_fail(error, FD_USAGE,
                       "\"%s\" cannot be a new model's name: letters, digits, dots, dashes and "
                       "underscores, and none that is published. A directory has a slash: ./%s.",
                       out, out);
    bool ok = fd_models_path(at->models, error) &&
              (at->named ? fd_file_path(at->directory, error, "%s/%s-f32", at->models, out)
                         : fd_file_path(at->directory, error, "%s", out));
    for (size_t end = ok ? strlen(at->directory) : 0; end > 1 && at->directory[end - 1] == '/';)
        at->directory[--end] = '\0';
    return ok && fd_file_path(at->snapshot, error, "%s/training.safetensors", at->directory) &&
           (!at->named || fd_folder_make(at->models, error));
}

/* A name stands for one training. */
static bool check_new(const fd_lesson *lesson, const places *at, fd_error *error) {
    char model[PATH_MAX];
    if (!at->named)
        return true;
    if (!fd_file_path(model, error, "%s/%s", at->models, lesson->out))
        return false;
    if (fd_folder_exists(model))
        return fd_fail(
            error, FD_USAGE,
            "There is a model %s already: take another name, or `feverdream model remove "
            "%s`.",
            lesson->out, lesson->out);
    return access(at->snapshot, F_OK) != 0 ||
           fd_fail(error, FD_USAGE,
                   "A training of %s was begun: --resume goes on, `feverdream model remove %s-f32` "
                   "forgets it.",
                   lesson->out, lesson->out);
}

static bool recall(run *self, fd_error *error) {
    fd_buffer note = FD_BUFFER(1 << 20);
    if (access(self->at.snapshot, F_OK) != 0)
        return fd_fail(error, FD_FAILED, "%s is not there: nothing was begun that could go on.",
                       self->at.snapshot);
    bool ok = fd_snapshot_note(self->at.snapshot, &note, error) &&
              fd_lesson_recall(self->lesson, fd_buffer_text(&note), &self->standing, error);
    fd_buffer_free(&note);
    return ok;
}

/* Adapters of an earlier training in the directory are not this one's. */
static bool forget_adapters(const places *at, fd_error *error) {
    char path[PATH_MAX];
    if (!fd_file_path(path, error, "%s/adapter_config.json", at->directory))
        return false;
    return remove(path) == 0 || errno == ENOENT ||
           fd_fail(error, FD_FAILED, "%s cannot be removed: %s.", path, strerror(errno));
}

/* The directory's tokenizer, from the model or learned from the text. */
static bool prepare_directory(const run *self, fd_error *error) {
    const fd_lesson *lesson = self->lesson;
    const fd_buffer *text = &self->reading.text;
    const char *directory = self->at.directory;
    if (lesson->resume)
        return true;
    if (!forget_adapters(&self->at, error))
        return false;
    if (lesson->from)
        return fd_checkpoint_copy_tokenizer(self->pupil->source, directory, error);
    size_t sample = text->length < VOCABULARY_SAMPLE ? text->length : VOCABULARY_SAMPLE;
    fprintf(stderr, "Learning a vocabulary of %zu from %zu bytes.\n", lesson->vocab, sample);
    return fd_tokenizer_train(fd_buffer_text(text), sample, lesson->vocab, directory, error);
}

/* What --resume goes on from. Without anything held out, the model that is kept is the last. */
static bool save(run *self, fd_error *error) {
    char *note = fd_lesson_note(self->lesson, &self->standing);
    bool ok =
        note ? (self->standing.measured || fd_pupil_keep(self->pupil, self->at.directory, error)) &&
                   fd_snapshot_save(self->at.snapshot, &self->optimiser,
                                    self->pupil->trainee.moving, note, error)
             : fd_fail_memory(error, "what is remembered of the training");
    cJSON_free(note);
    self->saved = fd_clock_seconds();
    return ok && (self->log.count < 2 || fd_loss_log_draw(&self->log, error));
}

/* ---- along the way ---------------------------------------------------------------------- */

/* A line or two of what it would write now. */
static bool show_sample(run *self, size_t step, fd_error *error) {
    fd_tokenizer *tokenizer = fd_tokenizer_load(self->at.directory, error);
    fd_tokens tokens = {0};
    fd_buffer text = FD_BUFFER(1 << 16);
    int32_t end = tokenizer ? fd_tokenizer_end_of_text(tokenizer) : -1;
    const fd_random_key key = {self->lesson->seed + step, STREAM_SAMPLES};
    bool ok = tokenizer && fd_tokens_add(&tokens, end < 0 ? 0 : end, error) &&
              fd_train_sample(&self->pupil->trainee, &FD_SAMPLING, key, SAMPLE_TOKENS, end,
                              self->lesson->threads, &tokens, error) &&
              fd_tokenizer_decode(tokenizer, tokens.ids + 1, tokens.count - 1, &text, error);
    char *line = ok ? fd_sanitise_line(fd_buffer_text(&text), error) : NULL;
    if (line)
        fd_lesson_view_say(&self->view, "step %zu: \"%s ...\"", step, line);
    free(line);
    fd_buffer_free(&text);
    fd_tokens_free(&tokens);
    fd_tokenizer_free(tokenizer);
    return line != NULL;
}

/* Measures what was held out; the model is kept when it is the best so far. */
static bool measure(run *self, fd_loss_row *row, fd_error *error) {
    const fd_tokens *held = &self->reading.held_tokens;
    fd_standing *standing = &self->standing;
    double nll, began = fd_clock_seconds();
    size_t predicted;
    if (held->count < 2)
        return true;
    if (!fd_evaluate(&self->pupil->trainee, held->ids, held->count, self->lesson->threads, &nll,
                     &predicted, error))
        return false;
    row->held_out = nll / (double)predicted;
    row->bits = fd_reading_bits(&self->reading, nll);
    bool better = !standing->measured || row->held_out < standing->best;
    standing->worse = better ? 0 : standing->worse + 1;
    self->enough = self->lesson->patience && standing->worse >= self->lesson->patience;
    self->measuring = fd_clock_seconds() - began;
    fd_lesson_view_say(&self->view, "step %zu  held out %.4f (%.4f bits a byte)%s", row->step,
                       row->held_out, row->bits, better ? "" : ", not the best");
    if (!better)
        return true;
    standing->measured = true;
    standing->best = row->held_out;
    standing->best_at = row->step;
    self->bits = row->bits;
    return fd_pupil_keep(self->pupil, self->at.directory, error);
}

static void show(run *self, const fd_train_progress *now, bool due) {
    const fd_lesson *lesson = self->lesson;
    uint64_t made = now->step - self->first;
    double spent = fd_clock_seconds() - self->started;
    double tokens = (double)(made * lesson->batch * lesson->accumulate * lesson->context);
    char left[64], words[256];
    fd_duration_words(spent / (double)made * (double)(lesson->steps - now->step), left,
                      sizeof left);
    (void)snprintf(words, sizeof words,
                   "step %zu/%zu  loss %.4f (%.4f)  rate %.2e  %.0f tokens/s  %s left",
                   (size_t)now->step, lesson->steps, now->loss, self->smoothed, now->rate,
                   tokens / spent, left);
    fd_lesson_view_show(&self->view, &self->log, words, due);
}

/* The first step touches its memory and is slower than the others: the second tells. */
static bool forecast(run *self, uint64_t step, fd_error *error) {
    double now = fd_clock_seconds();
    uint64_t made = step - self->first;
    if (made == 1)
        self->second = now;
    if (made != 2)
        return true;
    fd_lesson_view_clear(&self->view);
    double seconds = now - self->second + self->measuring / (double)self->pace;
    return fd_forecast_time(self->lesson, self->lesson->steps - (size_t)self->first, seconds,
                            self->needed, error);
}

static bool look(run *self, const fd_train_progress *now, fd_error *error) {
    size_t step = (size_t)now->step;
    bool end = step == self->lesson->steps, due = end || step % self->pace == 0;
    fd_loss_row row = {step, now->loss, now->rate, NAN, NAN};
    self->last = now->loss;
    bool begun = now->step > self->first + 1;
    self->smoothed = begun ? 0.9 * self->smoothed + 0.1 * now->loss : now->loss;
    if (!forecast(self, now->step, error) || (due && !measure(self, &row, error)) ||
        !fd_loss_log_add(&self->log, &row, error))
        return false;
    if (due && step % (5 * self->pace) == 0 && !show_sample(self, step, error))
        return false;
    show(self, now, due);
    if (stop_asked)
        return save(self, error) &&
               fd_fail(error, FD_CANCELLED,
                       "Stopped after step %zu of %zu, and saved: `feverdream train --resume --out "
                       "%s` goes on; with --steps %zu it makes do with this.",
                       step, self->lesson->steps, self->lesson->out, step);
    return fd_clock_seconds() - self->saved < SAVE_SECONDS || save(self, error);
}

static bool observe(void *context, const fd_train_progress *now) {
    run *self = context;
    return look(self, now, &self->error) && !self->enough;
}

/* ---- the run ---------------------------------------------------------------------------- */

static bool start_optimiser(run *self, fd_error *error) {
    const fd_trainee *trainee = &self->pupil->trainee;
    bool muon = strcmp(self->lesson->kind, "muon") == 0;
    if (!fd_optimiser_init(&self->optimiser, trainee->tensors, trainee->count, muon, error))
        return false;
    return !self->lesson->resume ||
           fd_snapshot_load(self->at.snapshot, &self->optimiser, trainee->moving, error);
}

/* The log, and what the model knew before: the first measurement. */
static bool start_log(run *self, fd_error *error) {
    const fd_lesson *lesson = self->lesson;
    const fd_loss_log *log = &self->log;
    fd_loss_row before = {0, NAN, NAN, NAN, NAN};
    self->view = fd_lesson_view_new();
    self->pace = fd_lesson_pace(lesson);
    self->first = self->optimiser.step;
    if (!fd_loss_log_open(&self->log, self->at.directory, lesson->resume, self->first, error))
        return false;
    for (size_t i = 0; i < log->count; i++)
        if (log->rows[i].step == self->standing.best_at && !isnan(log->rows[i].bits))
            self->bits = log->rows[i].bits;
    self->enough = lesson->patience && self->standing.worse >= lesson->patience;
    return lesson->resume ||
           (measure(self, &before, error) && fd_loss_log_add(&self->log, &before, error));
}

static bool learn(run *self, fd_error *error) {
    fd_train_plan plan = fd_lesson_plan(self->lesson);
    struct sigaction action = {.sa_handler = ask_stop}, interrupt, terminate;
    plan.tokens = self->reading.tokens.ids;
    plan.count = self->reading.tokens.count;
    if (self->enough)
        return true;
    (void)sigemptyset(&action.sa_mask);
    stop_asked = 0;
    (void)sigaction(SIGINT, &action, &interrupt);
    (void)sigaction(SIGTERM, &action, &terminate);
    bool ok = fd_train(&self->pupil->trainee, &plan, &self->optimiser, observe, self, error);
    fd_lesson_view_end(&self->view);
    bool failed = !ok && self->error.status != FD_OK;
    if (failed)
        *error = self->error;
    ok = !failed && (ok || self->enough) && save(self, error);
    (void)sigaction(SIGINT, &interrupt, NULL);
    (void)sigaction(SIGTERM, &terminate, NULL);
    return ok;
}

/* From what was kept to a model that can be played. */
static bool finish(run *self, fd_error *error) {
    const fd_lesson *lesson = self->lesson;
    const places *at = &self->at;
    char model[PATH_MAX];
    uint64_t unused;
    if (self->standing.measured)
        fprintf(stderr, "%s: step %zu is kept, held out %.4f (%.4f bits a byte)\n",
                self->enough ? "It got no better" : "Done", self->standing.best_at,
                self->standing.best, self->bits);
    if (self->pupil->lora.rank && !lesson->keep_adapter &&
        !(fd_pupil_recall(self->pupil, at->directory, error) &&
          fd_pupil_merge(self->pupil, at->directory, error)))
        return false;
    if (!at->named)
        return true;
    return fd_file_path(model, error, "%s/%s", at->models, lesson->out) &&
           (!fd_folder_exists(model) ||
            fd_install_remove(at->models, lesson->out, &unused, error)) &&
           fd_import(at->directory, at->models, lesson->out, false, error);
}

static bool report_copying(run *self, fd_error *error) {
    const places *at = &self->at;
    char model[PATH_MAX];
    if (self->lesson->keep_adapter)
        return true;
    if (!(at->named ? fd_file_path(model, error, "%s/%s", at->models, self->lesson->out)
                    : fd_file_path(model, error, "%s", at->directory)) ||
        !fd_copying_measure(model, &self->reading.text, self->lesson->threads, &self->overlap,
                            error))
        return false;
    fd_copying_report(&self->overlap);
    if (at->named)
        fprintf(stderr, "feverdream play --model %s\n", self->lesson->out);
    return true;
}

static bool print_json(const run *self, double spent, fd_error *error) {
    const fd_lesson *lesson = self->lesson;
    const fd_overlap *overlap = &self->overlap;
    size_t step = lesson->batch * lesson->accumulate * lesson->context;
    double made = (double)(self->steps - self->first) * (double)step;
    cJSON *json = cJSON_CreateObject(), *copying, *examples;
    cJSON_AddNumberToObject(json, "steps", (double)self->steps);
    cJSON_AddNumberToObject(json, "kept_step",
                            self->standing.measured ? (double)self->standing.best_at
                                                    : (double)self->steps);
    cJSON_AddNumberToObject(json, "loss", self->last);
    cJSON_AddNumberToObject(json, "dev_bits_per_byte", self->bits);
    cJSON_AddBoolToObject(json, "stopped_early", self->enough);
    cJSON_AddNumberToObject(json, "tokens_per_s", made / (spent + 1e-9));
    cJSON_AddNumberToObject(json, "seconds", spent);
    cJSON_AddStringToObject(json, "directory", self->at.directory);
    copying = cJSON_AddObjectToObject(json, "copying");
    cJSON_AddNumberToObject(copying, "runs", (double)overlap->runs);
    cJSON_AddNumberToObject(copying, "copied", (double)overlap->copied);
    cJSON_AddNumberToObject(copying, "share", fd_overlap_share(overlap));
    examples = cJSON_AddArrayToObject(copying, "longest");
    for (size_t i = 0; i < FD_OVERLAP_EXAMPLES && overlap->examples[i].text; i++)
        cJSON_AddItemToArray(examples, cJSON_CreateString(overlap->examples[i].text));
    return fd_print_json(json, error);
}

static bool train(run *self, fd_error *error) {
    fd_lesson *lesson = self->lesson;
    fd_lesson_complete_steps(lesson, self->reading.tokens.count);
    fprintf(stderr, "%zu tokens to learn from, %zu held out; %zu parameters move.\n",
            self->reading.tokens.count, self->reading.held_tokens.count,
            self->pupil->trainee.total);
    self->started = self->saved = fd_clock_seconds();
    bool ok = start_log(self, error);
    self->started = fd_clock_seconds();
    ok = ok && learn(self, error);
    double spent = fd_clock_seconds() - self->started;
    self->steps = self->optimiser.step;
    ok = ok && finish(self, error);
    fd_optimiser_free(&self->optimiser); /* what comes now needs the memory for itself */
    fd_pupil_free(self->pupil);
    return ok && report_copying(self, error) && (!lesson->json || print_json(self, spent, error));
}

static bool prepare(run *self, fd_error *error) {
    fd_lesson *lesson = self->lesson;
    return find_places(lesson, &self->at, error) &&
           (lesson->resume ? recall(self, error) : check_new(lesson, &self->at, error)) &&
           fd_pupil_plan(lesson, &self->standing, self->at.directory, self->pupil, error) &&
           fd_forecast_room(lesson, &self->pupil->config, self->at.directory, &self->needed,
                            error) &&
           fd_reading_read(lesson, &self->standing, &self->reading, error) &&
           fd_folder_make(self->at.directory, error) &&
           (self->lock = fd_folder_lock(self->at.directory, "teaching", lesson->out, error)) >= 0 &&
           prepare_directory(self, error);
}

bool fd_teach(fd_lesson *lesson, fd_error *error) {
    fd_pupil *pupil = fd_alloc(1, sizeof *pupil, "training", error);
    run self = {.lesson = lesson, .pupil = pupil, .log.file = -1, .lock = -1};
    bool ok = pupil && prepare(&self, error) &&
              fd_reading_encode(&self.reading, self.at.directory, error) &&
              fd_pupil_load(lesson, pupil, error) && start_optimiser(&self, error) &&
              train(&self, error);
    fd_overlap_free(&self.overlap);
    fd_loss_log_close(&self.log);
    fd_optimiser_free(&self.optimiser);
    fd_reading_free(&self.reading);
    if (pupil)
        fd_pupil_free(pupil);
    free(pupil);
    if (self.lock >= 0)
        close(self.lock);
    return ok;
}
