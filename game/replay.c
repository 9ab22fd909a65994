/* replay.c - `feverdream replay`: a saved story told again, or computed again and compared. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "game/commands.h"
#include "game/json.h"
#include "game/loop.h"
#include "game/options.h"
#include "game/paths.h"
#include "game/replay_screen.h"
#include "game/sanitise.h"
#include "game/verify.h"
#include "model/file.h"
#include "story/carry.h"

/* Where the story parts from the saved one, side by side. */
static bool tell_divergence(const fd_verdict *verdict, fd_error *error) {
    const fd_divergence *found = &verdict->divergence;
    if (found->kind == FD_SAME || !found->word)
        return true;
    return fd_showf(stderr, error, "Turn %zu (%s), from word %zu on:\n  saved: %s\n  again: %s\n",
                    verdict->turns + 1, verdict->passage, found->word, found->saved, found->again);
}

static bool print_verdict(const fd_path *path, bool checked, const fd_verdict *verdict,
                          const fd_error *diverged, fd_error *error) {
    cJSON *json = cJSON_CreateObject();
    bool same = checked && diverged->status == FD_OK;
    cJSON_AddNumberToObject(json, "turns", (double)path->count);
    cJSON_AddBoolToObject(json, "verified", same);
    cJSON_AddStringToObject(json, "check", path->count ? fd_path_last(path)->check : "");
    if (checked && !same) {
        cJSON *why = cJSON_AddObjectToObject(json, "diverged");
        cJSON_AddStringToObject(why, "reason", diverged->message);
        if (verdict->divergence.kind != FD_SAME) {
            cJSON_AddNumberToObject(why, "turn", (double)verdict->turns + 1);
            cJSON_AddStringToObject(why, "passage", verdict->passage);
            cJSON_AddNumberToObject(why, "word", (double)verdict->divergence.word);
            cJSON_AddStringToObject(why, "saved", verdict->divergence.saved);
            cJSON_AddStringToObject(why, "again", verdict->divergence.again);
        }
    }
    return fd_print_json(json, error);
}

/* The story file may have changed since: then the save can be told, and not computed again. */
static bool same_story(const fd_path_header *header, const char *file, const fd_story *story,
                       fd_error *error) {
    return strcmp(header->story_hash, story->hash) == 0 ||
           fd_fail(error, FD_DIVERGED,
                   "It was told from another version of the story: its SHA-256 begins %.12s, that "
                   "of %.200s now begins %.12s.",
                   header->story_hash, file, story->hash);
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

/* On a terminal that can be drawn on at reading speed, else as lines. */
static bool tell(fd_session *session, bool plain, fd_error *error) {
    fd_frontend_options options;
    plain |= !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || session->path.count == 0;
    if (!plain && !fd_frontend_options_read(&options, error))
        return false;
    fd_terminal *terminal = plain ? NULL : fd_terminal_open(&options.terminal, error);
    if (!terminal)
        return error->status == FD_OK && print_story(session, error);
    bool ok = fd_replay_screen(session, terminal, error);
    fd_terminal_close(terminal);
    return ok;
}

static bool read_save(const char *name, bool check, fd_session *session, bool *torn,
                      fd_error *error) {
    char file[PATH_MAX], story[PATH_MAX];
    fd_path_header header = {0};
    bool ok = fd_save_path(name, file, error) && fd_path_read_header(file, &header, error) &&
              (header.story[0] ? fd_file_path(story, error, "%s", header.story)
                               : fd_assets_path("stories/the-well-house.twee", story, error));
    ok = ok && (session->story = fd_story_load(story, error)) != NULL &&
         (!check || same_story(&header, story, session->story, error));
    if (ok && strcmp(header.story_hash, session->story->hash) != 0) {
        fd_story_free(session->story);
        ok = (session->story = fd_carry_names(file, error)) != NULL;
    }
    ok = ok && fd_path_open(&session->path, session->story, file, false, torn, error);
    fd_path_header_free(&header);
    return ok;
}

static bool verify(const fd_session *session, const fd_session_options *asked, bool json,
                   fd_error *error) {
    fd_verdict verdict;
    fd_error diverged = {FD_OK, ""};
    bool same = fd_verify(&session->path, asked, &verdict, &diverged);
    if (!same && diverged.status != FD_DIVERGED) {
        *error = diverged;
        return false;
    }
    if (json && !print_verdict(&session->path, true, &verdict, &diverged, error))
        return false;
    if (same)
        return json || fd_showf(stderr, error, "All %zu turns are the same.\n", verdict.turns);
    if (!json && !tell_divergence(&verdict, error))
        return false;
    *error = diverged;
    return false;
}

bool fd_command_replay(int argc, char **argv, fd_error *error) {
    bool check = false, plain = false, json = false, torn = false;
    fd_session_options asked = {.threads = fd_processors()};
    fd_session session = {.path = FD_PATH};
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
    bool ok = read_save(argv[1], check, &session, &torn, error);
    if (ok && torn)
        ok = fd_showf(stderr, error, "The save's last line was cut short and is left out.\n");
    if (ok && !json)
        ok = tell(&session, plain || check, error);
    if (ok && check)
        ok = verify(&session, &asked, json, error);
    else if (ok && json)
        ok = print_verdict(&session.path, false, NULL, NULL, error);
    fd_session_end(&session);
    return ok;
}
