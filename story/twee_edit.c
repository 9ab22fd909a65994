#define _GNU_SOURCE /* memmem */
#include "story/twee_edit.h"

#include <stdlib.h>
#include <string.h>

#include "model/digest.h"
#include "model/file.h"

#define NEAR 60 /* bytes of a name that a message shows */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* ---- where passages are ---- */

static void free_spans(fd_twee_file *file) {
    for (size_t i = 0; i < file->count; i++)
        free(file->spans[i].name);
    file->count = 0;
}

/* The header text[at..end), whose line end is not part of it. */
static bool add_span(fd_twee_file *file, size_t at, size_t end, size_t line, fd_error *error) {
    const char *text = file->text.data;
    fd_passage header = {0};
    if (end > at && text[end - 1] == '\r')
        end--;
    /* What it says beside its name, and whether that is right, is not asked here. */
    (void)fd_twee_header(file->path, line, text + at, end - at, &header, NULL);
    char *name = fd_copy_text(header.name ? header.name : "", error);
    fd_passage_free(&header);
    if (!name || !fd_grow((void **)&file->spans, &file->capacity, file->count + 1,
                          sizeof *file->spans, "a story's passages", error)) {
        free(name);
        return false;
    }
    file->spans[file->count++] = (fd_twee_span){name, line, at, 0, 0};
    return true;
}

static bool find_spans(fd_twee_file *file, fd_error *error) {
    const char *text = fd_buffer_text(&file->text);
    size_t length = file->text.length, line = 1;
    size_t at = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    free_spans(file);
    for (; at < length; line++) {
        const char *found = memchr(text + at, '\n', length - at);
        size_t end = found ? (size_t)(found - text) : length;
        size_t next = found ? end + 1 : length;
        if (end - at >= 2 && text[at] == ':' && text[at + 1] == ':') {
            if (file->count)
                file->spans[file->count - 1].end = at;
            if (!add_span(file, at, end, line, error))
                return false;
            file->spans[file->count - 1].body = next;
        }
        at = next;
    }
    if (file->count)
        file->spans[file->count - 1].end = length;
    return true;
}

bool fd_twee_file_parse(const char *path, const char *text, size_t length, fd_twee_file *file,
                        fd_error *error) {
    fd_digest digest;
    *file = (fd_twee_file){.text = FD_BUFFER(FD_TWEE_LIMIT)};
    bool ok = length <= FD_TWEE_LIMIT ||
              fd_fail(error, FD_BAD_FILE, "%s: A story has at most %d bytes.", path, FD_TWEE_LIMIT);
    ok = ok && (file->path = fd_copy_text(path, error)) != NULL &&
         fd_buffer_add(&file->text, text, length, error) &&
         fd_digest_of(text, length, &digest, error) && find_spans(file, error);
    if (ok)
        fd_digest_hex(&digest, file->hash);
    else
        fd_twee_file_free(file);
    return ok;
}

bool fd_twee_file_read(const char *path, fd_twee_file *file, fd_error *error) {
    fd_buffer text = FD_BUFFER(FD_TWEE_LIMIT);
    *file = (fd_twee_file){0};
    bool ok = fd_file_read(path, &text, error) &&
              fd_twee_file_parse(path, fd_buffer_text(&text), text.length, file, error);
    fd_buffer_free(&text);
    return ok;
}

void fd_twee_file_free(fd_twee_file *file) {
    free_spans(file);
    free(file->spans);
    free(file->path);
    fd_buffer_free(&file->text);
    *file = (fd_twee_file){0};
}

const fd_twee_span *fd_twee_file_find(const fd_twee_file *file, const char *name, size_t *found,
                                      fd_error *error) {
    const fd_twee_span *first = NULL;
    *found = 0;
    for (size_t i = 0; i < file->count; i++) {
        const fd_twee_span *span = &file->spans[i];
        if (strcmp(span->name, name) != 0)
            continue;
        if (++*found == 1)
            first = span;
        else if (*found == 2)
            (void)fd_twee_fail(error, file->path, span->line,
                               "There is a passage \"%s\" in line %zu already; which one is meant "
                               "cannot be told.",
                               name, first->line);
    }
    return *found == 1 ? first : NULL;
}

static const fd_twee_span *find_one(const fd_twee_file *file, const char *name, fd_error *error) {
    size_t found;
    const fd_twee_span *span = fd_twee_file_find(file, name, &found, error);
    if (!found)
        (void)fd_fail(error, FD_USAGE, "%s: There is no passage \"%.*s\".", file->path, NEAR, name);
    return span;
}

/* ---- changing bytes ---- */

/* text[at..at + without) becomes `bytes`; everything else stays. */
static bool splice(fd_twee_file *file, size_t at, size_t without, const char *bytes, size_t length,
                   fd_error *error) {
    fd_buffer text = FD_BUFFER(FD_TWEE_LIMIT);
    const char *old = fd_buffer_text(&file->text);
    bool ok = fd_buffer_add(&text, old, at, error) && fd_buffer_add(&text, bytes, length, error) &&
              fd_buffer_add(&text, old + at + without, file->text.length - at - without, error);
    if (!ok) {
        fd_buffer_free(&text);
        return false;
    }
    fd_buffer_free(&file->text);
    file->text = text;
    return find_spans(file, error);
}

/* The line end that the file uses: that of its first line. */
static const char *line_end(const fd_twee_file *file) {
    const char *text = fd_buffer_text(&file->text);
    const char *end = file->text.length ? memchr(text, '\n', file->text.length) : NULL;
    return end && end > text && end[-1] == '\r' ? "\r\n" : "\n";
}

/* Adds a text with that line end. */
static bool add_lines(fd_buffer *into, const char *text, const char *end, fd_error *error) {
    bool ok = true;
    for (; ok && *text; text++)
        ok = *text == '\n' ? fd_buffer_add_text(into, end, error)
                           : fd_buffer_add(into, text, 1, error);
    return ok;
}

bool fd_twee_file_append(fd_twee_file *file, const fd_passage *passage, fd_buffer *added,
                         fd_error *error) {
    size_t found;
    (void)fd_twee_file_find(file, passage->name, &found, NULL);
    if (found)
        return fd_fail(error, FD_USAGE, "%s: There is a passage \"%.*s\" already.", file->path,
                       NEAR, passage->name);
    fd_buffer written = FD_BUFFER(FD_TWEE_LIMIT);
    fd_passage copy = *passage;
    const fd_twee one = {.passages = &copy, .count = 1};
    const char *text = fd_buffer_text(&file->text), *end = line_end(file);
    size_t length = file->text.length, breaks = 0;
    for (size_t at = length; at && is_blank(text[at - 1]); at--)
        breaks += text[at - 1] == '\n';
    bool ok = fd_twee_write(&one, &written, error);
    if (ok) /* one line end, not the blank line fd_twee_write leaves for a next passage */
        written.data[--written.length] = '\0';
    for (; ok && length && breaks < 2; breaks++)
        ok = fd_buffer_add_text(added, end, error);
    ok = ok && add_lines(added, fd_buffer_text(&written), end, error) &&
         splice(file, length, 0, added->data, added->length, error);
    fd_buffer_free(&written);
    return ok;
}

/* Where the line that holds text[at] ends, before its line end. */
static size_t end_of_line(const char *text, size_t at, size_t to) {
    size_t end = at;
    while (end < to && text[end] != '\n')
        end++;
    return end > at && text[end - 1] == '\r' ? end - 1 : end;
}

bool fd_twee_file_add_line(fd_twee_file *file, const char *name, const char *line, fd_buffer *added,
                           fd_error *error) {
    const fd_twee_span *span = find_one(file, name, error);
    if (!span)
        return false;
    const char *text = file->text.data, *end = line_end(file);
    size_t words = span->body;
    for (size_t i = span->body; i < span->end; i++)
        words = is_blank(text[i]) ? words : i + 1;
    bool empty = words == span->body;
    bool link = words - span->body >= 2 && memcmp(text + words - 2, "]]", 2) == 0;
    size_t at = empty ? span->body : end_of_line(text, words, span->end);
    /* An empty passage whose header ends the file has no line to stand on yet. */
    bool open = !empty || text[span->body - 1] != '\n';
    bool ok = (!open || fd_buffer_add_text(added, end, error)) &&
              (empty || link || fd_buffer_add_text(added, end, error)) &&
              fd_buffer_add_text(added, line, error) &&
              (open || fd_buffer_add_text(added, end, error));
    return ok && splice(file, at, 0, added->data, added->length, error);
}

bool fd_twee_file_swap(fd_twee_file *file, const char *bytes, const char *instead,
                       fd_error *error) {
    const char *text = fd_buffer_text(&file->text);
    size_t length = strlen(bytes);
    const char *first = length ? memmem(text, file->text.length, bytes, length) : NULL;
    size_t at = first ? (size_t)(first - text) : 0;
    if (!first || memmem(first + 1, file->text.length - at - 1, bytes, length))
        return fd_fail(error, FD_FAILED,
                       "%s: What was written there does not stand there any more as it was.",
                       file->path);
    return splice(file, at, length, instead, strlen(instead), error);
}

bool fd_twee_file_set_text(fd_twee_file *file, const char *name, const char *text,
                           fd_error *error) {
    const fd_twee_span *span = find_one(file, name, error);
    if (!span)
        return false;
    fd_buffer lines = FD_BUFFER(FD_TWEE_LIMIT);
    size_t to = span->end;
    while (to > span->body && is_blank(file->text.data[to - 1]))
        to--;
    bool header = file->text.data[span->body - 1] == '\n';
    bool ok = (strncmp(text, "::", 2) != 0 && !strstr(text, "\n::")) ||
              fd_fail(error, FD_BAD_FILE,
                      "A line of \"%.*s\" begins with \"::\", which Twee takes for a header.", NEAR,
                      name);
    ok = ok && (header || fd_buffer_add_text(&lines, line_end(file), error)) &&
         add_lines(&lines, text, line_end(file), error) &&
         splice(file, span->body, to - span->body, fd_buffer_text(&lines), lines.length, error);
    fd_buffer_free(&lines);
    return ok;
}

bool fd_twee_name_check(const char *name, fd_error *error) {
    size_t length = strlen(name);
    if (!length || is_blank(name[0]) || is_blank(name[length - 1]))
        return fd_fail(error, FD_USAGE,
                       "A passage's name is not empty and has no blanks at its ends.");
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < 0x20 || strchr("[]{}|\\<>\"", *at))
            return fd_fail(error, FD_USAGE,
                           "A passage's name that links can lead to has no quotes, brackets, "
                           "braces, bars, backslashes, angle brackets or controls: \"%.*s\" has.",
                           NEAR, name);
    return true;
}
