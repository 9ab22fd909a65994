/* offer.h - a larger model for who plays: asked about once, fetched while the story goes on, and
 * used from the next story on. The network is not touched without that yes. */
#ifndef FD_GAME_OFFER_H
#define FD_GAME_OFFER_H

#include <limits.h>

#include "game/background.h"
#include "game/frontend.h"
#include "game/settings.h"

typedef struct fd_offer {
    fd_background *fetch; /* NULL when nothing is fetched */
    const fd_remote *remote;
    char models[PATH_MAX];
    fd_error failed; /* why it was not fetched; FD_OK when it was not so */
} fd_offer;

/* The model of the settings for a story that names none: "" for the embedded one, also when the
 * model is not here, which *note then says. */
bool fd_offer_model(char model[FD_SETTING_SIZE], fd_buffer *note, fd_error *error);

/* Asks, if that was never done, and begins to fetch what was said yes to, now or another time; adds
 * to *note what the reader should know. *quit: the reader wants to leave. */
bool fd_offer_begin(fd_offer *offer, const fd_frontend *table, void *screen, fd_buffer *note,
                    bool *quit, fd_error *error);

/* Shows how far it is, and tells the reader once when it has ended. False when nothing goes on. */
bool fd_offer_look(fd_offer *offer, const fd_frontend *table, void *screen);

/* The setting of that name was changed: without the network nothing is fetched any more. */
bool fd_offer_adopt(fd_offer *offer, const char *name, fd_error *error);

/* Stops; the next play goes on from there. Says on stderr what the reader should still know. */
void fd_offer_end(fd_offer *offer);

#endif
