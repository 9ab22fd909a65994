#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/layout.h"
#include "game/sanitise.h"
#include "game/views.h"
#include "story/facts.h"

/* The pinned facts as a list, with what each costs. */
typedef struct facts {
    fd_item *items;
    size_t count;  /* of facts; one item more says that one can be added */
    size_t tokens; /* of all, with the mark after them */
} facts;

static const char *pinned(const fd_play *self) {
    const char *text = self->session->path.pinned;
    return text ? text : "";
}

static bool count_tokens(const fd_play *self, const char *text, size_t *tokens, fd_error *error) {
    const fd_tokenizer *tokenizer = fd_model_tokenizer(self->session->model);
    bool ok = true;
    *tokens = *text != '\0'; /* the mark */
    for (size_t i = 0, count = fd_facts_count(text); ok && i < count; i++) {
        const char *fact;
        size_t one, length = fd_facts_at(text, i, &fact);
        ok = fd_prompt_count_fact(tokenizer, fact, length, &one, error);
        *tokens += one;
    }
    return ok;
}

static void free_facts(facts *self) {
    for (size_t i = 0; self->items && i < self->count; i++) {
        free((char *)(uintptr_t)self->items[i].label);
        free((char *)(uintptr_t)self->items[i].detail);
    }
    free(self->items);
}

static bool list_facts(const fd_play *self, facts *list, fd_error *error) {
    const fd_tokenizer *tokenizer = fd_model_tokenizer(self->session->model);
    size_t count = fd_facts_count(pinned(self));
    *list = (facts){.items = fd_alloc(count + 1, sizeof(fd_item), "the facts", error)};
    bool ok = list->items && count_tokens(self, pinned(self), &list->tokens, error);
    for (; ok && list->count < count; list->count++) {
        const char *fact;
        char detail[32];
        size_t tokens, length = fd_facts_at(pinned(self), list->count, &fact);
        fd_buffer label = FD_BUFFER(FD_FACTS_MOST);
        ok = fd_buffer_add(&label, fact, length, error) &&
             fd_prompt_count_fact(tokenizer, fact, length, &tokens, error);
        (void)snprintf(detail, sizeof detail, "%zu tokens", ok ? tokens : 0);
        list->items[list->count] = (fd_item){label.data, "", fd_copy_text(detail, error), 0, false};
        ok = ok && list->items[list->count].detail;
    }
    if (ok)
        list->items[count] = (fd_item){"Pin a fact", "", "", 0, false};
    return ok;
}

/* Puts a text where a fact stands, if all of them are then within what the model may be given. */
static bool put(fd_play *self, size_t index, const char *text, fd_error *error) {
    fd_buffer all = FD_BUFFER(FD_FACTS_MOST);
    size_t tokens, most = fd_narrator_pinned_most(&self->session->narrator);
    fd_error why = {FD_OK, ""};
    bool fits = fd_facts_put(pinned(self), index, text, &all, &why);
    bool ok = !fits || count_tokens(self, fd_buffer_text(&all), &tokens, error);
    if (ok && fits && tokens <= most) {
        ok = fd_path_pin(&self->session->path, fd_buffer_text(&all), error);
    } else if (ok) {
        char sentence[96];
        (void)snprintf(sentence, sizeof sentence,
                       "That would be more than the %zu tokens there are for pinned facts.", most);
        self->table->notice(self->screen, sentence);
    }
    fd_buffer_free(&all);
    return ok;
}

static bool write_fact(fd_play *self, size_t index, fd_error *error) {
    enum { FACT_MOST = 2000 };
    const char *old;
    size_t length = fd_facts_at(pinned(self), index, &old);
    fd_buffer text = FD_BUFFER(FACT_MOST + 1);
    bool kept = false;
    bool ok =
        fd_buffer_add_text(&text, "", error) &&
        fd_buffer_add(&text, old, fd_text_cut(old, length, FACT_MOST), error) &&
        self->table->write(self->screen, "A fact to be remembered", &text, FACT_MOST, &kept, error);
    char *clean = ok && kept ? fd_sanitise(fd_buffer_text(&text), text.length, error) : NULL;
    ok = ok && (!kept || clean) && (!kept || put(self, index, clean, error));
    free(clean);
    fd_buffer_free(&text);
    return ok;
}

bool fd_view_memory(fd_play *self, fd_error *error) {
    if (!self->session->model) {
        self->table->notice(self->screen, "Without a model there is nobody to remember facts.");
        return true;
    }
    size_t picked = 0;
    bool ok = true, open = true;
    while (ok && open) {
        facts found;
        char title[96], key = '\n';
        ok = list_facts(self, &found, error);
        (void)snprintf(title, sizeof title, "Pinned facts: %zu of %zu tokens", found.tokens,
                       fd_narrator_pinned_most(&self->session->narrator));
        const fd_list list = {
            title,           "Enter changes or adds, d takes out, Esc goes back", "d", found.items,
            found.count + 1, picked < found.count ? picked : found.count,         NULL};
        size_t count = found.count;
        ok = ok && self->table->pick(self->screen, &list, &picked, &key, error);
        free_facts(&found);
        open = ok && picked <= count;
        if (open && key == 'd')
            ok = picked == count || put(self, picked, "", error);
        else if (open)
            ok = write_fact(self, picked, error);
    }
    return ok && fd_foresight_look(self->session->foresight, &self->session->path, error);
}
