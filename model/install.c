#define _POSIX_C_SOURCE 200809L
#include "model/install.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "model/file.h"
#include "model/gpt2.h"
#include "model/quantize.h"

typedef struct folders {
    char small[PATH_MAX], whole[PATH_MAX];   /* NAME and NAME-f32 */
    char fetched[PATH_MAX], fresh[PATH_MAX]; /* .NAME.fetch and .NAME.new */
} folders;

static bool name_folders(folders *at, const char *models, const char *name, fd_error *error) {
    return fd_file_path(at->small, error, "%s/%s", models, name) &&
           fd_file_path(at->whole, error, "%s/%s-f32", models, name) &&
           fd_file_path(at->fetched, error, "%s/.%s.fetch", models, name) &&
           fd_file_path(at->fresh, error, "%s/.%s.new", models, name);
}

static bool check_room(const fd_remote *remote, const folders *at, fd_error *error) {
    enum { MARGIN = 32 << 20 };
    struct statvfs disk;
    if (statvfs(at->fetched, &disk) != 0)
        return fd_fail(error, FD_FAILED, "The room on the disk of %s cannot be told: %s.",
                       at->fetched, strerror(errno));
    uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
    uint64_t need = fd_remote_bytes(remote) - fd_fetch_present(remote, at->fetched) +
                    fd_remote_kept(remote) + MARGIN;
    return need <= room || fd_fail(error, FD_FAILED,
                                   "%s needs %" PRIu64 " MB on the disk of %s, which has %" PRIu64
                                   " MB left; nothing was fetched.",
                                   remote->name, need / 1000000 + 1, at->fetched, room / 1000000);
}

/* Makes the int8 model beside its place, and puts it there once it is known to load. */
static bool make_small(const folders *at, fd_error *error) {
    bool ok = fd_folder_remove(at->fresh, error) && fd_folder_make(at->fresh, error) &&
              fd_quantize(at->fetched, at->fresh, error) && fd_catalogue_seal(at->fresh, error) &&
              fd_catalogue_verify(at->fresh, error) && fd_file_rename(at->fresh, at->small, error);
    if (!ok)
        (void)fd_folder_remove(at->fresh, NULL);
    return ok;
}

static bool fetch_and_place(const fd_fetch_options *options, const fd_remote *remote,
                            const folders *at, bool keep_float, fd_error *error) {
    static const char making[] = "making it small";
    const fd_fetch_progress all = {fd_remote_bytes(remote), fd_remote_bytes(remote), making};
    if (!check_room(remote, at, error) || !fd_fetch(options, remote, at->fetched, error))
        return false;
    if (options->progress)
        (void)options->progress(options->context, &all);
    if (!fd_folder_exists(at->small) && !make_small(at, error))
        return false;
    if (keep_float && !fd_folder_exists(at->whole))
        return fd_catalogue_seal(at->fetched, error) &&
               fd_file_rename(at->fetched, at->whole, error);
    return fd_folder_remove(at->fetched, error);
}

bool fd_install(const fd_fetch_options *options, const fd_remote *remote, const char *models,
                bool keep_float, fd_error *error) {
    folders at;
    if (!name_folders(&at, models, remote->name, error))
        return false;
    bool here = fd_folder_exists(at.small) && (!keep_float || fd_folder_exists(at.whole));
    if (here && !fd_folder_exists(at.fetched))
        return true;
    if (!fd_folder_make(models, error) || !fd_folder_make(at.fetched, error))
        return false;
    int held = fd_folder_lock(at.fetched, "fetching", remote->name, error);
    if (held < 0)
        return false;
    bool ok = here ? fd_folder_remove(at.fetched, error)
                   : fetch_and_place(options, remote, &at, keep_float, error);
    close(held);
    return ok;
}

uint64_t fd_install_begun(const fd_remote *remote, const char *models) {
    folders at;
    return name_folders(&at, models, remote->name, NULL) ? fd_fetch_present(remote, at.fetched) : 0;
}

bool fd_install_remove(const char *models, const char *name, uint64_t *bytes, fd_error *error) {
    folders at;
    if (!fd_catalogue_is_name(name) || strcmp(name, FD_EMBEDDED) == 0)
        return fd_fail(error, FD_USAGE,
                       "\"%s\" is no model that can be removed; `feverdream model list` shows "
                       "what is here.",
                       name);
    if (!name_folders(&at, models, name, error))
        return false;
    *bytes = fd_folder_bytes(at.small) + fd_folder_bytes(at.fetched) + fd_folder_bytes(at.fresh);
    if (!fd_folder_exists(at.small) && !fd_folder_exists(at.fetched))
        return fd_fail(error, FD_FAILED, "The model %s is not on this machine.", name);
    return fd_folder_remove(at.small, error) && fd_folder_remove(at.fetched, error) &&
           fd_folder_remove(at.fresh, error);
}
