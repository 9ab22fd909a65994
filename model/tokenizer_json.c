#define _POSIX_C_SOURCE 200809L
#include "model/tokenizer_json.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "model/file.h"

enum { LARGEST_FILE = 64 << 20 };

static bool add_merges(const char *path, const cJSON *merges, fd_buffer *text, fd_error *error) {
    const cJSON *merge;
    if (!fd_buffer_add_text(text, "#version: 0.2\n", error))
        return false;
    cJSON_ArrayForEach(merge, merges) {
        const cJSON *left = cJSON_GetArrayItem(merge, 0), *right = cJSON_GetArrayItem(merge, 1);
        bool pair = cJSON_IsString(left) && cJSON_IsString(right);
        if (!pair && !cJSON_IsString(merge))
            return fd_fail(error, FD_BAD_FILE, "%s: a merge should be two pieces.", path);
        if (!(pair ? fd_buffer_addf(text, error, "%s %s\n", left->valuestring, right->valuestring)
                   : fd_buffer_addf(text, error, "%s\n", merge->valuestring)))
            return false;
    }
    return true;
}

/* Tokens beside the learned ones: {"content", "id"} each. Most stand in the vocabulary, too. */
static bool add_tokens(const char *path, const cJSON *tokens, cJSON *vocabulary, fd_error *error) {
    const cJSON *token;
    cJSON_ArrayForEach(token, tokens) {
        const cJSON *content = cJSON_GetObjectItemCaseSensitive(token, "content");
        const cJSON *id = cJSON_GetObjectItemCaseSensitive(token, "id");
        if (!cJSON_IsString(content) || !cJSON_IsNumber(id))
            return fd_fail(error, FD_BAD_FILE, "%s: an added token should have content and id.",
                           path);
        if (!cJSON_GetObjectItemCaseSensitive(vocabulary, content->valuestring) &&
            !cJSON_AddNumberToObject(vocabulary, content->valuestring, id->valuedouble))
            return fd_fail_memory(error, "the vocabulary");
    }
    return true;
}

static bool write_in(const char *to, const char *name, const char *text, size_t length,
                     fd_error *error) {
    char path[PATH_MAX];
    return fd_file_path(path, error, "%s/%s", to, name) &&
           fd_file_replace(path, text, length, error);
}

static bool split(const char *path, const cJSON *object, const char *to, fd_error *error) {
    const cJSON *model = cJSON_GetObjectItemCaseSensitive(object, "model");
    const cJSON *merges = cJSON_GetObjectItemCaseSensitive(model, "merges");
    cJSON *vocabulary = cJSON_GetObjectItemCaseSensitive(model, "vocab");
    const cJSON *added = cJSON_GetObjectItemCaseSensitive(object, "added_tokens");
    if (!cJSON_IsArray(merges) || !cJSON_IsObject(vocabulary))
        return fd_fail(error, FD_BAD_FILE,
                       "%s: expected a model of type BPE with a vocab and merges.", path);
    fd_buffer text = FD_BUFFER(LARGEST_FILE);
    char *printed = NULL;
    bool ok = add_merges(path, merges, &text, error) &&
              write_in(to, "merges.txt", text.data, text.length, error) &&
              add_tokens(path, added, vocabulary, error) &&
              ((printed = cJSON_PrintUnformatted(vocabulary)) != NULL ||
               fd_fail_memory(error, "the vocabulary")) &&
              write_in(to, "vocab.json", printed, strlen(printed), error);
    cJSON_free(printed);
    fd_buffer_free(&text);
    return ok;
}

bool fd_tokenizer_json_split(const char *path, const char *to, fd_error *error) {
    fd_buffer text = FD_BUFFER(LARGEST_FILE);
    bool ok = fd_file_read(path, &text, error);
    if (ok) {
        cJSON *object = cJSON_ParseWithLength(fd_buffer_text(&text), text.length);
        ok = split(path, object, to, error);
        cJSON_Delete(object);
    }
    fd_buffer_free(&text);
    return ok;
}
