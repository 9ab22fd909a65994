#include "story/prompt.h"

#include <string.h>

#include "story/facts.h"

static bool encode(const fd_tokenizer *tokenizer, const char *text, bool ended, fd_tokens *tokens,
                   fd_error *error) {
    return fd_tokenizer_encode(tokenizer, text, strlen(text), false, tokens, error) &&
           (!ended || fd_tokens_add(tokens, fd_tokenizer_end_of_text(tokenizer), error));
}

/* How many of the segments fit before `open`: from the newest back. */
static bool count_fitting(const fd_tokenizer *tokenizer, const char *const *segments, size_t count,
                          size_t room, size_t *fitting, fd_error *error) {
    fd_tokens one = {0};
    bool ok = true;
    *fitting = 0;
    while (ok && *fitting < count) {
        one.count = 0;
        ok = encode(tokenizer, segments[count - 1 - *fitting], true, &one, error);
        if (one.count > room)
            break;
        room -= one.count;
        ++*fitting;
    }
    fd_tokens_free(&one);
    return ok;
}

/* Adds a fact as it is read: after the first, with the space before it. */
static bool add_fact(const fd_tokenizer *tokenizer, const char *fact, size_t length, bool first,
                     fd_tokens *tokens, fd_error *error) {
    fd_buffer text = FD_BUFFER(FD_FACTS_MOST + 1);
    bool ok =
        fd_buffer_add_text(&text, first ? "" : " ", error) &&
        fd_buffer_add(&text, fact, length, error) &&
        fd_tokenizer_encode(tokenizer, fd_buffer_text(&text), text.length, false, tokens, error);
    fd_buffer_free(&text);
    return ok;
}

bool fd_prompt_count_fact(const fd_tokenizer *tokenizer, const char *fact, size_t length,
                          size_t *tokens, fd_error *error) {
    fd_tokens one = {0};
    bool ok = add_fact(tokenizer, fact, length, false, &one, error);
    *tokens = one.count;
    fd_tokens_free(&one);
    return ok;
}

/* Adds the facts that fit into `most` tokens, and the mark after them. */
static bool add_pinned(const fd_tokenizer *tokenizer, const char *pinned, size_t most,
                       fd_tokens *tokens, size_t *facts, fd_error *error) {
    size_t begun = tokens->count, count = pinned ? fd_facts_count(pinned) : 0;
    bool ok = true;
    for (*facts = 0; ok && *facts < count; ++*facts) {
        const char *fact;
        size_t length = fd_facts_at(pinned, *facts, &fact), before = tokens->count;
        ok = add_fact(tokenizer, fact, length, *facts == 0, tokens, error);
        if (tokens->count - begun + 1 > most) {
            tokens->count = before;
            break;
        }
    }
    return ok && (!*facts || fd_tokens_add(tokens, fd_tokenizer_end_of_text(tokenizer), error));
}

bool fd_prompt(const fd_tokenizer *tokenizer, const fd_reading *reading, size_t limit,
               fd_tokens *tokens, fd_reading_count *counted, fd_error *error) {
    fd_tokens last = {0};
    fd_reading_count sum = {0};
    size_t fitting = 0;
    bool ok = fd_tokenizer_end_of_text(tokenizer) >= 0 ||
              fd_fail(error, FD_BAD_FILE, "The model's vocabulary has no " FD_END_OF_TEXT ".");
    /* The mark that every segment of the training text comes after. */
    ok = ok && encode(tokenizer, reading->open, false, &last, error) &&
         fd_tokens_add(tokens, fd_tokenizer_end_of_text(tokenizer), error) &&
         add_pinned(tokenizer, reading->pinned, reading->pinned_most, tokens, &sum.facts, error);
    sum.pinned = tokens->count - 1;
    size_t room = limit > tokens->count ? limit - tokens->count : 0;
    sum.open = last.count < room ? last.count : room;
    sum.open_left_out = last.count - sum.open;
    ok = ok && count_fitting(tokenizer, reading->segments, reading->count, room - sum.open,
                             &fitting, error);
    sum.left_out = reading->count - fitting;
    size_t begun = tokens->count;
    for (size_t i = sum.left_out; ok && i < reading->count; i++)
        ok = encode(tokenizer, reading->segments[i], true, tokens, error);
    sum.segments = tokens->count - begun;
    for (size_t i = sum.open_left_out; ok && i < last.count; i++)
        ok = fd_tokens_add(tokens, last.ids[i], error);
    fd_tokens_free(&last);
    if (counted)
        *counted = sum;
    return ok;
}
