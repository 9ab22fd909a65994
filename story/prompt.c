#include "story/prompt.h"

#include <string.h>

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

bool fd_prompt(const fd_tokenizer *tokenizer, const char *const *segments, size_t count,
               const char *open, size_t limit, fd_tokens *tokens, fd_error *error) {
    fd_tokens last = {0};
    size_t fitting = 0;
    bool ok = fd_tokenizer_end_of_text(tokenizer) >= 0 ||
              fd_fail(error, FD_BAD_FILE, "The model's vocabulary has no " FD_END_OF_TEXT ".");
    ok = ok && encode(tokenizer, open, false, &last, error);
    /* One token is kept for the mark that every segment of the training text comes after. */
    size_t room = limit > last.count + 1 ? limit - last.count - 1 : 0;
    ok = ok && count_fitting(tokenizer, segments, count, room, &fitting, error) &&
         fd_tokens_add(tokens, fd_tokenizer_end_of_text(tokenizer), error);
    for (size_t i = count - fitting; ok && i < count; i++)
        ok = encode(tokenizer, segments[i], true, tokens, error);
    size_t skip = last.count > limit - 1 ? last.count - (limit - 1) : 0;
    for (size_t i = skip; ok && i < last.count; i++)
        ok = fd_tokens_add(tokens, last.ids[i], error);
    fd_tokens_free(&last);
    return ok;
}
