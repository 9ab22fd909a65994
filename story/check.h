/* check.h - what is weak in a story that loads, and what a proof-reader would ask about.
 *
 * Weak places (a player comes to harm): a passage that cannot be reached, one without a way out
 * that is not tagged [ending], a loop that no choice leaves, a question without a default; in a
 * story of another format (format.h), which loads with it, a dead link.
 *
 * Proof-reading is for generated and kept text above all, and would rather miss a slip than cry
 * wolf.
 *
 * Alike: two passages share at least 30 % of the smaller one's runs of 6 words, and 12 of them
 * (shingles, A. Broder 1997, as containment); runs in more than 8 passages are refrains and do not
 * count.
 *
 * Name: one of at least 5 letters that stands once and differs by a letter (changed, added,
 * dropped, or two exchanged) from one that stands 4 times or more; a mother, father, husband, wife
 * or twin of yours with two names; in a passage tagged [dreamed], a name found nowhere else.
 *
 * Person: "I", "me", "my", "mine" or "myself" outside quotations, in a sentence that begins with
 * "You" and a verb of the present, or first in one between two such, unless somebody speaks,
 * something is read out, or another sentence of the paragraph says it too, as letters do; in a
 * passage tagged [dreamed], anywhere.
 *
 * Tense: "You" and a verb of the past first in a sentence between two that begin with "You" and a
 * verb of the present. Dreams are told in the past, and left out.
 *
 * Quotes: a quotation not closed by the end of its paragraph, unless the next opens one too, or
 * closed and not opened, for straight and curly double marks; all alternatives must end alike.
 *
 * Length: words of a passage beyond three interquartile ranges from the quartiles (Tukey's outer
 * fences, of logarithms) and more than three times as many or as few, in stories of 20 passages;
 * the start and endings, and passages of links alone, may be short.
 *
 * Link: in a story of another format (format.h), one that leads where this program cannot follow.
 */
#ifndef FD_STORY_CHECK_H
#define FD_STORY_CHECK_H

#include "story/story.h"

typedef enum fd_finding_kind {
    FD_FIND_UNREACHABLE,
    FD_FIND_STUCK,
    FD_FIND_LOOP,
    FD_FIND_ASK,
    FD_FIND_DEAD,
    FD_FIND_ALIKE, /* from here on: proof-reading */
    FD_FIND_NAME,
    FD_FIND_PERSON,
    FD_FIND_TENSE,
    FD_FIND_QUOTES,
    FD_FIND_LENGTH,
    FD_FIND_LINK, /* no slip, but to be known */
    FD_FIND_KINDS
} fd_finding_kind;

typedef struct fd_finding {
    fd_finding_kind kind;
    size_t passage;
    size_t line; /* in the passage's file */
    const char *message;
} fd_finding;

typedef void fd_finding_report(void *context, const fd_finding *finding);

const char *fd_finding_name(fd_finding_kind kind); /* "unreachable", "alike" ... */
bool fd_finding_is_weak(fd_finding_kind kind);     /* rather than proof-reading */

/* Reports every weak place; false only when memory is short. */
bool fd_story_check(const fd_story *story, fd_finding_report *report, void *context,
                    fd_error *error);

/* Reports what a proof-reader would, by kind, then by place. */
bool fd_story_proofread(const fd_story *story, fd_finding_report *report, void *context,
                        fd_error *error);

#endif
