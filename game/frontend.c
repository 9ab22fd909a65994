#include "game/frontend.h"

#include <stdlib.h>
#include <string.h>

#include "game/settings.h"

static bool read_theme(fd_theme *theme, fd_error *error) {
    const char *no_colour = getenv("NO_COLOR");
    char value[FD_SETTING_SIZE];
    if (!fd_setting_get("theme", value, error))
        return false;
    *theme = (no_colour && *no_colour) || strcmp(value, "none") == 0 ? FD_THEME_NONE
             : strcmp(value, "dark") == 0                            ? FD_THEME_DARK
             : strcmp(value, "light") == 0                           ? FD_THEME_LIGHT
                                                                     : FD_THEME_AUTO;
    return true;
}

static bool is_on(const char *name, bool *on, fd_error *error) {
    char value[FD_SETTING_SIZE];
    if (!fd_setting_get(name, value, error))
        return false;
    *on = strcmp(value, "on") == 0;
    return true;
}

bool fd_frontend_options_read(fd_frontend_options *options, fd_error *error) {
    *options = (fd_frontend_options){0};
    return read_theme(&options->terminal.theme, error) &&
           is_on("mouse", &options->terminal.mouse, error) &&
           is_on("calm", &options->calm, error) && is_on("justify", &options->justify, error);
}
