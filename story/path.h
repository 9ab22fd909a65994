/* path.h - every turn that was told, as a tree, in memory and on disk.
 *
 * The reader stands at one turn; the line is what led there from the first. Taking back leads to
 * the turn before, redoing to the one last left, and a choice made anew begins a branch beside the
 * old one: nothing that was told is lost.
 *
 * The file is JSON Lines: a header (story, seed, model), then one line for each turn, written and
 * synced before the player sees the next prompt. A turn stands under the one the line ended with,
 * or under the one its "under" says; {"go":N} moves to the Nth turn of the file (0: before the
 * first), {"take_back":N}, of older saves, N turns up, and {"pin":TEXT} changes what is pinned. A
 * last line that was cut short is dropped on reading. "begun_sha256" and "carried" are there when
 * the story was edited meanwhile (carry.h). */
#ifndef FD_STORY_PATH_H
#define FD_STORY_PATH_H

#include "story/turn.h"

typedef struct fd_path_header {
    char *story;      /* file, as it was given */
    char *story_hash; /* SHA-256 in hex */
    char *title;
    char *seed;
    char *model;      /* name or directory; "" without dreams */
    char *model_hash; /* SHA-256 of its weights in hex, or "" */
    char
        *begun_hash; /* as story_hash, of the edition it was begun with (carry.h); NULL or "": it */
} fd_path_header;

#define FD_NO_STEP ((size_t)-1)

/* A turn and where it stands. */
typedef struct fd_step {
    fd_turn *turn; /* owned */
    size_t parent; /* FD_NO_STEP: a first turn */
    size_t later;  /* the turn after it that was last stood on; FD_NO_STEP: none */
} fd_step;

typedef struct fd_path {
    fd_path_header header;
    fd_turn **turns; /* the line, from the first turn to where the reader stands; of the steps */
    size_t count, capacity;
    fd_step *steps; /* every turn told, each after its parent */
    size_t step_count, step_capacity;
    size_t here;           /* the step the line ends with; FD_NO_STEP when it is empty */
    size_t later;          /* the first turn last stood on */
    char *pinned;          /* facts to be remembered (facts.h), or NULL */
    const fd_story *story; /* whose passages the file names */
    int file;              /* descriptor, -1 when not kept on disk */
} fd_path;                 /* start from FD_PATH */

#define FD_PATH ((fd_path){.here = FD_NO_STEP, .later = FD_NO_STEP, .file = -1})

bool fd_path_set_header(fd_path *path, const fd_path_header *header, fd_error *error);

/* Goes on to `turn` (heap), which the path takes over whatever happens. Where that very turn (its
 * key says so) was told before, goes there. The second adds it under another turn than the one the
 * reader stands at: beside it, when that is its parent. */
bool fd_path_add(fd_path *path, fd_turn *turn, fd_error *error);
bool fd_path_add_under(fd_path *path, size_t parent, fd_turn *turn, fd_error *error);

/* Goes to a turn told before; FD_NO_STEP: before the first. */
bool fd_path_go(fd_path *path, size_t step, fd_error *error);
bool fd_path_take_back(fd_path *path, size_t turns, fd_error *error);

/* Where redoing leads, or FD_NO_STEP. */
size_t fd_path_later(const fd_path *path);

/* The turn under `parent` that has this key, or FD_NO_STEP. */
size_t fd_path_find(const fd_path *path, size_t parent, const char *key);

/* The next attempt at telling what `action` leads to under `parent`: one more than any so far. */
size_t fd_path_next_attempt(const fd_path *path, size_t parent, const fd_action *action);

/* Changes what is pinned, from the next turn on ("" for nothing). */
bool fd_path_pin(fd_path *path, const char *facts, fd_error *error);

const fd_turn *fd_path_last(const fd_path *path); /* NULL when empty */

/* The path as it was when its last turn was told, pinned facts included: a look at the same turns,
 * which is not to be changed or freed, and ends with the path's next change. */
fd_path fd_path_before(const fd_path *path);

void fd_path_free(fd_path *path); /* closes its file, too */

/* All of it as a file has it. */
bool fd_path_write(const fd_path *path, fd_buffer *lines, fd_error *error);

/* Begins the file (refusing to overwrite one) with the header and all turns so far. While it is
 * open, no other program may write to it. */
bool fd_path_create(fd_path *path, const fd_story *story, const char *file, fd_error *error);

/* Opens the file of a save that no other program plays, and keeps others from playing it until the
 * descriptor is closed. -1 on failure. */
int fd_path_lock(const char *file, fd_error *error);

/* Reads the header alone, to find the story. */
bool fd_path_read_header(const char *file, fd_path_header *header, fd_error *error);
void fd_path_header_free(fd_path_header *header);

/* Reads a file, or the save inside a page (transcript.h); when `append`, goes on writing to it, and
 * fails while another program does. FD_BAD_FILE names the line. `*torn` says whether a last line
 * was dropped. A save of another version of the story is refused. */
bool fd_path_open(fd_path *path, const fd_story *story, const char *file, bool append, bool *torn,
                  fd_error *error);

#endif
