#define _DEFAULT_SOURCE 1 /* realpath; POSIX and all */
#include "model/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/catalogue.h"
#include "model/checkpoint.h"
#include "model/file.h"
#include "model/openai.h"
#include "model/quantize.h"
#include "model/sharded.h"
#include "model/tokenizer_json.h"
#include "model/weights.h"

/* ---- what there is ---------------------------------------------------------------------- */

typedef enum layout { HUGGING_FACE, SHARDED, OPENAI } layout;

typedef struct origin {
    layout layout;
    char directory[PATH_MAX];
    char prefix[PATH_MAX]; /* of OPENAI's checkpoint */
} origin;

static bool has(const char *directory, const char *name) {
    char path[PATH_MAX];
    return fd_file_path(path, NULL, "%s/%s", directory, name) && access(path, F_OK) == 0;
}

static bool look_into(const char *directory, origin *found, fd_error *error) {
    if (!fd_file_path(found->directory, error, "%s", directory))
        return false;
    if (has(directory, "hparams.json")) {
        found->layout = OPENAI;
        return fd_openai_latest(directory, found->prefix, error);
    }
    found->layout = has(directory, "model.safetensors") ? HUGGING_FACE : SHARDED;
    if (found->layout == HUGGING_FACE || has(directory, FD_SHARDED_INDEX))
        return true;
    if (has(directory, "pytorch_model.bin") || has(directory, "pytorch_model.bin.index.json"))
        return fd_fail(error, FD_BAD_FILE,
                       "%s holds its weights as pytorch_model.bin, a Python pickle, which is not "
                       "read here. Where Hugging Face's transformers is installed, this writes "
                       "model.safetensors: cd %s; python3 -c \"from transformers import "
                       "GPT2LMHeadModel as M; M.from_pretrained('.').save_pretrained('.', "
                       "safe_serialization=True)\"",
                       directory, directory);
    return fd_fail(error, FD_BAD_FILE,
                   "%s holds no model: expected Hugging Face's config.json and model.safetensors, "
                   "or OpenAI's hparams.json and a TensorFlow checkpoint.",
                   directory);
}

static bool ends_in(const char *text, const char *end) {
    size_t length = strlen(text), wide = strlen(end);
    return length > wide && strcmp(text + length - wide, end) == 0;
}

static bool find_origin(const char *source, origin *found, fd_error *error) {
    *found = (origin){.layout = HUGGING_FACE};
    if (fd_folder_exists(source))
        return look_into(source, found, error);
    if (access(source, R_OK) != 0)
        return fd_fail(error, FD_FAILED, "%s cannot be read: %s.", source, strerror(errno));
    const char *slash = strrchr(source, '/'), *name = slash ? slash + 1 : source;
    if (!fd_file_path(found->directory, error, "%.*s", slash ? (int)(slash - source) : 1,
                      slash ? source : "."))
        return false;
    if (strcmp(name, "model.safetensors") == 0)
        return true;
    if (strcmp(name, FD_SHARDED_INDEX) == 0) {
        found->layout = SHARDED;
        return true;
    }
    found->layout = OPENAI;
    if (strcmp(name, "checkpoint") == 0)
        return fd_openai_latest(found->directory, found->prefix, error);
    if (ends_in(name, ".index"))
        return fd_file_path(found->prefix, error, "%.*s", (int)(strlen(source) - strlen(".index")),
                            source);
    return fd_fail(error, FD_BAD_FILE,
                   "%s is no model: expected a directory, model.safetensors, or a TensorFlow "
                   "checkpoint's .index file.",
                   source);
}

/* ---- float models as Hugging Face keeps them -------------------------------------------- */

static bool copy(const char *from, const char *name, const char *to, const char *new_name,
                 fd_error *error) {
    char source[PATH_MAX], target[PATH_MAX];
    return fd_file_path(source, error, "%s/%s", from, name) &&
           fd_file_path(target, error, "%s/%s", to, new_name) &&
           fd_file_copy(source, target, error);
}

static bool stage_openai(const origin *from, const char *to, fd_error *error) {
    fd_config config;
    float *parameters = fd_openai_load(from->directory, from->prefix, &config, error);
    bool ok = parameters && fd_checkpoint_save(to, &config, parameters, error) &&
              copy(from->directory, "encoder.json", to, "vocab.json", error) &&
              copy(from->directory, "vocab.bpe", to, "merges.txt", error);
    free(parameters);
    return ok;
}

static bool stage_tokenizer(const char *from, const char *to, fd_error *error) {
    char path[PATH_MAX];
    if (has(from, "vocab.json") && has(from, "merges.txt"))
        return fd_checkpoint_copy_tokenizer(from, to, error);
    if (has(from, "tokenizer.json"))
        return fd_file_path(path, error, "%s/tokenizer.json", from) &&
               fd_tokenizer_json_split(path, to, error);
    return fd_fail(error, FD_BAD_FILE,
                   "%s has no tokenizer: put vocab.json and merges.txt, or tokenizer.json, of the "
                   "model it was trained from beside the weights.",
                   from);
}

/* The weights are not copied here but linked: most often they are only read, to be quantised. */
static bool link_weights(const char *from, const char *to, fd_error *error) {
    char path[PATH_MAX], link[PATH_MAX], whole[PATH_MAX];
    if (!fd_file_path(path, error, "%s/model.safetensors", from) ||
        !fd_file_path(link, error, "%s/model.safetensors", to))
        return false;
    return (realpath(path, whole) && symlink(whole, link) == 0) ||
           fd_fail(error, FD_FAILED, "%s cannot be reached: %s.", path, strerror(errno));
}

static bool stage_hugging_face(const origin *from, const char *to, fd_error *error) {
    const char *directory = from->directory;
    return copy(directory, "config.json", to, "config.json", error) &&
           stage_tokenizer(directory, to, error) &&
           (from->layout == SHARDED ? fd_sharded_join(directory, to, error)
                                    : link_weights(directory, to, error));
}

/* ---- importing -------------------------------------------------------------------------- */

static bool is_quantised(const char *directory, bool *quantised, fd_error *error) {
    fd_weights weights;
    if (!fd_weights_load(directory, &weights, error))
        return false;
    *quantised = weights.quantised;
    fd_weights_close(&weights);
    return true;
}

/* Fills the empty directory. */
static bool build(const origin *from, const char *to, bool keep_float, fd_error *error) {
    bool quantised;
    if (!(from->layout == OPENAI ? stage_openai : stage_hugging_face)(from, to, error) ||
        !is_quantised(to, &quantised, error))
        return false;
    if (!quantised && !keep_float)
        return fd_quantize(to, to, error);
    return from->layout != HUGGING_FACE ||
           copy(to, "model.safetensors", to, "model.safetensors", error);
}

static bool check_name(const char *name, fd_error *error) {
    if (fd_catalogue_has(name))
        return fd_fail(error, FD_USAGE, "%s is the name of a published model; choose another.",
                       name);
    return fd_catalogue_is_name(name) ||
           fd_fail(error, FD_USAGE,
                   "A model's name has letters, digits, dots, dashes and underscores, and begins "
                   "with a letter or digit; \"%.80s\" does not.",
                   name);
}

bool fd_import(const char *source, const char *models, const char *name, bool keep_float,
               fd_error *error) {
    char final[PATH_MAX], beside[PATH_MAX];
    origin from;
    if (!check_name(name, error) || !find_origin(source, &from, error) ||
        !fd_file_path(final, error, "%s/%s", models, name) ||
        !fd_file_path(beside, error, "%s/.%s.import", models, name) ||
        !fd_folder_make(models, error))
        return false;
    int held = fd_folder_lock(models, "importing", "a model", error);
    if (held < 0)
        return false;
    bool ok = access(final, F_OK) != 0 ||
              fd_fail(error, FD_FAILED, "There is a model called %s already, in %s.", name, final);
    ok = ok && fd_folder_remove(beside, error) && fd_folder_make(beside, error) &&
         build(&from, beside, keep_float, error) && fd_catalogue_seal(beside, error) &&
         fd_catalogue_verify(beside, error) && fd_file_rename(beside, final, error);
    if (!ok)
        (void)fd_folder_remove(beside, NULL);
    close(held);
    return ok;
}
