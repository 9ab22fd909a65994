#include "story/page.h"

#include <string.h>

static const char opening[] = "<script type=\"application/json\" id=\"feverdream-save\">[\n";
static const char closing[] = "\n]</script>";

bool fd_page_pack(const char *lines, fd_buffer *html, fd_error *error) {
    bool ok = fd_buffer_add_text(html, opening, error);
    for (; ok && *lines; lines++)
        if (*lines == '<') /* stands only inside JSON's strings */
            ok = fd_buffer_add_text(html, "\\u003c", error);
        else if (*lines != '\n')
            ok = fd_buffer_add(html, lines, 1, error);
        else if (lines[1])
            ok = fd_buffer_add_text(html, ",\n", error);
    return ok && fd_buffer_add_text(html, closing, error);
}

bool fd_page_is(const char *text) {
    return text[strspn(text, " \t\r\n")] == '<';
}

bool fd_page_unpack(fd_buffer *page) {
    const char *from = strstr(fd_buffer_text(page), opening);
    from = from ? from + strlen(opening) : NULL;
    const char *to = from ? strstr(from, closing) : NULL;
    if (!to)
        return false;
    size_t kept = 0;
    for (; from < to; from++) {
        bool comma = *from == ',' && from[1] == '\n';
        if (!comma)
            page->data[kept++] = *from;
    }
    page->data[kept++] = '\n';
    page->data[kept] = '\0'; /* `closing` is longer */
    page->length = kept;
    return true;
}
