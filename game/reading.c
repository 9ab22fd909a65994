#include "game/reading.h"

#include <math.h>
#include <string.h>

#include "model/digest.h"
#include "model/file.h"
#include "story/held_out.h"

enum { TEXT_LIMIT_BITS = 32 };

static bool read_files(const fd_lesson *lesson, fd_buffer *text, fd_error *error) {
    for (size_t i = 0; i < lesson->text_count; i++)
        if (!fd_file_read(lesson->texts[i], text, error) ||
            !fd_buffer_add_text(text, FD_END_OF_TEXT, error))
            return false;
    return true;
}

static bool take_sum(const fd_lesson *lesson, const fd_reading *reading, fd_standing *standing,
                     fd_error *error) {
    char hex[65];
    fd_digest digest;
    fd_hash *hash = fd_hash_new(error);
    bool ok = hash && fd_hash_add(hash, reading->text.data, reading->text.length, error) &&
              fd_hash_add(hash, "\0", 1, error) &&
              fd_hash_add(hash, reading->held.data, reading->held.length, error) &&
              fd_hash_now(hash, &digest, error);
    fd_hash_free(hash);
    if (!ok)
        return false;
    fd_digest_hex(&digest, hex);
    if (lesson->resume && strcmp(hex, standing->texts) != 0)
        return fd_fail(error, FD_BAD_FILE,
                       "%s (or what is held out of it) is not what this training began with; to "
                       "teach the model something else, begin again with --from.",
                       lesson->texts[0]);
    memcpy(standing->texts, hex, sizeof hex);
    return true;
}

bool fd_reading_read(const fd_lesson *lesson, fd_standing *standing, fd_reading *reading,
                     fd_error *error) {
    fd_buffer whole = FD_BUFFER((size_t)1 << TEXT_LIMIT_BITS);
    *reading = (fd_reading){.text = whole, .held = whole};
    bool ok = true;
    if (lesson->held_out && !lesson->dev) {
        ok = read_files(lesson, &whole, error) &&
             fd_hold_out(fd_buffer_text(&whole), whole.length, lesson->held_out, &reading->text,
                         &reading->held, error);
        fd_buffer_free(&whole);
    } else {
        ok = read_files(lesson, &reading->text, error) &&
             (!lesson->dev || fd_file_read(lesson->dev, &reading->held, error));
    }
    return ok && take_sum(lesson, reading, standing, error);
}

bool fd_reading_encode(fd_reading *reading, const char *directory, fd_error *error) {
    const fd_buffer *text = &reading->text, *held = &reading->held;
    fd_tokenizer *tokenizer = fd_tokenizer_load(directory, error);
    bool ok = tokenizer &&
              fd_tokenizer_encode(tokenizer, fd_buffer_text(text), text->length, true,
                                  &reading->tokens, error) &&
              fd_tokenizer_encode(tokenizer, fd_buffer_text(held), held->length, true,
                                  &reading->held_tokens, error);
    fd_tokenizer_free(tokenizer);
    return ok;
}

void fd_reading_free(fd_reading *reading) {
    fd_buffer_free(&reading->text);
    fd_buffer_free(&reading->held);
    fd_tokens_free(&reading->tokens);
    fd_tokens_free(&reading->held_tokens);
}

double fd_reading_bits(const fd_reading *reading, double nll_sum) {
    return nll_sum / log(2.0) / (double)reading->held.length;
}
