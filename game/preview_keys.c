/* preview_keys.c - what the writer's keys do on the desk. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/modal.h"
#include "game/preview_screen.h"

static const char help_text[] =
    "j k or the arrows choose a candidate, Page Up and Page Down scroll, Enter reads all of it.\n\n"
    "+ or n  one more candidate\n-  one fewer\nh c  hotter, cooler\nl L  longer, shorter\n"
    "b  better and slower: each sentence is the best of twice as many; B of half as many\n"
    "s  another seed; S types one\no  an opening that the candidates begin with\n\n"
    ">  the candidate goes on\ne  change it here; E in the editor that EDITOR names\n"
    "w  look into its words: arrows, then Enter shows what else the model weighed there\n"
    "K  keep it: a passage of the story, linked; the model proposes the label\nu  take back the "
    "last change, or what was kept\n"
    "t  grow a tree of branches\ng  go to another passage: / and a part of its name find it\np  "
    "come to this one by another way\nr  "
    "read the story again\n\n"
    "Esc  stop the model\nq  leave\n\n"
    "What you typed stands plain, what the model dreamed as dreams do, what you changed as a "
    "player's words do. Each candidate tells how likely the model found its words (the nearer to "
    "0, the likelier) and what ranking found wrong.";

static bool write_opening(fd_desk_screen *self, fd_error *error) {
    fd_writing *on = self->writing;
    fd_buffer text = FD_BUFFER(FD_SCRIPT_LIMIT);
    bool kept = false;
    bool ok =
        fd_buffer_add_text(&text, fd_buffer_text(&on->opening.text), error) &&
        fd_modal_write(self->terminal, "The candidates begin with", &text, 2000, &kept, error);
    if (ok && kept) {
        size_t length = text.length;
        while (length && strchr(" \n", text.data[length - 1]))
            length--;
        fd_desk_restart(self);
        self->opening_next = FD_SCRIPT;
        ok = fd_script_add(&self->opening_next, fd_buffer_text(&text), length, FD_HAND_WRITER,
                           error);
        self->opening_changed = true;
    }
    fd_buffer_free(&text);
    return ok;
}

static bool edit_here(fd_desk_screen *self, fd_error *error) {
    fd_buffer text = FD_BUFFER(FD_SCRIPT_LIMIT);
    const fd_script *draft = &self->cards[self->selected].candidate.draft;
    bool kept = false;
    bool ok = fd_buffer_add_text(&text, fd_buffer_text(&draft->text), error) &&
              fd_modal_write(self->terminal, "Change the candidate", &text, 60000, &kept, error);
    ok = ok && (!kept || fd_desk_edited(self, fd_buffer_text(&text), error));
    fd_buffer_free(&text);
    return ok;
}

bool fd_desk_keep(fd_desk_screen *self, const char *proposed, fd_error *error) {
    fd_writing *on = self->writing;
    const fd_card *card = &self->cards[self->selected];
    char label[FD_TYPED_LIMIT + 1], name[FD_TYPED_LIMIT + 1];
    fd_buffer own_name = FD_BUFFER(1000);
    bool ok = fd_writing_free_name(on, &own_name, error) &&
              fd_desk_show(self, error); /* without the last notice */
    if (ok && fd_desk_ask(self, "Label of the link: ", proposed, label) &&
        fd_desk_ask(self, "Name of the passage: ", fd_buffer_text(&own_name), name)) {
        ok = fd_writing_keep(on, fd_buffer_text(&card->opening.text), &card->candidate,
                             card->dreamed, name, label, error);
        if (ok) {
            (void)snprintf(self->notice, sizeof self->notice, "Kept as \"%.80s\". u takes it back.",
                           name);
            fd_desk_kept(self, self->selected);
        }
        ok = fd_desk_forgive(self, ok, error);
    }
    fd_buffer_free(&own_name);
    return ok;
}

/* All of the selected candidate after what was read before it. */
static bool read_all(fd_desk_screen *self, fd_error *error) {
    const fd_writing *on = self->writing;
    char gap[] = "\n\n";
    const fd_stretch pieces[] = {
        {FD_AUTHORED, on->route.texts[on->route.count - 1]},
        {FD_AUTHORED, gap},
        {FD_DREAMED, (char *)fd_buffer_text(&self->cards[self->selected].candidate.draft.text)}};
    return fd_modal_page(self->terminal, on->at, pieces, 3, error);
}

/* ---- keys ---- */

static void change_words(fd_desk_screen *self, bool longer) {
    size_t *words = &self->writing->words;
    *words = longer ? (*words + 20 > 300 ? 300 : *words + 20) : *words < 40 ? 20 : *words - 20;
    fd_desk_restart(self);
}

static void change_choice(fd_desk_screen *self, bool more) {
    size_t *choice = &self->writing->choice, before = *choice;
    *choice = !more ? (*choice + 1) / 2 : 2 * *choice > FD_CHOICE_MOST ? *choice : 2 * *choice;
    if (*choice != before)
        fd_desk_restart(self);
}

static void change_heat(fd_desk_screen *self, bool hotter) {
    double *heat = &self->writing->sampling.temperature;
    double next = (double)(int)(*heat * 20.0 + (hotter ? 1.5 : -0.5)) / 20.0;
    *heat = next < 0.05 ? 0.05 : next > 3.0 ? 3.0 : next;
    fd_desk_restart(self);
}

static void next_seed(fd_desk_screen *self) {
    char base[sizeof self->seed];
    unsigned number = 1;
    (void)snprintf(base, sizeof base, "%s", self->writing->seed);
    char *space = strrchr(base, ' ');
    if (space && space[1] && strspn(space + 1, "0123456789") == strlen(space + 1)) {
        number = (unsigned)strtoul(space + 1, NULL, 10);
        *space = '\0';
    }
    (void)snprintf(self->seed_next, sizeof self->seed_next, "%.200s %u", base, number + 1);
    fd_desk_restart(self);
}

static bool type_seed(fd_desk_screen *self, fd_error *error) {
    char seed[FD_TYPED_LIMIT + 1];
    if (!fd_desk_show(self, error))
        return false;
    if (fd_desk_ask(self, "Seed: ", self->writing->seed, seed)) {
        (void)snprintf(self->seed_next, sizeof self->seed_next, "%.240s", seed);
        fd_desk_restart(self);
    }
    return true;
}

/* A key while a word is looked for. */
static bool obey_word(fd_desk_screen *self, fd_key k, fd_error *error) {
    size_t count = self->cards[self->selected].candidate.word_count;
    if ((k.kind == FD_KEY_RIGHT || fd_key_is(k, "l")) && self->word + 1 < count)
        self->word++;
    else if ((k.kind == FD_KEY_LEFT || fd_key_is(k, "h")) && self->word)
        self->word--;
    else if (k.kind == FD_KEY_ENTER)
        return !fd_desk_idle(self) || fd_desk_weigh(self, error);
    else if (k.kind == FD_KEY_ESCAPE || fd_key_is(k, "qw"))
        self->word = FD_DESK_NOWHERE;
    return true;
}

/* A key that wants a drawn candidate under it, and an idle model. */
static bool obey_card(fd_desk_screen *self, fd_key k, fd_error *error) {
    if (self->selected >= self->count || !self->cards[self->selected].drawn) {
        fd_desk_say(self, "This one is not written yet.");
        return true;
    }
    const fd_card *card = &self->cards[self->selected];
    if (k.kind == FD_KEY_ENTER)
        return read_all(self, error);
    if (fd_key_is(k, "e"))
        return edit_here(self, error);
    if (fd_key_is(k, "E"))
        return fd_desk_edit_outside(self, error);
    if (fd_key_is(k, "w")) {
        const fd_candidate *it = &card->candidate;
        size_t word = 0;
        while (word < it->word_count && isnan(it->words[word].logprob))
            word++;
        word = word < it->word_count ? word : 0;
        self->word = it->word_count ? word : FD_DESK_NOWHERE;
        return true;
    }
    if (!fd_desk_idle(self))
        return true;
    return fd_key_is(k, "K")
               ? fd_desk_label(self, error)
               : fd_desk_draw_again(self, self->selected, &card->candidate.draft, error);
}

bool fd_desk_obey(fd_desk_screen *self, fd_key k, fd_error *error) {
    fd_writing *on = self->writing;
    self->scroll = 0;
    if (k.kind != FD_KEY_NONE && k.kind != FD_KEY_REDRAW) {
        self->notice[0] = '\0';
        self->scrolled = k.kind == FD_KEY_PAGE_DOWN || k.kind == FD_KEY_PAGE_UP;
    }
    if (self->word != FD_DESK_NOWHERE)
        return obey_word(self, k, error);
    if ((k.kind == FD_KEY_DOWN || fd_key_is(k, "j")) && self->selected + 1 < self->count)
        self->selected++;
    else if ((k.kind == FD_KEY_UP || fd_key_is(k, "k")) && self->selected)
        self->selected--;
    else if (k.kind == FD_KEY_PAGE_DOWN || k.kind == FD_KEY_PAGE_UP)
        self->scroll = k.kind == FD_KEY_PAGE_DOWN ? 5 : -5;
    else if (fd_key_is(k, "n+")) {
        on->samples += !self->stopped && on->samples < FD_DESK_CARDS;
        self->stopped = false;
    } else if (fd_key_is(k, "-"))
        fd_desk_fewer(self);
    else if (fd_key_is(k, "hc"))
        change_heat(self, fd_key_is(k, "h"));
    else if (fd_key_is(k, "lL"))
        change_words(self, fd_key_is(k, "l"));
    else if (fd_key_is(k, "bB"))
        change_choice(self, fd_key_is(k, "b"));
    else if (fd_key_is(k, "s"))
        next_seed(self);
    else if (fd_key_is(k, "S"))
        return type_seed(self, error);
    else if (fd_key_is(k, "o"))
        return write_opening(self, error);
    else if (k.kind == FD_KEY_ENTER || fd_key_is(k, "eEwK>"))
        return obey_card(self, k, error);
    else if (fd_key_is(k, "u"))
        return !fd_desk_idle(self) || fd_desk_undo(self, error);
    else if (fd_key_is(k, "t"))
        return !fd_desk_idle(self) || fd_desk_tree(self, error);
    else if (fd_key_is(k, "g"))
        return !fd_desk_idle(self) || fd_desk_go(self, error);
    else if (fd_key_is(k, "p"))
        return !fd_desk_idle(self) || fd_desk_come(self, error);
    else if (fd_key_is(k, "r"))
        self->reread = true;
    else if (k.kind == FD_KEY_ESCAPE)
        fd_work_stop(self->work);
    else if (k.kind == FD_KEY_HELP || fd_key_is(k, "?")) {
        const fd_stretch help = {FD_AUTHORED, (char *)help_text};
        return fd_modal_page(self->terminal, "The writer's desk", &help, 1, error);
    } else if (fd_key_is(k, "q") || fd_key_is_control(k, 'c'))
        self->left = true;
    return true;
}
