#include "story/markup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MOST INT64_C(1000000000000000)
enum { WEIGHT_MOST = 1000000, WORDS_MOST = 1000 };

#define BLANK " \t\n"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS "0123456789"

#define ASK_FORM "{ask name \"Question?\" \"default\"}"
#define SET_FORM "{set lamp = 1}, {set lamp += 1} or {set mood = \"cold\"}"
#define SLOT_FORM "{$name}"
#define DREAM_FORM "{dream 60 \"opening words\": fallback}"
#define TYPE_FORM "{type Prompt->target}"
#define IF_FORM "{?condition: text | else text}"
#define LINK_FORM "[[label->target]]"
#define CONDITION_FORM "a condition such as lamp, lamp > 2, mood = \"cold\" or visited(Cellar)"

typedef struct parser {
    const char *source, *text;
    size_t at, end; /* what is left to parse: text[at..end) */
    size_t counted; /* text before this has been counted in `line` */
    size_t line;    /* of text[counted] */
    size_t ids;     /* nodes so far */
    size_t depth;
    size_t condition;   /* line where the condition being parsed began */
    const char *inside; /* what is being parsed that takes only text and its variation, or NULL */
    bool starved;       /* memory was short, and the error says so already */
    fd_error *error;
} parser;

/* ---- the text under the parser ---- */

static size_t here(parser *self) {
    while (self->counted < self->at)
        self->line += self->text[self->counted++] == '\n';
    return self->line;
}

static bool bad(parser *self, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool bad(parser *self, size_t line, const char *format, ...) {
    char message[300];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return fd_twee_fail(self->error, self->source, line, "%s", message);
}

/* For when `form`, begun in line `began`, was expected and something else stands here. */
static bool malformed(parser *self, size_t began, const char *form) {
    if (self->starved)
        return false;
    if (self->at >= self->end)
        return bad(self, began, "What begins here is never closed; expected %s.", form);
    const char *found = self->text + self->at;
    size_t shown = strcspn(found, "\n");
    shown = shown > self->end - self->at ? self->end - self->at : shown;
    if (shown > 24)
        for (shown = 24; shown > 0 && ((unsigned char)found[shown] & 0xc0) == 0x80;)
            shown--;
    return bad(self, here(self), "Expected %s, but found \"%.*s\".", form, (int)shown, found);
}

static bool deeper(parser *self) {
    if (self->depth == FD_MARKUP_DEPTH)
        return bad(self, here(self), "Markup is nested deeper than %d levels here.",
                   FD_MARKUP_DEPTH);
    self->depth++;
    return true;
}

static char peek(const parser *self, size_t at) {
    return at < self->end ? self->text[at] : '\0';
}

static bool is_one_of(char c, const char *set) {
    return c && strchr(set, c);
}

static bool stands_at(const parser *self, size_t at, const char *token) {
    size_t length = strlen(token);
    return at <= self->end && self->end - at >= length &&
           memcmp(self->text + at, token, length) == 0;
}

static void skip(parser *self, const char *set) {
    while (is_one_of(peek(self, self->at), set))
        self->at++;
}

static bool accept(parser *self, const char *token) {
    skip(self, BLANK);
    if (!stands_at(self, self->at, token))
        return false;
    self->at += strlen(token);
    return true;
}

static bool accept_word(parser *self, const char *word) {
    size_t before = self->at;
    if (accept(self, word) && !is_one_of(peek(self, self->at), LETTERS DIGITS))
        return true;
    self->at = before;
    skip(self, BLANK);
    return false;
}

/* The text from the parser up to `to`, which it then stands at; backslashes resolved, trimmed. */
static char *take_text(parser *self, size_t to) {
    fd_buffer text = FD_BUFFER(self->end);
    bool ok = fd_buffer_add(&text, "", 0, self->error);
    for (skip(self, BLANK); ok && self->at < to; self->at++) {
        if (self->text[self->at] == '\\' && self->at + 1 < to)
            self->at++;
        ok = fd_buffer_add(&text, self->text + self->at, 1, self->error);
    }
    while (ok && text.length && is_one_of(text.data[text.length - 1], BLANK))
        text.data[--text.length] = '\0';
    if (!ok)
        fd_buffer_free(&text);
    self->starved = !ok;
    return text.data;
}

static size_t find(const parser *self, char wanted) {
    size_t at = self->at;
    while (at < self->end && self->text[at] != wanted)
        at += self->text[at] == '\\' ? 2 : 1;
    return at < self->end ? at : self->end;
}

/* ---- what conditions and markup are made of; false (with no error) when it is not there ---- */

static bool take_name(parser *self, char **name) {
    static const char *const reserved[] = {"not", "and", "or", "visited"};
    skip(self, BLANK);
    size_t end = self->at;
    if (is_one_of(peek(self, end), LETTERS))
        while (is_one_of(peek(self, end), LETTERS DIGITS))
            end++;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (end - self->at == strlen(reserved[i]) && stands_at(self, self->at, reserved[i]))
            return false;
    return end > self->at && (*name = take_text(self, end)) != NULL;
}

static bool take_number(parser *self, int64_t *number) {
    skip(self, BLANK);
    size_t at = self->at + (peek(self, self->at) == '-');
    if (!is_one_of(peek(self, at), DIGITS))
        return false;
    int64_t value = 0;
    for (; is_one_of(peek(self, at), DIGITS); at++)
        if ((value = value * 10 + (self->text[at] - '0')) > NUMBER_MOST)
            return false;
    *number = self->text[self->at] == '-' ? -value : value;
    self->at = at;
    return true;
}

static bool take_quoted(parser *self, char **text) {
    if (!accept(self, "\""))
        return false;
    size_t close = find(self, '"');
    if (close == self->end) {
        self->at = self->end;
        return false;
    }
    fd_buffer quoted = FD_BUFFER(self->end);
    bool ok = fd_buffer_add(&quoted, "", 0, self->error);
    for (; ok && self->at < close; self->at++) {
        if (self->text[self->at] == '\\')
            self->at++;
        ok = fd_buffer_add(&quoted, self->text + self->at, 1, self->error);
    }
    self->at = close + 1;
    *text = quoted.data;
    self->starved = !ok;
    return ok;
}

/* ---- conditions ---- */

static void free_condition(fd_condition *condition) {
    if (!condition)
        return;
    free_condition(condition->left);
    free_condition(condition->right);
    free(condition->name);
    free(condition->text);
    free(condition);
}

static fd_condition *parse_joined(parser *self, bool or);

/* Fills in what stands after the name: nothing, or an operator and a number or text. */
static bool parse_comparison(parser *self, fd_condition *into) {
    static const char *const operators[] = {"!=", "<=", ">=", "=", "<", ">"};
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (accept(self, operators[i])) {
            into->kind = FD_IS_COMPARED;
            memcpy(into->compare, operators[i], strlen(operators[i]) + 1);
            if (take_number(self, &into->number))
                return true;
            bool equality = strcmp(into->compare, "=") == 0 || strcmp(into->compare, "!=") == 0;
            return (equality && take_quoted(self, &into->text)) ||
                   malformed(self, self->condition,
                             equality ? "a number or a \"text\" to compare with"
                                      : "a number to compare with (texts know only = and !=)");
        }
    into->kind = FD_IS_VALUE;
    return true;
}

static bool parse_simple(parser *self, fd_condition *into) {
    if (accept_word(self, "visited")) {
        into->kind = FD_IS_VISITED;
        if (!accept(self, "("))
            return malformed(self, self->condition, "visited(Name)");
        return ((into->name = take_text(self, find(self, ')'))) != NULL && accept(self, ")")) ||
               malformed(self, self->condition, "visited(Name)");
    }
    if (!take_name(self, &into->name))
        return malformed(self, self->condition, CONDITION_FORM);
    return parse_comparison(self, into);
}

static fd_condition *parse_negated(parser *self) {
    if (accept(self, "(")) {
        fd_condition *inner = parse_joined(self, true);
        if (inner && !accept(self, ")")) {
            malformed(self, self->condition, "a closing ')'");
            free_condition(inner);
            inner = NULL;
        }
        return inner;
    }
    fd_condition *condition = fd_alloc(1, sizeof *condition, "a condition", self->error);
    bool ok = condition != NULL;
    if (ok && accept_word(self, "not")) {
        condition->kind = FD_IS_NOT;
        ok = deeper(self) && (condition->left = parse_negated(self)) != NULL;
        self->depth -= ok;
    } else if (ok) {
        ok = parse_simple(self, condition);
    }
    if (!ok) {
        free_condition(condition);
        condition = NULL;
    }
    return condition;
}

/* Conditions joined by "or", or (binding tighter) by "and". */
static fd_condition *parse_joined(parser *self, bool or) {
    if (!deeper(self))
        return NULL;
    fd_condition *left = or ? parse_joined(self, false) : parse_negated(self);
    if (left && accept_word(self, or ? "or" : "and")) {
        fd_condition *joined = fd_alloc(1, sizeof *joined, "a condition", self->error);
        fd_condition *right = joined ? parse_joined(self, or) : NULL;
        if (!right) {
            free_condition(left);
            free(joined);
            return NULL;
        }
        *joined = (fd_condition){.kind = or ? FD_IS_OR : FD_IS_AND, .left = left, .right = right};
        left = joined;
    }
    self->depth--;
    return left;
}

/* ---- nodes and branches ---- */

static void free_node(fd_node *node) {
    for (size_t i = 0; i < node->branch_count; i++)
        fd_branch_free(&node->branches[i]);
    free(node->branches);
    free(node->name);
    free(node->text);
    free(node->other);
    free_condition(node->condition);
}

void fd_branch_free(fd_branch *branch) {
    for (size_t i = 0; i < branch->count; i++)
        free_node(&branch->nodes[i]);
    free(branch->nodes);
    *branch = (fd_branch){0};
}

/* Takes over the node, also when it fails. */
static bool add_node(parser *self, fd_branch *branch, fd_node *node) {
    bool ok = fd_grow((void **)&branch->nodes, &branch->capacity, branch->count + 1,
                      sizeof *branch->nodes, "a passage", self->error);
    if (ok)
        branch->nodes[branch->count++] = *node;
    else
        free_node(node);
    return ok;
}

static bool make_branches(parser *self, fd_node *node, size_t count) {
    node->branches = fd_alloc(count, sizeof *node->branches, "a passage", self->error);
    node->branch_count = node->branches ? count : 0;
    for (size_t i = 0; i < node->branch_count; i++)
        node->branches[i].weight = 1;
    return node->branches != NULL;
}

static bool is_blank(const fd_branch *branch) {
    for (size_t i = 0; i < branch->count; i++)
        if (branch->nodes[i].kind != FD_NODE_TEXT ||
            branch->nodes[i].text[strspn(branch->nodes[i].text, BLANK)])
            return false;
    return true;
}

/* Moves the text gathered so far into a node, if there is any. */
static bool flush(parser *self, fd_buffer *text, size_t line, fd_branch *branch) {
    if (!text->length)
        return true;
    fd_node node = {.kind = FD_NODE_TEXT, .line = line, .id = self->ids++, .text = text->data};
    *text = FD_BUFFER(text->limit);
    return add_node(self, branch, &node);
}

static const char *keyword_at(const parser *self, size_t at) {
    static const char *const keywords[] = {"ask", "set", "dream", "type"};
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (stands_at(self, at, keywords[i]) &&
            is_one_of(peek(self, at + strlen(keywords[i])), BLANK))
            return keywords[i];
    return NULL;
}

/* Whether a brace that means something stands there. */
static bool brace_at(const parser *self, size_t at) {
    if (peek(self, at) != '{')
        return false;
    char next = peek(self, at + 1);
    return is_one_of(next, "~>&!%?") || (next == '$' && is_one_of(peek(self, at + 2), LETTERS)) ||
           keyword_at(self, at + 1);
}

/* Whether a link begins there: with the last two of a row of brackets. */
static bool link_at(const parser *self, size_t at) {
    return stands_at(self, at, "[[") && peek(self, at + 2) != '[';
}

static bool parse_markup(parser *self, fd_branch *branch);

/* Parses up to the first of `stops` (not taken), or the end. Between braces that mean nothing no
 * stop counts, so that {these} stand inside {~ and the like as they are. */
static bool parse_branch(parser *self, const char *stops, fd_branch *branch) {
    fd_buffer text = FD_BUFFER(self->end);
    bool ok = true, in_braces = strchr(stops, '}') != NULL;
    size_t plain_braces = 0, line = here(self);
    while (ok && self->at < self->end) {
        char c = self->text[self->at];
        if (brace_at(self, self->at) || link_at(self, self->at)) {
            ok = flush(self, &text, line, branch) && parse_markup(self, branch);
            continue;
        }
        if (!plain_braces && is_one_of(c, stops))
            break;
        if (in_braces && c == '{')
            plain_braces++;
        else if (in_braces && c == '}')
            plain_braces--;
        if (c == '\\' && self->at + 1 < self->end)
            self->at++;
        if (!text.length)
            line = here(self);
        ok = fd_buffer_add(&text, self->text + self->at++, 1, self->error);
    }
    ok = ok && flush(self, &text, line, branch);
    fd_buffer_free(&text);
    return ok;
}

/* parse_branch for a place that takes only text and its variation. */
static bool parse_inline(parser *self, const char *inside, const char *stops, fd_branch *branch) {
    const char *outer = self->inside;
    self->inside = inside;
    bool ok = parse_branch(self, stops, branch);
    self->inside = outer;
    return ok;
}

/* ---- one kind of markup each; the parser stands after the brace and keyword ---- */

static bool parse_weight(parser *self, fd_branch *branch) {
    size_t colon = self->at;
    int64_t weight = 0;
    while (is_one_of(peek(self, colon), DIGITS))
        colon++;
    if (colon == self->at || peek(self, colon) != ':')
        return true;
    if (!take_number(self, &weight) || weight < 1 || weight > WEIGHT_MOST)
        return bad(self, here(self),
                   "A weight is a number from 1 to %d, as in {~3:often|1:rarely}.", WEIGHT_MOST);
    branch->weight = weight;
    self->at = colon + 1;
    return true;
}

static bool parse_vary(parser *self, fd_node *node) {
    size_t capacity = 0;
    node->kind = FD_NODE_VARY;
    node->mode = self->text[self->at++];
    for (;;) {
        if (node->branch_count == FD_MARKUP_ALTERNATIVES)
            return bad(self, here(self), "There are more than %d alternatives here.",
                       FD_MARKUP_ALTERNATIVES);
        if (!fd_grow((void **)&node->branches, &capacity, node->branch_count + 1,
                     sizeof *node->branches, "a passage", self->error))
            return false;
        fd_branch *branch = &node->branches[node->branch_count++];
        *branch = (fd_branch){.weight = 1};
        if ((node->mode == '~' && !parse_weight(self, branch)) || !parse_branch(self, "|}", branch))
            return false;
        if (self->at == self->end)
            return malformed(self, node->line, "alternatives between '|' and then '}'");
        if (self->text[self->at++] == '}')
            return true;
    }
}

/* A branch of a condition, without the spaces that set it off from the colon and the bar. */
static bool parse_side(parser *self, fd_branch *branch) {
    skip(self, " \t");
    if (!parse_branch(self, "|}", branch))
        return false;
    fd_node *last = branch->count ? &branch->nodes[branch->count - 1] : NULL;
    if (!last || last->kind != FD_NODE_TEXT)
        return true;
    size_t end = strlen(last->text);
    while (end && is_one_of(last->text[end - 1], " \t"))
        last->text[--end] = '\0';
    if (!end) {
        free_node(last);
        branch->count--;
    }
    return true;
}

static bool parse_if(parser *self, fd_node *node) {
    node->kind = FD_NODE_IF;
    self->condition = node->line;
    self->at++;
    if (!(node->condition = parse_joined(self, true)))
        return false;
    if (!accept(self, ":"))
        return malformed(self, node->line, IF_FORM);
    if (!make_branches(self, node, 2) || !parse_side(self, &node->branches[0]))
        return false;
    if (peek(self, self->at) == '|') {
        self->at++;
        if (!parse_side(self, &node->branches[1]))
            return false;
    }
    return accept(self, "}") || malformed(self, node->line, IF_FORM);
}

static bool parse_slot(parser *self, fd_node *node) {
    node->kind = FD_NODE_SLOT;
    self->at++;
    return (take_name(self, &node->name) && accept(self, "}")) ||
           malformed(self, node->line, SLOT_FORM);
}

static bool parse_ask(parser *self, fd_node *node) {
    node->kind = FD_NODE_ASK;
    bool ok = take_name(self, &node->name) && take_quoted(self, &node->text) && *node->text;
    if (ok && (accept(self, "}") || (take_quoted(self, &node->other) && accept(self, "}"))))
        return true;
    return malformed(self, node->line, ASK_FORM);
}

static bool parse_set(parser *self, fd_node *node) {
    node->kind = FD_NODE_SET;
    bool ok = take_name(self, &node->name);
    node->mode = ok && accept(self, "+=") ? '+' : '=';
    ok = ok && (node->mode == '+' || accept(self, "=")) &&
         (take_number(self, &node->number) ||
          (node->mode == '=' && take_quoted(self, &node->text))) &&
         accept(self, "}");
    return ok || malformed(self, node->line, SET_FORM);
}

static bool parse_dream(parser *self, fd_node *node) {
    node->kind = FD_NODE_DREAM;
    if (!take_number(self, &node->number) || !accept(self, "\""))
        return malformed(self, node->line, DREAM_FORM);
    if (node->number < 1 || node->number > WORDS_MOST)
        return bad(self, node->line, "A dream has from 1 to %d words, as in %s.", WORDS_MOST,
                   DREAM_FORM);
    if (!make_branches(self, node, 2) ||
        !parse_inline(self, "the opening of a dream", "\"", &node->branches[0]))
        return false;
    if (!accept(self, "\"") || !accept(self, ":"))
        return malformed(self, node->line, DREAM_FORM);
    if (!parse_inline(self, "the fallback of a dream", "}", &node->branches[1]))
        return false;
    if (!accept(self, "}"))
        return malformed(self, node->line, DREAM_FORM);
    return !is_blank(&node->branches[1]) ||
           bad(self, node->line, "The dream has no fallback; expected %s.", DREAM_FORM);
}

/* ---- links, and typing, which is a link with a prompt for a label ---- */

typedef struct shape {
    size_t close;       /* where the closing stands; the end if nowhere */
    size_t right, left; /* the last "->" and the first "<-"; the end if nowhere */
    size_t bar, bars;   /* the last '|', and how many there are */
    size_t end;         /* of what shapes it: the closing, or the first "][" (a setter) before it */
} shape;

/* Looks for what shapes a link, past escapes and over the markup in it. */
static shape survey(const parser *self, const char *closing) {
    shape found = {self->end, self->end, self->end, self->end, 0, self->end};
    size_t depth = 0;
    for (size_t at = self->at; at < self->end; at++) {
        char c = self->text[at];
        if (c == '\\')
            at++;
        else if (c == '{' && (depth || *closing == '}' || brace_at(self, at)))
            depth++;
        else if (c == '}' && depth)
            depth--;
        else if (depth)
            continue;
        else if (stands_at(self, at, closing)) {
            found.close = at;
            break;
        } else if (found.end < self->end)
            continue;
        else if (*closing == ']' && stands_at(self, at, "]["))
            found.end = at;
        else if (stands_at(self, at, "->"))
            found.right = at;
        else if (stands_at(self, at, "<-") && found.left == self->end)
            found.left = at;
        else if (c == '|') {
            found.bar = at;
            found.bars++;
        }
    }
    if (found.end == self->end)
        found.end = found.close;
    return found;
}

static bool parse_range(parser *self, const char *inside, size_t from, size_t to,
                        fd_branch *branch) {
    size_t end = self->end;
    self->at = from;
    self->end = to;
    bool ok = parse_inline(self, inside, "", branch);
    self->end = end;
    return ok;
}

static bool trim_text(char *text) {
    size_t blank = strspn(text, BLANK), end = strlen(text);
    while (end > blank && is_one_of(text[end - 1], BLANK))
        end--;
    memmove(text, text + blank, end - blank);
    text[end - blank] = '\0';
    return *text;
}

/* Makes a target the one node it must be. */
static bool settle_target(parser *self, size_t line, fd_branch *target) {
    size_t kept = 0;
    for (size_t i = 0; i < target->count; i++) {
        fd_node *node = &target->nodes[i];
        if (node->kind == FD_NODE_TEXT && !trim_text(node->text))
            free_node(node);
        else
            target->nodes[kept++] = *node;
    }
    target->count = kept;
    fd_node *node = target->nodes;
    if (kept == 1 && node->kind == FD_NODE_TEXT)
        return true;
    if (kept != 1 || node->kind != FD_NODE_VARY || node->mode != '~')
        return bad(self, line,
                   "A link leads to the name of a passage, or to one that chance draws "
                   "as in [[label->{~One|Another}]].");
    for (size_t i = 0; i < node->branch_count; i++)
        if (!settle_target(self, line, &node->branches[i]))
            return false;
    return true;
}

static bool parse_target(parser *self, fd_node *node, size_t from, size_t to) {
    return parse_range(self, "a link's target", from, to, &node->branches[1]) &&
           settle_target(self, node->line, &node->branches[1]);
}

static bool parse_label(parser *self, fd_node *node, size_t from, size_t to) {
    fd_branch *label = &node->branches[0];
    return parse_range(self, "a link's label", from, to, label) &&
           (!is_blank(label) || bad(self, node->line, "The link has no label; expected %s.",
                                    node->kind == FD_NODE_TYPE ? TYPE_FORM : LINK_FORM));
}

/* [[target]]: the name is the label as well. */
static bool parse_bare(parser *self, fd_node *node, size_t from, size_t to) {
    if (!parse_target(self, node, from, to))
        return false;
    const fd_node *target = node->branches[1].nodes;
    if (target->kind != FD_NODE_TEXT)
        return bad(self, node->line,
                   "A link that chance decides needs a label; expected "
                   "[[label->{~One|Another}]].");
    fd_node label = {.kind = FD_NODE_TEXT, .line = node->line, .id = self->ids++};
    label.text = fd_copy_text(target->text, self->error);
    return label.text && add_node(self, &node->branches[0], &label);
}

static bool parse_link(parser *self, fd_node *node) {
    node->kind = FD_NODE_LINK;
    size_t from = self->at += 2;
    shape is = survey(self, "]]");
    if (is.close == self->end)
        return bad(self, node->line, "This link is never closed; expected %s.", LINK_FORM);
    if (!make_branches(self, node, 2))
        return false;
    bool ok;
    if (is.right < is.close)
        ok = parse_label(self, node, from, is.right) &&
             parse_target(self, node, is.right + 2, is.end);
    else if (is.left < is.close)
        ok =
            parse_target(self, node, from, is.left) && parse_label(self, node, is.left + 2, is.end);
    else if (is.bars == 1)
        ok = parse_label(self, node, from, is.bar) && parse_target(self, node, is.bar + 1, is.end);
    else if (is.bars)
        ok = bad(self, node->line, "The link holds more than one '|'; expected %s.", LINK_FORM);
    else
        ok = parse_bare(self, node, from, is.end);
    self->at = is.close + 2;
    return ok;
}

static bool parse_type(parser *self, fd_node *node) {
    node->kind = FD_NODE_TYPE;
    size_t from = self->at;
    shape is = survey(self, "}");
    if (is.close == self->end || is.right == self->end) {
        self->at = is.close;
        return malformed(self, node->line, TYPE_FORM);
    }
    bool ok = make_branches(self, node, 2) && parse_label(self, node, from, is.right) &&
              parse_target(self, node, is.right + 2, is.close);
    self->at = is.close + 1;
    return ok;
}

static bool parse_brace(parser *self, fd_node *node) {
    const char *keyword = keyword_at(self, ++self->at);
    if (keyword)
        self->at += strlen(keyword);
    switch (keyword ? *keyword : self->text[self->at]) {
    case 'a':
        return parse_ask(self, node);
    case 's':
        return parse_set(self, node);
    case 'd':
        return parse_dream(self, node);
    case 't':
        return parse_type(self, node);
    case '?':
        return parse_if(self, node);
    case '$':
        return parse_slot(self, node);
    default:
        return parse_vary(self, node);
    }
}

static bool parse_markup(parser *self, fd_branch *branch) {
    fd_node node = {.line = here(self), .id = self->ids++};
    if (!deeper(self))
        return false;
    bool ok = self->text[self->at] == '[' ? parse_link(self, &node) : parse_brace(self, &node);
    self->depth--;
    bool fits = node.kind == FD_NODE_VARY || node.kind == FD_NODE_SLOT || node.kind == FD_NODE_IF;
    if (ok && self->inside && !fits)
        ok = bad(self, node.line,
                 "In %s there can be text, {~alternatives}, {$names} and {?conditions: } only.",
                 self->inside);
    if (ok)
        return add_node(self, branch, &node);
    free_node(&node);
    return false;
}

bool fd_markup_parse(const fd_passage *passage, fd_branch *body, fd_error *error) {
    parser self = {.source = passage->source,
                   .text = passage->text,
                   .end = strlen(passage->text),
                   .line = passage->line + 1,
                   .error = error};
    *body = (fd_branch){.weight = 1};
    if (parse_branch(&self, "", body))
        return true;
    fd_branch_free(body);
    return false;
}
