#define _POSIX_C_SOURCE 200809L
#include "story/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/file.h"

/* The header's texts, in the order they are written. */
static char **header_field(fd_path_header *header, size_t index, const char **name) {
    static const char *const names[] = {"story", "story_sha256", "title",
                                        "seed",  "model",        "model_sha256"};
    char **fields[] = {&header->story, &header->story_hash, &header->title,
                       &header->seed,  &header->model,      &header->model_hash};
    *name = index < 6 ? names[index] : NULL;
    return index < 6 ? fields[index] : NULL;
}

void fd_path_header_free(fd_path_header *header) {
    const char *name;
    for (size_t i = 0; header_field(header, i, &name); i++)
        free(*header_field(header, i, &name));
    *header = (fd_path_header){0};
}

bool fd_path_set_header(fd_path *path, const fd_path_header *header, fd_error *error) {
    const char *name;
    fd_path_header from = *header;
    fd_path_header_free(&path->header);
    for (size_t i = 0; header_field(&from, i, &name); i++) {
        char **field = header_field(&path->header, i, &name);
        *field = fd_copy_text(*header_field(&from, i, &name), error);
        if (!*field)
            return false;
    }
    return true;
}

/* Appends one line and waits until it is on the disk. Of a line that does not fit, nothing stays.
 */
static bool append(int file, const cJSON *json, fd_error *error) {
    fd_buffer line = FD_BUFFER((size_t)1 << 26);
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    bool ok = text ? fd_buffer_addf(&line, error, "%s\n", text) : fd_fail_memory(error, "a save");
    cJSON_free(text);
    off_t before = lseek(file, 0, SEEK_END);
    for (size_t at = 0; ok && at < line.length;) {
        ssize_t written = write(file, line.data + at, line.length - at);
        if (written >= 0)
            at += (size_t)written;
        else if (errno != EINTR)
            ok = fd_fail(error, FD_FAILED, "The save could not be written: %s.", strerror(errno));
    }
    if (ok && fsync(file) != 0 && errno != EINVAL)
        ok = fd_fail(error, FD_FAILED, "The save could not be written: %s.", strerror(errno));
    if (!ok && before >= 0)
        (void)!ftruncate(file, before); /* else reading drops the torn line */
    fd_buffer_free(&line);
    return ok;
}

static bool keep(fd_path *path, const fd_turn *turn, fd_error *error) {
    cJSON *json = fd_turn_write(turn, path->story);
    bool ok = append(path->file, json, error);
    cJSON_Delete(json);
    return ok;
}

static bool push(fd_path *path, fd_turn *turn, fd_error *error) {
    bool ok = fd_grow((void **)&path->turns, &path->capacity, path->count + 1, sizeof(fd_turn *),
                      "the path", error);
    if (ok)
        path->turns[path->count++] = turn;
    else
        fd_turn_free(turn), free(turn);
    return ok;
}

static void pop(fd_path *path, size_t turns) {
    for (; turns > 0 && path->count > 0; turns--) {
        fd_turn *last = path->turns[--path->count];
        fd_turn_free(last);
        free(last);
    }
}

bool fd_path_add(fd_path *path, fd_turn *turn, fd_error *error) {
    return push(path, turn, error) && (path->file < 0 || keep(path, turn, error));
}

bool fd_path_take_back(fd_path *path, size_t turns, fd_error *error) {
    if (turns > path->count)
        turns = path->count;
    bool ok = true;
    if (path->file >= 0) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddNumberToObject(json, "take_back", (double)turns);
        ok = append(path->file, json, error);
        cJSON_Delete(json);
    }
    pop(path, turns);
    return ok;
}

const fd_turn *fd_path_last(const fd_path *path) {
    return path->count ? path->turns[path->count - 1] : NULL;
}

void fd_path_free(fd_path *path) {
    pop(path, path->count);
    free(path->turns);
    fd_path_header_free(&path->header);
    if (path->file >= 0)
        close(path->file);
    *path = FD_PATH;
}

bool fd_path_create(fd_path *path, const fd_story *story, const char *file, fd_error *error) {
    path->story = story;
    path->file = open(file, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (path->file < 0)
        return fd_fail(error, FD_FAILED, "The save %s cannot be begun: %s.", file, strerror(errno));
    cJSON *json = cJSON_CreateObject();
    const char *name;
    cJSON_AddNumberToObject(json, "feverdream", 1);
    for (size_t i = 0; header_field(&path->header, i, &name); i++)
        cJSON_AddStringToObject(json, name, *header_field(&path->header, i, &name));
    bool ok = append(path->file, json, error);
    cJSON_Delete(json);
    for (size_t i = 0; ok && i < path->count; i++)
        ok = keep(path, path->turns[i], error);
    if (ok)
        fd_file_sync_name(file);
    else
        (void)unlink(file); /* half a header would be taken for the latest save */
    return ok;
}

static bool parse_header(const char *file, const char *line, fd_path_header *header,
                         fd_error *error) {
    cJSON *json = cJSON_Parse(line);
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(json, "feverdream");
    const char *name;
    *header = (fd_path_header){0};
    bool ok = cJSON_IsNumber(version) && version->valuedouble == 1.0;
    if (!ok)
        fd_fail(error, FD_BAD_FILE,
                "%s:1: expected the header of a saved story, {\"feverdream\":1, ...}.", file);
    for (size_t i = 0; ok && header_field(header, i, &name); i++) {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
        ok = text ? (*header_field(header, i, &name) = fd_copy_text(text, error)) != NULL
                  : fd_fail(error, FD_BAD_FILE, "%s:1: the header should have a text \"%s\".", file,
                            name);
    }
    cJSON_Delete(json);
    if (!ok)
        fd_path_header_free(header);
    return ok;
}

/* The whole lines of a file; what follows the last line end is left out, and *torn says so. */
static bool read_lines(const char *file, fd_buffer *text, bool *torn, fd_error *error) {
    if (!fd_file_read(file, text, error))
        return false;
    size_t length = text->length;
    while (length > 0 && text->data[length - 1] != '\n')
        length--;
    *torn = length < text->length;
    text->length = length;
    if (length == 0)
        return fd_fail(error, FD_BAD_FILE, "%s:1: expected the header of a saved story.", file);
    text->data[length] = '\0';
    return true;
}

bool fd_path_read_header(const char *file, fd_path_header *header, fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)1 << 28);
    bool torn, ok = read_lines(file, &text, &torn, error);
    if (ok) {
        *strchr(text.data, '\n') = '\0';
        ok = parse_header(file, text.data, header, error);
    }
    fd_buffer_free(&text);
    return ok;
}

/* Whether a turn offers the action that is said to have led on from it. */
static bool follows(const fd_turn *before, const fd_action *action) {
    if (action->kind == FD_ACT_START)
        return before == NULL;
    if (!before || (action->kind == FD_ACT_ANSWER) != (before->question != NULL))
        return false;
    return action->kind == FD_ACT_ANSWER ||
           (action->choice < before->choice_count &&
            before->choices[action->choice].typed == (action->kind == FD_ACT_TYPE));
}

/* One line after the header: a turn, or turns taken back. */
static bool read_line(fd_path *path, const char *line, fd_error *error) {
    cJSON *json = cJSON_Parse(line);
    const cJSON *back = cJSON_GetObjectItemCaseSensitive(json, "take_back");
    bool ok;
    if (back) {
        ok = cJSON_IsNumber(back) && back->valueint >= 0 && (size_t)back->valueint <= path->count;
        if (ok)
            pop(path, (size_t)back->valueint);
        else
            fd_fail(error, FD_BAD_FILE, "\"take_back\" should be a number of earlier turns.");
    } else {
        fd_turn *turn = fd_alloc(1, sizeof *turn, "a turn", error);
        ok = turn && fd_turn_read(json, path->story, turn, error);
        if (ok && !follows(fd_path_last(path), &turn->action)) {
            fd_fail(error, FD_BAD_FILE, "The turn before it offers no such action.");
            fd_turn_free(turn);
            ok = false;
        }
        if (ok)
            ok = push(path, turn, error);
        else
            free(turn);
    }
    cJSON_Delete(json);
    return ok;
}

bool fd_path_open(fd_path *path, const fd_story *story, const char *file, bool append_later,
                  bool *torn, fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)1 << 28);
    *path = FD_PATH;
    path->story = story;
    bool ok = read_lines(file, &text, torn, error);
    size_t number = 0;
    for (char *line = text.data, *end; ok && line < text.data + text.length; line = end + 1) {
        fd_error why = {FD_OK, ""};
        end = strchr(line, '\n');
        *end = '\0';
        if (number++ == 0)
            ok = parse_header(file, line, &path->header, error);
        else if (!(ok = read_line(path, line, &why)))
            fd_fail(error, why.status, "%s:%zu: %s", file, number, why.message);
    }
    if (ok && strcmp(path->header.story_hash, story->hash) != 0)
        ok = fd_fail(error, FD_BAD_FILE,
                     "%s was played with another version of the story %s; this one differs.", file,
                     path->header.story);
    if (ok && append_later) {
        path->file = open(file, O_WRONLY | O_APPEND | O_CLOEXEC);
        ok = path->file >= 0 && (!*torn || ftruncate(path->file, (off_t)text.length) == 0);
        if (!ok)
            fd_fail(error, FD_FAILED, "The save %s cannot be gone on with: %s.", file,
                    strerror(errno));
    }
    fd_buffer_free(&text);
    if (!ok)
        fd_path_free(path);
    return ok;
}
