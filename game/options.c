#include "game/options.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool read_value(const fd_option *option, char *text, fd_error *error) {
    char *end = text;
    errno = 0;
    if (option->kind == FD_TEXT) {
        *(const char **)option->value = text;
        return true;
    }
    if (option->kind == FD_COUNT || option->kind == FD_COUNT_OR_ZERO) {
        unsigned long long number = strtoull(text, &end, 10), least = option->kind == FD_COUNT;
        if (text[0] < '0' || text[0] > '9' || *end || errno || number < least || number > SIZE_MAX)
            return fd_fail(error, FD_USAGE, "%s wants a whole number, at least %llu, not \"%s\".",
                           option->name, least, text);
        *(size_t *)option->value = (size_t)number;
        return true;
    }
    double number = strtod(text, &end);
    if (end == text || *end || !isfinite(number) || number <= 0.0)
        return fd_fail(error, FD_USAGE, "%s wants a number above 0, not \"%s\".", option->name,
                       text);
    *(double *)option->value = number;
    return true;
}

bool fd_options_read(int argc, char **argv, const fd_option *options, size_t count, int *plain,
                     fd_error *error) {
    *plain = 0;
    bool only_plain = false;
    for (int i = 1; i < argc; i++) {
        if (only_plain || argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[++*plain] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            only_plain = true;
            continue;
        }
        const fd_option *option = NULL;
        for (size_t o = 0; o < count; o++)
            if (strcmp(argv[i], options[o].name) == 0)
                option = &options[o];
        if (!option)
            return fd_fail(error, FD_USAGE, "There is no option %s here.", argv[i]);
        if (option->kind == FD_FLAG)
            *(bool *)option->value = true;
        else if (i + 1 == argc)
            return fd_fail(error, FD_USAGE, "%s wants a value after it.", option->name);
        else if (!read_value(option, argv[++i], error))
            return false;
    }
    return true;
}
