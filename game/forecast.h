/* forecast.h - what a training will take, said before it starts. */
#ifndef FD_GAME_FORECAST_H
#define FD_GAME_FORECAST_H

#include "game/lesson.h"
#include "model/train.h"

/* Says how much memory the training takes, in bytes in *needed; refuses (FD_FAILED) what does not
 * fit, naming what would, before anything large is read or allocated, and what `out`'s disk has no
 * room for. */
bool fd_forecast_room(const fd_lesson *lesson, const fd_config *config, const char *out,
                      double *needed, fd_error *error);

/* Says the time, and asks on a terminal whether to go on when it is more than an hour; a no is
 * FD_CANCELLED. `steps` are left of `seconds` each, and `needed` is what fd_forecast_room found. */
bool fd_forecast_time(const fd_lesson *lesson, size_t steps, double seconds, double needed,
                      fd_error *error);

/* "45 s", "12 min", "3 h 20 min". */
void fd_duration_words(double seconds, char *words, size_t size);

/* The training that a lesson plans; tokens are filled in by who has them. */
fd_train_plan fd_lesson_plan(const fd_lesson *lesson);

#endif
