/* replay.c - `feverdream replay`: a saved story told again, or computed again and compared. */
#include <stdio.h>
#include <string.h>

#include "game/commands.h"
#include "game/loop.h"
#include "game/options.h"
#include "game/paths.h"

/* One turn computed again from the turns before it. */
static bool compare(fd_session *session, const fd_turn *saved, size_t number, fd_error *error) {
    if (!fd_session_act(session, &saved->action, saved->attempt, error))
        return false;
    const fd_turn *again = fd_path_last(&session->path);
    return (strcmp(again->check, saved->check) == 0 && strcmp(again->key, saved->key) == 0) ||
           fd_fail(error, FD_DIVERGED, "Turn %zu (%s) differs from the saved one.", number + 1,
                   session->story->twee.passages[saved->passage].name);
}

static bool verify(const fd_session_options *asked, const char *file, const fd_path *saved,
                   fd_error *error) {
    fd_session again;
    fd_session_options options = *asked;
    options.story = saved->header.story[0] ? saved->header.story : NULL;
    options.seed = saved->header.seed;
    options.no_dream = !saved->header.model[0];
    if (!options.model && saved->header.model[0])
        options.model = saved->header.model;
    bool ok = fd_session_begin(&again, &options, "", error);
    if (ok && strcmp(again.path.header.model_hash, saved->header.model_hash) != 0)
        ok = fd_fail(error, FD_DIVERGED,
                     "%s was told by another model (its SHA-256 begins %.12s, this one's %.12s).",
                     file, saved->header.model_hash, again.path.header.model_hash);
    for (size_t i = 0; ok && i < saved->count; i++)
        ok = compare(&again, saved->turns[i], i, error);
    fd_session_end(&again);
    return ok;
}

static bool print_story(fd_session *session, fd_error *error) {
    const fd_frontend *table;
    const fd_frontend_options options = {.instant = true};
    const fd_status_line status = {session->path.header.title, session->path.header.seed,
                                   session->path.header.model, session->path.count};
    void *plain = fd_plain_open(&options, &table, error);
    if (!plain)
        return false;
    bool quit, ok = table->title(plain, &status, "", &quit, error) &&
                    fd_loop_tell_again(session, table, plain, error);
    table->close(plain);
    return ok;
}

bool fd_command_replay(int argc, char **argv, fd_error *error) {
    bool check = false, plain = false, json = false;
    fd_session_options asked = {.threads = fd_processors()};
    const fd_option options[] = {{"--verify", FD_FLAG, &check},
                                 {"--plain", FD_FLAG, &plain},
                                 {"--json", FD_FLAG, &json},
                                 {"--model", FD_TEXT, &asked.model},
                                 {"--threads", FD_COUNT, &asked.threads}};
    int given;
    if (!fd_options_read(argc, argv, options, 5, &given, error))
        return false;
    if (given != 1)
        return fd_fail(error, FD_USAGE, "replay wants one saved story.");
    char file[PATH_MAX], built_in[PATH_MAX];
    fd_path_header header = {0};
    fd_session here = {.path = FD_PATH}, *session = &here;
    bool torn,
        ok = fd_save_path(argv[1], file, error) && fd_path_read_header(file, &header, error) &&
             (header.story[0] || fd_assets_path("stories/the-well-house.twee", built_in, error));
    ok = ok &&
         (session->story = fd_story_load(header.story[0] ? header.story : built_in, error)) !=
             NULL &&
         fd_path_open(&session->path, session->story, file, false, &torn, error);
    ok = ok && (json || print_story(session, error));
    if (ok && check)
        ok = verify(&asked, file, &session->path, error);
    if (ok && json)
        printf("{\"turns\":%zu,\"verified\":%s,\"check\":\"%s\"}\n", session->path.count,
               check ? "true" : "false",
               session->path.count ? fd_path_last(&session->path)->check : "");
    else if (ok && check)
        fprintf(stderr, "All %zu turns are the same.\n", session->path.count);
    fd_path_header_free(&header);
    fd_session_end(session);
    return ok;
}
