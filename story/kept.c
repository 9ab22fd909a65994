#include "story/kept.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/digest.h"
#include "story/narrator.h"

bool fd_making_hash(const char *text, char hash[33], fd_error *error) {
    fd_digest digest;
    char hex[65];
    if (!fd_digest_of(text, strlen(text), &digest, error))
        return false;
    fd_digest_hex(&digest, hex);
    memcpy(hash, hex, 32);
    hash[32] = '\0';
    return true;
}

/* ---- a passage ---- */

/* A backslash before all that this program's markup, or Twee, would take for something. */
static bool add_plain(const char *text, fd_buffer *into, fd_error *error) {
    bool ok = fd_buffer_add(into, "", 0, error);
    for (size_t i = 0; ok && text[i]; i++) {
        bool line = i == 0 || text[i - 1] == '\n';
        bool header = line && text[i] == ':' && text[i + 1] == ':';
        if (strchr("\\{[", text[i]) || header)
            ok = fd_buffer_add_text(into, "\\", error);
        ok = ok && fd_buffer_add(into, text + i, 1, error);
    }
    return ok;
}

bool fd_kept_plain(const char *text, fd_buffer *into, fd_error *error) {
    bool ok = fd_buffer_add(into, "", 0, error);
    for (size_t i = 0; ok && text[i]; i++) {
        if (text[i] == '\\' && text[i + 1])
            i++;
        ok = fd_buffer_add(into, text + i, 1, error);
    }
    return ok;
}

static char *describe(const fd_making *it, const fd_script *draft, const char *position) {
    cJSON *all = cJSON_CreateObject();
    if (*position)
        cJSON_AddStringToObject(all, "position", position);
    cJSON *made = cJSON_AddObjectToObject(all, "dreamed");
    cJSON_AddStringToObject(made, "model", it->model);
    cJSON_AddStringToObject(made, "model_hash", it->model_hash);
    cJSON_AddStringToObject(made, "at", it->at);
    cJSON *path = cJSON_AddArrayToObject(made, "path");
    for (size_t i = 0; i < it->path_count; i++)
        cJSON_AddItemToArray(path, cJSON_CreateString(it->path[i]));
    cJSON_AddStringToObject(made, "seed", it->seed);
    cJSON_AddNumberToObject(made, "candidate", (double)(it->number + 1));
    cJSON_AddNumberToObject(made, "words", (double)it->words);
    if (it->choice > 1)
        cJSON_AddNumberToObject(made, "choice", (double)it->choice);
    cJSON_AddNumberToObject(made, "temperature", it->sampling.temperature);
    cJSON_AddNumberToObject(made, "top_k", (double)it->sampling.top_k);
    cJSON_AddNumberToObject(made, "top_p", it->sampling.top_p);
    cJSON_AddNumberToObject(made, "repetition_penalty", it->sampling.repetition_penalty);
    cJSON_AddStringToObject(made, "opening", it->opening);
    cJSON_AddStringToObject(made, "hash", it->hash);
    cJSON *hands = cJSON_AddArrayToObject(made, "hands");
    for (size_t i = 0, at = 0; i < draft->count; at = draft->runs[i++].end) {
        cJSON *run = cJSON_CreateArray();
        cJSON_AddItemToArray(run, cJSON_CreateString(fd_hand_name(draft->runs[i].hand)));
        cJSON_AddItemToArray(run, cJSON_CreateNumber((double)(draft->runs[i].end - at)));
        cJSON_AddItemToArray(hands, run);
    }
    char *text = cJSON_PrintUnformatted(all);
    cJSON_Delete(all);
    return text;
}

bool fd_kept_passage(const fd_making *making, const fd_script *draft, const char *name,
                     const char *position, fd_passage *passage, fd_error *error) {
    fd_buffer text = FD_BUFFER(2 * FD_SCRIPT_LIMIT);
    char *json = describe(making, draft, position);
    *passage = (fd_passage){0};
    passage->tags = fd_alloc(2, sizeof(char *), "a passage", error);
    bool ok = passage->tags && (passage->tags[0] = fd_copy_text("dreamed", error)) != NULL &&
              (passage->tags[1] = fd_copy_text("ending", error)) != NULL;
    passage->tag_count = passage->tags ? 2 : 0;
    ok = ok && (json || fd_fail_memory(error, "a passage")) &&
         (passage->metadata = fd_copy_text(json, error)) != NULL &&
         (passage->name = fd_copy_text(name, error)) != NULL &&
         add_plain(fd_buffer_text(&draft->text), &text, error) &&
         (passage->text = fd_copy_text(fd_buffer_text(&text), error)) != NULL;
    cJSON_free(json);
    fd_buffer_free(&text);
    if (!ok)
        fd_passage_free(passage);
    return ok;
}

/* ---- read back ---- */

static bool get_text(const cJSON *made, const char *key, const char **text) {
    const cJSON *it = cJSON_GetObjectItemCaseSensitive(made, key);
    *text = cJSON_IsString(it) ? it->valuestring : "";
    return cJSON_IsString(it);
}

static bool get_number(const cJSON *made, const char *key, double least, double most,
                       double *number) {
    const cJSON *it = cJSON_GetObjectItemCaseSensitive(made, key);
    *number = cJSON_IsNumber(it) ? it->valuedouble : 0.0;
    return cJSON_IsNumber(it) && *number >= least && *number <= most;
}

static bool read_path(const cJSON *path, fd_making *making, fd_error *error) {
    size_t count = (size_t)cJSON_GetArraySize(path);
    const char **names = fd_alloc(count, sizeof *names, "a path", error);
    const cJSON *item;
    making->path = names;
    if (!names)
        return false;
    cJSON_ArrayForEach(item, path) {
        if (!cJSON_IsString(item))
            return false;
        names[making->path_count++] = item->valuestring;
    }
    return making->path_count > 0;
}

bool fd_kept_read(const fd_passage *passage, const char *source, cJSON **json, fd_making *making,
                  fd_error *error) {
    double number, words, top_k, choice = 1.0;
    const char *hash;
    *making = (fd_making){0};
    *json = passage->metadata ? cJSON_Parse(passage->metadata) : NULL;
    const cJSON *made = cJSON_GetObjectItemCaseSensitive(*json, "dreamed");
    fd_sampling *sampling = &making->sampling;
    *sampling = FD_DREAMING;
    bool ok = get_text(made, "model", &making->model) &&
              get_text(made, "model_hash", &making->model_hash) &&
              get_text(made, "at", &making->at) && get_text(made, "seed", &making->seed) &&
              get_text(made, "opening", &making->opening) && get_text(made, "hash", &hash) &&
              get_number(made, "candidate", 1, 1e9, &number) &&
              get_number(made, "words", 1, 1000, &words) &&
              get_number(made, "temperature", 1e-3, 100, &sampling->temperature) &&
              get_number(made, "top_k", 0, 1e6, &top_k) &&
              get_number(made, "top_p", 1e-3, 1, &sampling->top_p) &&
              get_number(made, "repetition_penalty", 1e-3, 100, &sampling->repetition_penalty) &&
              read_path(cJSON_GetObjectItemCaseSensitive(made, "path"), making, error);
    if (ok && cJSON_HasObjectItem(made, "choice"))
        ok = get_number(made, "choice", 1, FD_CHOICE_MOST, &choice);
    if (!ok)
        return fd_twee_fail(error, source, passage->line,
                            "\"%s\" does not say how it was made; expected {\"dreamed\":{\"model\":"
                            "…}} in its header.",
                            passage->name);
    making->number = (size_t)number - 1;
    making->words = (size_t)words;
    making->choice = (size_t)choice;
    sampling->top_k = (size_t)top_k;
    (void)snprintf(making->hash, sizeof making->hash, "%s", hash);
    return true;
}
