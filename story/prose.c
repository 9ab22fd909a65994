#include "story/prose.h"

#include <stdlib.h>

typedef struct flattener {
    fd_prose *prose;
    bool dreams;
    fd_error *error;
} flattener;

static bool add_branch(const flattener *self, const fd_branch *branch);

static bool add_text(const flattener *self, const fd_node *node) {
    fd_prose *prose = self->prose;
    if (!fd_grow((void **)&prose->marks, &prose->capacity, prose->count + 1, sizeof *prose->marks,
                 "a passage's prose", self->error))
        return false;
    prose->marks[prose->count++] = (fd_prose_mark){prose->text.length, node->line};
    return fd_buffer_add_text(&prose->text, node->text, self->error);
}

static bool add_cut(const flattener *self) {
    const char cut = FD_PROSE_CUT;
    return fd_buffer_add(&self->prose->text, &cut, 1, self->error);
}

static bool add_node(const flattener *self, const fd_node *node) {
    bool ok = true, leads = node->kind == FD_NODE_LINK || node->kind == FD_NODE_TYPE;
    if (node->kind == FD_NODE_TEXT)
        return add_text(self, node);
    if (node->kind == FD_NODE_DREAM)
        return !self->dreams || (fd_buffer_add_text(&self->prose->text, "\n\n", self->error) &&
                                 add_branch(self, &node->branches[0]) && add_cut(self) &&
                                 add_branch(self, &node->branches[1]) &&
                                 fd_buffer_add_text(&self->prose->text, "\n\n", self->error));
    for (size_t b = 0; ok && b < (leads ? 1 : node->branch_count); b++)
        ok = (!(b || leads) || add_cut(self)) && add_branch(self, &node->branches[b]) &&
             (!leads || add_cut(self));
    return ok;
}

static bool add_branch(const flattener *self, const fd_branch *branch) {
    bool ok = true;
    for (size_t i = 0; ok && i < branch->count; i++)
        ok = add_node(self, &branch->nodes[i]);
    return ok;
}

bool fd_prose_of(const fd_story *story, size_t passage, bool dreams, fd_prose *prose,
                 fd_error *error) {
    *prose = (fd_prose){.text = FD_BUFFER((size_t)-1)};
    return fd_buffer_add(&prose->text, "", 0, error) &&
           add_branch(&(flattener){prose, dreams, error}, &story->bodies[passage]);
}

size_t fd_prose_line(const fd_prose *prose, size_t at) {
    const fd_prose_mark *mark = NULL;
    for (size_t i = 0; i < prose->count && prose->marks[i].at <= at; i++)
        mark = &prose->marks[i];
    size_t line = mark ? mark->line : 0, from = mark ? mark->at : at;
    for (; from < at; from++)
        line += prose->text.data[from] == '\n';
    return line;
}

void fd_prose_free(fd_prose *prose) {
    fd_buffer_free(&prose->text);
    free(prose->marks);
    *prose = (fd_prose){0};
}
