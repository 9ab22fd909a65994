/* person.h - retelling first-person prose in the second person, so that a model trained on other
 * people's stories speaks to the player. */
#ifndef FD_STORY_PERSON_H
#define FD_STORY_PERSON_H

#include "model/memory.h"

/* Appends text[0..length) with I, me, my, mine, myself told as you, you, your, yours, yourself
 * ("I was" becomes "you were", "am I" "are you", "I never was" "you never were"), and a capital
 * where a sentence begins. What stands between double quotes, straight or curly, is left as it was
 * said; a quote left open ends with its paragraph. Numbering such as "I." or "Charles I" is told
 * wrong: it is rare. */
bool fd_person_second(const char *text, size_t length, fd_buffer *into, fd_error *error);

#endif
