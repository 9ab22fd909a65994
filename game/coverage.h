/* coverage.h - what many readings of a story met, and what none of them did. */
#ifndef FD_GAME_COVERAGE_H
#define FD_GAME_COVERAGE_H

#include <cjson/cJSON.h>

#include "story/path.h"

typedef struct fd_coverage fd_coverage;

fd_coverage *fd_coverage_new(const fd_story *story, fd_error *error); /* outlived by the story */
void fd_coverage_free(fd_coverage *coverage);

/* Counts a reading told in this process, of this story or another that was read from its file. */
bool fd_coverage_add(fd_coverage *coverage, const fd_path *path, fd_error *error);

/* How often the readings passed a passage, and went on from it to its k-th target
 * (story->targets). */
size_t fd_coverage_visits(const fd_coverage *coverage, size_t passage);
size_t fd_coverage_steps(const fd_coverage *coverage, size_t passage, size_t k);

/* To stdout: the visits of every passage, the shares of the endings, how long the readings were
 * and how much of them was dreamed, and each link that was never taken and each alternative that
 * was never told, as "file:line: sentence". Questions are no turns here. */
bool fd_coverage_print(const fd_coverage *coverage, fd_error *error);

/* All but the lines about single links and alternatives; NULL when memory is short. */
cJSON *fd_coverage_json(const fd_coverage *coverage);

/* Parts of it: a line for each ending; "N plays of A to B turns (median C)" without a line end. */
bool fd_coverage_add_endings(const fd_coverage *coverage, fd_buffer *page, fd_error *error);
bool fd_coverage_add_turns(const fd_coverage *coverage, fd_buffer *page, fd_error *error);

#endif
