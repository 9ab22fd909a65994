#include "story/divergence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_BEFORE = 6, WORDS_AFTER = 8 };

static const char blanks[] = " \t\r\n";

static bool add_text(const fd_turn *turn, fd_buffer *text, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < turn->stretch_count; i++)
        ok = fd_buffer_add_text(text, turn->stretches[i].text, error);
    return ok;
}

static bool add_choices(const fd_turn *turn, fd_buffer *text, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < turn->choice_count; i++)
        ok = fd_buffer_addf(text, error, "%zu) %s ", i + 1, turn->choices[i].label);
    return ok && (!turn->question || fd_buffer_add_text(text, turn->question->question, error));
}

/* The next word; its length is 0 at the end. */
static const char *word_at(const char *text, size_t *length) {
    text += strspn(text, blanks);
    *length = strcspn(text, blanks);
    return text;
}

/* The first word in which two texts differ, from 1; 0 when none does. */
static size_t differing_word(const char *a, const char *b) {
    for (size_t number = 1;; number++) {
        size_t in_a, in_b;
        a = word_at(a, &in_a);
        b = word_at(b, &in_b);
        if (in_a != in_b || memcmp(a, b, in_a) != 0)
            return number;
        if (in_a == 0)
            return 0;
        a += in_a;
        b += in_b;
    }
}

/* Some words around the word with that number. */
static void quote(const char *text, size_t number, char out[FD_DIVERGENCE_SIZE]) {
    size_t length, used = 0, first = number > WORDS_BEFORE ? number - WORDS_BEFORE : 1;
    out[0] = '\0';
    for (size_t n = 1; n < number + WORDS_AFTER; n++) {
        text = word_at(text, &length);
        if (length == 0)
            break;
        if (n >= first && used < FD_DIVERGENCE_SIZE) {
            int wrote = snprintf(out + used, FD_DIVERGENCE_SIZE - used, "%s%.*s",
                                 n > first   ? " "
                                 : first > 1 ? "... "
                                             : "",
                                 (int)length, text);
            used += wrote > 0 ? (size_t)wrote : 0;
        }
        text += length;
    }
}

static bool compare(const fd_turn *saved, const fd_turn *again,
                    bool (*add)(const fd_turn *, fd_buffer *, fd_error *), fd_divergence *found,
                    fd_error *error) {
    fd_buffer a = FD_BUFFER((size_t)1 << 26), b = FD_BUFFER((size_t)1 << 26);
    bool ok = add(saved, &a, error) && add(again, &b, error);
    found->word = ok ? differing_word(fd_buffer_text(&a), fd_buffer_text(&b)) : 0;
    if (found->word) {
        quote(fd_buffer_text(&a), found->word, found->saved);
        quote(fd_buffer_text(&b), found->word, found->again);
    }
    fd_buffer_free(&a);
    fd_buffer_free(&b);
    return ok;
}

bool fd_divergence_find(const fd_turn *saved, const fd_turn *again, const char *check_before,
                        fd_divergence *found, fd_error *error) {
    *found = (fd_divergence){FD_SAME, 0, "", ""};
    fd_turn sealed = *saved; /* a look at it: only the check of the copy changes */
    if (!fd_turn_seal(&sealed, check_before, error))
        return false;
    bool same_check =
        strcmp(saved->check, again->check) == 0 && strcmp(sealed.check, saved->check) == 0;
    if (same_check && strcmp(saved->key, again->key) == 0)
        return true;
    if (!compare(saved, again, add_text, found, error))
        return false;
    found->kind = strcmp(sealed.check, saved->check) != 0 ? FD_SAVE_EDITED
                  : strcmp(saved->key, again->key) != 0   ? FD_OTHER_ACTION
                  : found->word                           ? FD_OTHER_WORDS
                                                          : FD_OTHER_CHOICES;
    return found->word > 0 || compare(saved, again, add_choices, found, error);
}

const char *fd_divergence_reason(fd_divergence_kind kind) {
    static const char *const reasons[] = {
        [FD_SAME] = "It is the same.",
        [FD_SAVE_EDITED] = "The save was changed after it was written: this turn does not fit its "
                           "own check value.",
        [FD_OTHER_ACTION] = "What was done here, or the seed, was changed in the save.",
        [FD_OTHER_WORDS] = "The save fits itself, and the story and model are the same: another "
                           "version of the program told it.",
        [FD_OTHER_CHOICES] = "The words are the same and what is offered is not: another version "
                             "of the program told it.",
    };
    return reasons[kind];
}
