/* train.c - `feverdream train`: reads what is asked; teach.c does it. */
#include <string.h>

#include "game/commands.h"
#include "game/options.h"
#include "game/paths.h"
#include "game/teach.h"

static bool check(const fd_lesson *lesson, int texts, const char *optimiser, fd_error *error) {
    if (!texts || !lesson->out || !!lesson->from + !!lesson->fresh + lesson->resume != 1)
        return fd_fail(error, FD_USAGE,
                       "train wants text files, --out DIR, and one of --from DIR, --fresh SHAPE "
                       "and --resume.");
    if (strcmp(optimiser, "adamw") != 0 && strcmp(optimiser, "muon") != 0)
        return fd_fail(error, FD_USAGE, "--optimizer is adamw or muon, not \"%s\".", optimiser);
    if (lesson->lora && (!lesson->from || lesson->freeze || lesson->muon))
        return fd_fail(error, FD_USAGE,
                       "--lora wants --from DIR and goes with neither --freeze nor muon.");
    if (lesson->freeze && lesson->fresh)
        return fd_fail(error, FD_USAGE, "--freeze wants a model that knows something: --from DIR.");
    if (!lesson->lora && !lesson->resume && (lesson->alpha > 0.0 || lesson->keep_adapter))
        return fd_fail(error, FD_USAGE, "--lora-alpha and --keep-adapter go with --lora RANK.");
    return true;
}

bool fd_command_train(int argc, char **argv, fd_error *error) {
    fd_lesson lesson = {.vocab = 4096, .context = 256, .steps = 1000, .batch = 16, .seed = 1};
    const char *optimiser = "adamw";
    lesson.threads = fd_processors();
    lesson.accumulate = 1;
    lesson.rate = 1e-3;
    const fd_option options[] = {{"--from", FD_TEXT, &lesson.from},
                                 {"--fresh", FD_TEXT, &lesson.fresh},
                                 {"--resume", FD_FLAG, &lesson.resume},
                                 {"--out", FD_TEXT, &lesson.out},
                                 {"--dev", FD_TEXT, &lesson.dev},
                                 {"--freeze", FD_FLAG, &lesson.freeze},
                                 {"--lora", FD_COUNT, &lesson.lora},
                                 {"--lora-alpha", FD_REAL, &lesson.alpha},
                                 {"--keep-adapter", FD_FLAG, &lesson.keep_adapter},
                                 {"--vocab", FD_COUNT, &lesson.vocab},
                                 {"--context", FD_COUNT, &lesson.context},
                                 {"--steps", FD_COUNT, &lesson.steps},
                                 {"--batch", FD_COUNT, &lesson.batch},
                                 {"--accumulate", FD_COUNT, &lesson.accumulate},
                                 {"--threads", FD_COUNT, &lesson.threads},
                                 {"--seed", FD_COUNT, &lesson.seed},
                                 {"--optimizer", FD_TEXT, &optimiser},
                                 {"--lr", FD_REAL, &lesson.rate},
                                 {"--json", FD_FLAG, &lesson.json}};
    int texts;
    if (!fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &texts, error))
        return false;
    lesson.muon = strcmp(optimiser, "muon") == 0;
    return check(&lesson, texts, optimiser, error) && fd_teach(&lesson, argv + 1, texts, error);
}
