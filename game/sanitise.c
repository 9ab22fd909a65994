#define _POSIX_C_SOURCE 200809L
#include "game/sanitise.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#include "model/memory.h"

enum { ESCAPE = 0x1b, C1_FIRST = 0x80, C1_LAST = 0x9f, REPLACEMENT = 0xfffd };

static bool within(unsigned char byte, unsigned char low, unsigned char high) {
    return byte >= low && byte <= high;
}

/* What follows CSI: parameters, intermediates, one final byte. */
static size_t rest_of_csi(const unsigned char *bytes, size_t length) {
    size_t at = 0;
    while (at < length && within(bytes[at], 0x30, 0x3f))
        at++;
    while (at < length && within(bytes[at], 0x20, 0x2f))
        at++;
    return at < length && within(bytes[at], 0x40, 0x7e) ? at + 1 : at;
}

/* What follows OSC, DCS and their kin, up to BEL or ST. A string that does not end on its line is
 * taken for none, so that a stray byte cannot swallow the story. */
static size_t rest_of_string(const unsigned char *bytes, size_t length) {
    for (size_t at = 0; at < length && bytes[at] != '\n'; at++) {
        if (bytes[at] == 0x07)
            return at + 1;
        bool two = at + 1 < length;
        if (two && ((bytes[at] == ESCAPE && bytes[at + 1] == '\\') ||
                    (bytes[at] == 0xc2 && bytes[at + 1] == 0x9c)))
            return at + 2;
    }
    return 0;
}

/* `kind` is the byte after ESC; a C1 control is the same as ESC and the control less 0x40. */
static size_t rest_of_control(int kind, const unsigned char *bytes, size_t length) {
    if (kind == '[')
        return rest_of_csi(bytes, length);
    return kind == ']' || kind == 'P' || kind == 'X' || kind == '^' || kind == '_'
               ? rest_of_string(bytes, length)
               : 0;
}

/* The length of the escape sequence that starts at bytes[0]. */
static size_t escape_length(const unsigned char *bytes, size_t length) {
    if (length > 1 && within(bytes[1], 0x40, 0x5f))
        return 2 + rest_of_control(bytes[1], bytes + 2, length - 2);
    size_t at = 1;
    while (at < length && within(bytes[at], 0x20, 0x2f))
        at++;
    return at < length && within(bytes[at], 0x30, 0x7e) ? at + 1 : at;
}

/* Marks and overrides that reorder the text around them, and other invisible commands. */
static bool is_command(utf8proc_int32_t code) {
    return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0x200e || code == 0x200f || code == 0x061c || code == 0xfeff ||
           (code >= 0xfff9 && code <= 0xfffb) || utf8proc_category(code) == UTF8PROC_CATEGORY_CC;
}

/* What is shown for a code point; 0 for nothing. */
static utf8proc_int32_t shown(utf8proc_int32_t code, utf8proc_int32_t newline) {
    if (code == '\n' || code == 0x2028 || code == 0x2029)
        return newline;
    if (code == '\t')
        return ' ';
    return is_command(code) ? 0 : code;
}

static char *sanitise(const char *text, size_t length, utf8proc_int32_t newline, fd_error *error) {
    const unsigned char *bytes = (const unsigned char *)text;
    size_t room; /* a bad byte becomes three */
    if (!fd_size_mul(length, 3, &room) || !fd_size_add(room, 1, &room)) {
        fd_fail_memory(error, "a text");
        return NULL;
    }
    char *clean = fd_alloc(room, 1, "a text", error);
    if (!clean)
        return NULL;
    size_t used = 0;
    for (size_t at = 0; at < length;) {
        if (bytes[at] == ESCAPE) {
            at += escape_length(bytes + at, length - at);
            continue;
        }
        utf8proc_int32_t code;
        utf8proc_ssize_t step =
            utf8proc_iterate(bytes + at, (utf8proc_ssize_t)(length - at), &code);
        if (step <= 0) {
            code = REPLACEMENT;
            step = 1;
        }
        at += (size_t)step;
        if (code >= C1_FIRST && code <= C1_LAST)
            at += rest_of_control(code - 0x40, bytes + at, length - at);
        code = shown(code, newline);
        if (code)
            used += (size_t)utf8proc_encode_char(code, (utf8proc_uint8_t *)clean + used);
    }
    clean[used] = '\0';
    return clean;
}

char *fd_sanitise(const char *text, size_t length, fd_error *error) {
    return sanitise(text, length, '\n', error);
}

char *fd_sanitise_line(const char *text, fd_error *error) {
    return sanitise(text, strlen(text), ' ', error);
}

bool fd_show(FILE *to, const char *text, size_t length, fd_error *error) {
    char *clean = NULL;
    if (isatty(fileno(to))) {
        if (!(clean = fd_sanitise(text, length, error)))
            return false;
        text = clean;
        length = strlen(clean);
    }
    bool ok = fwrite(text, 1, length, to) == length;
    free(clean);
    return ok || fd_fail(error, FD_FAILED, "The output could not be written: %s.", strerror(errno));
}

bool fd_showf(FILE *to, fd_error *error, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length >= 0 ? fd_alloc((size_t)length + 1, 1, "the output", error) : NULL;
    if (text)
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    bool ok = text && fd_show(to, text, (size_t)length, error);
    va_end(again);
    va_end(arguments);
    free(text);
    return ok;
}
