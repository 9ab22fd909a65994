#define _POSIX_C_SOURCE 200809L
#include "game/offer.h"

#include <stdio.h>
#include <string.h>

#include "game/paths.h"
#include "game/sanitise.h"
#include "model/file.h"

#define OFFERED "gpt2"

static bool add_note(fd_buffer *note, const char *sentence, fd_error *error) {
    return fd_buffer_addf(note, error, "%s%s", note->length ? " " : "", sentence);
}

bool fd_offer_model(char model[FD_SETTING_SIZE], fd_buffer *note, fd_error *error) {
    char directory[PATH_MAX], sentence[FD_SETTING_SIZE + 96];
    fd_error missing;
    if (!fd_setting_get("model", model, error))
        return false;
    if (strcmp(model, FD_EMBEDDED) == 0) {
        model[0] = '\0';
        return true;
    }
    bool here = fd_model_path(model, directory, &missing);
    if (here)
        (void)snprintf(sentence, sizeof sentence, "Told by %s, as your settings say.", model);
    else
        (void)snprintf(sentence, sizeof sentence,
                       "The model %s of your settings is not here: the small storyteller tells.",
                       model);
    if (!here)
        model[0] = '\0';
    return add_note(note, sentence, error);
}

/* The yes or no is kept. Where that cannot be, the story matters more, and the reader is told. */
static bool keep_answer(const char *answer, fd_buffer *note, fd_error *error) {
    fd_error unkept;
    return fd_setting_put("fetch", answer, &unkept) || add_note(note, unkept.message, error);
}

static bool ask(const fd_frontend *table, void *screen, bool *yes, bool *quit, fd_error *error) {
    static const char *const answers[] = {"Play now, with the small storyteller",
                                          "Fetch GPT-2 while I play"};
    const fd_remote *remote = fd_catalogue_remote(OFFERED);
    const char *host = fd_model_host();
    char question[1024];
    size_t chosen;
    (void)snprintf(question, sizeof question,
                   "A small storyteller came with the program.\n"
                   "GPT-2, which is twenty times as large, can be fetched from\n%s\n"
                   "It is %.0f MB to fetch, of which about %.0f MB are kept. You play "
                   "meanwhile; from your next story on it tells.\n"
                   "This is asked only once.",
                   host ? host : FD_FETCH_HOST, (double)fd_remote_bytes(remote) / 1e6,
                   (double)fd_remote_kept(remote) / 1e6);
    if (!table->ask(screen, question, answers, 2, &chosen, quit, error))
        return false;
    *yes = chosen == 1;
    return true;
}

/* The model to fetch: the one said yes to before, or the offered one after a yes now; "" for none.
 */
static bool choose(const fd_frontend *table, void *screen, char name[FD_SETTING_SIZE],
                   fd_buffer *note, bool *quit, fd_error *error) {
    char network[FD_SETTING_SIZE], directory[PATH_MAX];
    bool yes = false;
    *quit = false;
    if (!fd_setting_get("network", network, error) || !fd_setting_get("fetch", name, error))
        return false;
    bool never = strcmp(network, "never") == 0 || strcmp(name, "no") == 0;
    bool asks = strcmp(name, "ask") == 0;
    if (never || !asks || fd_model_path(OFFERED, directory, NULL)) {
        if (never || asks)
            name[0] = '\0';
        return true;
    }
    if (!ask(table, screen, &yes, quit, error))
        return false;
    if (*quit)
        return true;
    (void)snprintf(name, FD_SETTING_SIZE, "%s", yes ? OFFERED : "");
    return keep_answer(yes ? OFFERED : "no", note, error);
}

bool fd_offer_begin(fd_offer *offer, const fd_frontend *table, void *screen, fd_buffer *note,
                    bool *quit, fd_error *error) {
    char name[FD_SETTING_SIZE], directory[PATH_MAX], sentence[FD_SETTING_SIZE + 80];
    *offer = (fd_offer){0};
    if (!choose(table, screen, name, note, quit, error))
        return false;
    if (*quit || !name[0])
        return true;
    if (!(offer->remote = fd_catalogue_remote(name)))
        return fd_fail(error, FD_BAD_FILE,
                       "The setting \"fetch = %.60s\" names no published model; `feverdream model "
                       "list` names them.",
                       name);
    if (fd_model_path(name, directory, NULL))
        return true;
    const fd_fetch_options options = {.host = fd_model_host()};
    (void)snprintf(sentence, sizeof sentence,
                   "%s is being fetched while you play; it tells your next story.", name);
    return fd_models_path(offer->models, error) &&
           (offer->fetch = fd_background_start(&options, offer->remote, offer->models, error)) &&
           add_note(note, sentence, error);
}

/* What was fetched is used from now on, and not fetched again should it be removed. */
static void keep_success(const fd_offer *offer, fd_error *error) {
    if (fd_setting_put("model", offer->remote->name, error))
        (void)fd_setting_put("fetch", "no", error);
}

static void settle(fd_offer *offer) {
    if (fd_background_end(offer->fetch, &offer->failed) == FD_FETCHED)
        keep_success(offer, &offer->failed);
    offer->fetch = NULL;
}

bool fd_offer_look(fd_offer *offer, const fd_frontend *table, void *screen) {
    char words[640];
    if (!offer->fetch)
        return false;
    fd_background_state state = fd_background_look(offer->fetch, words, sizeof words);
    bool goes_on = state == FD_FETCHING || state == FD_FINISHING;
    table->beside(screen, goes_on ? words : "");
    if (!goes_on) {
        settle(offer);
        table->notice(screen, words);
    }
    return goes_on;
}

bool fd_offer_adopt(fd_offer *offer, const char *name, fd_error *error) {
    char network[FD_SETTING_SIZE];
    if (!offer->fetch || strcmp(name, "network") != 0)
        return true;
    if (!fd_setting_get("network", network, error))
        return false;
    if (strcmp(network, "never") == 0)
        fd_background_stop(offer->fetch);
    return true;
}

void fd_offer_end(fd_offer *offer) {
    char words[640];
    if (offer->fetch) {
        if (fd_background_look(offer->fetch, words, sizeof words) == FD_FINISHING)
            (void)fd_showf(stderr, NULL, "%s has arrived and is being made small...\n",
                           offer->remote->name);
        settle(offer);
    }
    if (offer->failed.status != FD_OK && offer->failed.status != FD_CANCELLED)
        (void)fd_showf(stderr, NULL, "%s is not here yet: %s\n", offer->remote->name,
                       offer->failed.message);
}
