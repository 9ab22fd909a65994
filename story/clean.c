#include "story/clean.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "model/tokenizer.h"
#include "story/twee.h"

#define DASH "\xe2\x80\x94" /* U+2014 */

/* ---- characters ------------------------------------------------------------------------- */

static const struct {
    const char *from, *to;
} characters[] = {
    {"\xe2\x80\x9c", "\""},
    {"\xe2\x80\x9d", "\""},
    {"\xe2\x80\x9e", "\""},
    {"\xe2\x80\x9f", "\""},
    {"\xc2\xab", "\""},
    {"\xc2\xbb", "\""},
    {"\xe2\x80\x98", "'"},
    {"\xe2\x80\x99", "'"},
    {"\xe2\x80\x9a", "'"},
    {"\xe2\x80\x9b", "'"},
    {"\xe2\x80\xa6", "..."},
    {"\xe2\x80\x90", "-"},
    {"\xe2\x80\x91", "-"},
    {"\xe2\x80\x93", DASH},
    {"\xe2\x80\x95", DASH},
    {"\xef\xac\x81", "fi"},
    {"\xef\xac\x82", "fl"},
    {"\xc2\xa0", " "},
    {"\xe2\x80\xaf", " "},
    {"\xe3\x80\x80", " "},
    {"\xe2\x80\xa8", "\n"},
    {"\xe2\x80\xa9", "\n"},
    {"\xc2\xad", ""},
    {"\xef\xbb\xbf", ""},
    {"\t", " "},
    {"\r", ""},
    {"&amp;", "&"},
    {"&quot;", "\""},
    {"&apos;", "'"},
    {"&#39;", "'"},
    {"&nbsp;", " "},
    {"&mdash;", DASH},
    {"&ndash;", DASH},
    {"&hellip;", "..."},
    {"&lt;", "<"},
    {"&gt;", ">"},
    {"&ldquo;", "\""},
    {"&rdquo;", "\""},
    {"&lsquo;", "'"},
    {"&rsquo;", "'"},
};

static bool at_text(const char *text, size_t length, size_t at, const char *here) {
    size_t wide = strlen(here);
    return length - at >= wide && memcmp(text + at, here, wide) == 0;
}

/* The width of what text[at] begins with, and what it becomes. */
static size_t replaced(const char *text, size_t length, size_t at, const char **by) {
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++)
        if (at_text(text, length, at, characters[i].from)) {
            *by = characters[i].to;
            return strlen(characters[i].from);
        }
    bool range = at_text(text, length, at, "\xe2\x80") && length - at > 2;
    unsigned char last = range ? (unsigned char)text[at + 2] : 0;
    *by = range && last <= 0x8a ? " " : "";
    if (range && last < 0x90) /* spaces, then invisible marks */
        return 3;
    return (unsigned char)text[at] < ' ' && text[at] != '\n' ? 1 : 0;
}

/* Between digits an en dash is a hyphen. */
static bool spans_numbers(const char *text, size_t length, size_t at) {
    return at_text(text, length, at, "\xe2\x80\x93") && at > 0 && length - at > 3 &&
           isdigit((unsigned char)text[at - 1]) && isdigit((unsigned char)text[at + 3]);
}

static bool plain_characters(const char *text, size_t length, fd_buffer *into, fd_error *error) {
    bool ok = true;
    for (size_t at = 0; ok && at < length;) {
        const char *by;
        size_t hyphens = 0, wide = replaced(text, length, at, &by);
        while (at + hyphens < length && text[at + hyphens] == '-')
            hyphens++;
        if (hyphens == 2 || hyphens == 3) {
            wide = hyphens;
            by = DASH;
        } else if (hyphens > 3) { /* a rule, not a dash */
            wide = hyphens;
            by = " ";
        }
        ok = wide ? fd_buffer_add_text(into, spans_numbers(text, length, at) ? "-" : by, error)
                  : fd_buffer_add(into, text + at, 1, error);
        at += wide ? wide : 1;
    }
    return ok;
}

/* ---- markup ----------------------------------------------------------------------------- */

/* Where the first `close` after `at` ends, at most `most` bytes away; 0 when there is none. */
static size_t end_of(const char *text, size_t length, size_t at, const char *close, size_t most) {
    size_t end = length - at < most ? length : at + most;
    for (; at < end; at++)
        if (at_text(text, end, at, close))
            return at + strlen(close);
    return 0;
}

/* Whether text[from..to) stands on its line alone, but for a bullet. */
static bool stands_alone(const char *text, size_t length, size_t from, size_t to) {
    while (from > 0 && strchr(" *>-", text[from - 1]))
        from--;
    while (to < length && strchr(" \r", text[to]))
        to++;
    return (from == 0 || text[from - 1] == '\n') && (to == length || text[to] == '\n');
}

/* The label of a Twine link whose inside is link[0..length). */
static void find_label(const char *link, size_t length, size_t *from, size_t *to) {
    *from = 0;
    *to = length;
    for (size_t i = 0; i < length; i++) {
        if (link[i] == '|' || at_text(link, length, i, "->")) {
            *to = i;
            return;
        }
        if (at_text(link, length, i, "<-")) {
            *from = i + 2;
            return;
        }
    }
}

/* Harlowe's commands, of the many words that may stand before a colon. */
static bool is_macro(const char *text, size_t length, size_t at) {
    static const char *const names[] = {
        "set:",  "put:",   "if:",        "else-if:", "else:",  "unless:",
        "link:", "print:", "display:",   "goto:",    "go-to:", "text-",
        "live:", "event:", "link-goto:", "either:",  "random:"};
    for (size_t i = 0; text[at] == '(' && i < sizeof names / sizeof names[0]; i++)
        if (at_text(text, length, at + 1, names[i]))
            return true;
    return false;
}

/* [text](address) keeps its text, ![...](...) nothing. */
static size_t bracketed(const char *text, size_t length, size_t at, size_t *from, size_t *to) {
    bool image = text[at] == '!';
    size_t open = at + image, mark = open + 1;
    if (open + 1 >= length || text[open] != '[')
        return 0;
    mark += text[mark] == '^';
    size_t digits = mark;
    while (digits < length && isdigit((unsigned char)text[digits]))
        digits++;
    if (!image && digits > mark && digits < length && text[digits] == ']')
        return digits + 1; /* a footnote's mark */
    size_t close = end_of(text, length, open, "](", 400);
    size_t end = close ? end_of(text, length, close, ")", 1000) : 0;
    if (!end || memchr(text + open, '\n', end - open))
        return 0;
    *from = image ? 0 : open + 1;
    *to = image ? 0 : close - 2;
    return end;
}

/* The end of the markup that begins at text[at], 0 when none does; of it text[from..to) stays. */
static size_t markup(const char *text, size_t length, size_t at, size_t *from, size_t *to) {
    enum { LONG = 2000, SHORT = 300 };
    size_t end = 0;
    *from = *to = at;
    switch (text[at]) {
    case '<':
        if (at_text(text, length, at, "<!--"))
            return end_of(text, length, at, "-->", LONG);
        if (at_text(text, length, at, "<<"))
            return end_of(text, length, at, ">>", LONG);
        if (at + 1 < length && (isalpha((unsigned char)text[at + 1]) || text[at + 1] == '/'))
            return end_of(text, length, at, ">", SHORT);
        return 0;
    case '(':
        return is_macro(text, length, at) ? end_of(text, length, at, ")", LONG) : 0;
    case '[':
        if (at_text(text, length, at, "[[") && (end = end_of(text, length, at, "]]", SHORT))) {
            if (stands_alone(text, length, at, end))
                return end;
            find_label(text + at + 2, end - at - 4, from, to);
            *from += at + 2;
            *to += at + 2;
            return end;
        }
        return bracketed(text, length, at, from, to);
    case '!':
        return bracketed(text, length, at, from, to);
    case 'h':
    case 'w':
        if (!at_text(text, length, at, "http://") && !at_text(text, length, at, "https://") &&
            !at_text(text, length, at, "www."))
            return 0;
        for (end = at; end < length && !isspace((unsigned char)text[end]);)
            end++;
        return end;
    default:
        return 0;
    }
}

static bool in_word(const char *text, size_t length, size_t at) {
    return at < length && (isalnum((unsigned char)text[at]) || (text[at] & 0x80));
}

/* Marks of emphasis: * and _ at a word's edge, ~~, // and '' (Twine's). How many bytes. */
static size_t emphasis(const char *text, size_t length, size_t at) {
    size_t same = 1;
    while (at + same < length && text[at + same] == text[at])
        same++;
    bool before = at > 0 && !isspace((unsigned char)text[at - 1]);
    bool after = at + same < length && !isspace((unsigned char)text[at + same]);
    bool edge = (before || after) &&
                !(at > 0 && in_word(text, length, at - 1) && in_word(text, length, at + same));
    if (text[at] == '*' || text[at] == '_')
        return edge ? same : 0;
    bool twice = same == 2 && (text[at] == '~' || text[at] == '\'' ||
                               (text[at] == '/' && (at == 0 || text[at - 1] != ':')));
    return twice && (before || after) ? same : 0;
}

/* A list's bullet or a quotation's mark at the beginning of a line. */
static size_t bullet(const char *text, size_t length, size_t at) {
    bool begins = at == 0 || text[at - 1] == '\n';
    bool mark = begins && length - at > 2 && strchr("*->+", text[at]) && text[at + 1] == ' ' &&
                !strchr("*-> \n", text[at + 2]);
    return mark ? 2 : 0;
}

size_t fd_clean_mark(const char *text, size_t length, size_t at) {
    size_t skip = bullet(text, length, at);
    return skip ? skip : emphasis(text, length, at);
}

size_t fd_clean_entity(const char *text, size_t length, size_t at, const char **by) {
    return text[at] == '&' ? replaced(text, length, at, by) : 0;
}

static bool add_newlines(const char *text, size_t from, size_t to, fd_buffer *into,
                         fd_error *error) {
    for (; from < to; from++)
        if (text[from] == '\n' && !fd_buffer_add(into, "\n", 1, error))
            return false;
    return true;
}

static bool without_markup(const char *text, size_t length, fd_buffer *into, fd_error *error) {
    bool ok = true;
    for (size_t at = 0; ok && at < length;) {
        size_t from, to, end, skip;
        if (at_text(text, length, at, FD_END_OF_TEXT)) {
            ok = fd_buffer_add_text(into, FD_END_OF_TEXT, error);
            at += strlen(FD_END_OF_TEXT);
        } else if ((end = markup(text, length, at, &from, &to)) > at) {
            ok = to > from ? fd_buffer_add(into, text + from, to - from, error)
                           : add_newlines(text, at, end, into, error);
            at = end;
        } else if ((skip = fd_clean_mark(text, length, at)) > 0) {
            at += skip;
        } else {
            ok = fd_buffer_add(into, text + at++, 1, error);
        }
    }
    return ok;
}

/* No spaces around dashes, at lines' ends, before commas that links left; no two in a row. */
static bool tidy(const char *text, size_t length, fd_buffer *into, fd_error *error) {
    bool ok = true;
    for (size_t at = 0; ok && at < length; at++) {
        bool drop = false;
        if (text[at] == ' ') {
            size_t next = at;
            while (next < length && text[next] == ' ')
                next++;
            bool dashed = at_text(text, length, next, DASH) && next + 3 < length &&
                          (text[next + 3] == ' ' || in_word(text, length, next + 3));
            bool after = into->length >= 3 && memcmp(into->data + into->length - 3, DASH, 3) == 0;
            bool edge = next == length || strchr("\n,;.!?", text[next]) || into->length == 0 ||
                        into->data[into->length - 1] == '\n';
            bool dots = next + 1 < length && text[next] == '.' && text[next + 1] == '.';
            drop = next > at + 1 || dashed || after || (edge && !dots);
        }
        ok = drop || fd_buffer_add(into, text + at, 1, error);
    }
    return ok;
}

/* ---- the whole -------------------------------------------------------------------------- */

static bool check_utf8(const char *source, size_t line, const char *text, size_t length,
                       fd_error *error) {
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t wide = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                 (utf8proc_ssize_t)(length - at), &point);
        if (wide < 1)
            return fd_twee_fail(error, source, line,
                                "this is not UTF-8; `iconv -f ISO-8859-1 -t UTF-8` reads older "
                                "texts.");
        line += text[at] == '\n';
        at += (size_t)wide;
    }
    return true;
}

bool fd_clean_text(const char *source, size_t line, const char *text, size_t length,
                   fd_buffer *into, fd_error *error) {
    utf8proc_uint8_t *composed = NULL;
    fd_buffer plain = FD_BUFFER((size_t)-1), bare = FD_BUFFER((size_t)-1);
    if (!check_utf8(source, line, text, length, error))
        return false;
    utf8proc_ssize_t wide = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length,
                                         &composed, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    bool ok = wide >= 0 || fd_fail_memory(error, "a text");
    ok = ok && without_markup((const char *)composed, (size_t)wide, &bare, error) &&
         plain_characters(fd_buffer_text(&bare), bare.length, &plain, error) &&
         tidy(fd_buffer_text(&plain), plain.length, into, error);
    free(composed);
    fd_buffer_free(&plain);
    fd_buffer_free(&bare);
    return ok;
}
