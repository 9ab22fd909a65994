#include "story/condition.h"

#include <stdlib.h>
#include <string.h>

#include "model/memory.h"

#define CONDITION_FORM "a condition such as lamp, lamp > 2, mood = \"cold\" or visited(Cellar)"

void fd_condition_free(fd_condition *condition) {
    if (!condition)
        return;
    fd_condition_free(condition->left);
    fd_condition_free(condition->right);
    free(condition->name);
    free(condition->text);
    free(condition);
}

static fd_condition *parse_joined(fd_scan *self, bool or);

/* Fills in what stands after the name: nothing, or an operator and a number or text. */
static bool parse_comparison(fd_scan *self, fd_condition *into) {
    static const char *const operators[] = {"!=", "<=", ">=", "=", "<", ">"};
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (fd_scan_accept(self, operators[i])) {
            into->kind = FD_IS_COMPARED;
            memcpy(into->compare, operators[i], strlen(operators[i]) + 1);
            if (fd_scan_number(self, &into->number))
                return true;
            bool equality = strcmp(into->compare, "=") == 0 || strcmp(into->compare, "!=") == 0;
            return (equality && fd_scan_quoted(self, &into->text)) ||
                   fd_scan_malformed(self, self->condition,
                                     equality
                                         ? "a number or a \"text\" to compare with"
                                         : "a number to compare with (texts know only = and !=)");
        }
    into->kind = FD_IS_VALUE;
    return true;
}

static bool parse_simple(fd_scan *self, fd_condition *into) {
    if (fd_scan_accept_word(self, "visited")) {
        into->kind = FD_IS_VISITED;
        if (!fd_scan_accept(self, "("))
            return fd_scan_malformed(self, self->condition, "visited(Name)");
        return ((into->name = fd_scan_text(self, fd_scan_find(self, ')'))) != NULL &&
                fd_scan_accept(self, ")")) ||
               fd_scan_malformed(self, self->condition, "visited(Name)");
    }
    if (!fd_scan_name(self, &into->name))
        return fd_scan_malformed(self, self->condition, CONDITION_FORM);
    return parse_comparison(self, into);
}

static fd_condition *parse_negated(fd_scan *self) {
    if (fd_scan_accept(self, "(")) {
        fd_condition *inner = parse_joined(self, true);
        if (inner && !fd_scan_accept(self, ")")) {
            fd_scan_malformed(self, self->condition, "a closing ')'");
            fd_condition_free(inner);
            inner = NULL;
        }
        return inner;
    }
    fd_condition *condition = fd_alloc(1, sizeof *condition, "a condition", self->error);
    bool ok = condition != NULL;
    if (ok && fd_scan_accept_word(self, "not")) {
        condition->kind = FD_IS_NOT;
        ok = fd_scan_deeper(self) && (condition->left = parse_negated(self)) != NULL;
        self->depth -= ok;
    } else if (ok) {
        ok = parse_simple(self, condition);
    }
    if (!ok) {
        fd_condition_free(condition);
        condition = NULL;
    }
    return condition;
}

/* Conditions joined by "or", or (binding tighter) by "and". */
static fd_condition *parse_joined(fd_scan *self, bool or) {
    if (!fd_scan_deeper(self))
        return NULL;
    fd_condition *left = or ? parse_joined(self, false) : parse_negated(self);
    if (left && fd_scan_accept_word(self, or ? "or" : "and")) {
        fd_condition *joined = fd_alloc(1, sizeof *joined, "a condition", self->error);
        fd_condition *right = joined ? parse_joined(self, or) : NULL;
        if (!right) {
            fd_condition_free(left);
            free(joined);
            return NULL;
        }
        *joined = (fd_condition){.kind = or ? FD_IS_OR : FD_IS_AND, .left = left, .right = right};
        left = joined;
    }
    self->depth--;
    return left;
}

fd_condition *fd_condition_parse(fd_scan *self) {
    return parse_joined(self, true);
}
