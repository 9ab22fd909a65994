#include "story/weave.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "story/markup.h"

/* Marks in text not yet tidied, which no author can write: around the label of a link, and around
 * nothing where other markup stood. They tell a line that was only markup from a blank one. */
#define MARK_OPEN '\x01'
#define MARK_CLOSE '\x02'
#define SPACE " \t\x01\x02"
enum { TEXT_MOST = 1 << 26 };

typedef struct weaver {
    const fd_story *story;
    const char *passage; /* name */
    fd_random_key key;
    fd_state *state;
    fd_woven *woven;
    fd_buffer text;   /* of the piece under way */
    bool after_dream; /* the piece before it is a dream, whose line it may go on in */
    fd_error *error;
} weaver;

/* ---- blank space ---- */

static bool is_in(char c, const char *set) {
    return c && strchr(set, c);
}

static bool has_word(const char *text, size_t length) {
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t wide = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                 (utf8proc_ssize_t)(length - at), &code);
        if (wide <= 0)
            return true;
        utf8proc_category_t category = utf8proc_category(code);
        if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO)
            return true;
        at += (size_t)wide;
    }
    return false;
}

/* Whether a line was only markup: nothing is left of it, or nothing but signs around links. */
static bool leaves_nothing(const char *line, size_t length) {
    bool marked = false, linked = false, blank = true, worded = false;
    for (size_t at = 0; at < length;) {
        if (line[at] == MARK_OPEN) {
            const char *close = memchr(line + at, MARK_CLOSE, length - at);
            size_t next = close ? (size_t)(close - line) + 1 : length;
            marked = true;
            linked = linked || next > at + 2;
            at = next;
            continue;
        }
        size_t end = at;
        while (end < length && line[end] != MARK_OPEN)
            end++;
        for (size_t i = at; i < end; i++)
            blank = blank && is_in(line[i], SPACE);
        worded = worded || has_word(line + at, end - at);
        at = end;
    }
    return marked && (blank || (linked && !worded));
}

/* Adds the words of a line with one space between them. */
static bool add_words(const char *line, size_t length, fd_buffer *into, fd_error *error) {
    bool ok = true, first = true;
    for (size_t at = 0; ok && at < length;) {
        size_t end = at;
        while (end < length && !is_in(line[end], " \t\n"))
            end++;
        size_t before = into->length;
        if (!first)
            ok = fd_buffer_add(into, " ", 1, error);
        size_t spaced = into->length;
        for (size_t i = at; ok && i < end; i++)
            if (!is_in(line[i], SPACE))
                ok = fd_buffer_add(into, line + i, 1, error);
        if (into->length > spaced)
            first = false;
        else if (ok && into->length > before) /* no word after all */
            into->data[into->length = before] = '\0';
        at = end + 1;
    }
    return ok;
}

/* Text as told: lines and paragraphs kept, other blank space made one. */
static bool tidy_text(const char *raw, fd_buffer *into, fd_error *error) {
    bool blank = false, ok = fd_buffer_add(into, "", 0, error);
    size_t begun = into->length;
    for (const char *line = raw; ok && *line;) {
        size_t length = strcspn(line, "\n");
        if (!leaves_nothing(line, length)) {
            size_t before = into->length;
            if (before > begun)
                ok = fd_buffer_add_text(into, blank ? "\n\n" : "\n", error);
            size_t start = into->length;
            ok = ok && add_words(line, length, into, error);
            bool empty = into->length == start;
            if (ok && empty)
                into->data[into->length = before] = '\0';
            blank = empty;
        }
        line += length + (line[length] == '\n');
    }
    return ok;
}

/* ---- state ---- */

/* Adds what the name stands for; what could be mistaken for a mark or a paragraph is a space. */
static bool add_value(const weaver *self, const char *name, fd_buffer *into) {
    const fd_value *value = fd_state_find(self->state, name);
    if (!value)
        return true;
    if (!value->text)
        return fd_buffer_addf(into, self->error, "%" PRId64, value->number);
    size_t from = into->length;
    bool ok = fd_buffer_add_text(into, value->text, self->error);
    for (size_t i = from; ok && i < into->length; i++)
        if ((unsigned char)into->data[i] < 0x20)
            into->data[i] = ' ';
    return ok;
}

static bool set_value(const weaver *self, const fd_node *node) {
    if (node->text)
        return fd_state_set_text(self->state, node->name, node->text, self->error);
    int64_t before = node->mode == '+' ? fd_state_number(self->state, node->name) : 0;
    return fd_state_set_number(self->state, node->name, before + node->number, self->error);
}

/* How often the passage `name` was visited is counted under a name no author can write. */
static bool visits_name(const char *name, fd_buffer *into, fd_error *error) {
    return fd_buffer_addf(into, error, "@%s", name);
}

static bool was_visited(const weaver *self, const char *name, bool *visited) {
    fd_buffer counted = FD_BUFFER(TEXT_MOST);
    bool ok = visits_name(name, &counted, self->error);
    *visited = ok && fd_state_number(self->state, counted.data) > 0;
    fd_buffer_free(&counted);
    return ok;
}

static bool count_visit(const weaver *self) {
    fd_buffer counted = FD_BUFFER(TEXT_MOST);
    bool ok = visits_name(self->passage, &counted, self->error) &&
              fd_state_set_number(self->state, counted.data,
                                  fd_state_number(self->state, counted.data) + 1, self->error);
    fd_buffer_free(&counted);
    return ok;
}

/* ---- conditions ---- */

static bool compare_order(const char *compare, int order) {
    switch (compare[0]) {
    case '!':
        return order != 0;
    case '<':
        return order < 0 || (compare[1] && order == 0);
    case '>':
        return order > 0 || (compare[1] && order == 0);
    default:
        return order == 0;
    }
}

/* A text and a number are different, and neither is more. */
static bool compare_value(const fd_value *value, const fd_condition *condition) {
    if (condition->text) {
        const char *text = !value ? "" : value->text;
        bool equal = text && strcmp(text, condition->text) == 0;
        return compare_order(condition->compare, equal ? 0 : 1);
    }
    if (value && value->text)
        return condition->compare[0] == '!';
    int64_t number = value ? value->number : 0;
    return compare_order(condition->compare,
                         (number > condition->number) - (number < condition->number));
}

static bool decide(const weaver *self, const fd_condition *condition, bool *holds) {
    const fd_value *value;
    switch (condition->kind) {
    case FD_IS_VISITED:
        return was_visited(self, condition->name, holds);
    case FD_IS_COMPARED:
        *holds = compare_value(fd_state_find(self->state, condition->name), condition);
        return true;
    case FD_IS_NOT:
        if (!decide(self, condition->left, holds))
            return false;
        *holds = !*holds;
        return true;
    case FD_IS_AND:
    case FD_IS_OR:
        return decide(self, condition->left, holds) &&
               (*holds == (condition->kind == FD_IS_OR) || decide(self, condition->right, holds));
    default:
        value = fd_state_find(self->state, condition->name);
        *holds = value && (value->text ? *value->text != '\0' : value->number != 0);
        return true;
    }
}

/* ---- variation ---- */

static uint64_t draw(const weaver *self, const fd_node *node, size_t number, uint64_t bound) {
    uint64_t index = (uint64_t)node->id * FD_MARKUP_ALTERNATIVES + number;
    return fd_random_below(self->key, index, bound);
}

static size_t pick_by_weight(const weaver *self, const fd_node *node) {
    int64_t total = 0;
    for (size_t i = 0; i < node->branch_count; i++)
        total += node->branches[i].weight;
    int64_t left = (int64_t)draw(self, node, 0, (uint64_t)total);
    size_t picked = 0;
    while (left >= node->branches[picked].weight)
        left -= node->branches[picked++].weight;
    return picked;
}

/* All indexes in an order that chance draws, as "2,0,1". */
static bool shuffle(const weaver *self, const fd_node *node, fd_buffer *into) {
    size_t order[FD_MARKUP_ALTERNATIVES], count = node->branch_count;
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t left = count; left > 1; left--) {
        size_t other = (size_t)draw(self, node, left - 2, left), last = order[left - 1];
        order[left - 1] = order[other];
        order[other] = last;
    }
    for (size_t i = 0; ok && i < count; i++)
        ok = fd_buffer_addf(into, self->error, i ? ",%zu" : "%zu", order[i]);
    return ok;
}

/* Takes the first index of the bag kept as text under `name`, filling it when it is empty (or is
 * not what a bag can be: states are read from files). */
static bool pick_from_bag(const weaver *self, const fd_node *node, const char *name,
                          size_t *picked) {
    const fd_value *kept = fd_state_find(self->state, name);
    fd_buffer bag = FD_BUFFER(TEXT_MOST);
    bool usable = kept && kept->text && kept->text[0] >= '0' && kept->text[0] <= '9' &&
                  strtoul(kept->text, NULL, 10) < node->branch_count;
    bool ok =
        usable ? fd_buffer_add_text(&bag, kept->text, self->error) : shuffle(self, node, &bag);
    if (ok) {
        char *rest;
        *picked = strtoul(bag.data, &rest, 10);
        ok = fd_state_set_text(self->state, name, *rest == ',' ? rest + 1 : "", self->error);
    }
    fd_buffer_free(&bag);
    return ok;
}

/* Which branch of a VARY this visit tells; branch_count for none. Counts it. */
static bool pick(const weaver *self, const fd_node *node, size_t *picked) {
    if (node->mode == '~') {
        *picked = pick_by_weight(self, node);
        return true;
    }
    fd_buffer name = FD_BUFFER(TEXT_MOST);
    bool ok = fd_buffer_addf(&name, self->error, "#%s/%zu", self->passage, node->id);
    if (ok && node->mode == '%') {
        ok = pick_from_bag(self, node, name.data, picked);
    } else if (ok) {
        int64_t before = fd_state_number(self->state, name.data);
        size_t count = node->branch_count, seen = before > 0 ? (size_t)before : 0;
        *picked = node->mode == '&' ? seen % count : seen < count ? seen : count;
        if (node->mode == '>' && *picked == count)
            *picked = count - 1;
        ok = fd_state_set_number(self->state, name.data, before + 1, self->error);
    }
    fd_buffer_free(&name);
    return ok;
}

/* ---- nodes ---- */

static bool weave_branch(weaver *self, const fd_branch *branch, fd_buffer *into);

static bool weave_picked(weaver *self, const fd_node *node, size_t branch, fd_buffer *into) {
    fd_woven *woven = self->woven;
    if (!fd_grow((void **)&woven->picked, &woven->picked_capacity, woven->picked_count + 1,
                 sizeof *woven->picked, "a passage", self->error))
        return false;
    woven->picked[woven->picked_count++] = (fd_picked){node->id, branch};
    return weave_branch(self, &node->branches[branch], into);
}

static bool weave_vary(weaver *self, const fd_node *node, fd_buffer *into) {
    size_t picked = 0;
    return pick(self, node, &picked) &&
           (picked == node->branch_count || weave_picked(self, node, picked, into));
}

static bool weave_if(weaver *self, const fd_node *node, fd_buffer *into) {
    bool holds = false;
    return decide(self, node->condition, &holds) && weave_picked(self, node, holds ? 0 : 1, into);
}

/* Weaves a branch into a text of its own. A line is tidied to one line. NULL on failure. */
static char *weave_apart(weaver *self, const fd_branch *branch, bool line) {
    fd_buffer raw = FD_BUFFER(TEXT_MOST), text = FD_BUFFER(TEXT_MOST);
    bool ok = fd_buffer_add(&text, "", 0, self->error) && weave_branch(self, branch, &raw);
    ok = ok && (line ? add_words(fd_buffer_text(&raw), raw.length, &text, self->error)
                     : tidy_text(fd_buffer_text(&raw), &text, self->error));
    fd_buffer_free(&raw);
    if (!ok)
        fd_buffer_free(&text);
    return text.data;
}

static bool find_target(weaver *self, const fd_branch *target, size_t *passage) {
    const fd_node *node = target->nodes;
    if (node->kind != FD_NODE_TEXT)
        return find_target(self, &node->branches[pick_by_weight(self, node)], passage);
    *passage = fd_story_find(self->story, node->text);
    return *passage != (size_t)-1 ||
           fd_fail(self->error, FD_BAD_FILE, "There is no passage \"%s\".", node->text);
}

static bool add_choice(weaver *self, const fd_node *node, fd_buffer *into) {
    fd_woven *woven = self->woven;
    fd_choice choice = {.typed = node->kind == FD_NODE_TYPE, .node = node->id};
    bool ok = find_target(self, &node->branches[1], &choice.target) &&
              (choice.label = weave_apart(self, &node->branches[0], true)) != NULL;
    if (ok && !*choice.label) { /* chance or a condition left nothing of it */
        free(choice.label);
        choice.label = fd_copy_text(self->story->twee.passages[choice.target].name, self->error);
        ok = choice.label != NULL;
    }
    ok = ok &&
         (choice.typed ||
          (fd_buffer_addf(into, self->error, "%c%s%c", MARK_OPEN, choice.label, MARK_CLOSE))) &&
         fd_grow((void **)&woven->choices, &woven->choice_capacity, woven->choice_count + 1,
                 sizeof *woven->choices, "a passage's choices", self->error);
    if (ok)
        woven->choices[woven->choice_count++] = choice;
    else
        free(choice.label);
    return ok;
}

static void free_question(fd_question *question) {
    free(question->name);
    free(question->question);
    free(question->fallback);
}

static bool add_question(weaver *self, const fd_node *node) {
    fd_woven *woven = self->woven;
    if (fd_state_find(self->state, node->name))
        return true;
    for (size_t i = 0; i < woven->question_count; i++)
        if (strcmp(woven->questions[i].name, node->name) == 0)
            return true;
    fd_question question = {fd_copy_text(node->name, self->error),
                            fd_copy_text(node->text, self->error),
                            fd_copy_text(node->other ? node->other : "", self->error)};
    bool ok =
        question.name && question.question && question.fallback &&
        fd_grow((void **)&woven->questions, &woven->question_capacity, woven->question_count + 1,
                sizeof *woven->questions, "a passage's questions", self->error);
    if (ok)
        woven->questions[woven->question_count++] = question;
    else
        free_question(&question);
    return ok;
}

static void free_piece(fd_piece *piece) {
    free(piece->text);
    free(piece->fallback);
}

/* Takes over what the piece holds. */
static bool add_piece(weaver *self, fd_piece piece) {
    fd_woven *woven = self->woven;
    bool ok = fd_grow((void **)&woven->pieces, &woven->piece_capacity, woven->piece_count + 1,
                      sizeof *woven->pieces, "a passage", self->error);
    if (ok)
        woven->pieces[woven->piece_count++] = piece;
    else
        free_piece(&piece);
    return ok;
}

/* Ends the text under way; *joined says whether what follows goes on in its line. */
static bool end_text(weaver *self, bool *joined) {
    const char *raw = fd_buffer_text(&self->text);
    size_t first = strspn(raw, SPACE), last = self->text.length;
    while (last && is_in(raw[last - 1], SPACE))
        last--;
    bool breaks_before = raw[first] == '\n', breaks_after = last && raw[last - 1] == '\n';
    fd_buffer text = FD_BUFFER(TEXT_MOST);
    bool ok = tidy_text(raw, &text, self->error);
    bool told = ok && text.length > 0, goes_on = self->after_dream && !breaks_before;
    *joined = !breaks_after && (told || goes_on);
    fd_buffer_clear(&self->text);
    if (!told) {
        fd_buffer_free(&text);
        return ok;
    }
    return add_piece(self, (fd_piece){.text = text.data, .joined = goes_on});
}

static bool add_dream(weaver *self, const fd_node *node) {
    fd_piece piece = {.dream = true, .words = (size_t)node->number};
    bool ok = end_text(self, &piece.joined) &&
              (piece.text = weave_apart(self, &node->branches[0], true)) != NULL &&
              (piece.fallback = weave_apart(self, &node->branches[1], false)) != NULL;
    if (!ok) {
        free_piece(&piece);
        return false;
    }
    self->after_dream = true;
    return add_piece(self, piece);
}

static bool weave_node(weaver *self, const fd_node *node, fd_buffer *into) {
    if (node->kind == FD_NODE_TEXT)
        return fd_buffer_add_text(into, node->text, self->error);
    if (!fd_buffer_add(into, (const char[]){MARK_OPEN, MARK_CLOSE}, 2, self->error))
        return false;
    switch (node->kind) {
    case FD_NODE_VARY:
        return weave_vary(self, node, into);
    case FD_NODE_IF:
        return weave_if(self, node, into);
    case FD_NODE_SLOT:
        return add_value(self, node->name, into);
    case FD_NODE_SET:
        return set_value(self, node);
    case FD_NODE_ASK:
        return add_question(self, node);
    case FD_NODE_DREAM:
        return add_dream(self, node);
    default:
        return add_choice(self, node, into);
    }
}

static bool weave_branch(weaver *self, const fd_branch *branch, fd_buffer *into) {
    bool ok = true;
    for (size_t i = 0; ok && i < branch->count; i++)
        ok = weave_node(self, &branch->nodes[i], into);
    return ok;
}

bool fd_weave(const fd_story *story, size_t passage, fd_random_key key, fd_state *state,
              fd_woven *woven, fd_error *error) {
    *woven = (fd_woven){0};
    weaver self = {.story = story,
                   .passage = story->twee.passages[passage].name,
                   .key = key,
                   .state = state,
                   .woven = woven,
                   .text = FD_BUFFER(TEXT_MOST),
                   .error = error};
    bool joined, ok = weave_branch(&self, &story->bodies[passage], &self.text) &&
                      end_text(&self, &joined) && count_visit(&self);
    fd_buffer_free(&self.text);
    if (!ok)
        fd_woven_free(woven);
    return ok;
}

void fd_woven_free(fd_woven *woven) {
    for (size_t i = 0; i < woven->piece_count; i++)
        free_piece(&woven->pieces[i]);
    for (size_t i = 0; i < woven->choice_count; i++)
        free(woven->choices[i].label);
    for (size_t i = 0; i < woven->question_count; i++)
        free_question(&woven->questions[i]);
    free(woven->pieces);
    free(woven->choices);
    free(woven->questions);
    free(woven->picked);
    *woven = (fd_woven){0};
}

bool fd_woven_answer(const fd_woven *woven, fd_state *state, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < woven->question_count; i++)
        ok =
            fd_state_set_text(state, woven->questions[i].name, woven->questions[i].fallback, error);
    return ok;
}
