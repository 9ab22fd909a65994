/* play.c - `feverdream play`. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>

#include "game/commands.h"
#include "game/loop.h"
#include "game/offer.h"
#include "game/options.h"
#include "game/paths.h"
#include "game/settings.h"

/* Lines instead of a screen where they are wanted or the terminal can do no better. */
static void *open_frontend(bool plain, bool calm, const fd_frontend **table, fd_error *error) {
    fd_frontend_options options;
    if (!fd_frontend_options_read(&options, error))
        return NULL;
    options.calm |= calm;
    void *screen = plain ? NULL : fd_screen_open(&options, table, error);
    return screen || error->status != FD_OK ? screen : fd_plain_open(&options, table, error);
}

/* The offer of a larger model where somebody can be asked, the title and the story. */
static bool play(fd_session *session, const fd_frontend *table, void *screen, bool may_offer,
                 fd_buffer *note, fd_error *error) {
    fd_offer offer = {0};
    bool quit = false;
    bool ok =
        !may_offer || !table->ask || fd_offer_begin(&offer, table, screen, note, &quit, error);
    if (ok && !quit)
        ok = fd_loop_run(session, table, screen, fd_buffer_text(note), &offer, error);
    table->close(screen);
    fd_offer_end(&offer);
    return ok;
}

/* An option that stands for a setting is read like it. */
static bool option_or_setting(const char *name, const char *option, char value[FD_SETTING_SIZE],
                              fd_error *error) {
    if (!option)
        return fd_setting_get(name, value, error);
    if (!fd_setting_allows(fd_setting_find(name), option, error))
        return false;
    strcpy(value, option); /* an allowed value fits */
    return true;
}

static bool read_settings(fd_session_options *asked, const char *threads, const char *foresight,
                          fd_error *error) {
    char value[FD_SETTING_SIZE];
    if (!option_or_setting("foresight", foresight, value, error))
        return false;
    fd_session_set(asked, "foresight", value);
    if (!option_or_setting("threads", threads, value, error))
        return false;
    fd_session_set(asked, "threads", value);
    return true;
}

/* Lines of the settings that count for nothing are told where the title is. */
static bool note_problems(fd_buffer *note, fd_error *error) {
    fd_buffer problems = FD_BUFFER((size_t)1 << 20);
    bool ok = fd_settings_problems(&problems, error);
    char *end = problems.data ? strchr(problems.data, '\n') : NULL;
    if (ok && end)
        ok = fd_buffer_addf(note, error, "%sA setting is not used: %.*s%s", note->length ? " " : "",
                            (int)(end - problems.data), problems.data,
                            end[1] ? " There are more; `feverdream settings` tells them." : "");
    fd_buffer_free(&problems);
    return ok;
}

bool fd_command_play(int argc, char **argv, fd_error *error) {
    fd_session session = {.path = FD_PATH};
    const fd_frontend *table = NULL;
    void *screen = NULL;
    fd_session_options asked = {0};
    const char *resume = NULL, *save = NULL;
    const char *foresight = NULL, *threads = NULL;
    bool plain = false, offline = false, calm = false;
    char resume_latest[] = "--resume-latest";
    for (int i = 1; i < argc; i++) /* --resume alone means the latest */
        if (strcmp(argv[i], "--resume") == 0 && (i + 1 == argc || argv[i + 1][0] == '-')) {
            argv[i] = resume_latest;
        }
    bool latest = false;
    const fd_option options[] = {
        {"--seed", FD_TEXT, &asked.seed}, {"--model", FD_TEXT, &asked.model},
        {"--resume", FD_TEXT, &resume},   {"--resume-latest", FD_FLAG, &latest},
        {"--plain", FD_FLAG, &plain},     {"--no-dream", FD_FLAG, &asked.no_dream},
        {"--offline", FD_FLAG, &offline}, {"--foresight", FD_TEXT, &foresight},
        {"--save", FD_TEXT, &save},       {"--threads", FD_TEXT, &threads},
        {"--calm", FD_FLAG, &calm}};
    int given;
    if (!fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &given, error))
        return false;
    if (given > 1)
        return fd_fail(error, FD_USAGE, "play wants one story at most.");
    asked.story = given ? argv[1] : NULL;
    bool resumes = resume || latest;
    if (resumes && (asked.story || asked.seed || save))
        return fd_fail(
            error, FD_USAGE,
            "A story that is gone on with has its file, seed and story already: --resume "
            "stands without STORY, --seed and --save.");
    if (!read_settings(&asked, threads, foresight, error))
        return false;
    plain |= !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
    bool named = asked.model != NULL;
    char model[FD_SETTING_SIZE] = "";
    fd_buffer note = FD_BUFFER(4096);
    bool ok = named || resumes || asked.no_dream || fd_offer_model(model, &note, error);
    ok = ok && note_problems(&note, error);
    if (model[0])
        asked.model = model;
    ok = ok && (resumes ? fd_session_resume(&session, &asked, resume, &note, error)
                        : fd_session_begin(&session, &asked, save, error));
    ok = ok && (screen = open_frontend(plain, calm, &table, error)) != NULL;
    bool may_offer = !offline && !named && !asked.no_dream;
    ok = ok && play(&session, table, screen, may_offer, &note, error);
    fd_buffer_free(&note);
    fd_session_end(&session);
    return ok;
}
