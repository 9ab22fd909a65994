#include "story/twee.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "model/file.h"

#define ESCAPED "\\[]{}" /* what a backslash must protect in names and tags */
#define BLANK " \t"

typedef struct reader {
    fd_twee *twee;
    const char *source; /* the file that is read */
    size_t first;       /* passage of the file */
    size_t line;
    fd_error *error;
} reader;

bool fd_twee_fail(fd_error *error, const char *source, size_t line, const char *format, ...) {
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return fd_fail(error, FD_BAD_FILE, "%s:%zu: %s", source, line, message);
}

/* Copies the text without carriage returns at line ends, refusing what no story may hold. */
static bool clean(const char *source, const char *text, size_t length, fd_buffer *into,
                  fd_error *error) {
    size_t line = 1;
    bool ok = fd_buffer_add(into, "", 0, error);
    for (size_t at = 0; ok && at < length;) {
        utf8proc_int32_t code = 0;
        utf8proc_ssize_t width = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                  (utf8proc_ssize_t)(length - at), &code);
        if (width <= 0)
            return fd_twee_fail(error, source, line, "The text is not valid UTF-8 here.");
        bool line_end = code == '\r' && at + 1 < length && text[at + 1] == '\n';
        bool mark = code == 0xfeff && at == 0;
        bool control = (code < 0x20 && !strchr("\t\n", code)) || (code >= 0x7f && code < 0xa0);
        if ((control && !line_end) || code == 0)
            return fd_twee_fail(error, source, line,
                                "There is a control character (U+%04X) where text was expected.",
                                (unsigned)code);
        if (!line_end && !mark)
            ok = fd_buffer_add(into, text + at, (size_t)width, error);
        line += code == '\n';
        at += (size_t)width;
    }
    return ok;
}

/* Where the first of `wanted` without a backslash before it stands, or `length`. */
static size_t find_plain(const char *text, size_t length, const char *wanted) {
    size_t at = 0;
    while (at < length && !strchr(wanted, text[at]))
        at += text[at] == '\\' ? 2 : 1;
    return at < length ? at : length;
}

/* A name without its backslashes and the blanks around it. */
static char *decode(reader *self, const char *text, size_t length) {
    fd_buffer name = FD_BUFFER(length);
    bool ok = fd_buffer_add(&name, "", 0, self->error);
    for (size_t at = 0; ok && at < length; at++) {
        if (text[at] == '\\' && ++at == length)
            ok = fd_twee_fail(self->error, self->source, self->line,
                              "The header is cut short after a backslash.");
        else if (name.length || !strchr(BLANK, text[at]))
            ok = fd_buffer_add(&name, text + at, 1, self->error);
    }
    while (ok && name.length && strchr(BLANK, name.data[name.length - 1]))
        name.data[--name.length] = '\0';
    if (!ok)
        fd_buffer_free(&name);
    return name.data;
}

static bool add_tags(reader *self, const char *text, size_t length, fd_passage *passage) {
    size_t capacity = 0;
    for (size_t at = 0; at < length;) {
        size_t wide = 0;
        while (at + wide < length && !strchr(BLANK, text[at + wide]))
            wide++;
        if (wide) {
            char *tag = decode(self, text + at, wide);
            if (!tag || !fd_grow((void **)&passage->tags, &capacity, passage->tag_count + 1,
                                 sizeof *passage->tags, "a passage's tags", self->error)) {
                free(tag);
                return false;
            }
            passage->tags[passage->tag_count++] = tag;
        }
        at += wide + 1;
    }
    return true;
}

static bool add_metadata(reader *self, const char *text, size_t length, fd_passage *passage) {
    while (length && strchr(BLANK, text[length - 1]))
        length--;
    fd_buffer copy = FD_BUFFER(length);
    if (!fd_buffer_add(&copy, text, length, self->error))
        return false;
    passage->metadata = copy.data;
    cJSON *json = cJSON_ParseWithOpts(copy.data, NULL, true);
    bool ok = cJSON_IsObject(json);
    cJSON_Delete(json);
    return ok || fd_twee_fail(self->error, self->source, self->line,
                              "The header ends in '{', but what follows is no JSON object such as "
                              "{\"position\":\"600,400\"}; a brace in a name is written \"\\{\".");
}

static bool read_header(reader *self, const char *line, size_t length, fd_passage *passage) {
    const char *source = passage->source = self->source;
    passage->line = self->line;
    size_t at = 2 + find_plain(line + 2, length - 2, "[]{}");
    if (!(passage->name = decode(self, line + 2, at - 2)))
        return false;
    if (!*passage->name)
        return fd_twee_fail(self->error, source, self->line,
                            "The passage has no name; expected \":: Name\".");
    if (at < length && line[at] == '[') {
        size_t tags = at + 1, end = tags + find_plain(line + tags, length - tags, "[]{}");
        if (end == length || line[end] != ']')
            return fd_twee_fail(self->error, source, self->line,
                                "The header is cut short: expected tags and then ']'.");
        if (!add_tags(self, line + tags, end - tags, passage))
            return false;
        at = end + 1;
    }
    while (at < length && strchr(BLANK, line[at]))
        at++;
    if (at < length && line[at] == '{')
        return add_metadata(self, line + at, length - at, passage);
    return at == length ||
           fd_twee_fail(self->error, source, self->line,
                        "Expected \":: Name [tags] {metadata}\"; a bracket or brace in a name is "
                        "written with a backslash before it.");
}

void fd_passage_free(fd_passage *passage) {
    for (size_t i = 0; i < passage->tag_count; i++)
        free(passage->tags[i]);
    free(passage->tags);
    free(passage->name);
    free(passage->metadata);
    free(passage->text);
    *passage = (fd_passage){0};
}

bool fd_twee_header(const char *source, size_t line, const char *text, size_t length,
                    fd_passage *passage, fd_error *error) {
    fd_twee twee = {.source = (char *)source};
    reader self = {&twee, source, 0, line, error};
    *passage = (fd_passage){0};
    return read_header(&self, text, length, passage);
}

static bool add_passage(reader *self, const char *line, size_t length) {
    fd_twee *twee = self->twee;
    if (twee->count == FD_TWEE_PASSAGES)
        return fd_twee_fail(self->error, self->source, self->line,
                            "A story holds at most %d passages.", FD_TWEE_PASSAGES);
    fd_passage passage = {0};
    bool ok = read_header(self, line, length, &passage);
    const fd_passage *other = ok ? fd_twee_find(twee, passage.name) : NULL;
    if (other)
        ok = fd_twee_fail(self->error, self->source, self->line,
                          "There is a passage \"%s\" in line %zu%s%s already; names must differ.",
                          passage.name, other->line, other->source == self->source ? "" : " of ",
                          other->source == self->source ? "" : other->source);
    ok = ok && fd_grow((void **)&twee->passages, &twee->capacity, twee->count + 1,
                       sizeof *twee->passages, "a story's passages", self->error);
    if (ok)
        twee->passages[twee->count++] = passage;
    else
        fd_passage_free(&passage);
    return ok;
}

/* Whether it is nothing but blanks and comments. */
static bool says_nothing(const char *text, size_t length) {
    static const char *const comments[][2] = {{"/*", "*/"}, {"<!--", "-->"}};
    const char *end = text + length;
    for (;;) {
        const char *close = NULL;
        while (text < end && strchr(BLANK "\n", *text))
            text++;
        for (size_t i = 0; i < sizeof comments / sizeof comments[0]; i++)
            if (strncmp(text, comments[i][0], strlen(comments[i][0])) == 0 &&
                (close = strstr(text, comments[i][1])) != NULL)
                close += strlen(comments[i][1]);
        if (!close || close > end)
            return text == end;
        text = close;
    }
}

/* Gives the last passage its body, or checks that what stands before the first is blank. */
static bool add_body(reader *self, const char *text, size_t length) {
    size_t end = length;
    while (end && strchr(BLANK "\n", text[end - 1]))
        end--;
    if (self->twee->count == self->first)
        return says_nothing(text, length) ||
               fd_twee_fail(self->error, self->source, 1,
                            *text == '<' ? "This is a page, not Twee; expected what Twine writes "
                                           "by Build, \"Export As Twee\"."
                                         : "There is text before the first passage; expected a "
                                           "header such as \":: Start\".");
    if (end)
        while (end < length && text[end] != '\n')
            end++;
    fd_buffer body = FD_BUFFER(end);
    bool ok = fd_buffer_add(&body, text, end, self->error);
    self->twee->passages[self->twee->count - 1].text = body.data;
    return ok;
}

static bool read_lines(reader *self, char *text) {
    char *body = text;
    for (char *line = text, *next; line; line = next, self->line++) {
        char *end = strchr(line, '\n');
        next = end ? end + 1 : NULL;
        if (line[0] != ':' || line[1] != ':')
            continue;
        if (!add_body(self, body, (size_t)(line - body)) ||
            !add_passage(self, line, end ? (size_t)(end - line) : strlen(line)))
            return false;
        body = next ? next : line + strlen(line);
    }
    return add_body(self, body, strlen(body));
}

bool fd_twee_add(const char *source, const char *text, size_t length, fd_twee *twee,
                 fd_error *error) {
    if (length > FD_TWEE_LIMIT)
        return fd_fail(error, FD_BAD_FILE, "%s: A story has at most %d bytes.", source,
                       FD_TWEE_LIMIT);
    char *name = fd_copy_text(source, error);
    if (!name || !fd_grow((void **)&twee->files, &twee->file_capacity, twee->file_count + 1,
                          sizeof *twee->files, "a story's files", error)) {
        free(name);
        return false;
    }
    twee->files[twee->file_count++] = name;
    fd_buffer cleaned = FD_BUFFER(FD_TWEE_LIMIT);
    reader self = {twee, name, twee->count, 1, error};
    bool ok = clean(source, text, length, &cleaned, error) && read_lines(&self, cleaned.data);
    fd_buffer_free(&cleaned);
    return ok;
}

bool fd_twee_parse(const char *source, const char *text, size_t length, fd_twee *twee,
                   fd_error *error) {
    *twee = (fd_twee){0};
    bool ok = (twee->source = fd_copy_text(source, error)) != NULL &&
              fd_twee_add(source, text, length, twee, error);
    if (!ok)
        fd_twee_free(twee);
    return ok;
}

bool fd_twee_read(const char *path, fd_twee *twee, fd_error *error) {
    *twee = (fd_twee){0};
    fd_buffer text = FD_BUFFER(FD_TWEE_LIMIT);
    bool ok = fd_file_read(path, &text, error) &&
              fd_twee_parse(path, fd_buffer_text(&text), text.length, twee, error);
    fd_buffer_free(&text);
    return ok;
}

static bool write_name(fd_buffer *into, const char *name, fd_error *error) {
    bool ok = true;
    for (; ok && *name; name++)
        ok = (!strchr(ESCAPED, *name) || fd_buffer_add(into, "\\", 1, error)) &&
             fd_buffer_add(into, name, 1, error);
    return ok;
}

static bool write_passage(const fd_passage *passage, fd_buffer *into, fd_error *error) {
    if (strncmp(passage->text, "::", 2) == 0 || strstr(passage->text, "\n::"))
        return fd_fail(error, FD_BAD_FILE,
                       "A line of \"%s\" begins with \"::\", which Twee takes for a header.",
                       passage->name);
    bool ok = fd_buffer_add_text(into, ":: ", error) && write_name(into, passage->name, error);
    for (size_t i = 0; ok && i < passage->tag_count; i++)
        ok = fd_buffer_add_text(into, i ? " " : " [", error) &&
             write_name(into, passage->tags[i], error);
    return ok && (!passage->tag_count || fd_buffer_add_text(into, "]", error)) &&
           (!passage->metadata || fd_buffer_addf(into, error, " %s", passage->metadata)) &&
           fd_buffer_add_text(into, "\n", error) &&
           fd_buffer_add_text(into, passage->text, error) &&
           fd_buffer_add_text(into, "\n\n", error);
}

bool fd_twee_write(const fd_twee *twee, fd_buffer *into, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < twee->count; i++)
        ok = write_passage(&twee->passages[i], into, error);
    return ok;
}

void fd_twee_free(fd_twee *twee) {
    for (size_t i = 0; i < twee->count; i++)
        fd_passage_free(&twee->passages[i]);
    for (size_t i = 0; i < twee->file_count; i++)
        free(twee->files[i]);
    free(twee->files);
    free(twee->passages);
    free(twee->source);
    *twee = (fd_twee){0};
}

const fd_passage *fd_twee_find(const fd_twee *twee, const char *name) {
    for (size_t i = 0; i < twee->count; i++)
        if (strcmp(twee->passages[i].name, name) == 0)
            return &twee->passages[i];
    return NULL;
}

bool fd_passage_has_tag(const fd_passage *passage, const char *tag) {
    for (size_t i = 0; i < passage->tag_count; i++)
        if (strcmp(passage->tags[i], tag) == 0)
            return true;
    return false;
}
