#define _POSIX_C_SOURCE 200809L
#include "model/sharded.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "model/safetensors.h"

enum { MOST_SHARDS = 1000 };

/* The open files and all their tensors, whose data lies in the files. */
typedef struct joined {
    fd_safetensors *shards;
    const char **names; /* of the files, inside the index */
    size_t count, capacity, name_capacity;
    fd_tensor *tensors;
    size_t tensor_count, tensor_capacity;
} joined;

static bool add_tensors(joined *self, const fd_safetensors *shard, fd_error *error) {
    if (!fd_grow((void **)&self->tensors, &self->tensor_capacity, self->tensor_count + shard->count,
                 sizeof *self->tensors, "a list of tensors", error))
        return false;
    for (size_t i = 0; i < shard->count; i++)
        if (shard->tensors[i].dtype != FD_DTYPE_OTHER)
            self->tensors[self->tensor_count++] = shard->tensors[i];
    return true;
}

static bool add_shard(joined *self, const char *from, const char *name, fd_error *error) {
    char path[PATH_MAX];
    for (size_t i = 0; i < self->count; i++)
        if (strcmp(self->names[i], name) == 0)
            return true;
    if (strchr(name, '/') || self->count == MOST_SHARDS)
        return fd_fail(error, FD_BAD_FILE,
                       "%s/" FD_SHARDED_INDEX " should name at most %d files beside it.", from,
                       MOST_SHARDS);
    if (!fd_file_path(path, error, "%s/%s", from, name) ||
        !fd_grow((void **)&self->shards, &self->capacity, self->count + 1, sizeof *self->shards,
                 "a list of files", error) ||
        !fd_grow((void **)&self->names, &self->name_capacity, self->count + 1, sizeof *self->names,
                 "a list of files", error) ||
        !fd_safetensors_open(path, &self->shards[self->count], error))
        return false;
    self->names[self->count++] = name;
    return add_tensors(self, &self->shards[self->count - 1], error);
}

/* weight_map: the name of each tensor and of the file it is in. */
static bool add_all(joined *self, const char *from, const cJSON *index, fd_error *error) {
    const cJSON *map = cJSON_GetObjectItemCaseSensitive(index, "weight_map"), *entry;
    if (!cJSON_IsObject(map) || !map->child)
        return fd_fail(error, FD_BAD_FILE, "%s/" FD_SHARDED_INDEX " should hold a weight_map.",
                       from);
    cJSON_ArrayForEach(entry, map) {
        if (!cJSON_IsString(entry))
            return fd_fail(error, FD_BAD_FILE,
                           "%s/" FD_SHARDED_INDEX ": expected a file's name for \"%.80s\".", from,
                           entry->string);
        if (!add_shard(self, from, entry->valuestring, error))
            return false;
    }
    return true;
}

static void close_all(joined *self) {
    for (size_t i = 0; i < self->count; i++)
        fd_safetensors_close(&self->shards[i]);
    free(self->shards);
    free(self->names);
    free(self->tensors);
}

bool fd_sharded_join(const char *from, const char *to, fd_error *error) {
    static const char *const metadata[] = {"format", "pt", NULL};
    char path[PATH_MAX];
    fd_buffer text = FD_BUFFER(1 << 24);
    joined self = {.count = 0};
    if (!fd_file_path(path, error, "%s/" FD_SHARDED_INDEX, from) ||
        !fd_file_read(path, &text, error))
        return false;
    cJSON *index = cJSON_ParseWithLength(fd_buffer_text(&text), text.length);
    bool ok = add_all(&self, from, index, error) &&
              fd_file_path(path, error, "%s/model.safetensors", to) &&
              fd_safetensors_write(path, self.tensors, self.tensor_count, metadata, error);
    close_all(&self);
    cJSON_Delete(index);
    fd_buffer_free(&text);
    return ok;
}
