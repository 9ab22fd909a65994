#define _POSIX_C_SOURCE 200809L
#include "game/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "game/layout.h"
#include "game/paths.h"
#include "game/settings.h"
#include "model/file.h"
#include "model/receipt.h"
#include "story/carry.h"

static bool model_digest(const char *model, char hex[65], fd_error *error) {
    char directory[PATH_MAX];
    return fd_model_path(model, directory, error) && fd_receipt_sum(directory, hex, error);
}

void fd_session_set(fd_session_options *options, const char *name, const char *value) {
    size_t number = (size_t)strtoul(value, NULL, 10); /* off and auto are 0 */
    if (strcmp(name, "foresight") == 0)
        options->ahead = number;
    else if (strcmp(name, "threads") == 0)
        options->threads = number ? number : (fd_processors() + 1) / 2;
}

/* Story, model, narrator and foresight; the path is empty. */
static bool load(fd_session *session, const fd_session_options *options, fd_error *error) {
    char path[PATH_MAX];
    const char *file = options->story;
    *session = (fd_session){.path = FD_PATH};
    if (!file && !fd_assets_path("stories/the-well-house.twee", path, error))
        return false;
    session->story = fd_story_load(file ? file : path, error);
    bool ok = session->story != NULL;
    if (ok && !options->no_dream)
        ok = (session->model = fd_model_named(options->model, error)) != NULL;
    if (ok && options->seed && strlen(options->seed) >= sizeof session->seed)
        ok = fd_fail(error, FD_USAGE, "A seed has at most %zu bytes.", sizeof session->seed - 1);
    if (ok && options->seed)
        (void)snprintf(session->seed, sizeof session->seed, "%s", options->seed);
    if (options->begun)
        (void)snprintf(session->begun, sizeof session->begun, "%s", options->begun);
    session->path.story = session->story;
    session->options = (fd_session_options){
        .no_dream = options->no_dream, .threads = options->threads, .ahead = options->ahead};
    session->narrator =
        (fd_narrator){session->story, session->model,   session->seed, FD_CANDIDATES,
                      FD_DREAMING,    options->threads, NULL,          session->begun};
    return ok && (session->foresight =
                      fd_foresight_new(&session->narrator, options->ahead, error)) != NULL;
}

static bool name_path(fd_session *session, const fd_session_options *options, fd_error *error) {
    char hex[65] = "", none[] = "", embedded[] = FD_EMBEDDED;
    if (session->model && !model_digest(options->model, hex, error))
        return false;
    char *model = !session->model ? none : options->model ? (char *)options->model : embedded;
    const fd_path_header header = {options->story ? (char *)options->story : none,
                                   session->story->hash,
                                   session->story->title,
                                   session->seed,
                                   model,
                                   hex,
                                   session->begun};
    return fd_path_set_header(&session->path, &header, error);
}

bool fd_session_begin(fd_session *session, const fd_session_options *options, const char *save,
                      fd_error *error) {
    if (!load(session, options, error))
        return false;
    if (!options->seed)
        (void)snprintf(session->seed, sizeof session->seed, "%llx", (unsigned long long)time(NULL));
    if (!name_path(session, options, error))
        return false;
    if (save && !*save)
        return true;
    if (save)
        (void)snprintf(session->save, sizeof session->save, "%s", save);
    else if (!fd_save_new(session->save, error))
        return false;
    return fd_path_create(&session->path, session->story, session->save, error);
}

/* Where the telling goes on in the story as it is now, and why not further. */
static bool note_parting(const fd_parting *parting, const fd_path *old, fd_buffer *note,
                         fd_error *error) {
    enum { DEED = 40 };
    size_t length = fd_text_cut(parting->deed, strlen(parting->deed), DEED);
    const char *quote = length ? "\"" : "", *more = parting->deed[length] ? "..." : "";
    if (!*parting->gone)
        return fd_buffer_addf(note, error,
                              "The story was edited since; your telling stands, all %zu turns, and "
                              "goes on in a new save.",
                              parting->turns);
    return fd_buffer_addf(note, error,
                          "The story was edited since; your telling goes on from turn %zu of %zu, "
                          "%s, where %s%.*s%s%s%s%s.",
                          parting->turns, old->count, parting->passage, quote, (int)length,
                          parting->deed, more, quote, length ? " " : "", parting->gone);
}

/* Takes the telling in `file` through the story as it is now, into a save of its own. */
static bool carry(fd_session *session, const fd_session_options *options, const char *file,
                  fd_buffer *note, fd_error *error) {
    fd_path old = FD_PATH;
    fd_parting parting;
    bool torn;
    fd_story *names = fd_carry_names(file, error);
    bool ok = names && fd_path_open(&old, names, file, false, &torn, error) &&
              name_path(session, options, error) &&
              fd_carry(&old, &session->narrator, &session->path, &parting, error);
    if (ok && !parting.turns && old.count)
        ok = fd_fail(error, FD_BAD_FILE,
                     "%s was told from another edition of \"%.80s\", and nothing of it stands in "
                     "the one that is here now: %s. `feverdream replay` still tells it, "
                     "`feverdream export` writes it as text.",
                     file, old.header.title, parting.gone);
    ok = ok && note_parting(&parting, &old, note, error) && fd_save_new(session->save, error) &&
         fd_path_create(&session->path, session->story, session->save, error);
    fd_path_free(&old);
    fd_story_free(names);
    return ok;
}

/* Opens the save itself, to go on with it. */
static bool reopen(fd_session *session, const char *file, fd_buffer *note, fd_error *error) {
    bool torn;
    (void)snprintf(session->save, sizeof session->save, "%s", file);
    return fd_path_open(&session->path, session->story, file, true, &torn, error) &&
           (!torn ||
            fd_buffer_add_text(note, "The save's last line was cut short and is left out.", error));
}

bool fd_session_resume(fd_session *session, const fd_session_options *options, const char *name,
                       fd_buffer *note, fd_error *error) {
    char file[PATH_MAX];
    fd_path_header header = {0};
    fd_session_options asked = *options;
    *session = (fd_session){.path = FD_PATH};
    if (!fd_save_path(name, file, error) || !fd_path_read_header(file, &header, error))
        return false;
    if (header.story[0])
        asked.story = header.story;
    if (!asked.model && header.model[0])
        asked.model = header.model;
    asked.no_dream |= !header.model[0];
    asked.seed = header.seed;
    asked.begun = header.begun_hash;
    bool ok = load(session, &asked, error);
    if (ok && strcmp(header.story_hash, session->story->hash) != 0) {
        if (!*asked.begun)
            (void)snprintf(session->begun, sizeof session->begun, "%s", header.story_hash);
        ok = carry(session, &asked, file, note, error);
    } else if (ok) {
        ok = reopen(session, file, note, error);
    }
    fd_path_header_free(&header);
    return ok;
}

bool fd_session_switch(fd_session *session, const char *name, fd_buffer *note, fd_error *why,
                       fd_error *error) {
    char before[PATH_MAX];
    const fd_session_options options = session->options;
    fd_buffer unsaid = FD_BUFFER(1 << 12);
    (void)snprintf(before, sizeof before, "%s", session->save);
    if (!before[0])
        return fd_fail(why, FD_USAGE, "This story is not kept: leaving it would lose it.") || true;
    fd_session_end(session);
    if (fd_session_resume(session, &options, name, note, why))
        return true;
    fd_session_end(session);
    bool ok = fd_session_resume(session, &options, before, &unsaid, error);
    fd_buffer_free(&unsaid);
    return ok;
}

bool fd_session_adopt(fd_session *session, const char *name, fd_error *error) {
    char value[FD_SETTING_SIZE];
    if (!fd_setting_get(name, value, error))
        return false;
    fd_session_set(&session->options, name, value);
    session->narrator.threads = session->options.threads;
    fd_foresight_limit(session->foresight, session->options.ahead, session->options.threads);
    return fd_foresight_look(session->foresight, &session->path, error);
}

void fd_session_end(fd_session *session) {
    fd_foresight_free(session->foresight);
    fd_path_free(&session->path);
    fd_model_free(session->model);
    fd_story_free(session->story);
    *session = (fd_session){.path = FD_PATH};
}

bool fd_session_act(fd_session *session, const fd_action *action, size_t attempt, fd_error *error) {
    fd_turn *turn = NULL;
    size_t done, wanted;
    bool ok = fd_foresight_ask(session->foresight, &session->path, action, attempt, error);
    while (ok && !turn)
        ok = fd_foresight_take(session->foresight, 1000, &turn, &done, &wanted, error);
    return ok && fd_path_add(&session->path, turn, error);
}

/* Rewrites the last turn as a saved one was. */
static bool rewrite(fd_session *session, const fd_turn *saved, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < saved->stretch_count; i++) {
        if (saved->stretches[i].voice != FD_EDITED)
            continue;
        const fd_path before = fd_path_before(&session->path);
        const fd_turn *told = fd_path_last(&session->path);
        fd_situation situation;
        if (!fd_situation_of(&before, &situation, error))
            return false;
        fd_turn *edited = i < told->stretch_count
                              ? fd_narrator_edit(&session->narrator, &situation, told, i,
                                                 saved->stretches[i].text, error)
                              : NULL;
        if (i >= told->stretch_count)
            fd_fail(error, FD_DIVERGED, "What the player rewrote was not told.");
        fd_situation_free(&situation);
        ok = edited && fd_path_add_under(&session->path, before.here, edited, error);
    }
    return ok;
}

/* A turn whose dreams were told under an earlier edition has them from the save. */
static bool carry_again(fd_session *session, const fd_turn *saved, fd_error *error) {
    fd_situation situation;
    if (!fd_situation_of(&session->path, &situation, error))
        return false;
    fd_turn *turn = fd_narrator_carry(&session->narrator, &situation, &saved->action, saved, error);
    fd_situation_free(&situation);
    return turn && fd_path_add(&session->path, turn, error);
}

bool fd_session_repeat(fd_session *session, const fd_turn *saved, fd_error *error) {
    if (!fd_path_pin(&session->path, saved->pinned ? saved->pinned : "", error))
        return false;
    if (saved->carried)
        return carry_again(session, saved, error);
    if (!fd_session_act(session, &saved->action, saved->attempt, error))
        return false;
    if (saved->unedited[0] && strcmp(fd_path_last(&session->path)->check, saved->unedited) != 0)
        return fd_fail(error, FD_DIVERGED, "What the player rewrote was told in other words.");
    return rewrite(session, saved, error);
}
