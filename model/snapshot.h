/* snapshot.h - all that a stopped training goes on from, in one file that is replaced as a whole:
 * what moves, the optimiser's state, and a note of the caller's. */
#ifndef FD_MODEL_SNAPSHOT_H
#define FD_MODEL_SNAPSHOT_H

#include "model/memory.h"
#include "model/optimiser.h"

/* `moving` has optimiser->total values; `note` is any text. Step numbers are exact up to 2^24. */
bool fd_snapshot_save(const char *path, const fd_optimiser *optimiser, const float *moving,
                      const char *note, fd_error *error);

/* Appends the note alone. */
bool fd_snapshot_note(const char *path, fd_buffer *note, fd_error *error);

/* Fills `moving` and the optimiser, which is initialised; FD_BAD_FILE for a file of another shape,
 * which leaves both in an unknown state. */
bool fd_snapshot_load(const char *path, fd_optimiser *optimiser, float *moving, fd_error *error);

#endif
