/* label.h - the label of the link to a passage that a model dreamed: things to do that the
 * passage's own words tell of, and the one of them that the model finds likeliest. */
#ifndef FD_STORY_LABEL_H
#define FD_STORY_LABEL_H

#include "story/preview.h"

enum { FD_LABELS_MOST = 12, FD_LABEL_SIZE = 49 };

typedef struct fd_labels {
    char texts[FD_LABELS_MOST][FD_LABEL_SIZE];
    size_t count;
} fd_labels;

/* What a text offers as labels of at most six words, at least one and no two alike: what "you" do
 * in it ("Open the door"), in order, or how it begins, or "Go on"; then whole clauses of two words
 * or more. All but its beginning leaves out what stands in quotes. */
void fd_labels_of(const char *text, fd_labels *labels);

/* The one of them that the plan's model finds likeliest, by the token, as the end of "You want to"
 * after the plan's segments; of equals the first, which it also is where the model has no room to
 * read them. A pure function of model, segments and text. */
bool fd_label_propose(const fd_preview *plan, const char *text, char label[FD_LABEL_SIZE],
                      fd_error *error);

/* Whether a label can stand in a link: FD_USAGE says what is wrong. */
bool fd_label_check(const char *label, fd_error *error);

#endif
