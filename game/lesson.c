#define _DEFAULT_SOURCE 1 /* realpath; POSIX and all */
#include "game/lesson.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/paths.h"
#include "model/memory.h"

/* For a writer's 80 KB, found by measuring what the embedded model makes of two authors it never
 * read: five passes at these rates predict the rest of the text best, and more learn by heart. Muon
 * learns more a step than AdamW, but takes longer for one: with large models twice as long. */
enum {
    HELD_OUT = 10,
    PATIENCE = 4,
    MEASUREMENTS = 20,
    LEAST_PACE = 5,
    PASSES = 5,
    FRESH_PASSES = 20,
    LEAST_STEPS = 20,
    MOST_STEPS = 3000,
    SMALL_MODEL = 32000000
};

fd_lesson fd_lesson_new(void) {
    return (fd_lesson){.held_out = FD_UNSAID, .patience = FD_UNSAID, .vocab = 4096};
}

void fd_lesson_free(fd_lesson *lesson) {
    free(lesson->texts);
    cJSON_Delete(lesson->memory);
    *lesson = fd_lesson_new();
}

bool fd_lesson_check(const fd_lesson *lesson, fd_error *error) {
    const char *kind = lesson->kind;
    if (!lesson->out || !!lesson->from + !!lesson->fresh + lesson->resume != 1 ||
        (!lesson->text_count && !lesson->resume))
        return fd_fail(error, FD_USAGE,
                       "train wants text files, --out NAME or DIR/, and one of --from MODEL, "
                       "--fresh SHAPE and --resume.");
    if (kind && strcmp(kind, "adamw") != 0 && strcmp(kind, "muon") != 0)
        return fd_fail(error, FD_USAGE, "--optimizer is adamw or muon, not \"%s\".", kind);
    if (lesson->lora && (lesson->fresh || lesson->freeze || (kind && strcmp(kind, "muon") == 0)))
        return fd_fail(error, FD_USAGE,
                       "--lora wants --from MODEL and goes with neither --freeze nor muon.");
    if (lesson->freeze && lesson->fresh)
        return fd_fail(error, FD_USAGE,
                       "--freeze wants a model that knows something: --from MODEL.");
    if (!lesson->lora && !lesson->resume && (lesson->alpha > 0.0 || lesson->keep_adapter))
        return fd_fail(error, FD_USAGE, "--lora-alpha and --keep-adapter go with --lora RANK.");
    if (lesson->merge && (!lesson->resume || lesson->keep_adapter))
        return fd_fail(error, FD_USAGE,
                       "--merge goes with --resume, and merges adapters that were kept.");
    if (lesson->keep_adapter && !strchr(lesson->out, '/'))
        return fd_fail(error, FD_USAGE,
                       "--keep-adapter leaves nothing that could be played: --out should be a "
                       "directory, ./%s.",
                       lesson->out);
    if (lesson->held_out != FD_UNSAID && lesson->held_out > 50)
        return fd_fail(error, FD_USAGE, "--held-out is 0 to 50 percent.");
    if (lesson->held_out != FD_UNSAID && lesson->held_out && lesson->dev)
        return fd_fail(error, FD_USAGE, "--held-out and --dev are two ways of the same.");
    return true;
}

/* ---- remembering ------------------------------------------------------------------------ */

static void add_path(cJSON *object, const char *name, const char *path) {
    char whole[PATH_MAX];
    cJSON_AddStringToObject(object, name, realpath(path, whole) ? whole : path);
}

static void add_texts(cJSON *object, const fd_lesson *lesson) {
    char whole[PATH_MAX];
    cJSON *list = cJSON_AddArrayToObject(object, "texts");
    for (size_t i = 0; i < lesson->text_count; i++)
        cJSON_AddItemToArray(
            list, cJSON_CreateString(realpath(lesson->texts[i], whole) ? whole : lesson->texts[i]));
}

/* The numbers that are remembered, by their names. */
typedef struct remembered {
    const char *name;
    size_t offset;
} remembered;

#define NUMBER(field)                                                                              \
    { #field, offsetof(fd_lesson, field) }
static const remembered numbers[] = {NUMBER(held_out),   NUMBER(patience), NUMBER(lora),
                                     NUMBER(context),    NUMBER(steps),    NUMBER(batch),
                                     NUMBER(accumulate), NUMBER(threads),  NUMBER(seed)};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static size_t *number_at(fd_lesson *lesson, size_t i) {
    return (size_t *)((char *)lesson + numbers[i].offset);
}

char *fd_lesson_note(const fd_lesson *lesson, const fd_standing *standing) {
    cJSON *object = cJSON_CreateObject();
    fd_lesson copy = *lesson;
    if (standing->begun[0])
        cJSON_AddStringToObject(object, "from", standing->begun);
    if (lesson->fresh)
        cJSON_AddStringToObject(object, "fresh", lesson->fresh);
    add_texts(object, lesson);
    if (lesson->dev)
        add_path(object, "dev", lesson->dev);
    cJSON_AddStringToObject(object, "sha256", standing->texts);
    cJSON_AddStringToObject(object, "optimizer", lesson->kind);
    for (size_t i = 0; i < NUMBERS; i++)
        cJSON_AddNumberToObject(object, numbers[i].name, (double)*number_at(&copy, i));
    cJSON_AddNumberToObject(object, "rate", lesson->rate);
    cJSON_AddNumberToObject(object, "alpha", lesson->alpha);
    cJSON_AddBoolToObject(object, "freeze", lesson->freeze);
    cJSON_AddBoolToObject(object, "keep_adapter", lesson->keep_adapter);
    if (standing->measured) {
        cJSON_AddNumberToObject(object, "best", standing->best);
        cJSON_AddNumberToObject(object, "best_at", (double)standing->best_at);
        cJSON_AddNumberToObject(object, "worse", (double)standing->worse);
    }
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

/* NULL when it is not there as a string. */
static const char *text_in(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

/* A number from 0 to 2^53; `otherwise` when it is not there. */
static double number_in(const cJSON *object, const char *name, double otherwise) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    bool is = cJSON_IsNumber(item) && item->valuedouble >= 0.0 && item->valuedouble <= 0x1p53;
    return is ? item->valuedouble : otherwise;
}

static bool is_true(const cJSON *object, const char *name) {
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool recall_texts(fd_lesson *lesson, fd_error *error) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(lesson->memory, "texts"), *item;
    size_t count = (size_t)cJSON_GetArraySize(list);
    if (lesson->text_count)
        return true;
    lesson->texts = fd_alloc(count, sizeof *lesson->texts, "training", error);
    if (!lesson->texts)
        return false;
    cJSON_ArrayForEach(item, list) if (cJSON_IsString(item)) lesson->texts[lesson->text_count++] =
        item->valuestring;
    return true;
}

bool fd_lesson_recall(fd_lesson *lesson, const char *note, fd_standing *standing, fd_error *error) {
    cJSON *memory = lesson->memory = cJSON_Parse(note);
    const char *kind = text_in(memory, "optimizer"), *texts = text_in(memory, "sha256");
    const char *begun = text_in(memory, "from");
    if (!kind || !texts || strlen(texts) != 64 || (begun && strlen(begun) >= PATH_MAX))
        return fd_fail(error, FD_BAD_FILE, "%s: what is remembered of the training cannot be read.",
                       lesson->out);
    if ((lesson->kind && strcmp(lesson->kind, kind) != 0) ||
        (lesson->lora && (double)lesson->lora != number_in(memory, "lora", 0.0)) ||
        (lesson->freeze && !is_true(memory, "freeze")))
        return fd_fail(error, FD_USAGE,
                       "--resume goes on as it began: --lora, --freeze and --optimizer are "
                       "remembered, and cannot be others now.");
    lesson->kind = kind;
    lesson->fresh = text_in(memory, "fresh");
    lesson->dev = lesson->dev ? lesson->dev : text_in(memory, "dev");
    for (size_t i = 0; i < NUMBERS; i++) {
        size_t *here = number_at(lesson, i);
        double said = number_in(memory, numbers[i].name, 0.0);
        if (*here == 0 || *here == FD_UNSAID)
            *here = (size_t)said;
    }
    lesson->rate = lesson->rate > 0.0 ? lesson->rate : number_in(memory, "rate", 0.0);
    lesson->alpha = lesson->alpha > 0.0 ? lesson->alpha : number_in(memory, "alpha", 0.0);
    lesson->freeze = is_true(memory, "freeze");
    lesson->keep_adapter =
        !lesson->merge && (lesson->keep_adapter || is_true(memory, "keep_adapter"));
    *standing = (fd_standing){.best = number_in(memory, "best", -1.0)};
    standing->measured = standing->best >= 0.0;
    standing->best_at = (size_t)number_in(memory, "best_at", 0.0);
    standing->worse = (size_t)number_in(memory, "worse", 0.0);
    (void)snprintf(standing->texts, sizeof standing->texts, "%s", texts);
    (void)snprintf(standing->begun, sizeof standing->begun, "%s", begun ? begun : "");
    return recall_texts(lesson, error);
}

/* ---- what is usual ---------------------------------------------------------------------- */

static void usually(size_t *number, size_t usual) {
    if (*number == 0 || *number == FD_UNSAID)
        *number = usual;
}

void fd_lesson_complete(fd_lesson *lesson, const fd_config *config) {
    bool fresh = lesson->fresh != NULL, adapted = lesson->lora > 0;
    bool small = fd_parameter_total(config) < SMALL_MODEL;
    if (lesson->held_out == FD_UNSAID)
        lesson->held_out = lesson->dev ? 0 : HELD_OUT;
    if (lesson->patience == FD_UNSAID)
        lesson->patience = PATIENCE;
    usually(&lesson->context, config->context < 256 ? config->context : 256);
    usually(&lesson->batch, fresh ? 16 : 8);
    usually(&lesson->accumulate, 1);
    usually(&lesson->seed, 1);
    usually(&lesson->threads, fd_processors());
    if (!lesson->kind)
        lesson->kind = !adapted && (fresh || small) ? "muon" : "adamw";
    bool muon = strcmp(lesson->kind, "muon") == 0;
    if (!(lesson->rate > 0.0))
        lesson->rate = fresh ? 2e-3 : adapted ? 1e-3 : muon ? 2e-4 : small ? 1e-4 : 5e-5;
    if (adapted && !(lesson->alpha > 0.0))
        lesson->alpha = 2.0 * (double)lesson->lora;
}

void fd_lesson_complete_steps(fd_lesson *lesson, size_t tokens) {
    size_t passes = lesson->fresh ? FRESH_PASSES : PASSES;
    size_t step = lesson->batch * lesson->accumulate * lesson->context;
    size_t steps = (passes * tokens + step / 2) / step;
    steps = steps < LEAST_STEPS ? LEAST_STEPS : steps;
    usually(&lesson->steps, steps > MOST_STEPS ? MOST_STEPS : steps);
}

size_t fd_lesson_pace(const fd_lesson *lesson) {
    size_t pace = lesson->steps / MEASUREMENTS;
    return pace < LEAST_PACE ? LEAST_PACE : pace;
}
