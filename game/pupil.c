#define _DEFAULT_SOURCE 1 /* realpath; POSIX and all */
#include "game/pupil.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/paths.h"
#include "model/checkpoint.h"
#include "model/train.h"

/* The base of adapters, remembered by its full path, is no place to write to. */
static bool plan_adapters(const fd_lesson *lesson, const char *out, fd_pupil *pupil,
                          fd_error *error) {
    char whole[PATH_MAX];
    pupil->lora.rank = lesson->lora;
    pupil->lora.alpha = lesson->alpha;
    memcpy(pupil->lora.base, pupil->source, sizeof pupil->lora.base);
    if (lesson->lora > FD_LORA_MOST_RANK)
        return fd_fail(error, FD_USAGE, "--lora is a rank of at most %d.", FD_LORA_MOST_RANK);
    return !realpath(out, whole) || strcmp(whole, pupil->source) != 0 ||
           fd_fail(error, FD_USAGE,
                   "--lora leaves the model as it is: --out should be another directory.");
}

static bool plan_fresh(const fd_lesson *lesson, fd_config *config, fd_error *error) {
    char end;
    *config = (fd_config){.vocab = lesson->vocab, .epsilon = FD_GPT2_EPSILON};
    config->context = lesson->context > 512 ? lesson->context : 512;
    if (sscanf(lesson->fresh, "%zux%zux%zu%c", &config->width, &config->layers, &config->heads,
               &end) != 3)
        return fd_fail(error, FD_USAGE,
                       "--fresh wants WIDTHxLAYERSxHEADS, such as 256x6x4, not \"%s\".",
                       lesson->fresh);
    return fd_config_check(config, error);
}

/* The model it begins with: adapters' base stays where it was; a whole model that is resumed was
 * written before anything else. */
static bool find_source(const fd_lesson *lesson, fd_standing *standing, const char *out,
                        fd_pupil *pupil, fd_error *error) {
    char found[PATH_MAX];
    if (lesson->resume)
        return fd_file_path(pupil->source, error, "%s", lesson->lora ? standing->begun : out);
    if (!fd_model_path(lesson->from, found, error))
        return false;
    if (!realpath(found, pupil->source))
        return fd_fail(error, FD_BAD_FILE, "%s cannot be found: %s.", found, strerror(errno));
    return fd_file_path(standing->begun, error, "%s", pupil->source);
}

bool fd_pupil_plan(fd_lesson *lesson, fd_standing *standing, const char *out, fd_pupil *pupil,
                   fd_error *error) {
    bool new = lesson->fresh && !lesson->resume;
    if (!(new ? plan_fresh(lesson, &pupil->config, error)
              : find_source(lesson, standing, out, pupil, error) &&
                    fd_config_load(pupil->source, &pupil->config, error)))
        return false;
    fd_lesson_complete(lesson, &pupil->config);
    return !lesson->lora || plan_adapters(lesson, out, pupil, error);
}

size_t fd_pupil_moving(const fd_config *config, const fd_lesson *lesson, size_t rank) {
    size_t whole = fd_parameter_total(config);
    if (rank)
        return fd_lora_total(config, rank);
    return lesson->freeze ? whole - (config->vocab + config->context + 2) * config->width : whole;
}

static bool load_adapted(const fd_lesson *lesson, fd_pupil *pupil, fd_error *error) {
    const fd_lora *lora = &pupil->lora;
    pupil->adapters =
        fd_alloc(fd_lora_total(&pupil->config, lora->rank), sizeof(float), "adapters", error);
    if (!pupil->adapters || !fd_frozen_load(pupil->source, &pupil->frozen, error))
        return false;
    fd_lora_fresh(&pupil->config, lora->rank, lesson->seed, pupil->adapters);
    return fd_trainee_adapted(&pupil->trainee, &pupil->config, pupil->frozen.values, lora,
                              pupil->adapters, error);
}

bool fd_pupil_load(const fd_lesson *lesson, fd_pupil *pupil, fd_error *error) {
    fd_config *config = &pupil->config;
    if (pupil->lora.rank)
        return load_adapted(lesson, pupil, error);
    if (pupil->source[0]) {
        pupil->parameters = fd_checkpoint_load(pupil->source, config, error);
    } else {
        pupil->parameters = fd_alloc(fd_parameter_total(config), sizeof(float), "the model", error);
        if (pupil->parameters)
            fd_train_fresh(config, lesson->seed, pupil->parameters);
    }
    return pupil->parameters &&
           fd_trainee_whole(&pupil->trainee, config, pupil->parameters, lesson->freeze, error);
}

void fd_pupil_free(fd_pupil *pupil) {
    fd_trainee_free(&pupil->trainee);
    fd_frozen_close(&pupil->frozen);
    free(pupil->parameters);
    free(pupil->adapters);
    *pupil = (fd_pupil){.parameters = NULL};
}

bool fd_pupil_keep(const fd_pupil *pupil, const char *out, fd_error *error) {
    return pupil->lora.rank
               ? fd_lora_save(out, &pupil->config, &pupil->lora, pupil->adapters, error)
               : fd_checkpoint_save(out, &pupil->config, pupil->parameters, error);
}

bool fd_pupil_recall(fd_pupil *pupil, const char *out, fd_error *error) {
    return !pupil->lora.rank ||
           fd_lora_load(out, &pupil->config, &pupil->lora, pupil->adapters, error);
}

bool fd_pupil_merge(const fd_pupil *pupil, const char *out, fd_error *error) {
    const fd_config *config = &pupil->config;
    float *merged = fd_alloc(fd_parameter_total(config), sizeof(float), "the merged model", error);
    for (size_t i = 0; merged && i < fd_parameter_count(config); i++) {
        fd_parameter tensor = fd_parameter_at(config, i);
        memcpy(merged + tensor.offset, pupil->frozen.values[i], tensor.count * sizeof(float));
    }
    if (merged)
        fd_lora_merge(config, &pupil->lora, pupil->adapters, merged);
    bool ok = merged && fd_checkpoint_save(out, config, merged, error);
    free(merged);
    return ok;
}
