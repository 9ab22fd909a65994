/* teach.h - one training: texts to tokens, a model that learns from them, and what is left of it.
 *
 * Under `--out NAME` the model comes into the catalogue as int8, and NAME-f32 beside it is the
 * directory of the training; a path with a slash is that directory itself. In there: the model
 * (config.json, model.safetensors, vocab.json, merges.txt) with the best held-out loss so far,
 * training.safetensors (snapshot.h) to go on from, loss.csv and loss.svg. */
#ifndef FD_GAME_TEACH_H
#define FD_GAME_TEACH_H

#include "game/lesson.h"

/* What the run will take is said before it starts; one that needs more memory than is free is
 * refused (FD_FAILED). Ctrl-C saves and is FD_CANCELLED; with `resume` a stopped training goes on
 * as if nothing had happened, to the same bits. Learning stops when the held-out loss has not got
 * better for a while; the model that is left is the one that measured best. */
bool fd_teach(fd_lesson *lesson, fd_error *error);

#endif
