#include "story/label.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/evaluate.h"

/* ---- what a text offers ---- */

static bool same_word(const char *text, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i < length; i++)
        if (tolower((unsigned char)text[i]) != word[i])
            return false;
    return !isalpha((unsigned char)text[length]) && text[length] != '\'';
}

/* `words` ends with NULL. */
static bool is_any(const char *text, const char *const *words) {
    while (*words && !same_word(text, *words))
        words++;
    return *words != NULL;
}

/* A hyphen within a word does not; dashes, curly quotes and an ellipsis are three bytes each. */
static bool ends_clause(const char *at) {
    bool wide = strncmp(at, "\xe2\x80", 2) == 0 && strchr("\x93\x94\x9c\x9d\xa6", at[2]);
    return wide || !*at || strchr(".,;:!?\n\"[]{}|\\<>", *at) ||
           (*at == '-' && !isalnum((unsigned char)at[1]));
}

static const char *next_word(const char *word) {
    while (!ends_clause(word) && *word != ' ')
        word++;
    return word + strspn(word, " ");
}

static bool is_negated(const char *word) {
    static const char *const negations[] = {"not", "never", "hardly", NULL};
    const char *apostrophe = strchr(word, '\'');
    return is_any(word, negations) ||
           (apostrophe && apostrophe < next_word(word) && same_word(apostrophe, "'t"));
}

/* What "you" at `text` do that others could: a verb that is no mere being, having or thinking, or
 * the one behind "could" or "had to"; or NULL. */
static const char *find_deed(const char *text) {
    static const char *const helping[] = {"can",  "could", "would", "will", "shall", "should",
                                          "must", "might", "may",   "do",   "did",   NULL};
    static const char *const weak[] = {"are",  "were", "was",   "be",      "have", "had",
                                       "know", "knew", "think", "thought", NULL};
    static const char *const objects[] = {"the", "a", "an", "your", "it", "so", "nothing", NULL};
    const char *deed = next_word(text);
    if (is_any(deed, helping) && !is_any(next_word(deed), objects)) /* but "do your best" */
        deed = next_word(deed);
    if (is_any(deed, weak)) { /* "had to", "were about to" */
        const char *to = next_word(deed);
        to = same_word(to, "to") ? to : next_word(to);
        deed = same_word(to, "to") ? next_word(to) : deed;
    }
    bool none = !isalpha((unsigned char)*deed) || is_negated(deed) || is_any(deed, weak);
    return none ? NULL : deed;
}

/* Where a label ends: with its clause, and without `joined` before an "and", too. */
static bool ends_label(const char *at, bool joined) {
    return ends_clause(at) || (!joined && *at == ' ' && same_word(at + 1, "and"));
}

/* Cuts a label out of what stands at `from`; *whole says whether it ends where its clause does.
 * Returns its words. */
static size_t cut(const char *from, bool joined, char label[FD_LABEL_SIZE], bool *whole) {
    /* None ends in "the"; in "on" where there was more. */
    static const char *const loose[] = {"in",   "on",  "by",   "the",  "a",    "an",
                                        "your", "and", "but",  "or",   "that", "of",
                                        "to",   "at",  "with", "from", NULL};
    enum { WORDS = 6, PARTICLES = 3 /* of the loose */ };
    size_t end = 0, words = 0;
    *whole = false;
    for (size_t i = 0; i < FD_LABEL_SIZE && words < WORDS && !*whole; i++) {
        *whole = ends_label(from + i, joined);
        if (i && from[i - 1] != ' ' && (*whole || from[i] == ' ')) {
            words++;
            end = i;
        }
    }
    memcpy(label, from, end);
    label[end] = '\0';
    const char *const *never = loose + (*whole ? PARTICLES : 0);
    for (char *space; (space = strrchr(label, ' ')) && (!space[1] || is_any(space + 1, never));
         words--) {
        *space = '\0';
        never = loose;
    }
    label[0] = (char)toupper((unsigned char)label[0]);
    return words;
}

static void offer(fd_labels *all, const char *label) {
    bool known = !*label || all->count == FD_LABELS_MOST;
    for (size_t i = 0; i < all->count; i++)
        known = known || strcmp(all->texts[i], label) == 0;
    if (!known)
        memcpy(all->texts[all->count++], label, strlen(label) + 1);
}

/* What is done at `from`, and as much of it as stands before an "and". */
static void offer_deed(fd_labels *all, const char *from) {
    char label[FD_LABEL_SIZE];
    bool whole;
    (void)cut(from, true, label, &whole);
    offer(all, label);
    (void)cut(from, false, label, &whole);
    offer(all, label);
}

/* A clause that could stand alone. */
static void offer_clause(fd_labels *all, const char *from) {
    static const char *const hanging[] = {
        "of",   "to",    "with", "by",    "from", "for",  "as",      "at",   "on",  "in", "if",
        "when", "where", "who",  "which", "that", "than", "because", "even", "you", NULL};
    char label[FD_LABEL_SIZE];
    bool whole;
    if (!is_any(from, hanging) && cut(from, true, label, &whole) > 1 && whole)
        offer(all, label);
}

/* Goes through the words outside quotes: to what "you" do, or to clauses. */
static void look(const char *text, bool deeds, fd_labels *all) {
    static const char *const joints[] = {"and", "but", "then", "so", "or", NULL};
    static const char *const before_objects[] = {"to", "with", "of",    "for",    "from",   "at",
                                                 "by", "on",   "about", "behind", "beside", NULL};
    bool quoted = false, begins = true, doer = true;
    for (const char *at = text; *at; at++) {
        bool inside = at > text && (isalpha((unsigned char)at[-1]) || at[-1] == '\'');
        quoted = *at != '\n' && quoted != (*at == '"');
        bool end = ends_clause(at);
        begins = begins || end;
        doer = doer || end;
        if (quoted || inside || !isalpha((unsigned char)*at))
            continue;
        const char *deed = deeds && doer && same_word(at, "you") ? find_deed(at) : NULL;
        bool joint = is_any(at, joints);
        if (deed)
            offer_deed(all, deed);
        else if (!deeds && begins && !joint)
            offer_clause(all, at);
        begins = joint;
        doer = !is_any(at, before_objects);
    }
}

void fd_labels_of(const char *text, fd_labels *labels) {
    *labels = (fd_labels){0};
    look(text, true, labels);
    if (!labels->count)
        offer_deed(labels, text + strspn(text, " \n\""));
    look(text, false, labels);
    if (!labels->count)
        offer(labels, "Go on");
}

/* ---- what the model finds likeliest ---- */

/* The labels as ends of sentences. With the full stop: a label that is cut off before its end is
 * then the less likely. */
static bool encode(const fd_preview *plan, const fd_labels *labels, fd_tokens *ends,
                   size_t *longest, fd_error *error) {
    const fd_tokenizer *tokenizer = fd_model_tokenizer(plan->model);
    bool ok = true;
    *longest = 0;
    for (size_t i = 0; ok && i < labels->count; i++) {
        char text[FD_LABEL_SIZE + 2];
        int length = snprintf(text, sizeof text, " %s.", labels->texts[i]);
        text[1] = (char)tolower((unsigned char)text[1]);
        ok = fd_tokenizer_encode(tokenizer, text, (size_t)length, false, &ends[i], error);
        *longest = ends[i].count > *longest ? ends[i].count : *longest;
    }
    return ok;
}

/* The end whose tokens are likeliest in the mean, after the prompt; the first where there is no
 * room. */
static bool find_likeliest(const fd_preview *plan, const fd_tokens *prompt, const fd_tokens *ends,
                           size_t count, size_t longest, size_t *best, fd_error *error) {
    const fd_config *config = fd_model_config(plan->model);
    double logprobs[FD_LABELS_MOST];
    if (prompt->count + longest > config->context)
        return true;
    float *logits = fd_alloc(config->vocab, sizeof *logits, "the labels", error);
    fd_span *before = logits ? fd_preview_read(plan, prompt, logits, error) : NULL;
    bool ok = before && fd_model_weigh_after(plan->model, before, logits, ends, count,
                                             plan->threads, logprobs, error);
    for (size_t i = 1; ok && i < count; i++)
        if (logprobs[i] / (double)ends[i].count > logprobs[*best] / (double)ends[*best].count)
            *best = i;
    fd_span_free(before);
    free(logits);
    return ok;
}

static bool choose(const fd_preview *plan, const fd_labels *labels, size_t *best, fd_error *error) {
    fd_tokens prompt = {0}, ends[FD_LABELS_MOST] = {{0}};
    size_t longest;
    bool ok = encode(plan, labels, ends, &longest, error) &&
              fd_preview_prompt(plan, "You want to", longest, &prompt, error) &&
              find_likeliest(plan, &prompt, ends, labels->count, longest, best, error);
    for (size_t i = 0; i < labels->count; i++)
        fd_tokens_free(&ends[i]);
    fd_tokens_free(&prompt);
    return ok;
}

bool fd_label_propose(const fd_preview *plan, const char *text, char label[FD_LABEL_SIZE],
                      fd_error *error) {
    fd_labels labels;
    size_t best = 0;
    fd_labels_of(text, &labels);
    bool ok = labels.count == 1 || choose(plan, &labels, &best, error);
    memcpy(label, labels.texts[best], FD_LABEL_SIZE);
    return ok;
}

bool fd_label_check(const char *label, fd_error *error) {
    bool blank = strspn(label, " ") == strlen(label);
    for (const char *at = label; *at; at++)
        if ((unsigned char)*at < 0x20 || strchr("[]{}|\\<>", *at))
            return fd_fail(error, FD_USAGE,
                           "A link's label has no brackets, braces, bars, backslashes, angle "
                           "brackets or line ends: \"%.60s\" has.",
                           label);
    return !blank || fd_fail(error, FD_USAGE, "A link wants a label.");
}
