/* paths.h - where the program's own files and the user's are. */
#ifndef FD_GAME_PATHS_H
#define FD_GAME_PATHS_H

#include <limits.h>

#include "model/catalogue.h"

/* The directory with stories/ and model/: FEVERDREAM_ASSETS, else beside the program (a build
 * folder's ../assets, an installed program's ../share/feverdream). */
bool fd_assets_path(const char *name, char path[PATH_MAX], fd_error *error);

/* A file under the user's data directory: FEVERDREAM_HOME, else $XDG_DATA_HOME/feverdream, else
 * ~/.local/share/feverdream. The directories on the way are made. */
bool fd_home_path(const char *name, char path[PATH_MAX], fd_error *error);

/* The file of the settings (settings.h); the directories on the way are made. */
bool fd_settings_path(char path[PATH_MAX], fd_error *error);

/* The directory with one directory for each model that did not come with the program. */
bool fd_models_path(char path[PATH_MAX], fd_error *error);

/* The host that models are fetched from: FEVERDREAM_MIRROR, or NULL for the one built in. */
const char *fd_model_host(void);

/* The directory of the model called `name` (NULL: the embedded one). */
bool fd_model_path(const char *name, char path[PATH_MAX], fd_error *error);

/* Loads it, with the kernels FEVERDREAM_ISA asks for. */
struct fd_model *fd_model_named(const char *name, fd_error *error);

/* Processors online, at least 1. */
size_t fd_processors(void);

#endif
