#include "game/verify.h"

#include <stdio.h>
#include <string.h>

/* One turn computed again from the turns before it. */
static bool compare(fd_session *session, const fd_path *saved, size_t index, fd_verdict *verdict,
                    fd_error *error) {
    const fd_turn *turn = saved->turns[index];
    const char *before = index ? saved->turns[index - 1]->check : "";
    fd_divergence *found = &verdict->divergence;
    fd_error why = {FD_OK, ""};
    (void)snprintf(verdict->passage, sizeof verdict->passage, "%s",
                   session->story->twee.passages[turn->passage].name);
    if (!fd_session_repeat(session, turn, &why))
        return fd_fail(error, why.status == FD_USAGE ? FD_DIVERGED : why.status,
                       "Turn %zu (%s): %s", index + 1, verdict->passage, why.message);
    if (!fd_divergence_find(turn, fd_path_last(&session->path), before, found, error))
        return false;
    if (found->kind == FD_SAME) {
        verdict->turns++;
        return true;
    }
    return fd_fail(error, FD_DIVERGED, "Turn %zu (%s) differs from the saved one. %s", index + 1,
                   verdict->passage, fd_divergence_reason(found->kind));
}

static bool same_model(const fd_path_header *saved, const fd_path_header *again, fd_error *error) {
    return strcmp(again->model_hash, saved->model_hash) == 0 ||
           fd_fail(error, FD_DIVERGED,
                   "It was told by another model: \"%.80s\", whose weights' SHA-256 begins %.12s; "
                   "here \"%.80s\" begins %.12s.",
                   saved->model, saved->model_hash, again->model, again->model_hash);
}

bool fd_verify(const fd_path *saved, const fd_session_options *options, fd_verdict *verdict,
               fd_error *error) {
    fd_session again;
    fd_session_options asked = *options;
    const fd_path_header *header = &saved->header;
    asked.story = header->story[0] ? header->story : NULL;
    asked.seed = header->seed;
    asked.begun = header->begun_hash;
    asked.no_dream = !header->model[0];
    asked.ahead = 0;
    if (!asked.model && header->model[0])
        asked.model = header->model;
    *verdict = (fd_verdict){0};
    bool ok = fd_session_begin(&again, &asked, "", error) &&
              same_model(header, &again.path.header, error);
    for (size_t i = 0; ok && i < saved->count; i++)
        ok = compare(&again, saved, i, verdict, error);
    fd_session_end(&again);
    return ok;
}
