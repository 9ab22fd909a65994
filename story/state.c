#include "story/state.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where the name stands, or would stand. */
static size_t place_of(const fd_state *state, const char *name, bool *found) {
    size_t low = 0, high = state->count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(state->values[middle].name, name);
        *found = order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}

/* The value of that name, made if there is none; NULL when memory is short. */
static fd_value *make(fd_state *state, const char *name, fd_error *error) {
    bool found;
    size_t at = place_of(state, name, &found);
    if (found)
        return &state->values[at];
    char *copy = fd_copy_text(name, error);
    if (!copy || !fd_grow((void **)&state->values, &state->capacity, state->count + 1,
                          sizeof *state->values, "what the story remembers", error)) {
        free(copy);
        return NULL;
    }
    fd_value *value = &state->values[at];
    memmove(value + 1, value, (state->count++ - at) * sizeof *value);
    *value = (fd_value){.name = copy};
    return value;
}

bool fd_state_set_number(fd_state *state, const char *name, int64_t number, fd_error *error) {
    fd_value *value = make(state, name, error);
    if (!value)
        return false;
    free(value->text);
    value->text = NULL;
    value->number = number > FD_STATE_MOST    ? FD_STATE_MOST
                    : number < -FD_STATE_MOST ? -FD_STATE_MOST
                                              : number;
    return true;
}

bool fd_state_set_text(fd_state *state, const char *name, const char *text, fd_error *error) {
    char *copy = fd_copy_text(text, error);
    fd_value *value = copy ? make(state, name, error) : NULL;
    if (!value) {
        free(copy);
        return false;
    }
    free(value->text);
    value->text = copy;
    value->number = 0;
    return true;
}

const fd_value *fd_state_find(const fd_state *state, const char *name) {
    bool found;
    size_t at = place_of(state, name, &found);
    return found ? &state->values[at] : NULL;
}

int64_t fd_state_number(const fd_state *state, const char *name) {
    const fd_value *value = fd_state_find(state, name);
    return value ? value->number : 0;
}

bool fd_state_copy(const fd_state *from, fd_state *to, fd_error *error) {
    *to = (fd_state){0};
    bool ok = true;
    for (size_t i = 0; ok && i < from->count; i++) {
        const fd_value *value = &from->values[i];
        ok = value->text ? fd_state_set_text(to, value->name, value->text, error)
                         : fd_state_set_number(to, value->name, value->number, error);
    }
    if (!ok)
        fd_state_free(to);
    return ok;
}

void fd_state_free(fd_state *state) {
    for (size_t i = 0; i < state->count; i++) {
        free(state->values[i].name);
        free(state->values[i].text);
    }
    free(state->values);
    *state = (fd_state){0};
}

static bool write_string(const char *text, fd_buffer *into, fd_error *error) {
    bool ok = fd_buffer_add(into, "\"", 1, error);
    for (; ok && *text; text++) {
        if ((unsigned char)*text < 0x20)
            ok = fd_buffer_addf(into, error, "\\u%04x", (unsigned)*text);
        else
            ok = (!strchr("\"\\", *text) || fd_buffer_add(into, "\\", 1, error)) &&
                 fd_buffer_add(into, text, 1, error);
    }
    return ok && fd_buffer_add(into, "\"", 1, error);
}

bool fd_state_write(const fd_state *state, fd_buffer *into, fd_error *error) {
    bool ok = fd_buffer_add(into, "{", 1, error);
    for (size_t i = 0; ok && i < state->count; i++) {
        const fd_value *value = &state->values[i];
        ok = (i == 0 || fd_buffer_add(into, ",", 1, error)) &&
             write_string(value->name, into, error) && fd_buffer_add(into, ":", 1, error) &&
             (value->text ? write_string(value->text, into, error)
                          : fd_buffer_addf(into, error, "%" PRId64, value->number));
    }
    return ok && fd_buffer_add(into, "}", 1, error);
}

static bool read_value(const cJSON *item, fd_state *state, fd_error *error) {
    if (fd_state_find(state, item->string))
        return fd_fail(error, FD_BAD_FILE, "A state holds \"%s\" twice.", item->string);
    if (cJSON_IsString(item))
        return fd_state_set_text(state, item->string, item->valuestring, error);
    double number = item->valuedouble, most = (double)FD_STATE_MOST;
    if (cJSON_IsNumber(item) && number >= -most && number <= most &&
        number == (double)(int64_t)number)
        return fd_state_set_number(state, item->string, (int64_t)number, error);
    return fd_fail(error, FD_BAD_FILE, "\"%s\" in a state is neither a text nor a whole number.",
                   item->string);
}

bool fd_state_read(const char *json, fd_state *state, fd_error *error) {
    *state = (fd_state){0};
    cJSON *object = cJSON_ParseWithOpts(json, NULL, true);
    bool ok =
        cJSON_IsObject(object) || fd_fail(error, FD_BAD_FILE, "A state should be one JSON object.");
    for (const cJSON *item = ok ? object->child : NULL; ok && item; item = item->next)
        ok = read_value(item, state, error);
    cJSON_Delete(object);
    if (!ok)
        fd_state_free(state);
    return ok;
}
