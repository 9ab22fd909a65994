/* proof.h - the parts of proof-reading (check.h tells what each looks for). */
#ifndef FD_STORY_PROOF_H
#define FD_STORY_PROOF_H

#include "story/check.h"

typedef struct fd_proof {
    const fd_story *story;
    fd_finding_report *report;
    void *context;
    fd_error *error;
} fd_proof;

/* Each goes through the whole story; false only when memory is short. */
typedef bool fd_proof_reader(const fd_proof *proof);
fd_proof_reader fd_proof_alike;
fd_proof_reader fd_proof_names;
fd_proof_reader fd_proof_person; /* and tense */
fd_proof_reader fd_proof_quotes;
fd_proof_reader fd_proof_lengths;

/* Reports a finding with a formatted message. */
void fd_proof_tell(const fd_proof *proof, fd_finding_kind kind, size_t passage, size_t line,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
