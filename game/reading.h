/* reading.h - the texts of a training: what is learned from, and what is held out. */
#ifndef FD_GAME_READING_H
#define FD_GAME_READING_H

#include "game/lesson.h"
#include "model/tokenizer.h"

typedef struct fd_reading {
    fd_buffer text, held; /* learned from; measured */
    fd_tokens tokens, held_tokens;
} fd_reading;

/* Reads the lesson's files, each ended with "<|endoftext|>", and holds out what is asked. The sum
 * of both goes into standing->texts; a resumed lesson's has to be what it was (FD_BAD_FILE). Freed
 * even after a failure. */
bool fd_reading_read(const fd_lesson *lesson, fd_standing *standing, fd_reading *reading,
                     fd_error *error);

/* Fills the tokens, by the tokenizer of the model in `directory`. */
bool fd_reading_encode(fd_reading *reading, const char *directory, fd_error *error);
void fd_reading_free(fd_reading *reading);

/* The sum of -log p over the held-out tokens, in nats, as bits a byte. */
double fd_reading_bits(const fd_reading *reading, double nll_sum);

#endif
