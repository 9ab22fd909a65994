#define _DEFAULT_SOURCE 1 /* flock; POSIX and all */
#include "story/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "model/file.h"
#include "story/page.h"

char **fd_log_field(fd_path_header *header, size_t index, const char **name) {
    static const char *const names[FD_LOG_FIELDS] = {"story", "story_sha256", "title",       "seed",
                                                     "model", "model_sha256", "begun_sha256"};
    char **fields[FD_LOG_FIELDS] = {&header->story,     &header->story_hash, &header->title,
                                    &header->seed,      &header->model,      &header->model_hash,
                                    &header->begun_hash};
    *name = index < FD_LOG_FIELDS ? names[index] : NULL;
    return index < FD_LOG_FIELDS ? fields[index] : NULL;
}

void fd_path_header_free(fd_path_header *header) {
    const char *name;
    for (size_t i = 0; fd_log_field(header, i, &name); i++)
        free(*fd_log_field(header, i, &name));
    *header = (fd_path_header){0};
}

/* ---- writing ---- */

/* Adds a line, and frees the object. */
static bool add_line(fd_buffer *lines, cJSON *json, fd_error *error) {
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    bool ok = text ? fd_buffer_addf(lines, error, "%s\n", text) : fd_fail_memory(error, "a save");
    cJSON_free(text);
    cJSON_Delete(json);
    return ok;
}

static bool append(int file, const fd_buffer *lines, fd_error *error) {
    off_t before = lseek(file, 0, SEEK_END);
    if (fd_file_write(file, fd_buffer_text(lines), lines->length) &&
        (fsync(file) == 0 || errno == EINVAL))
        return true;
    fd_fail(error, FD_FAILED, "The save could not be written: %s.", strerror(errno));
    if (before >= 0)
        (void)!ftruncate(file, before); /* else reading drops the torn line */
    return false;
}

static bool append_line(int file, cJSON *json, fd_error *error) {
    fd_buffer line = FD_BUFFER(FD_SAVE_MOST);
    bool ok = add_line(&line, json, error) && append(file, &line, error);
    fd_buffer_free(&line);
    return ok;
}

static double number_of(size_t step) {
    return step == FD_NO_STEP ? 0.0 : (double)step + 1.0;
}

static cJSON *turn_line(const fd_turn *turn, const fd_story *story, bool beside, size_t parent) {
    cJSON *json = fd_turn_write(turn, story);
    if (beside)
        cJSON_AddNumberToObject(json, "under", number_of(parent));
    return json;
}

static cJSON *go_line(size_t step) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "go", number_of(step));
    return json;
}

static cJSON *pin_line(const char *facts) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "pin", facts);
    return json;
}

bool fd_log_turn(int file, const fd_turn *turn, const fd_story *story, bool beside, size_t parent,
                 fd_error *error) {
    return file < 0 || append_line(file, turn_line(turn, story, beside, parent), error);
}

bool fd_log_go(int file, size_t step, fd_error *error) {
    return file < 0 || append_line(file, go_line(step), error);
}

bool fd_log_pin(int file, const char *facts, fd_error *error) {
    return file < 0 || append_line(file, pin_line(facts), error);
}

static cJSON *header_line(const fd_path_header *header) {
    fd_path_header from = *header;
    const char *name;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "feverdream", 1);
    for (size_t i = 0; fd_log_field(&from, i, &name); i++) {
        const char *text = *fd_log_field(&from, i, &name);
        if (i < FD_LOG_NEEDED || (text && *text))
            cJSON_AddStringToObject(json, name, text);
    }
    return json;
}

static size_t later_than(const fd_path *path, size_t step) {
    return step == FD_NO_STEP ? path->later : path->steps[step].later;
}

/* Whether more than one turn was told after a step. */
static bool is_fork(const fd_path *path, size_t step) {
    size_t ways = 0;
    for (size_t i = 0; i < path->step_count; i++)
        ways += path->steps[i].parent == step;
    return ways > 1;
}

bool fd_path_write(const fd_path *path, fd_buffer *lines, fd_error *error) {
    bool ok = add_line(lines, header_line(&path->header), error);
    size_t here = FD_NO_STEP;
    for (size_t i = 0; ok && i < path->step_count; here = i++) {
        const fd_step *step = &path->steps[i];
        ok = add_line(lines, turn_line(step->turn, path->story, step->parent != here, step->parent),
                      error);
    }
    /* Standing on every turn that was last left makes redoing lead there again: those after a fork,
     * from the last fork to the first. */
    for (size_t i = path->step_count + 1; ok && i-- > 0;) {
        size_t fork = i ? i - 1 : FD_NO_STEP;
        if (is_fork(path, fork))
            ok = add_line(lines, go_line(here = later_than(path, fork)), error);
    }
    if (ok && path->here != here)
        ok = add_line(lines, go_line(path->here), error);
    return ok && (!path->pinned || add_line(lines, pin_line(path->pinned), error));
}

static bool lock(int file, const char *name, fd_error *error) {
    if (flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return true; /* a file system that has no locks is played on, too */
    return fd_fail(error, FD_FAILED, "%s is being played by another Feverdream right now.", name);
}

bool fd_path_create(fd_path *path, const fd_story *story, const char *file, fd_error *error) {
    fd_buffer lines = FD_BUFFER(FD_SAVE_MOST);
    path->story = story;
    path->file = open(file, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (path->file < 0)
        return fd_fail(error, FD_FAILED, "The save %s cannot be begun: %s.", file, strerror(errno));
    bool ok = lock(path->file, file, error) && fd_path_write(path, &lines, error) &&
              append(path->file, &lines, error);
    fd_buffer_free(&lines);
    if (ok)
        fd_file_sync_name(file);
    else
        (void)unlink(file); /* half a header would be taken for the latest save */
    return ok;
}

/* ---- reading ---- */

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
    for (size_t i = 0; ok && fd_log_field(header, i, &name); i++) {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
        if (!text && i >= FD_LOG_NEEDED)
            text = "";
        ok = text ? (*fd_log_field(header, i, &name) = fd_copy_text(text, error)) != NULL
                  : fd_fail(error, FD_BAD_FILE, "%s:1: the header should have a text \"%s\".", file,
                            name);
    }
    cJSON_Delete(json);
    if (!ok)
        fd_path_header_free(header);
    return ok;
}

bool fd_log_read(const char *file, fd_buffer *text, bool *page, bool *torn, fd_error *error) {
    *page = *torn = false;
    if (!fd_file_read(file, text, error))
        return false;
    *page = fd_page_is(fd_buffer_text(text));
    if (*page && !fd_page_unpack(text))
        return fd_fail(error, FD_BAD_FILE, "%s: expected a page with a saved story inside.", file);
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
    fd_buffer text = FD_BUFFER(FD_SAVE_MOST);
    bool page, torn, ok = fd_log_read(file, &text, &page, &torn, error);
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
    if (fd_action_is_free(action))
        return before->choice_count > 0;
    return action->kind == FD_ACT_ANSWER ||
           (action->choice < before->choice_count &&
            before->choices[action->choice].typed == (action->kind == FD_ACT_TYPE));
}

/* The step a number in a line means. */
static bool read_step(const fd_path *path, const cJSON *number, const char *key, size_t *step,
                      fd_error *error) {
    if (!cJSON_IsNumber(number) || number->valuedouble != (double)number->valueint ||
        number->valueint < 0 || (size_t)number->valueint > path->step_count)
        return fd_fail(error, FD_BAD_FILE, "\"%s\" should be the number of an earlier turn.", key);
    *step = number->valueint == 0 ? FD_NO_STEP : (size_t)number->valueint - 1;
    return true;
}

static bool read_take_back(fd_path *path, const cJSON *back, fd_error *error) {
    if (!cJSON_IsNumber(back) || back->valueint < 0 || (size_t)back->valueint > path->count)
        return fd_fail(error, FD_BAD_FILE, "\"take_back\" should be a number of earlier turns.");
    return fd_path_take_back(path, (size_t)back->valueint, error);
}

static bool read_turn(fd_path *path, const cJSON *json, fd_error *error) {
    const cJSON *under = cJSON_GetObjectItemCaseSensitive(json, "under");
    size_t parent = path->here;
    if (under && !read_step(path, under, "under", &parent, error))
        return false;
    fd_turn *turn = fd_alloc(1, sizeof *turn, "a turn", error);
    if (!turn || !fd_turn_read(json, path->story, turn, error)) {
        free(turn);
        return false;
    }
    if (follows(parent == FD_NO_STEP ? NULL : path->steps[parent].turn, &turn->action))
        return fd_path_add_under(path, parent, turn, error);
    fd_turn_free(turn);
    free(turn);
    return fd_fail(error, FD_BAD_FILE, "The turn before it offers no such action.");
}

/* One line after the header. */
static bool read_line(fd_path *path, const char *line, fd_error *error) {
    cJSON *json = cJSON_Parse(line);
    const cJSON *back = cJSON_GetObjectItemCaseSensitive(json, "take_back");
    const cJSON *go = cJSON_GetObjectItemCaseSensitive(json, "go");
    const cJSON *pin = cJSON_GetObjectItemCaseSensitive(json, "pin");
    size_t step;
    bool ok;
    if (back)
        ok = read_take_back(path, back, error);
    else if (go)
        ok = read_step(path, go, "go", &step, error) && fd_path_go(path, step, error);
    else if (pin)
        ok = cJSON_IsString(pin) ? fd_path_pin(path, pin->valuestring, error)
                                 : fd_fail(error, FD_BAD_FILE, "\"pin\" should be a text.");
    else
        ok = read_turn(path, json, error);
    cJSON_Delete(json);
    return ok;
}

int fd_path_lock(const char *file, fd_error *error) {
    int handle = open(file, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (handle < 0)
        fd_fail(error, FD_FAILED, "The save %s cannot be gone on with: %s.", file, strerror(errno));
    else if (lock(handle, file, error))
        return handle;
    if (handle >= 0)
        close(handle);
    return -1;
}

/* Reads what the lines say into a path that is not yet kept. */
static bool read_all(fd_path *path, const char *file, fd_buffer *text, fd_error *error) {
    bool ok = true;
    size_t number = 0;
    for (char *line = text->data, *end; ok && line < text->data + text->length; line = end + 1) {
        fd_error why = {FD_OK, ""};
        end = strchr(line, '\n');
        *end = '\0';
        if (number++ == 0)
            ok = parse_header(file, line, &path->header, error);
        else if (!(ok = read_line(path, line, &why)))
            fd_fail(error, why.status, "%s:%zu: %s", file, number, why.message);
    }
    return ok;
}

bool fd_path_open(fd_path *path, const fd_story *story, const char *file, bool append_later,
                  bool *torn, fd_error *error) {
    fd_buffer text = FD_BUFFER(FD_SAVE_MOST);
    int handle = -1;
    *path = FD_PATH;
    path->story = story;
    if (append_later && (handle = fd_path_lock(file, error)) < 0)
        return false;
    bool page, ok = fd_log_read(file, &text, &page, torn, error);
    if (ok && append_later && page)
        ok = fd_fail(error, FD_USAGE,
                     "%s is a page to be read; it can be replayed, but not gone on with.", file);
    ok = ok && read_all(path, file, &text, error);
    if (ok && strcmp(path->header.story_hash, story->hash) != 0)
        ok = fd_fail(error, FD_BAD_FILE,
                     "%s was played with another version of \"%s\" than the one that is here now.",
                     file, path->header.title);
    path->file = handle;
    if (ok && append_later && *torn && ftruncate(handle, (off_t)text.length) != 0)
        ok = fd_fail(error, FD_FAILED, "The save %s cannot be gone on with: %s.", file,
                     strerror(errno));
    fd_buffer_free(&text);
    if (!ok)
        fd_path_free(path);
    return ok;
}
