/* export.c - `feverdream export`: a saved story as something to be read elsewhere. */
#include <stdio.h>

#include "game/commands.h"
#include "game/options.h"
#include "game/sanitise.h"
#include "game/shelf.h"
#include "model/file.h"
#include "story/transcript.h"

bool fd_command_export(int argc, char **argv, fd_error *error) {
    const char *name = "text", *out = NULL;
    const fd_option options[] = {{"--format", FD_TEXT, &name}, {"--out", FD_TEXT, &out}};
    fd_transcript_format format;
    fd_story *story = NULL;
    fd_path path = FD_PATH;
    fd_buffer text = FD_BUFFER((size_t)1 << 30);
    char file[PATH_MAX];
    bool torn;
    int given;
    if (!fd_options_read(argc, argv, options, 2, &given, error) ||
        !fd_transcript_named(name, &format, error))
        return false;
    if (given != 1)
        return fd_fail(error, FD_USAGE, "export wants one saved story.");
    bool ok = fd_save_path(argv[1], file, error) &&
              fd_save_read(file, &story, &path, &torn, error) &&
              fd_transcript(&path, format, &text, error) &&
              (out ? fd_file_replace(out, text.data, text.length, error)
                   : fd_show(stdout, fd_buffer_text(&text), text.length, error));
    fd_buffer_free(&text);
    fd_path_free(&path);
    fd_story_free(story);
    return ok;
}
