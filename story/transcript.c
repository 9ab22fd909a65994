#include "story/transcript.h"

#include <ctype.h>
#include <string.h>

#include "story/page.h"

/* What a run of text is: one of the voices, or */
enum { DEED = FD_EDITED + 1, QUESTION, HEADING, NOTE, RUNS };

typedef struct writer {
    fd_transcript_format format;
    fd_buffer *into;
    fd_error *error;
    bool open; /* a paragraph is */
} writer;

bool fd_transcript_named(const char *name, fd_transcript_format *format, fd_error *error) {
    static const char *const names[] = {"text", "markdown", "html"};
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            *format = (fd_transcript_format)i;
            return true;
        }
    return fd_fail(error, FD_USAGE, "A format is text, markdown or html, not \"%s\".", name);
}

const char *fd_transcript_ending(fd_transcript_format format) {
    static const char *const endings[] = {".txt", ".md", ".html"};
    return endings[format];
}

static bool add(writer *self, const char *text) {
    return fd_buffer_add_text(self->into, text, self->error);
}

/* ---- characters ---- */

/* What stands for a character in the format, or NULL for itself. */
static const char *html_of(char c) {
    return c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : NULL;
}

/* Whether Markdown would take a character for its own; at the start of a line it takes more. */
static bool is_marked_up(const char *text, size_t at) {
    if (strchr("\\`*_[]<>#&|", text[at]))
        return true;
    if (at == 0)
        return strchr("-+=~", text[at]) != NULL;
    bool numbered = text[at] == '.' || text[at] == ')';
    for (size_t i = 0; numbered && i < at; i++)
        numbered = isdigit((unsigned char)text[i]);
    return numbered;
}

static bool add_characters(writer *self, const char *text, size_t length) {
    bool ok = true;
    for (size_t i = 0; ok && i < length; i++) {
        const char *instead = self->format == FD_TRANSCRIPT_HTML ? html_of(text[i]) : NULL;
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            instead = " "; /* a control character tells nothing */
        else if (self->format == FD_TRANSCRIPT_MARKDOWN && is_marked_up(text, i))
            ok = add(self, "\\");
        ok = ok &&
             (instead ? add(self, instead) : fd_buffer_add(self->into, text + i, 1, self->error));
    }
    return ok;
}

/* ---- runs and paragraphs ---- */

static const struct {
    const char *before[3], *after[3];
} marks[RUNS] = {[FD_AUTHORED] = {{"", "", ""}, {"", "", ""}},
                 [FD_DREAMED] = {{"", "*", "<span class=\"dreamed\">"}, {"", "*", "</span>"}},
                 [FD_PLAYER] = {{"", "**", "<span class=\"player\">"}, {"", "**", "</span>"}},
                 [FD_EDITED] = {{"", "*", "<span class=\"edited\">"},
                                {" [rewritten]", "* \\[rewritten\\]", "</span>"}},
                 [DEED] = {{"> ", "> ", "<span class=\"deed\">"}, {"", "", "</span>"}},
                 [QUESTION] = {{"", "", "<span class=\"question\">"}, {"", "", "</span>"}},
                 [HEADING] = {{"", "# ", ""}, {"", "", ""}},
                 [NOTE] = {{"", "", "<span class=\"note\">"}, {"", "", "</span>"}}};

static bool begin_paragraph(writer *self) {
    self->open = true;
    return add(self, self->format == FD_TRANSCRIPT_HTML ? "<p>" : "");
}

static bool end_paragraph(writer *self) {
    if (!self->open)
        return true;
    self->open = false;
    return add(self, self->format == FD_TRANSCRIPT_HTML ? "</p>\n" : "\n\n");
}

static bool break_line(writer *self) {
    static const char *const breaks[] = {"\n", "\\\n", "<br>\n"};
    return !self->open || add(self, breaks[self->format]);
}

/* Adds text without newlines. Blank space around it stands outside of its marks. */
static bool add_run(writer *self, int kind, const char *text, size_t length) {
    size_t from = 0, to = length;
    while (from < to && text[from] == ' ')
        from++;
    while (to > from && text[to - 1] == ' ')
        to--;
    if (from == to)
        return true;
    bool ok = self->open ? from == 0 || add(self, " ") : begin_paragraph(self);
    return ok && add(self, marks[kind].before[self->format]) &&
           add_characters(self, text + from, to - from) &&
           add(self, marks[kind].after[self->format]) && (to == length || add(self, " "));
}

static bool add_text(writer *self, int kind, const char *text) {
    bool ok = true;
    while (ok && *text) {
        size_t length = strcspn(text, "\n"), lines = strspn(text + length, "\n");
        ok = add_run(self, kind, text, length) &&
             (lines == 0 || (lines == 1 ? break_line(self) : end_paragraph(self)));
        text += length + lines;
    }
    return ok;
}

static bool add_paragraph(writer *self, int kind, const char *text) {
    return !*text || (end_paragraph(self) && add_text(self, kind, text) && end_paragraph(self));
}

/* ---- the story ---- */

static bool add_turn(writer *self, const fd_turn *before, const fd_turn *turn) {
    bool ok = add_paragraph(self, DEED, fd_turn_deed(turn, before));
    for (size_t i = 0; ok && i < turn->stretch_count; i++)
        ok = add_text(self, (int)turn->stretches[i].voice, turn->stretches[i].text);
    return ok && end_paragraph(self) &&
           (!turn->question || add_paragraph(self, QUESTION, turn->question->question));
}

/* Where the story comes from. */
static bool add_origin(writer *self, const fd_path_header *header) {
    fd_buffer note = FD_BUFFER(1 << 16);
    bool ok = fd_buffer_addf(&note, self->error, "Seed %s. Story SHA-256 %s.", header->seed,
                             header->story_hash);
    if (ok && *header->model)
        ok = fd_buffer_addf(&note, self->error, "\nDreamed by the model %s, SHA-256 %s.",
                            header->model, header->model_hash);
    if (ok && self->format == FD_TRANSCRIPT_HTML)
        ok = fd_buffer_add_text(&note,
                                "\nThis page holds the whole path: \"feverdream replay PAGE "
                                "--verify\" tells it again and compares every word.",
                                self->error);
    ok = ok && add_paragraph(self, NOTE, fd_buffer_text(&note));
    fd_buffer_free(&note);
    return ok;
}

static bool add_story(writer *self, const fd_path *path) {
    const char *title = path->header.title;
    bool ok = self->format == FD_TRANSCRIPT_HTML
                  ? add(self, "<h1>") && add_characters(self, title, strlen(title)) &&
                        add(self, "</h1>\n")
                  : add_paragraph(self, HEADING, title);
    for (size_t i = 0; ok && i < path->count; i++)
        ok = add_turn(self, i ? path->turns[i - 1] : NULL, path->turns[i]);
    const fd_turn *last = fd_path_last(path);
    if (ok && last && last->ending)
        ok = add_paragraph(self, NOTE, "The end");
    return ok && add_origin(self, &path->header);
}

/* ---- the page ---- */

static const char style[] =
    ":root{color-scheme:light dark;--paper:#faf7f1;--ink:#26221d;--soft:#6a6157;--dream:#5b3f8c;"
    "--deed:#8a2f22;--edit:#1f5f55}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#14120f;--ink:#ddd5c8;--soft:#978d80;"
    "--dream:#b9a0e6;--deed:#e0907f;--edit:#7fc4b6}}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);font:1.125rem/1.6 Georgia,'Times New "
    "Roman',serif}\n"
    "main{max-width:34em;margin:0 auto;padding:2em 1.25em 4em;overflow-wrap:break-word}\n"
    "p{margin:0 0 1em}\n"
    "h1{font-size:2rem;font-weight:normal;line-height:1.2;margin:0 0 1em}\n"
    ".dreamed{font-style:italic;color:var(--dream)}\n"
    ".edited{font-style:italic;color:var(--edit);border-bottom:1px dotted}\n"
    ".player,.deed{color:var(--deed)}\n"
    ".deed{display:block;margin-top:2em;padding-left:1em;border-left:2px solid}\n"
    ".question{color:var(--soft)}\n"
    ".note{color:var(--soft);font-size:.8rem}\n";

static bool add_page(writer *self, const fd_path *path) {
    fd_buffer lines = FD_BUFFER((size_t)1 << 28);
    const char *title = path->header.title;
    bool ok =
        add(self, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "style-src 'unsafe-inline'\">\n<title>") &&
        add_characters(self, title, strlen(title)) && add(self, "</title>\n<style>\n") &&
        add(self, style) && add(self, "</style>\n</head>\n<body>\n<main>\n") &&
        add_story(self, path) &&
        add(self, "<p class=\"note\"><span class=\"dreamed\">Dreamed by the model</span> \xc2\xb7 "
                  "<span class=\"player\">done by the reader</span> \xc2\xb7 "
                  "<span class=\"edited\">rewritten by the reader</span></p>\n</main>\n") &&
        fd_path_write(path, &lines, self->error) &&
        fd_page_pack(fd_buffer_text(&lines), self->into, self->error) &&
        add(self, "\n</body>\n</html>\n");
    fd_buffer_free(&lines);
    return ok;
}

bool fd_transcript(const fd_path *path, fd_transcript_format format, fd_buffer *into,
                   fd_error *error) {
    writer self = {format, into, error, false};
    return format == FD_TRANSCRIPT_HTML ? add_page(&self, path) : add_story(&self, path);
}
