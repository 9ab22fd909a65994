#include <stdio.h>
#include <stdlib.h>

#include "game/views.h"

/* A page being put together of what the model reads. */
typedef struct sheet {
    fd_turn page; /* its stretches */
    const fd_tokenizer *tokenizer;
    fd_tokens ids;
    size_t at; /* the next token that is not yet on the page */
    fd_error *error;
} sheet;

static bool add_heading(sheet *self, const char *heading) {
    return fd_turn_add_stretch(&self->page, FD_PLAYER, false, heading, self->error);
}

/* Adds the text of tokens up to `end`, each part before a mark a paragraph of its own. */
static bool add_text(sheet *self, size_t end, fd_voice voice) {
    int32_t mark = fd_tokenizer_end_of_text(self->tokenizer);
    bool ok = true;
    while (ok && self->at < end) {
        size_t part = self->at;
        while (part < end && self->ids.ids[part] != mark)
            part++;
        fd_buffer text = FD_BUFFER(1 << 20);
        ok = fd_tokenizer_decode(self->tokenizer, self->ids.ids + self->at, part - self->at, &text,
                                 self->error) &&
             (text.length == 0 ||
              fd_turn_add_stretch(&self->page, voice, false, fd_buffer_text(&text), self->error));
        fd_buffer_free(&text);
        self->at = part + 1;
    }
    self->at = end;
    return ok;
}

static bool add_parts(sheet *self, const fd_situation *situation, const fd_reading_count *counted,
                      size_t limit) {
    char line[160];
    size_t turns = situation->segment_count;
    (void)snprintf(line, sizeof line,
                   "The next dream reads %zu tokens, of at most %zu, and then what its own passage "
                   "tells before it and another dream as its author wrote it.",
                   self->ids.count, limit);
    bool ok = add_heading(self, line);
    self->at = 1; /* after the mark that all begins with */
    if (situation->pinned) {
        (void)snprintf(line, sizeof line, "Pinned facts: %zu, %zu tokens", counted->facts,
                       counted->pinned);
        ok = ok && add_heading(self, line) &&
             add_text(self, self->at + counted->pinned, FD_AUTHORED);
    }
    (void)snprintf(line, sizeof line, "Turns told: the last %zu of %zu, %zu tokens",
                   turns - counted->left_out, turns, counted->segments);
    return ok && add_heading(self, line) &&
           add_text(self, self->at + counted->segments, FD_AUTHORED);
}

bool fd_view_context(fd_play *self, fd_error *error) {
    fd_session *session = self->session;
    if (!session->model) {
        self->table->notice(self->screen, "Without a model nothing is read: the author tells all.");
        return true;
    }
    sheet here = {.tokenizer = fd_model_tokenizer(session->model), .error = error};
    fd_situation situation;
    fd_reading_count counted;
    size_t limit;
    bool ok = fd_situation_of(&session->path, &situation, error) &&
              fd_narrator_prompt(&session->narrator, &situation, "", FD_FREE_WORDS, &here.ids,
                                 &limit, &counted, error) &&
              add_parts(&here, &situation, &counted, limit) &&
              self->table->page(self->screen, "What the model is given", here.page.stretches,
                                here.page.stretch_count, error);
    fd_situation_free(&situation);
    fd_turn_free(&here.page);
    fd_tokens_free(&here.ids);
    return ok;
}
