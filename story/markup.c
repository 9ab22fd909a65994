#include "story/markup.h"

#include <stdlib.h>
#include <string.h>

#include "story/condition.h"
#include "story/scan.h"

enum { WEIGHT_MOST = 1000000, WORDS_MOST = 1000 };

#define ASK_FORM "{ask name \"Question?\" \"default\"}"
#define SET_FORM "{set lamp = 1}, {set lamp += 1} or {set mood = \"cold\"}"
#define SLOT_FORM "{$name}"
#define DREAM_FORM "{dream 60 \"opening words\": fallback}"
#define TYPE_FORM "{type Prompt->target}"
#define IF_FORM "{?condition: text | else text}"
#define LINK_FORM "[[label->target]]"

/* ---- nodes and branches ---- */

static void free_node(fd_node *node) {
    for (size_t i = 0; i < node->branch_count; i++)
        fd_branch_free(&node->branches[i]);
    free(node->branches);
    free(node->name);
    free(node->text);
    free(node->other);
    fd_condition_free(node->condition);
}

void fd_branch_free(fd_branch *branch) {
    for (size_t i = 0; i < branch->count; i++)
        free_node(&branch->nodes[i]);
    free(branch->nodes);
    *branch = (fd_branch){0};
}

/* Takes over the node, also when it fails. */
static bool add_node(fd_scan *self, fd_branch *branch, fd_node *node) {
    bool ok = fd_grow((void **)&branch->nodes, &branch->capacity, branch->count + 1,
                      sizeof *branch->nodes, "a passage", self->error);
    if (ok)
        branch->nodes[branch->count++] = *node;
    else
        free_node(node);
    return ok;
}

static bool make_branches(fd_scan *self, fd_node *node, size_t count) {
    node->branches = fd_alloc(count, sizeof *node->branches, "a passage", self->error);
    node->branch_count = node->branches ? count : 0;
    for (size_t i = 0; i < node->branch_count; i++)
        node->branches[i].weight = 1;
    return node->branches != NULL;
}

static bool is_blank(const fd_branch *branch) {
    for (size_t i = 0; i < branch->count; i++)
        if (branch->nodes[i].kind != FD_NODE_TEXT ||
            branch->nodes[i].text[strspn(branch->nodes[i].text, FD_BLANK)])
            return false;
    return true;
}

/* Moves the text gathered so far into a node, if there is any. */
static bool flush(fd_scan *self, fd_buffer *text, size_t line, fd_branch *branch) {
    if (!text->length)
        return true;
    fd_node node = {.kind = FD_NODE_TEXT, .line = line, .id = self->ids++, .text = text->data};
    *text = FD_BUFFER(text->limit);
    return add_node(self, branch, &node);
}

static const char *keyword_at(const fd_scan *self, size_t at) {
    static const char *const keywords[] = {"ask", "set", "dream", "type"};
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (fd_scan_stands_at(self, at, keywords[i]) &&
            fd_scan_is_one_of(fd_scan_peek(self, at + strlen(keywords[i])), FD_BLANK))
            return keywords[i];
    return NULL;
}

/* Whether a brace that means something stands there. */
static bool brace_at(const fd_scan *self, size_t at) {
    if (fd_scan_peek(self, at) != '{')
        return false;
    char next = fd_scan_peek(self, at + 1);
    return fd_scan_is_one_of(next, "~>&!%?") ||
           (next == '$' && fd_scan_is_one_of(fd_scan_peek(self, at + 2), FD_LETTERS)) ||
           keyword_at(self, at + 1);
}

/* Whether a link begins there: with the last two of a row of brackets. */
static bool link_at(const fd_scan *self, size_t at) {
    return fd_scan_stands_at(self, at, "[[") && fd_scan_peek(self, at + 2) != '[';
}

static bool parse_markup(fd_scan *self, fd_branch *branch);

/* Parses up to the first of `stops` (not taken), or the end. Between braces that mean nothing no
 * stop counts, so that {these} stand inside {~ and the like as they are. */
static bool parse_branch(fd_scan *self, const char *stops, fd_branch *branch) {
    fd_buffer text = FD_BUFFER(self->end);
    bool ok = true, in_braces = strchr(stops, '}') != NULL;
    size_t plain_braces = 0, line = fd_scan_line(self);
    while (ok && self->at < self->end) {
        char c = self->text[self->at];
        if (brace_at(self, self->at) || link_at(self, self->at)) {
            ok = flush(self, &text, line, branch) && parse_markup(self, branch);
            continue;
        }
        if (!plain_braces && fd_scan_is_one_of(c, stops))
            break;
        if (in_braces && c == '{')
            plain_braces++;
        else if (in_braces && c == '}')
            plain_braces--;
        if (c == '\\' && self->at + 1 < self->end)
            self->at++;
        if (!text.length)
            line = fd_scan_line(self);
        ok = fd_buffer_add(&text, self->text + self->at++, 1, self->error);
    }
    ok = ok && flush(self, &text, line, branch);
    fd_buffer_free(&text);
    return ok;
}

/* parse_branch for a place that takes only text and its variation. */
static bool parse_inline(fd_scan *self, const char *inside, const char *stops, fd_branch *branch) {
    const char *outer = self->inside;
    self->inside = inside;
    bool ok = parse_branch(self, stops, branch);
    self->inside = outer;
    return ok;
}

/* ---- one kind of markup each; the parser stands after the brace and keyword ---- */

static bool parse_weight(fd_scan *self, fd_branch *branch) {
    size_t colon = self->at;
    int64_t weight = 0;
    while (fd_scan_is_one_of(fd_scan_peek(self, colon), FD_DIGITS))
        colon++;
    if (colon == self->at || fd_scan_peek(self, colon) != ':')
        return true;
    if (!fd_scan_number(self, &weight) || weight < 1 || weight > WEIGHT_MOST)
        return fd_scan_bad(self, fd_scan_line(self),
                           "A weight is a number from 1 to %d, as in {~3:often|1:rarely}.",
                           WEIGHT_MOST);
    branch->weight = weight;
    self->at = colon + 1;
    return true;
}

static bool parse_vary(fd_scan *self, fd_node *node) {
    size_t capacity = 0;
    node->kind = FD_NODE_VARY;
    node->mode = self->text[self->at++];
    for (;;) {
        if (node->branch_count == FD_MARKUP_ALTERNATIVES)
            return fd_scan_bad(self, fd_scan_line(self),
                               "There are more than %d alternatives here.", FD_MARKUP_ALTERNATIVES);
        if (!fd_grow((void **)&node->branches, &capacity, node->branch_count + 1,
                     sizeof *node->branches, "a passage", self->error))
            return false;
        fd_branch *branch = &node->branches[node->branch_count++];
        *branch = (fd_branch){.weight = 1};
        if ((node->mode == '~' && !parse_weight(self, branch)) || !parse_branch(self, "|}", branch))
            return false;
        if (self->at == self->end)
            return fd_scan_malformed(self, node->line, "alternatives between '|' and then '}'");
        if (self->text[self->at++] == '}')
            return true;
    }
}

/* A branch of a condition, without the spaces that set it off from the colon and the bar. */
static bool parse_side(fd_scan *self, fd_branch *branch) {
    fd_scan_skip(self, " \t");
    if (!parse_branch(self, "|}", branch))
        return false;
    fd_node *last = branch->count ? &branch->nodes[branch->count - 1] : NULL;
    if (!last || last->kind != FD_NODE_TEXT)
        return true;
    size_t end = strlen(last->text);
    while (end && fd_scan_is_one_of(last->text[end - 1], " \t"))
        last->text[--end] = '\0';
    if (!end) {
        free_node(last);
        branch->count--;
    }
    return true;
}

static bool parse_if(fd_scan *self, fd_node *node) {
    node->kind = FD_NODE_IF;
    self->condition = node->line;
    self->at++;
    if (!(node->condition = fd_condition_parse(self)))
        return false;
    if (!fd_scan_accept(self, ":"))
        return fd_scan_malformed(self, node->line, IF_FORM);
    if (!make_branches(self, node, 2) || !parse_side(self, &node->branches[0]))
        return false;
    if (fd_scan_peek(self, self->at) == '|') {
        self->at++;
        if (!parse_side(self, &node->branches[1]))
            return false;
    }
    return fd_scan_accept(self, "}") || fd_scan_malformed(self, node->line, IF_FORM);
}

static bool parse_slot(fd_scan *self, fd_node *node) {
    node->kind = FD_NODE_SLOT;
    self->at++;
    return (fd_scan_name(self, &node->name) && fd_scan_accept(self, "}")) ||
           fd_scan_malformed(self, node->line, SLOT_FORM);
}

static bool parse_ask(fd_scan *self, fd_node *node) {
    node->kind = FD_NODE_ASK;
    bool ok = fd_scan_name(self, &node->name) && fd_scan_quoted(self, &node->text) && *node->text;
    if (ok && (fd_scan_accept(self, "}") ||
               (fd_scan_quoted(self, &node->other) && fd_scan_accept(self, "}"))))
        return true;
    return fd_scan_malformed(self, node->line, ASK_FORM);
}

static bool parse_set(fd_scan *self, fd_node *node) {
    node->kind = FD_NODE_SET;
    bool ok = fd_scan_name(self, &node->name);
    node->mode = ok && fd_scan_accept(self, "+=") ? '+' : '=';
    ok = ok && (node->mode == '+' || fd_scan_accept(self, "=")) &&
         (fd_scan_number(self, &node->number) ||
          (node->mode == '=' && fd_scan_quoted(self, &node->text))) &&
         fd_scan_accept(self, "}");
    return ok || fd_scan_malformed(self, node->line, SET_FORM);
}

static bool parse_dream(fd_scan *self, fd_node *node) {
    node->kind = FD_NODE_DREAM;
    if (!fd_scan_number(self, &node->number) || !fd_scan_accept(self, "\""))
        return fd_scan_malformed(self, node->line, DREAM_FORM);
    if (node->number < 1 || node->number > WORDS_MOST)
        return fd_scan_bad(self, node->line, "A dream has from 1 to %d words, as in %s.",
                           WORDS_MOST, DREAM_FORM);
    if (!make_branches(self, node, 2) ||
        !parse_inline(self, "the opening of a dream", "\"", &node->branches[0]))
        return false;
    if (!fd_scan_accept(self, "\"") || !fd_scan_accept(self, ":"))
        return fd_scan_malformed(self, node->line, DREAM_FORM);
    if (!parse_inline(self, "the fallback of a dream", "}", &node->branches[1]))
        return false;
    if (!fd_scan_accept(self, "}"))
        return fd_scan_malformed(self, node->line, DREAM_FORM);
    return !is_blank(&node->branches[1]) ||
           fd_scan_bad(self, node->line, "The dream has no fallback; expected %s.", DREAM_FORM);
}

/* ---- links, and typing, which is a link with a prompt for a label ---- */

typedef struct shape {
    size_t close;       /* where the closing stands; the end if nowhere */
    size_t right, left; /* the last "->" and the first "<-"; the end if nowhere */
    size_t bar, bars;   /* the last '|', and how many there are */
    size_t end;         /* of what shapes it: the closing, or the first "][" (a setter) before it */
} shape;

/* Looks for what shapes a link, past escapes and over the markup in it. */
static shape survey(const fd_scan *self, const char *closing) {
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
        else if (fd_scan_stands_at(self, at, closing)) {
            found.close = at;
            break;
        } else if (found.end < self->end)
            continue;
        else if (*closing == ']' && fd_scan_stands_at(self, at, "]["))
            found.end = at;
        else if (fd_scan_stands_at(self, at, "->"))
            found.right = at;
        else if (fd_scan_stands_at(self, at, "<-") && found.left == self->end)
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

static bool parse_range(fd_scan *self, const char *inside, size_t from, size_t to,
                        fd_branch *branch) {
    size_t end = self->end;
    self->at = from;
    self->end = to;
    bool ok = parse_inline(self, inside, "", branch);
    self->end = end;
    return ok;
}

static bool trim_text(char *text) {
    size_t blank = strspn(text, FD_BLANK), end = strlen(text);
    while (end > blank && fd_scan_is_one_of(text[end - 1], FD_BLANK))
        end--;
    memmove(text, text + blank, end - blank);
    text[end - blank] = '\0';
    return *text;
}

/* Makes a target the one node it must be. */
static bool settle_target(fd_scan *self, size_t line, fd_branch *target) {
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
        return fd_scan_bad(self, line,
                           "A link leads to the name of a passage, or to one that chance draws "
                           "as in [[label->{~One|Another}]].");
    for (size_t i = 0; i < node->branch_count; i++)
        if (!settle_target(self, line, &node->branches[i]))
            return false;
    return true;
}

static bool parse_target(fd_scan *self, fd_node *node, size_t from, size_t to) {
    return parse_range(self, "a link's target", from, to, &node->branches[1]) &&
           settle_target(self, node->line, &node->branches[1]);
}

static bool parse_label(fd_scan *self, fd_node *node, size_t from, size_t to) {
    fd_branch *label = &node->branches[0];
    return parse_range(self, "a link's label", from, to, label) &&
           (!is_blank(label) || fd_scan_bad(self, node->line, "The link has no label; expected %s.",
                                            node->kind == FD_NODE_TYPE ? TYPE_FORM : LINK_FORM));
}

/* [[target]]: the name is the label as well. */
static bool parse_bare(fd_scan *self, fd_node *node, size_t from, size_t to) {
    if (!parse_target(self, node, from, to))
        return false;
    const fd_node *target = node->branches[1].nodes;
    if (target->kind != FD_NODE_TEXT)
        return fd_scan_bad(self, node->line,
                           "A link that chance decides needs a label; expected "
                           "[[label->{~One|Another}]].");
    fd_node label = {.kind = FD_NODE_TEXT, .line = node->line, .id = self->ids++};
    label.text = fd_copy_text(target->text, self->error);
    return label.text && add_node(self, &node->branches[0], &label);
}

static bool parse_link(fd_scan *self, fd_node *node) {
    node->kind = FD_NODE_LINK;
    size_t from = self->at += 2;
    shape is = survey(self, "]]");
    if (is.close == self->end)
        return fd_scan_bad(self, node->line, "This link is never closed; expected %s.", LINK_FORM);
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
        ok = fd_scan_bad(self, node->line, "The link holds more than one '|'; expected %s.",
                         LINK_FORM);
    else
        ok = parse_bare(self, node, from, is.end);
    self->at = is.close + 2;
    return ok;
}

static bool parse_type(fd_scan *self, fd_node *node) {
    node->kind = FD_NODE_TYPE;
    size_t from = self->at;
    shape is = survey(self, "}");
    if (is.close == self->end || is.right == self->end) {
        self->at = is.close;
        return fd_scan_malformed(self, node->line, TYPE_FORM);
    }
    bool ok = make_branches(self, node, 2) && parse_label(self, node, from, is.right) &&
              parse_target(self, node, is.right + 2, is.close);
    self->at = is.close + 1;
    return ok;
}

static bool parse_brace(fd_scan *self, fd_node *node) {
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

static bool parse_markup(fd_scan *self, fd_branch *branch) {
    fd_node node = {.line = fd_scan_line(self), .id = self->ids++};
    if (!fd_scan_deeper(self))
        return false;
    bool ok = self->text[self->at] == '[' ? parse_link(self, &node) : parse_brace(self, &node);
    self->depth--;
    bool fits = node.kind == FD_NODE_VARY || node.kind == FD_NODE_SLOT || node.kind == FD_NODE_IF;
    if (ok && self->inside && !fits)
        ok = fd_scan_bad(
            self, node.line,
            "In %s there can be text, {~alternatives}, {$names} and {?conditions: } only.",
            self->inside);
    if (ok)
        return add_node(self, branch, &node);
    free_node(&node);
    return false;
}

bool fd_markup_parse(const fd_passage *passage, fd_branch *body, fd_error *error) {
    fd_scan self = {.source = passage->source,
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
