#include "story/foreign.h"

#include <stdlib.h>
#include <string.h>

#include "story/foreign_parts.h"

bool fd_loose_ends_add(fd_loose_ends *ends, fd_loose_end end, fd_error *error) {
    end.what = fd_copy_text(end.what, error);
    bool ok = end.what && fd_grow((void **)&ends->items, &ends->capacity, ends->count + 1,
                                  sizeof *ends->items, "a story's links", error);
    if (ok)
        ends->items[ends->count++] = end;
    else
        free(end.what);
    return ok;
}

void fd_loose_ends_cut(fd_loose_ends *ends, size_t count) {
    while (ends->count > count)
        free(ends->items[--ends->count].what);
    if (!count) {
        free(ends->items);
        *ends = (fd_loose_ends){0};
    }
}

bool fd_foreign_read(fd_format format, const fd_twee *twee, const fd_constants *constants,
                     size_t number, bool plain, fd_buffer *into, fd_loose_ends *ends,
                     fd_error *error) {
    static fd_over_take *const readers[] = {[FD_FORMAT_SUGARCUBE] = fd_over_sugarcube,
                                            [FD_FORMAT_HARLOWE] = fd_over_harlowe,
                                            [FD_FORMAT_CHAPBOOK] = fd_over_insert,
                                            [FD_FORMAT_SNOWMAN] = fd_over_markdown};
    const fd_passage *passage = &twee->passages[number];
    size_t end = strlen(passage->text);
    fd_over self = {.twee = twee,
                    .constants = constants,
                    .passage = passage,
                    .format = format,
                    .take = readers[format],
                    .text = passage->text,
                    .plain = plain,
                    .fresh = (size_t)-1,
                    .into = into,
                    .ends = ends,
                    .error = error};
    self.ok = fd_buffer_add(into, "", 0, error);
    if (format == FD_FORMAT_CHAPBOOK)
        fd_over_chapbook(&self, end);
    else
        fd_over_range(&self, 0, end);
    return self.ok;
}
