/* proof.c - the order of proof-reading, and its two short parts: quotations and lengths. */
#include "story/proof.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANK " \t\n"
#define LEFT "\xe2\x80\x9c"
#define RIGHT "\xe2\x80\x9d"

void fd_proof_tell(const fd_proof *proof, fd_finding_kind kind, size_t passage, size_t line,
                   const char *format, ...) {
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    proof->report(proof->context, &(fd_finding){kind, passage, line, message});
}

bool fd_story_proofread(const fd_story *story, fd_finding_report *report, void *context,
                        fd_error *error) {
    const fd_proof proof = {story, report, context, error};
    return fd_proof_alike(&proof) && fd_proof_names(&proof) && fd_proof_person(&proof) &&
           fd_proof_quotes(&proof) && fd_proof_lengths(&proof);
}

/* ---- quotations ---- */

typedef struct quoting {
    const fd_proof *proof;
    size_t passage;
    bool open, paused; /* paused: the paragraph in which it was opened has ended */
    size_t opened;     /* its line */
} quoting;

static void tell_open(quoting *self) {
    fd_proof_tell(self->proof, FD_FIND_QUOTES, self->passage, self->opened,
                  "A quotation that begins here is not closed in its paragraph.");
    self->open = self->paused = false;
}

static void meet_mark(quoting *self, size_t line, bool opens, bool closes) {
    if (self->open && !closes)
        tell_open(self);
    else if (!self->open && !opens)
        fd_proof_tell(self->proof, FD_FIND_QUOTES, self->passage, line,
                      "A quotation is closed here that was not opened.");
    self->open = opens && !(closes && self->open);
    self->opened = line;
}

/* Bytes of a quotation mark, 0 if there is none. */
static size_t mark_at(const char *at, bool *opens, bool *closes) {
    bool left = strncmp(at, LEFT, 3) == 0, right = strncmp(at, RIGHT, 3) == 0;
    *opens = *at == '"' || left;
    *closes = *at == '"' || right;
    return *at == '"' ? 1 : left || right ? 3 : 0;
}

static void quote_text(quoting *self, const char *text, size_t line) {
    for (const char *at = text; *at;) {
        bool opens, closes;
        size_t mark = mark_at(at, &opens, &closes);
        if (at[0] == '\n' && at[strspn(at + 1, " \t") + 1] == '\n')
            self->paused = self->open;
        if (self->paused && !strchr(BLANK, *at)) {
            self->paused = false;
            if (mark && opens)
                self->opened = line;
            else
                tell_open(self);
            if (mark && opens) {
                at += mark;
                continue;
            }
        }
        if (mark)
            meet_mark(self, line, opens, closes);
        line += *at == '\n';
        at += mark ? mark : 1;
    }
}

static void quote_branch(quoting *self, const fd_branch *branch);

/* Every branch goes on from where the node stands, and all must end alike. */
static void quote_branches(quoting *self, const fd_node *node) {
    const quoting before = *self;
    for (size_t b = 0; b < node->branch_count; b++) {
        quoting one = before;
        quote_branch(&one, &node->branches[b]);
        if (b && one.open != self->open)
            fd_proof_tell(self->proof, FD_FIND_QUOTES, self->passage, node->line,
                          "One alternative here leaves a quotation open and another does not.");
        if (!b)
            *self = one;
    }
}

static void quote_branch(quoting *self, const fd_branch *branch) {
    for (size_t i = 0; i < branch->count; i++) {
        const fd_node *node = &branch->nodes[i];
        quoting apart = {self->proof, self->passage, false, false, 0};
        if (node->kind == FD_NODE_TEXT)
            quote_text(self, node->text, node->line);
        else if (node->kind == FD_NODE_VARY || node->kind == FD_NODE_IF)
            quote_branches(self, node);
        else if (node->kind == FD_NODE_LINK)
            quote_branch(self, &node->branches[0]);
        else if (node->kind == FD_NODE_DREAM) {
            quote_branch(&apart, &node->branches[1]);
            if (apart.open)
                tell_open(&apart);
        }
    }
}

bool fd_proof_quotes(const fd_proof *proof) {
    for (size_t p = 0; p < proof->story->twee.count; p++) {
        quoting self = {proof, p, false, false, 0};
        quote_branch(&self, &proof->story->bodies[p]);
        if (self.open)
            tell_open(&self);
    }
    return true;
}

/* ---- lengths ---- */

/* Words of the longest reading; links that stand alone are no prose. */
static size_t words_of(const fd_branch *branch) {
    size_t words = 0;
    for (size_t i = 0; i < branch->count; i++) {
        const fd_node *node = &branch->nodes[i];
        size_t most = node->kind == FD_NODE_DREAM ? (size_t)node->number : 0;
        for (const char *at = node->kind == FD_NODE_TEXT ? node->text : ""; *at;) {
            at += strspn(at, BLANK);
            most += *at != '\0';
            at += strcspn(at, BLANK);
        }
        bool prose = node->kind == FD_NODE_VARY || node->kind == FD_NODE_IF;
        for (size_t b = 0; prose && b < node->branch_count; b++) {
            size_t one = words_of(&node->branches[b]);
            most = one > most ? one : most;
        }
        words += most;
    }
    return words;
}

static int by_size(const void *a, const void *b) {
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left > right) - (left < right);
}

bool fd_proof_lengths(const fd_proof *proof) {
    enum { FEWEST = 20 };
    const fd_story *story = proof->story;
    size_t count = 0,
           *sorted = fd_alloc(story->twee.count, sizeof *sorted, "a check", proof->error);
    if (!sorted)
        return false;
    for (size_t p = 0; p < story->twee.count; p++) {
        size_t words = words_of(&story->bodies[p]);
        if (words && fd_story_is_told(story, p))
            sorted[count++] = words;
    }
    qsort(sorted, count, sizeof *sorted, by_size);
    if (count >= FEWEST) {
        double low = log((double)sorted[count / 4]),
               high = log((double)sorted[count - 1 - count / 4]);
        double reach = fmax(3.0 * (high - low), log(3.0));
        for (size_t p = 0; p < story->twee.count; p++) {
            const fd_passage *it = &story->twee.passages[p];
            size_t words = words_of(&story->bodies[p]);
            double size = log((double)(words ? words : 1));
            bool short_one = size < low - reach && p != story->start && !story->endings[p];
            if (words && fd_story_is_told(story, p) && (short_one || size > high + reach))
                fd_proof_tell(
                    proof, FD_FIND_LENGTH, p, it->line,
                    "\"%s\" has %zu word%s, far %s than the others (half have %zu to %zu).",
                    it->name, words, words == 1 ? "" : "s", short_one ? "fewer" : "more",
                    sorted[count / 4], sorted[count - 1 - count / 4]);
        }
    }
    free(sorted);
    return true;
}
