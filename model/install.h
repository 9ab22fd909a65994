/* install.h - published models on this machine: fetched, made small, and there as a whole or not at
 * all.
 *
 * In the directory `models`, NAME is the model as int8 and NAME-f32, when it is kept, as published.
 * Both have a list of their sums (fd_catalogue_verify). What is still on its way is in .NAME.fetch
 * and .NAME.new, which no model's name can be. */
#ifndef FD_MODEL_INSTALL_H
#define FD_MODEL_INSTALL_H

#include "model/fetch.h"

/* Fetches `remote` unless it is here already. Before anything is fetched the disk is looked at: it
 * must have room for all of it, and for the int8 model beside it. `keep_float`: what was fetched is
 * kept, too. FD_FAILED when another process is fetching the same model. */
bool fd_install(const fd_fetch_options *options, const fd_remote *remote, const char *models,
                bool keep_float, fd_error *error);

/* Bytes of a model that is on its way, 0 when it is not. */
uint64_t fd_install_begun(const fd_remote *remote, const char *models);

/* Removes the model NAME and whatever is here of one on its way; *bytes is what that frees.
 * FD_USAGE for what is no model's name, FD_FAILED when there is no such model. */
bool fd_install_remove(const char *models, const char *name, uint64_t *bytes, fd_error *error);

#endif
