#include "game/preview.h"
bool fd_preview_screen(fd_writing *writing, bool watch, fd_error *error) {
    (void)writing;
    (void)watch;
    return fd_fail(error, FD_FAILED, "not yet");
}
