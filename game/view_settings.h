/* view_settings.h - the settings as a list to pick from, in any front end. */
#ifndef FD_GAME_VIEW_SETTINGS_H
#define FD_GAME_VIEW_SETTINGS_H

#include "game/frontend.h"

/* Told the name of each setting as it is changed. */
typedef struct fd_settings_watch {
    bool (*changed)(void *context, const char *name, fd_error *error);
    void *context;
} fd_settings_watch;

/* Shows every setting with its value and meaning and changes what is picked, until the reader goes
 * back: one of two words is the other then, of more words one is picked, and all else is written.
 */
bool fd_view_settings(const fd_frontend *table, void *screen, const fd_settings_watch *watch,
                      fd_error *error);

#endif
