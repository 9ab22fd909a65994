/* held_out.h - a share of a text kept apart, to measure what was learned from the rest. */
#ifndef FD_STORY_HELD_OUT_H
#define FD_STORY_HELD_OUT_H

#include "model/memory.h"

/* Divides text[0..length) into `rest` and `held`, about `percent` (1 to 50) of it: the end of each
 * of five stretches, so that neighbours stay together and no part of the text is passed over. What
 * ends with "<|endoftext|>" is never cut; where there are fewer than 50 such segments, paragraphs
 * are not. Both may come out empty for a text of a few paragraphs. */
bool fd_hold_out(const char *text, size_t length, size_t percent, fd_buffer *rest, fd_buffer *held,
                 fd_error *error);

#endif
