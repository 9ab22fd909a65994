#include "game/completions.h"

#include <ctype.h>
#include <string.h>

/* --- usage --- */

/* Whether one of the alternatives is a word to be given as it stands; those in capitals stand for
 * something else. */
static bool has_word(const char *value, size_t length) {
    for (size_t i = 0; i < length; i++)
        if ((i == 0 || value[i - 1] == '|') &&
            (islower((unsigned char)value[i]) || isdigit((unsigned char)value[i])))
            return true;
    return false;
}

static bool has(const char *value, size_t length, const char *name) {
    const char *found = strstr(value, name);
    return found && (size_t)(found - value) + strlen(name) <= length;
}

static fd_taken taken_by(const char *value, size_t length) {
    if (length == 1 && *value == 'M')
        return FD_TAKES_MODEL;
    if (has(value, length, "[NAME]"))
        return FD_TAKES_SAVE;
    if (has_word(value, length))
        return FD_TAKES_WORDS;
    return has(value, length, "FILE") || has(value, length, "DIR") ? FD_TAKES_FILE : FD_TAKES_TEXT;
}

bool fd_usage_next(const char **usage, fd_usage_option *option) {
    const char *at = *usage;
    while (*at && !(*at == '-' && at[1] && strchr("-abcdefghijklmnopqrstuvwxyz", at[1]) &&
                    (at == *usage || strchr(" [(", at[-1]))))
        at++;
    if (!*at)
        return false;
    option->name = at;
    while (*at == '-' || isalnum((unsigned char)*at))
        at++;
    option->length = (size_t)(at - option->name);
    option->taken = FD_TAKES_NOTHING;
    option->words = at;
    option->words_length = 0;
    bool takes = *at == ' ' && at[1] && !strchr("-|([ \n", at[1]);
    bool may_take = *at == ' ' && at[1] == '[' && isupper((unsigned char)at[2]);
    if (takes || may_take) {
        option->words = ++at;
        option->words_length = strcspn(at, may_take ? "\n" : " ])\n");
        if (may_take)
            option->words_length = strcspn(at, "]") + 1;
        option->taken = taken_by(at, option->words_length);
        at += option->words_length;
    }
    *usage = at;
    return true;
}

static bool is_word(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) && text[i] != '-')
            return false;
    return length > 0 && islower((unsigned char)*text);
}

bool fd_usage_next_word(const char *whole, const char **usage, const char **word, size_t *length) {
    const char *at = *usage;
    bool first = at == whole;
    while (*at) {
        /* At the start, after a bar that stands alone, and, in the first word, after any bar. */
        const char *space = strchr(whole, ' ');
        bool in_first = !space || at < space;
        bool begins = first || (in_first && at[-1] == '|') ||
                      (at - whole >= 2 && at[-1] == ' ' && at[-2] == '|');
        *length = strcspn(at, "| \n");
        if (begins && is_word(at, *length)) {
            *word = at;
            *usage = at + *length;
            return true;
        }
        first = false;
        at++;
    }
    *usage = at;
    return false;
}

/* --- scripts --- */

typedef struct scribe {
    fd_buffer *out;
    fd_error *error;
    bool ok;
} scribe;

static void say(scribe *self, const char *text) {
    self->ok = self->ok && fd_buffer_add_text(self->out, text, self->error);
}

static void say_part(scribe *self, const char *text, size_t length) {
    self->ok = self->ok && fd_buffer_add(self->out, text, length, self->error);
}

/* The words between bars, apart by spaces, without those in capitals. */
static void say_words(scribe *self, const char *words, size_t length) {
    for (const char *at = words; at < words + length;) {
        size_t one = strcspn(at, "|");
        if (one > (size_t)(words + length - at))
            one = (size_t)(words + length - at);
        if (one > 0 && has_word(at, one)) {
            say_part(self, at, one);
            say(self, " ");
        }
        at += one + 1;
    }
}

static void say_begin_words(scribe *self, const char *usage) {
    const char *at = usage, *word;
    size_t length;
    while (fd_usage_next_word(usage, &at, &word, &length)) {
        say_part(self, word, length);
        say(self, " ");
    }
}

static void say_options(scribe *self, const char *usage) {
    fd_usage_option option;
    while (fd_usage_next(&usage, &option)) {
        say_part(self, option.name, option.length);
        say(self, " ");
    }
}

static void say_commands(scribe *self, const fd_command_entry *commands, size_t count) {
    for (size_t i = 0; i < count; i++) {
        say(self, commands[i].name);
        say(self, " ");
    }
}

/* bash and zsh: a case for each command and option that takes something we know. */
static void say_value_cases(scribe *self, const fd_command_entry *commands, size_t count) {
    static const char *const does[] = {
        [FD_TAKES_FILE] = "_feverdream_files",
        [FD_TAKES_MODEL] = "_feverdream_words $(feverdream completions models); _feverdream_files",
        [FD_TAKES_SAVE] = "_feverdream_words $(feverdream completions saves)",
        [FD_TAKES_TEXT] = ":"};
    for (size_t i = 0; i < count; i++) {
        fd_usage_option option;
        for (const char *usage = commands[i].usage; fd_usage_next(&usage, &option);) {
            if (option.taken == FD_TAKES_NOTHING)
                continue;
            say(self, "    \"");
            say(self, commands[i].name);
            say(self, " ");
            say_part(self, option.name, option.length);
            say(self, "\") ");
            if (option.taken == FD_TAKES_WORDS) {
                say(self, "_feverdream_words ");
                say_words(self, option.words, option.words_length);
            } else {
                say(self, does[option.taken]);
            }
            say(self, option.words[0] == '[' ? "; more=yes ;;\n" : " ;;\n");
        }
    }
}

static void say_option_cases(scribe *self, const fd_command_entry *commands, size_t count) {
    for (size_t i = 0; i < count; i++) {
        say(self, "    ");
        say(self, commands[i].name);
        say(self, ") known=\"");
        say_options(self, commands[i].usage);
        say(self, "--help\" begin=\"");
        say_begin_words(self, commands[i].usage);
        say(self, "\" ;;\n");
    }
}

/* The same lines for bash and zsh, after those that say where in the line the reader is: the words
 * current, before and first, and the number `place` of the current one. */
static void say_function(scribe *self, const fd_command_entry *commands, size_t count) {
    say(self, "    local command=play known= begin= more=no\n"
              "    if [ \"$place\" = 1 ]; then\n"
              "        _feverdream_words ");
    say_commands(self, commands, count);
    say(self, "--help --version\n"
              "    elif [ \"${first#-}\" = \"$first\" ]; then\n"
              "        command=$first\n"
              "    fi\n"
              "    case \"$command $before\" in\n");
    say_value_cases(self, commands, count);
    say(self, "    *) more=yes ;;\n"
              "    esac\n"
              "    [ \"$more\" = yes ] || return 0\n"
              "    case $command in\n");
    say_option_cases(self, commands, count);
    say(self, "    esac\n"
              "    case $current in -*) _feverdream_split \"$known\"; return 0 ;; esac\n"
              "    if [ \"$place\" = 2 ] && [ \"$command\" = settings ]; then\n"
              "        _feverdream_words $(feverdream completions settings)\n"
              "    elif [ \"$place\" = 2 ] && [ \"$command\" = replay ]; then\n"
              "        _feverdream_words $(feverdream completions saves)\n"
              "    elif [ \"$place\" = 2 ]; then\n"
              "        _feverdream_split \"$begin\"\n"
              "    fi\n"
              "    _feverdream_files\n"
              "}\n");
}

static void say_bash(scribe *self, const fd_command_entry *commands, size_t count) {
    say(self, "# bash completion for feverdream\n"
              "_feverdream_words() {\n"
              "    local -a found\n"
              "    mapfile -t found < <(compgen -W \"$*\" -- \"$current\")\n"
              "    COMPREPLY+=(\"${found[@]}\")\n"
              "}\n"
              "_feverdream_split() { _feverdream_words \"$1\"; }\n"
              "_feverdream_files() {\n"
              "    local -a found\n"
              "    compopt -o filenames 2>/dev/null\n"
              "    mapfile -t found < <(compgen -f -- \"$current\")\n"
              "    COMPREPLY+=(\"${found[@]}\")\n"
              "}\n"
              "_feverdream() {\n"
              "    COMPREPLY=()\n"
              "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
              "    local first=${COMP_WORDS[1]} place=$COMP_CWORD\n");
    say_function(self, commands, count);
    say(self, "complete -F _feverdream feverdream\n");
}

static void say_zsh(scribe *self, const fd_command_entry *commands, size_t count) {
    say(self, "#compdef feverdream\n"
              "_feverdream_words() { compadd -- \"$@\"; }\n"
              "_feverdream_split() { compadd -- ${=1}; }\n"
              "_feverdream_files() { _files; }\n"
              "_feverdream() {\n"
              "    local current=${words[CURRENT]} before=${words[CURRENT - 1]}\n"
              "    local first=${words[2]} place=$((CURRENT - 1))\n");
    say_function(self, commands, count);
    say(self, "_feverdream \"$@\"\n");
}

/* A text in fish's single quotes. */
static void say_quoted(scribe *self, const char *text) {
    say(self, "'");
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            say(self, "\\");
        say_part(self, text, 1);
    }
    say(self, "'");
}

static void say_fish_option(scribe *self, const char *command, const fd_usage_option *option) {
    bool is_long = option->length > 2;
    say(self, "complete -c feverdream -n '__fish_seen_subcommand_from ");
    say(self, command);
    say(self, is_long ? "' -l " : "' -s ");
    say_part(self, option->name + 1 + is_long, option->length - 1 - is_long);
    if (option->taken == FD_TAKES_FILE)
        say(self, " -r -F");
    if (option->taken == FD_TAKES_MODEL)
        say(self, " -x -a '(feverdream completions models; __fish_complete_directories)'");
    if (option->taken == FD_TAKES_SAVE)
        say(self, " -x -a '(feverdream completions saves)'");
    if (option->taken == FD_TAKES_TEXT)
        say(self, " -x");
    if (option->taken == FD_TAKES_WORDS) {
        say(self, " -x -a '");
        say_words(self, option->words, option->words_length);
        say(self, "'");
    }
    say(self, "\n");
}

static void say_fish(scribe *self, const fd_command_entry *commands, size_t count) {
    say(self, "# fish completion for feverdream\n"
              "complete -c feverdream -l help\n"
              "complete -c feverdream -l version\n");
    for (size_t i = 0; i < count; i++) {
        const char *usage = commands[i].usage;
        fd_usage_option option;
        say(self, "complete -c feverdream -n __fish_use_subcommand -a ");
        say(self, commands[i].name);
        say(self, " -d ");
        say_quoted(self, commands[i].does);
        say(self, "\ncomplete -c feverdream -n '__fish_seen_subcommand_from ");
        say(self, commands[i].name);
        say(self, "' -a '");
        if (strcmp(commands[i].name, "settings") == 0)
            say(self, "(feverdream completions settings)");
        if (strcmp(commands[i].name, "replay") == 0)
            say(self, "(feverdream completions saves)");
        say_begin_words(self, usage);
        say(self, "'\n");
        while (fd_usage_next(&usage, &option))
            say_fish_option(self, commands[i].name, &option);
    }
}

bool fd_completions_write(const char *shell, const fd_command_entry *commands, size_t count,
                          fd_buffer *script, fd_error *error) {
    scribe self = {script, error, true};
    if (strcmp(shell, "bash") == 0)
        say_bash(&self, commands, count);
    else if (strcmp(shell, "zsh") == 0)
        say_zsh(&self, commands, count);
    else if (strcmp(shell, "fish") == 0)
        say_fish(&self, commands, count);
    else
        return fd_fail(error, FD_USAGE, "completions wants bash, zsh or fish, not \"%.60s\".",
                       shell);
    return self.ok;
}
