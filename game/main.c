/* main.c - finds the subcommand, runs it, and turns its error into a sentence and an exit status.
 * The only file that ends the program. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "game/commands.h"
#include "game/sanitise.h"

#define VERSION "0.1.0"

static const fd_command_entry commands[] = {
    {"play", fd_command_play,
     "[STORY] [--seed TEXT] [--model M] [--resume [NAME]] [--plain] [--no-dream]\n"
     "             [--offline] [--foresight N|off] [--save FILE] [--threads N] [--calm]",
     "plays a story; this is what happens without a command"},
    {"replay", fd_command_replay, "FILE [--verify] [--plain] [--json] [--model M]",
     "tells a saved story again, or computes it again and compares"},
    {"saves", fd_command_saves, "[--json]", "lists the saved stories"},
    {"export", fd_command_export, "SAVE [--format text|markdown|html] [--out FILE]",
     "a saved story to be read elsewhere; the page can be replayed"},
    {"settings", fd_command_settings, "[NAME [VALUE] | NAME --reset | --init] [--json]",
     "lists what may be set, and sets it"},
    {"story", fd_command_story,
     "check|stats|map|play|corpus STORY... [--json] [--times N] [--seed TEXT] [--dream]\n"
     "             [--format dot|text|svg|html] [--plays N] [--strict] [--only KIND,...]\n"
     "             [--person second] [--explain]",
     "what writers ask of a story"},
    {"preview", fd_command_preview,
     "STORY... --at PASSAGE [-n N] [--seed TEXT] [--words W] [--temperature X]\n"
     "             [--choice K] [--opening TEXT] [--path \"A, B, C\"] [--model M] [--threads N]\n"
     "             [--json] [--keep K|all|LIST] [--as NAME] [--label TEXT] [--depth D] [--breadth "
     "B]\n"
     "             [--undo] [--again PASSAGE] [--plain] [--watch]",
     "what a model would write after a passage, and keeping it"},
    {"generate", fd_command_generate,
     "[--prompt TEXT|-] [-n N] [--tokens T] [--temperature X] [--top-k K] [--top-p P]\n"
     "             [--repetition-penalty R] [--stop TEXT] [--seed TEXT] [--greedy] [--model M] "
     "[--json]",
     "the bare model: text that follows a text"},
    {"perplexity", fd_command_perplexity, "FILE [--model M] [--json]",
     "how well a model predicts a text"},
    {"tokenize", fd_command_tokenize, "[--decode] [--model M] < text",
     "text to token ids, and back"},
    {"model", fd_command_model,
     "list | path [M] | info [M] [--json] | verify [M] | quantize M --out DIR\n"
     "             | fetch gpt2|gpt2-medium|gpt2-large|gpt2-xl|distilgpt2 [--keep-float] | remove "
     "M\n             | import DIR|FILE [--as NAME] [--keep-float] | export M --out DIR",
     "the models on this machine"},
    {"train", fd_command_train,
     "TEXT... --out NAME|DIR/ (--from M | --fresh WIDTHxLAYERSxHEADS [--vocab V] | --resume)\n"
     "             [--held-out PERCENT | --dev FILE] [--patience N] [--steps N] [--lr X]\n"
     "             [--batch B] [--accumulate N] [--context T] [--optimizer adamw|muon]\n"
     "             [--lora RANK [--lora-alpha A] [--keep-adapter | --merge]] [--freeze]\n"
     "             [--threads N] [--seed N] [--yes] [--json]",
     "teaches a model prose"},
    {"bench", fd_command_bench, "[--model M | --shape 124M|355M|774M|1558M] [--threads N] [--json]",
     "how fast this machine runs a model"},
    {"completions", fd_command_completions, "bash|zsh|fish", "the completion script of a shell"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

const fd_command_entry *fd_commands(size_t *count) {
    *count = COMMANDS;
    return commands;
}

/* Of one command, or with NULL of all. */
static void print_help(const fd_command_entry *chosen) {
    puts("usage: feverdream [COMMAND] [OPTIONS]\n");
    for (size_t i = 0; i < COMMANDS; i++)
        if (!chosen || chosen == &commands[i])
            printf("  %-10s %s\n             %s\n", commands[i].name, commands[i].usage,
                   commands[i].does);
    if (!chosen)
        puts("\n  --help     this text\n  --version  the program's version");
}

static bool given(int argc, char **argv, const char *option) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], option) == 0)
            return true;
    return false;
}

static const fd_command_entry *find(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}

/* A file that may not grow further is an error of writing it, as a full disk is, not the end. */
static void keep_on_writing(void) {
    struct sigaction ignore = {0};
    ignore.sa_handler = SIG_IGN;
    (void)sigaction(SIGXFSZ, &ignore, NULL);
}

int main(int argc, char **argv) {
    keep_on_writing();
    if (given(argc, argv, "--version")) {
        puts("feverdream " VERSION);
        return FD_OK;
    }
    if (given(argc, argv, "--help")) {
        print_help(argc > 2 ? find(argv[1]) : NULL);
        return FD_OK;
    }
    /* Without a command, or with options alone, the story is played: the program's own name stands
     * where the command's would. */
    bool named = argc > 1 && argv[1][0] != '-';
    const fd_command_entry *chosen = find(named ? argv[1] : "play");
    if (!chosen) {
        (void)fd_showf(stderr, NULL, "feverdream: there is no command \"%s\"; --help lists them.\n",
                       argv[1]);
        return FD_USAGE;
    }
    fd_error error = {FD_OK, ""};
    bool ok = chosen->run(argc - named, argv + named, &error);
    if (fflush(stdout) != 0 && ok)
        ok = fd_fail(&error, FD_FAILED, "The output could not be written.");
    if (ok)
        return FD_OK;
    (void)fd_showf(stderr, NULL, "feverdream %s: %s\n", chosen->name, error.message);
    return error.status == FD_CANCELLED ? FD_FAILED : (int)error.status;
}
