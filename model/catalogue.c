#define _POSIX_C_SOURCE 200809L
#include "model/catalogue.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "model/digest.h"
#include "model/file.h"
#include "model/gpt2.h"
#include "model/receipt.h"

static const struct entry {
    const char *name, *about;
} entries[] = {
    {FD_EMBEDDED, "the storyteller that comes with the program"},
    {"distilgpt2", "82 million parameters"},
    {"gpt2", "124 million parameters"},
    {"gpt2-medium", "355 million parameters"},
    {"gpt2-large", "774 million parameters"},
    {"gpt2-xl", "1558 million parameters"},
};

enum { ENTRIES = sizeof entries / sizeof entries[0] };

/* One tokenizer serves every GPT-2. */
#define VOCABULARY                                                                                 \
    { "vocab.json", 1042301, "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783", 0 }
#define MERGES                                                                                     \
    { "merges.txt", 456318, "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5", 0 }

/* Every sum, and every size but two, is the same in two independent projects or more. The sizes of
 * the two largest weight files are computed from the format's rules, which give those of the
 * others to the byte: within SLACK of them the server is believed, and the sum decides. */
#define SLACK (1 << 20)
static const fd_remote remotes[] = {
    {"distilgpt2",
     "distilbert/distilgpt2",
     "2290a62682d06624634c1f46a6ad5be0f47f38aa",
     81912576,
     {{"config.json", 762, "4ec5947c1d59fee6212cdf3b0ec1a53eac02092554c5ff0a733488cbd2c64f3a", 0},
      VOCABULARY,
      MERGES,
      {"model.safetensors", 352824413,
       "e1ff18884359fe8beb795a5f414feb85a6ce3d929ad019c0d958c039d2b94a1b", 0}}},
    {"gpt2",
     "openai-community/gpt2",
     "607a30d783dfa663caf39e06633721c8d4cfcd7e",
     124439808,
     {{"config.json", 665, "0daed7749b4f02b8f76240d5444551d7b08712dab4d0adb8239c56ba823bb7b4", 0},
      VOCABULARY,
      MERGES,
      {"model.safetensors", 548105171,
       "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707", 0}}},
    {"gpt2-medium",
     "openai-community/gpt2-medium",
     "6dcaa7a952f72f9298047fd5137cd6e4f05f41da",
     354823168,
     {{"config.json", 718, "ef1a44d889ad1a0acc7731c78134f1b87d2d222f110e97dd10fd4117331caf22", 0},
      VOCABULARY,
      MERGES,
      {"model.safetensors", 1519984962,
       "fc5a354a19255ad494f3d71549390baca1ccf61d1d822b9408971705c687c9cd", 0}}},
    {"gpt2-large",
     "openai-community/gpt2-large",
     "32b71b12589c2f8d625668d2335a01cac3249519",
     774030080,
     {{"config.json", 666, "7fccdcfd6622055342a734c663ee0b61ff4fd697f42467595df0bf4448c8c170", 0},
      VOCABULARY,
      MERGES,
      {"model.safetensors", 3247159078,
       "5f47f3e12f91cd33b662ce7e433b6150ad5512b5884a2cee961b50e9c3bbebce", SLACK}}},
    {"gpt2-xl",
     "openai-community/gpt2-xl",
     "15ea56dee5df4983c59b2538573817e1667135e2",
     1557611200,
     {{"config.json", 689, "be48115d52314bc27327e160bf10197760db02ea689d10adb24db4102edf7a8a", 0},
      VOCABULARY,
      MERGES,
      {"model.safetensors", 6431829962,
       "0f8b28eb05a8075f48b61b6f35332978c74fc7763fa9fb4051a1c30511736a6a", SLACK}}},
};

const char *fd_catalogue_name(size_t index) {
    return index < ENTRIES ? entries[index].name : NULL;
}

const char *fd_catalogue_about(size_t index) {
    return index < ENTRIES ? entries[index].about : NULL;
}

bool fd_catalogue_has(const char *name) {
    for (size_t i = 0; i < ENTRIES; i++)
        if (strcmp(entries[i].name, name) == 0)
            return true;
    return false;
}

const fd_remote *fd_catalogue_remote(const char *name) {
    for (size_t i = 0; i < sizeof remotes / sizeof remotes[0]; i++)
        if (strcmp(remotes[i].name, name) == 0)
            return &remotes[i];
    return NULL;
}

uint64_t fd_remote_bytes(const fd_remote *remote) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < FD_REMOTE_FILES; i++)
        bytes += remote->files[i].size;
    return bytes;
}

/* A byte a parameter, and a twentieth for scales, positions, gains and the tokenizer. */
uint64_t fd_remote_kept(const fd_remote *remote) {
    return remote->parameters + remote->parameters / 20;
}

bool fd_catalogue_is_name(const char *name) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(name);
    bool begins = length > 0 && strchr(letters, name[0]);
    for (size_t i = 0; begins && i < length; i++)
        begins = strchr(letters, name[i]) || strchr(".-_", name[i]);
    return begins && length <= 64;
}

bool fd_catalogue_find(const fd_places *places, const char *model, fd_buffer *path,
                       fd_error *error) {
    fd_buffer_clear(path);
    if (strcmp(model, FD_EMBEDDED) == 0)
        return fd_buffer_add_text(path, places->embedded, error);
    if (fd_catalogue_is_name(model)) {
        if (!fd_buffer_addf(path, error, "%s/%s", places->models, model))
            return false;
        if (fd_folder_exists(fd_buffer_text(path)))
            return true;
        fd_buffer_clear(path);
        if (fd_catalogue_remote(model))
            return fd_fail(error, FD_FAILED,
                           "The model %s is not on this machine; `feverdream model fetch %s` "
                           "fetches it.",
                           model, model);
    }
    if (strchr(model, '/') || fd_folder_exists(model))
        return fd_buffer_add_text(path, model, error);
    return fd_fail(error, FD_USAGE,
                   "\"%s\" is neither a directory nor a model this program knows; "
                   "`feverdream model list` names them.",
                   model);
}

/* One line of SHA256SUMS: 64 hex digits, two spaces, a file's name. */
static bool check_line(const char *directory, char *line, fd_error *error) {
    char path[PATH_MAX], hex[65];
    fd_digest digest;
    if (strlen(line) < 67 || line[64] != ' ' || strchr(line + 66, '/'))
        return fd_fail(error, FD_BAD_FILE,
                       "%s/SHA256SUMS: expected a sum and a file's name, not \"%.80s\".", directory,
                       line);
    if (!fd_file_path(path, error, "%s/%s", directory, line + 66) ||
        !fd_digest_of_file(path, &digest, error))
        return false;
    fd_digest_hex(&digest, hex);
    return strncmp(hex, line, 64) == 0 ||
           fd_fail(error, FD_BAD_FILE, "%s is damaged: its SHA-256 is %s, expected %.64s.", path,
                   hex, line);
}

static bool check_sums(const char *directory, fd_error *error) {
    char path[PATH_MAX];
    struct stat about;
    fd_buffer text = FD_BUFFER(1 << 16);
    if (!fd_file_path(path, error, "%s/SHA256SUMS", directory))
        return false;
    if (stat(path, &about) != 0)
        return true;
    bool ok = fd_file_read(path, &text, error);
    char *rest = text.data;
    for (char *line; ok && rest && (line = strtok_r(NULL, "\n", &rest)) != NULL;)
        ok = check_line(directory, line, error);
    fd_buffer_free(&text);
    return ok;
}

bool fd_catalogue_seal(const char *directory, fd_error *error) {
    static const char *const names[] = {"config.json", "merges.txt", "model.safetensors",
                                        "vocab.json"};
    fd_buffer text = FD_BUFFER(1 << 12);
    char path[PATH_MAX], hex[65];
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof names / sizeof names[0]; i++) {
        fd_digest digest;
        ok = fd_file_path(path, error, "%s/%s", directory, names[i]) &&
             fd_digest_of_file(path, &digest, error);
        if (ok) {
            fd_digest_hex(&digest, hex);
            ok = fd_buffer_addf(&text, error, "%s  %s\n", hex, names[i]);
        }
        if (ok && strcmp(names[i], "model.safetensors") == 0)
            ok = fd_receipt_write(directory, hex, error);
    }
    ok = ok && fd_file_path(path, error, "%s/SHA256SUMS", directory) &&
         fd_file_replace(path, text.data, text.length, error);
    fd_buffer_free(&text);
    return ok;
}

bool fd_catalogue_verify(const char *directory, fd_error *error) {
    if (!check_sums(directory, error))
        return false;
    fd_model *model = fd_model_load(directory, NULL, error);
    fd_model_free(model);
    return model != NULL;
}
