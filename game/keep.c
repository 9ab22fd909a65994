#define _POSIX_C_SOURCE 200809L
#include "game/keep.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "game/paths.h"
#include "model/file.h"
#include "story/label.h"

enum { JOURNAL_MOST = 200, JOURNAL_BYTES = 1 << 26 };
#define JOURNAL "preview/kept.json"

/* ---- the journal of what was kept, for taking it back ---- */

static bool read_journal(char path[PATH_MAX], cJSON **journal, fd_error *error) {
    struct stat about;
    fd_buffer text = FD_BUFFER(JOURNAL_BYTES);
    *journal = NULL;
    bool ok = fd_home_path(JOURNAL, path, error);
    if (ok && stat(path, &about) == 0) {
        ok = fd_file_read(path, &text, error);
        *journal = cJSON_Parse(fd_buffer_text(&text));
    }
    fd_buffer_free(&text);
    if (!cJSON_IsArray(*journal)) { /* none, or one that nothing can be taken back from */
        cJSON_Delete(*journal);
        *journal = cJSON_CreateArray();
    }
    return ok;
}

static bool write_journal(const char *path, const cJSON *journal, fd_error *error) {
    char *text = cJSON_PrintUnformatted(journal);
    bool ok = text ? fd_file_replace(path, text, strlen(text), error)
                   : fd_fail_memory(error, "what was kept");
    cJSON_free(text);
    return ok;
}

static bool note(cJSON *entry, fd_error *error) {
    char path[PATH_MAX];
    cJSON *journal;
    bool ok = read_journal(path, &journal, error);
    cJSON_AddItemToArray(journal, entry);
    while (cJSON_GetArraySize(journal) > JOURNAL_MOST)
        cJSON_DeleteItemFromArray(journal, 0);
    ok = ok && write_journal(path, journal, error);
    cJSON_Delete(journal);
    return ok;
}

/* ---- the file ---- */

/* Puts the text in the file's place: links are followed, its mode is kept, and a file that another
 * program changed since `before` is left alone. */
static bool write_file(const fd_twee_file *file, const char *path, const struct stat *before,
                       fd_error *error) {
    struct stat now;
    fd_replacement replacement;
    if (!fd_replace_begin(&replacement, path, error))
        return false;
    bool ok = fd_replace_add(&replacement, fd_buffer_text(&file->text), file->text.length, error);
    if (ok && (fchmod(replacement.file, before->st_mode & 07777) != 0 || stat(path, &now) != 0 ||
               now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
               now.st_mtim.tv_nsec != before->st_mtim.tv_nsec || now.st_size != before->st_size))
        ok =
            fd_fail(error, FD_FAILED,
                    "%s was changed by another program at this moment; nothing was written.", path);
    if (ok)
        return fd_replace_end(&replacement, error);
    fd_replace_cancel(&replacement);
    return false;
}

/* The file as it is on the disk now. */
static bool read_fresh(const fd_twee_file *file, char path[PATH_MAX], struct stat *about,
                       fd_twee_file *fresh, fd_error *error) {
    *fresh = (fd_twee_file){0};
    if (!realpath(file->path, path) || stat(path, about) != 0)
        return fd_fail(error, FD_FAILED, "%s is not there any more.", file->path);
    return fd_twee_file_read(file->path, fresh, error);
}

/* Whether the passage, where both have it, is the same in both. */
static bool same_passage(const fd_twee_file *a, const fd_twee_file *b, const char *name) {
    size_t found;
    const fd_twee_span *one = fd_twee_file_find(a, name, &found, NULL);
    const fd_twee_span *other = fd_twee_file_find(b, name, &found, NULL);
    if (!one || !other)
        return !one && !other;
    size_t length = one->end - one->header;
    return length == other->end - other->header &&
           memcmp(a->text.data + one->header, b->text.data + other->header, length) == 0;
}

/* Makes `fresh` one of the manuscript's files if the story still is one with it, and sound; then
 * `fresh` is the file as it was. */
static bool swap_in(fd_manuscript *manuscript, fd_twee_file *file, fd_twee_file *fresh,
                    fd_error *error) {
    fd_twee_file before = *file;
    *file = *fresh;
    *fresh = before;
    if (fd_manuscript_parse(manuscript, error))
        return true;
    before = *file;
    *file = *fresh;
    *fresh = before;
    return false;
}

/* Writes the manuscript's file, whose bytes on the disk were `old`. */
static bool put(fd_twee_file *file, const char *path, const struct stat *about,
                const fd_buffer *old, bool *backed_up, fd_error *error) {
    char backup[PATH_MAX];
    fd_twee_file same;
    bool ok = *backed_up || (fd_file_path(backup, error, "%s.bak", path) &&
                             fd_file_replace(backup, fd_buffer_text(old), old->length, error));
    ok = ok && write_file(file, path, about, error);
    if (!ok)
        return false;
    *backed_up = true;
    if (fd_twee_file_parse(file->path, fd_buffer_text(&file->text), file->text.length, &same,
                           error)) { /* for its hash */
        memcpy(file->hash, same.hash, sizeof file->hash);
        fd_twee_file_free(&same);
    }
    return true;
}

/* ---- keeping ---- */

/* Where Twine draws it: below the passage it comes from, beside those kept before. */
static void find_position(const fd_story *story, const char *from, size_t place, char *position,
                          size_t size) {
    const fd_passage *passage = fd_twee_find(&story->twee, from);
    cJSON *json = passage && passage->metadata ? cJSON_Parse(passage->metadata) : NULL;
    const cJSON *it = cJSON_GetObjectItemCaseSensitive(json, "position");
    char *end = it && cJSON_IsString(it) ? it->valuestring : NULL;
    *position = '\0';
    if (end) {
        double x = strtod(end, &end), y = *end == ',' ? strtod(end + 1, NULL) : 0.0;
        size_t links = story->targets[passage - story->twee.passages].count + place;
        if (*end == ',' && x > -1e6 && x < 1e6 && y > -1e6 && y < 1e6)
            (void)snprintf(position, size, "%.0f,%.0f", x + 125.0 * (double)links, y + 150.0);
    }
    cJSON_Delete(json);
}

/* Notes that `old` became `now` (from "": was added). */
static void note_change(cJSON *changes, const char *old, const char *now) {
    cJSON *change = cJSON_CreateObject();
    cJSON_AddStringToObject(change, "old", old);
    cJSON_AddStringToObject(change, "new", now);
    cJSON_AddItemToArray(changes, change);
}

/* A passage that was kept as an ending is none any more once a link leads on from it. */
static bool open_ending(fd_twee_file *fresh, const char *name, cJSON *changes, fd_error *error) {
    size_t found;
    fd_buffer old = FD_BUFFER(FD_TWEE_LIMIT), now = FD_BUFFER(FD_TWEE_LIMIT);
    const fd_twee_span *span = fd_twee_file_find(fresh, name, &found, NULL);
    bool ok = fd_buffer_addf(&old, error, ":: %s [dreamed ending] {", name) &&
              fd_buffer_addf(&now, error, ":: %s [dreamed] {", name);
    if (ok && span && span->body - span->header > old.length &&
        memcmp(fresh->text.data + span->header, old.data, old.length) == 0) {
        ok = fd_twee_file_swap(fresh, old.data, now.data, error);
        note_change(changes, old.data, now.data);
    }
    fd_buffer_free(&old);
    fd_buffer_free(&now);
    return ok;
}

/* Adds one passage and its link. */
static bool keep_one(const fd_story *story, const fd_keeping *one, size_t place,
                     fd_twee_file *fresh, cJSON *changes, fd_error *error) {
    char position[64];
    fd_passage passage = {0};
    fd_buffer text = FD_BUFFER(FD_TWEE_LIMIT), line = FD_BUFFER(FD_TWEE_LIMIT);
    fd_buffer link = FD_BUFFER(FD_TWEE_LIMIT);
    const fd_passage *from = fd_twee_find(&story->twee, one->from);
    const char *before = from ? fd_foreign_before_line(story->format, from->text) : "";
    find_position(story, one->from, place, position, sizeof position);
    bool ok = fd_twee_name_check(one->name, error) && fd_label_check(one->label, error) &&
              fd_kept_passage(one->making, one->draft, one->name, position, &passage, error) &&
              fd_twee_file_append(fresh, &passage, &text, error) &&
              fd_buffer_addf(&line, error, "%s[[%s->%s]]", before, one->label, one->name) &&
              fd_twee_file_add_line(fresh, one->from, fd_buffer_text(&line), &link, error);
    if (ok) {
        note_change(changes, "", fd_buffer_text(&text));
        note_change(changes, "", fd_buffer_text(&link));
        ok = open_ending(fresh, one->from, changes, error);
    }
    fd_passage_free(&passage);
    fd_buffer_free(&text);
    fd_buffer_free(&line);
    fd_buffer_free(&link);
    return ok;
}

bool fd_keep(fd_manuscript *manuscript, const fd_keeping *all, size_t count, bool *backed_up,
             fd_error *error) {
    char path[PATH_MAX];
    struct stat about;
    fd_twee_file fresh = {0};
    fd_buffer old = FD_BUFFER(FD_TWEE_LIMIT);
    fd_twee_file *file = fd_manuscript_file(manuscript, all[0].from, error);
    cJSON *entry = cJSON_CreateObject(), *names = cJSON_AddArrayToObject(entry, "names");
    cJSON *changes = cJSON_AddArrayToObject(entry, "changes");
    bool ok = file && read_fresh(file, path, &about, &fresh, error) &&
              fd_buffer_add(&old, fd_buffer_text(&fresh.text), fresh.text.length, error);
    if (ok && strcmp(file->hash, fresh.hash) != 0 && !same_passage(file, &fresh, all[0].from))
        ok = fd_fail(error, FD_FAILED,
                     "%s: \"%s\" was changed by another program since it was read; nothing was "
                     "written. Read it again first.",
                     file->path, all[0].from);
    for (size_t i = 0; ok && i < count; i++) {
        size_t found;
        const fd_passage *taken = fd_twee_find(&manuscript->story->twee, all[i].name);
        (void)fd_twee_file_find(&fresh, all[i].name, &found, NULL);
        ok = (!taken && !found) ||
             fd_fail(error, FD_USAGE, "There is a passage \"%s\" already.", all[i].name);
        ok = ok && keep_one(manuscript->story, &all[i], i, &fresh, changes, error);
        cJSON_AddItemToArray(names, cJSON_CreateString(all[i].name));
    }
    ok = ok && swap_in(manuscript, file, &fresh, error);
    if (ok && !put(file, path, &about, &old, backed_up, error)) {
        (void)swap_in(manuscript, file, &fresh, NULL);
        ok = false;
    }
    if (ok) {
        cJSON_AddStringToObject(entry, "file", path);
        ok = note(entry, error);
        entry = NULL;
    }
    cJSON_Delete(entry);
    fd_twee_file_free(&fresh);
    fd_buffer_free(&old);
    return ok;
}

/* ---- taking back ---- */

/* The journal's last entry about one of the files, or -1. */
static int find_entry(const cJSON *journal, const fd_manuscript *manuscript, size_t *file) {
    for (int i = cJSON_GetArraySize(journal) - 1; i >= 0; i--) {
        const cJSON *entry = cJSON_GetArrayItem(journal, i);
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(entry, "file");
        for (*file = 0; cJSON_IsString(name) && *file < manuscript->count; ++*file) {
            char path[PATH_MAX];
            if (realpath(manuscript->files[*file].path, path) &&
                strcmp(path, name->valuestring) == 0)
                return i;
        }
    }
    return -1;
}

static const char *text_of(const cJSON *object, const char *key) {
    const cJSON *it = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(it) ? it->valuestring : "";
}

/* Undoes an entry's changes, the last first. */
static bool take_back(fd_twee_file *fresh, const cJSON *entry, fd_buffer *names, fd_error *error) {
    const cJSON *changes = cJSON_GetObjectItemCaseSensitive(entry, "changes"), *name;
    bool ok = true, first = true;
    for (int i = cJSON_GetArraySize(changes) - 1; ok && i >= 0; i--) {
        const cJSON *change = cJSON_GetArrayItem(changes, i);
        ok = fd_twee_file_swap(fresh, text_of(change, "new"), text_of(change, "old"), error);
    }
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(entry, "names")) {
        ok = ok && fd_buffer_addf(names, error, "%s%s", first ? "" : ", ",
                                  cJSON_IsString(name) ? name->valuestring : "");
        first = false;
    }
    return ok;
}

bool fd_keep_undo(fd_manuscript *manuscript, fd_buffer *names, fd_error *error) {
    char path[PATH_MAX], own[PATH_MAX];
    struct stat about;
    cJSON *journal;
    size_t which = 0;
    fd_twee_file fresh = {0};
    fd_buffer old = FD_BUFFER(FD_TWEE_LIMIT);
    bool ok = read_journal(own, &journal, error), backed_up = false;
    int last = ok ? find_entry(journal, manuscript, &which) : -1;
    ok = ok && (last >= 0 || fd_fail(error, FD_FAILED, "Nothing kept in %s can be taken back.",
                                     manuscript->files[0].path));
    fd_twee_file *file = ok ? &manuscript->files[which] : NULL;
    ok = ok && read_fresh(file, path, &about, &fresh, error) &&
         fd_buffer_add(&old, fd_buffer_text(&fresh.text), fresh.text.length, error) &&
         take_back(&fresh, cJSON_GetArrayItem(journal, last), names, error) &&
         swap_in(manuscript, file, &fresh, error);
    if (ok && !put(file, path, &about, &old, &backed_up, error)) {
        (void)swap_in(manuscript, file, &fresh, NULL);
        ok = false;
    }
    if (ok) {
        cJSON_DeleteItemFromArray(journal, last);
        ok = write_journal(own, journal, error);
    }
    cJSON_Delete(journal);
    fd_twee_file_free(&fresh);
    fd_buffer_free(&old);
    return ok;
}

bool fd_keep_free_name(const fd_manuscript *manuscript, const char *wanted, fd_buffer *name,
                       fd_error *error) {
    bool ok = fd_buffer_add_text(name, wanted, error);
    for (size_t i = 2; ok && fd_twee_find(&manuscript->story->twee, fd_buffer_text(name)); i++) {
        fd_buffer_clear(name);
        ok = fd_buffer_addf(name, error, "%s %zu", wanted, i);
    }
    return ok;
}
