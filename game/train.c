/* train.c - `feverdream train`: reads what is asked; teach.c does it. */
#include <string.h>

#include "game/commands.h"
#include "game/options.h"
#include "game/teach.h"
#include "model/memory.h"

static bool take_texts(fd_lesson *lesson, char **texts, size_t count, fd_error *error) {
    if (count == 0)
        return true;
    lesson->texts = fd_alloc(count, sizeof *lesson->texts, "the texts' names", error);
    for (size_t i = 0; lesson->texts && i < count; i++)
        lesson->texts[lesson->text_count++] = texts[i];
    return lesson->texts != NULL;
}

bool fd_command_train(int argc, char **argv, fd_error *error) {
    fd_lesson lesson = fd_lesson_new();
    const fd_option options[] = {{"--from", FD_TEXT, &lesson.from},
                                 {"--fresh", FD_TEXT, &lesson.fresh},
                                 {"--resume", FD_FLAG, &lesson.resume},
                                 {"--out", FD_TEXT, &lesson.out},
                                 {"--dev", FD_TEXT, &lesson.dev},
                                 {"--held-out", FD_COUNT_OR_ZERO, &lesson.held_out},
                                 {"--patience", FD_COUNT_OR_ZERO, &lesson.patience},
                                 {"--freeze", FD_FLAG, &lesson.freeze},
                                 {"--lora", FD_COUNT, &lesson.lora},
                                 {"--lora-alpha", FD_REAL, &lesson.alpha},
                                 {"--keep-adapter", FD_FLAG, &lesson.keep_adapter},
                                 {"--merge", FD_FLAG, &lesson.merge},
                                 {"--vocab", FD_COUNT, &lesson.vocab},
                                 {"--context", FD_COUNT, &lesson.context},
                                 {"--steps", FD_COUNT, &lesson.steps},
                                 {"--batch", FD_COUNT, &lesson.batch},
                                 {"--accumulate", FD_COUNT, &lesson.accumulate},
                                 {"--threads", FD_COUNT, &lesson.threads},
                                 {"--seed", FD_COUNT, &lesson.seed},
                                 {"--optimizer", FD_TEXT, &lesson.kind},
                                 {"--lr", FD_REAL, &lesson.rate},
                                 {"--yes", FD_FLAG, &lesson.yes},
                                 {"--json", FD_FLAG, &lesson.json}};
    int texts;
    bool ok =
        fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &texts, error) &&
        take_texts(&lesson, argv + 1, (size_t)texts, error) && fd_lesson_check(&lesson, error) &&
        fd_teach(&lesson, error);
    fd_lesson_free(&lesson);
    return ok;
}
